"""What a visitor sends is never a mistake of the application's."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlparse, urlsplit

import pytest

from relyingparty import CallbackError, CallbackParams, LoginCookies, RelyingParty
from scripted import CALLBACK, ScriptedOp, relying_party


class FrameworkUrl:
    """As Starlette's, httpx's and yarl's: its ``str`` is the URL, and its ``repr`` is not."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.scheme, _, self.path, self.query, _ = urlsplit(url)

    def __str__(self) -> str:
        return self._url

    def __repr__(self) -> str:
        return "URL(…)"


FORMS: dict[str, Any] = {
    "text": str,
    "query": lambda url: urlsplit(url).query,
    "path and query": lambda url: url.removeprefix("https://app.example"),
    "bytes of a query": lambda url: urlsplit(url).query.encode(),
    "urlsplit": urlsplit,
    "urlparse": urlparse,
    "framework": FrameworkUrl,
}


def starlette(url: str) -> Any:
    return pytest.importorskip("starlette.datastructures").URL(url)


def httpx(url: str) -> Any:
    return pytest.importorskip("httpx").URL(url)


def yarl(url: str) -> Any:
    return pytest.importorskip("yarl").URL(url)


@pytest.mark.parametrize("form", [*FORMS.values(), starlette, httpx, yarl], ids=[*FORMS, "starlette", "httpx", "yarl"])
def test_a_callback_takes_the_url_as_the_framework_has_it(form: Any) -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    started = rp.authorize()
    back = form(op.browser(started.url))
    assert rp.cookie_name(back) == started.cookie_name
    assert rp.handle(back) == started.handle
    cookies = LoginCookies({started.cookie_name: started.id})
    assert cookies.id(back) == started.id
    assert cookies.ended(back) == [started.cookie_name]
    assert rp.callback(back, started.id).sub == "alice"


def test_a_form_is_text_or_bytes() -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    started = rp.authorize(response_mode="form_post")
    body = urlsplit(op.browser(started.url)).query.encode()
    assert rp.callback_form_post(body, started.id).sub == "alice"


@pytest.mark.parametrize("other", [None, 7, [], {}, ["a"], {"code": "x"}, object()])
def test_what_is_no_response_at_all_is_a_type_error(other: Any) -> None:
    for read in (CallbackParams.parse, RelyingParty.cookie_name):
        with pytest.raises(TypeError):
            read(other)


UNREADABLE = [
    "",
    "?",
    CALLBACK,
    "code=x",
    "state=&code=x",
    "state=a&state=b",
    "code=a&code=b&state=s",
    "state=%zz",
    "state=%ff",
    "x=1&" * 1_000,
    "state=" + "a" * 100_000,
    "error=access_denied",
    "\ud800",
    b"\xff=\xff&state=%",
]


@pytest.mark.parametrize("sent", UNREADABLE, ids=lambda sent: repr(sent)[:30])
def test_a_response_that_names_no_login_has_no_cookie_and_is_an_error_of_the_callback(sent: Any) -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    started = rp.authorize()
    assert rp.cookie_name(sent) is None
    for id in (started.id, None, "", "x", 7, b"x", ["x"], {"a": 1}, "\ud800" * 43, object()):
        with pytest.raises(CallbackError):
            rp.callback(sent, id)  # type: ignore[arg-type]
    assert rp.callback(op.browser(started.url), started.id).sub == "alice", "the login that waits is as it was"


def test_cookies_of_any_kind_are_none_of_ours() -> None:
    for sent in ("\ud800=\udfff; a", {"a": None, 7: "x", "\ud800": "b", "__Host-rp-x": ["y"]}, ""):
        cookies = LoginCookies(sent)  # type: ignore[arg-type]
        assert (cookies.surplus(), cookies.id("state=s"), cookies.ended("state=s")) == ([], None, [])

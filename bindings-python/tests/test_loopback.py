"""A login whose redirect URI is plain http on this machine, where Safari keeps neither ``__Host-`` nor ``Secure``."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.responses import Response

from relyingparty import CallbackError, CallbackParams, LoginCookies, RelyingParty, clear_cookie
from scripted import ISSUER, NOW, ScriptedOp, relying_party

LOCAL = "http://localhost:8000/callback"


def local(op: ScriptedOp, redirect_uri: str = LOCAL) -> RelyingParty:
    return RelyingParty(ISSUER, "client", redirect_uri, transport=op, clock=lambda: NOW)


@pytest.mark.parametrize("redirect_uri", [LOCAL, "http://127.0.0.1:8888/cb", "http://[::1]/cb", "http://a.localhost/"])
def test_its_cookie_is_one_that_every_browser_keeps(redirect_uri: str) -> None:
    op = ScriptedOp()
    rp = local(op, redirect_uri)
    login = rp.authorize()
    name = f"rp-{login.handle}"
    assert login.set_cookie == f"{name}={login.id}; Path=/; HttpOnly; SameSite=Lax; Max-Age=600"
    assert clear_cookie(name) == f"{name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
    back = op.browser(login.url)
    cookies = LoginCookies(f"theme=dark; {name}={login.id}")
    assert (login.cookie_name, rp.cookie_name(back), cookies.id(back)) == (name, name, login.id)
    assert cookies.ended(back) == [name]
    assert rp.callback(back, cookies).sub == "alice"


def test_the_class_knows_no_redirect_uri_and_names_the_cookie_of_an_https_one() -> None:
    op = ScriptedOp()
    back = op.browser(local(op).authorize().url)
    for name in (RelyingParty.cookie_name(back), relying_party(op).cookie_name(back)):
        assert name == CallbackParams.parse(back).cookie_name
        assert name is not None and name.startswith("__Host-rp-")
    assert local(op).cookie_name("code=x") is None


def test_e16_a_site_on_https_reads_no_cookie_without_the_prefix() -> None:
    op = ScriptedOp()
    rp, at_loopback = relying_party(op), local(op)
    login, other = rp.authorize(), at_loopback.authorize()
    back = op.browser(login.url)
    for id in (login.id, other.id):
        planted = LoginCookies({f"rp-{login.handle}": id})
        with pytest.raises(CallbackError) as raised:
            rp.callback(back, planted)
        assert raised.value.details["reason"] == "no_cookie"
        with pytest.raises(CallbackError):
            rp.callback(back, planted.id(back))
        assert rp.cookie_name(back) == login.cookie_name
    assert rp.callback(back, LoginCookies({login.cookie_name: login.id})).sub == "alice"


@pytest.mark.parametrize("mode", ["query", "form_post"])
@pytest.mark.parametrize("party", [relying_party, local])
def test_a_framework_takes_the_cookie_whole(party: Callable[[ScriptedOp], RelyingParty], mode: str) -> None:
    rp = party(ScriptedOp())
    login = rp.authorize(response_mode="form_post") if mode == "form_post" else rp.authorize()
    response = Response()
    response.set_cookie(**login.cookie)
    pair, *attributes = response.headers["set-cookie"].split("; ")
    own, *expected = login.set_cookie.split("; ")
    assert pair == own
    assert {attribute.lower() for attribute in attributes} == {attribute.lower() for attribute in expected}


def test_the_arguments_are_those_of_the_frameworks() -> None:
    login = relying_party(ScriptedOp()).authorize()
    assert login.cookie == {
        "key": login.cookie_name,
        "value": login.id,
        "max_age": 600,
        "path": "/",
        "secure": True,
        "httponly": True,
        "samesite": "lax",
    }
    assert login.id not in repr(login)

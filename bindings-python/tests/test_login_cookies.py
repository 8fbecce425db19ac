"""The cookies of logins in progress: which there may be, and which are to go."""

from __future__ import annotations

import pytest

from relyingparty import CallbackParams, LoginCookies, RelyingParty, clear_cookie
from scripted import ScriptedOp, relying_party


def test_u2_the_newest_eight_logins_of_a_browser_stay() -> None:
    rp = relying_party(ScriptedOp())
    browser: dict[str, str] = {}
    for _ in range(30):
        surplus = LoginCookies(browser).surplus()
        login = rp.authorize()
        assert login.set_cookie.startswith(f"{login.cookie_name}={login.id}; Path=/; Secure; HttpOnly; SameSite=Lax")
        browser[login.cookie_name] = login.id
        for name in surplus:
            del browser[name]
        assert len(browser) <= 8 and login.cookie_name in browser


def test_u2_a_callback_ends_its_own_login_and_no_other() -> None:
    rp = relying_party(ScriptedOp())
    first, second = rp.authorize(), rp.authorize()
    header = "; ".join(f"{login.cookie_name}={login.id}" for login in (first, second))
    state = first.url.partition("state=")[2].partition("&")[0]
    cookies, response = LoginCookies(f"other=1; {header}"), f"code=x&state={state}"
    assert cookies.id(response) == cookies.id(CallbackParams.parse(response)) == first.id
    assert cookies.ended(response) == [first.cookie_name]
    for stray in ("error=1", "code=x&state=another", "state=1&state=2"):
        assert (cookies.id(stray), cookies.ended(stray)) == (None, [])
    assert clear_cookie(first.cookie_name).startswith(f"{first.cookie_name}=; Path=/; Secure; HttpOnly; SameSite=Lax")


def test_u7_what_is_no_id_is_none() -> None:
    rp: RelyingParty = relying_party(ScriptedOp())
    login = rp.authorize()
    state = login.url.partition("state=")[2].partition("&")[0]
    for value in ("", "session:alice", "*", "x" * 100_000):
        cookies = LoginCookies({login.cookie_name: value})
        assert cookies.id(f"code=x&state={state}") is None
        assert cookies.surplus() == [login.cookie_name]


@pytest.mark.parametrize("foreign", ["\udcff", "a\ud800b", "\x00", "=", "\u20ac"])
def test_u2_a_cookie_of_somebody_else_that_is_not_text_hides_none_of_ours(foreign: str) -> None:
    name, id = f"__Host-rp-{'a' * 22}", "b" * 43
    for cookies in (
        LoginCookies(f"{foreign}={foreign}; {name}={id}; x={foreign}"),
        LoginCookies({foreign: foreign, name: id, "x": foreign}),
    ):
        assert repr(cookies) == "<LoginCookies(1)>"
    assert LoginCookies({name: foreign}).surplus() == [name]


def test_a_browser_without_cookies_has_no_login() -> None:
    cookies = LoginCookies(None)
    assert (cookies.id("code=x&state=y"), cookies.surplus(), cookies.ended("code=x&state=y")) == (None, [], [])

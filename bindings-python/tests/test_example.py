"""The example web app, run as its users do, against a certified provider."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.cookiejar import Cookie, CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from browser import Browser
from op import Op, provider

WEBAPP = Path(__file__).parents[1] / "examples" / "webapp.py"


@pytest.fixture(scope="module")
def op() -> Iterator[Op]:
    with provider() as running:
        yield running


@contextmanager
def webapp(op: Op, folder: Path, **settings: Any) -> Iterator[str]:
    """The app on a free port, as a client that is registered for it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        home = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    client = op("register", redirect_uris=[home + "auth/login"], post_logout_redirect_uris=[home + "logged-out"])
    settings |= {"issuer": op.issuer, "client_id": client["client_id"], "client_secret": client["client_secret"]}
    settings |= {"redirect_uri": home + "auth/login", "post_logout_redirect_uri": home + "logged-out"}
    file = folder / "settings.json"
    file.write_text(json.dumps(settings))
    with subprocess.Popen([sys.executable, str(WEBAPP), str(file)]) as process:
        try:
            listening(int(home.split(":")[2].strip("/")))
            yield home
        finally:
            process.terminate()


def listening(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the app did not start")


def cookies(jar: CookieJar, prefix: str) -> list[str]:
    return [cookie.value or "" for cookie in jar if cookie.name.startswith(prefix)]


def set_cookies(home: str, path: str, cookie: str) -> list[str]:
    """The ``Set-Cookie`` headers of one response, as they are."""
    with closing(http.client.HTTPConnection("127.0.0.1", urlsplit(home).port or 80, timeout=10)) as app:
        app.request("GET", path, headers={"Cookie": cookie})
        return app.getresponse().headers.get_all("Set-Cookie") or []


def test_a_user_logs_in_refreshes_and_logs_out(op: Op, tmp_path: Path) -> None:
    with webapp(op, tmp_path, policy={"refresh_margin_secs": 3_600}) as home:
        browser = Browser()
        browser.open(home)
        assert "You are not logged in" in browser.page
        assert browser.log_in(home + "login?return_to=/?from=here") == home + "?from=here"
        assert "You are alice" in browser.page
        [first] = cookies(browser.cookies, "rp-session")
        assert len(list(browser.cookies)) == len(provider_s(browser)) + 1

        op.requests()
        browser.open(home)
        assert "You are alice" in browser.page
        assert op.requests() == ["/token"]

        browser.log_in(home + "login")
        [second] = cookies(browser.cookies, "rp-session")
        assert first != second

        browser.open(home + "logout", {}, **{"Sec-Fetch-Site": "same-origin"})
        assert browser.submit(logout="yes") == home
        assert "You are not logged in" in browser.page
        assert cookies(browser.cookies, "rp-") == []


def provider_s(browser: Browser) -> list[Cookie]:
    return [cookie for cookie in browser.cookies if not cookie.name.startswith("rp-")]


def test_e15_a_session_id_that_was_planted_is_not_the_one_of_the_login(op: Op, tmp_path: Path) -> None:
    with webapp(op, tmp_path) as home:
        browser = Browser()
        planted = Cookie(
            *(0, "rp-session", "A" * 43, None, False, "127.0.0.1", False, False, "/", True),
            *(False, None, False, None, None, {}),
        )
        browser.cookies.set_cookie(planted)
        browser.log_in(home + "login")
        [session] = cookies(browser.cookies, "rp-session")
        assert session != "A" * 43
        assert len(session) >= 43
        attacker = Browser()
        attacker.cookies.set_cookie(planted)
        attacker.open(home)
        assert "You are not logged in" in attacker.page


def test_e16_every_cookie_has_every_attribute(op: Op, tmp_path: Path) -> None:
    with webapp(op, tmp_path) as home:
        [login] = set_cookies(home, "/login", "")
        back = Browser(stop_at=home + "auth/login")
        url = back.log_in(home + "login")
        [(name, value)] = [(cookie.name, cookie.value) for cookie in back.cookies if cookie.name.startswith("rp-")]
        session, spent = set_cookies(home, url.removeprefix(home.rstrip("/")), f"{name}={value}")
    # The redirect URI is http on this machine, where Safari keeps no Secure cookie.
    every = {"httponly", "path=/", "samesite=lax"}
    for cookie, starts, more in (
        (login, "rp-", {"max-age=600"}),
        (spent, f"{name}=", {"max-age=0"}),
        (session, "rp-session=", {"max-age=604800"}),
    ):
        pair, *attributes = cookie.split("; ")
        assert pair.startswith(starts)
        assert {attribute.lower() for attribute in attributes} == every | more


def test_a_login_that_is_cancelled_ends_on_a_page(op: Op, tmp_path: Path) -> None:
    with webapp(op, tmp_path, do_refresh=False) as home:
        browser = Browser()
        browser.open(home + "login")
        browser.follow("[ Cancel ]")
        assert browser.status == 403
        assert "The login failed: access_denied." in browser.page


def test_e1_e5_another_browser_cannot_use_a_callback(op: Op, tmp_path: Path) -> None:
    with webapp(op, tmp_path) as home:
        attacker, victim = Browser(stop_at=home + "auth/login"), Browser()
        back = attacker.log_in(home + "login")
        victim.open(back)
        assert victim.status == 400
        assert "no_pending_login" in victim.page
        assert cookies(victim.cookies, "rp-session") == []


def test_e9_a_login_leads_nowhere_else(op: Op, tmp_path: Path) -> None:
    with webapp(op, tmp_path) as home:
        for elsewhere in ("https://evil.example/", "//evil.example/", "/\\evil.example"):
            browser = Browser()
            assert browser.log_in(home + "login?return_to=" + elsewhere) == home
            assert "evil" not in browser.page


def test_another_page_logs_nobody_out(op: Op, tmp_path: Path) -> None:
    with webapp(op, tmp_path) as home:
        browser = Browser()
        browser.log_in(home + "login")
        browser.open(home + "logout", {}, Origin="https://evil.example")
        assert browser.status == 403
        browser.open(home)
        assert "You are alice" in browser.page

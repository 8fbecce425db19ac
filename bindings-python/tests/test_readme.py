"""The code of the README runs as it stands."""

from __future__ import annotations

import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trustme
import uvicorn
from flask import Flask, Response, request
from werkzeug.serving import make_server

import relyingparty
from browser import Browser
from op import Op, provider
from relyingparty import Provider, RelyingParty
from relyingparty.transports.httpx import AsyncHttpxTransport
from scripted import NOW, ScriptedOp, log_in, relying_party
from test_example import cookies, listening
from test_logout import Op as LogoutOp

ROOT = Path(__file__).parents[2]
README = (ROOT / "bindings-python" / "README.md").read_text(encoding="utf-8")
Program = dict[str, Any]
Served = Callable[[Any, int], Any]


def snippets(page: str) -> list[str]:
    found: list[str] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    return found


IN_FASTAPI, IN_STARLETTE, IN_FLASK, _DJANGO, SITE, *PLAIN = snippets(README)
FASTAPI, FLASK, ENDED, ASKED, *KEYS, COMPOSE, TRANSPORT, STORE, FLOW = PLAIN


@pytest.fixture(scope="module")
def op() -> Iterator[Op]:
    with provider() as running:
        yield running


@contextmanager
def fastapi(app: Any, port: int) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        listening(port)
        yield
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def flask(app: Any, port: int) -> Iterator[None]:
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def configure(op: Op, monkeypatch: pytest.MonkeyPatch, callback: str = "callback") -> tuple[str, int]:
    """The environment that the README asks for, with a client that is registered as it says."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    home = f"http://127.0.0.1:{port}"
    client = op("register", redirect_uris=[f"{home}/{callback}"], post_logout_redirect_uris=[f"{home}/"])
    monkeypatch.setenv("APP_URL", home)
    monkeypatch.setenv("OIDC_ISSUER", op.issuer)
    monkeypatch.setenv("OIDC_CLIENT_ID", client["client_id"])
    monkeypatch.setenv("OIDC_CLIENT_SECRET", client["client_secret"])
    monkeypatch.setenv("SESSION_KEY", bytes(range(7, 39)).hex())
    return home, port


APPLICATIONS = pytest.mark.parametrize(
    ("code", "served"), [(FASTAPI, fastapi), (FLASK, flask)], ids=["fastapi", "flask"]
)


@APPLICATIONS
def test_an_application_logs_in_refreshes_and_logs_out(
    code: str, served: Served, op: Op, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, port = configure(op, monkeypatch)
    program: Program = {"__name__": "main"}
    exec(code, program)
    with served(program["app"], port):
        browser = Browser()
        browser.open(f"{home}/")
        assert "Log in" in browser.page
        assert browser.log_in(f"{home}/login") == f"{home}/"
        assert "Hello alice" in browser.page
        assert cookies(browser.cookies, "__Host-rp-") == cookies(browser.cookies, "rp-") == []
        [sealed] = program["sessions"].values()

        op.requests()
        browser.open(f"{home}/")
        assert op.requests() == []
        program["time"] = SimpleNamespace(time=lambda: time.time() + 3600)
        browser.open(f"{home}/")
        assert "Hello alice" in browser.page
        assert op.requests() == ["/token"]
        assert list(program["sessions"].values()) != [sealed]

        browser.open(f"{home}/logout", {})
        assert browser.submit(logout="yes") == f"{home}/"
        assert "Log in" in browser.page
        assert program["sessions"] == {}
        assert cookies(browser.cookies, "__Host-session") == []


@APPLICATIONS
def test_a_refresh_token_that_was_used_elsewhere_means_to_log_in_again(
    code: str, served: Served, op: Op, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, port = configure(op, monkeypatch)
    program: Program = {"__name__": "main"}
    exec(code, program)
    with served(program["app"], port):
        browser = Browser()
        browser.log_in(f"{home}/login")
        [sealed] = program["sessions"].values()
        spend(op, home, sealed)
        program["time"] = SimpleNamespace(time=lambda: time.time() + 3600)
        browser.open(f"{home}/")
        assert program["sessions"] == {}
        assert browser.url.startswith(op.issuer)


@pytest.mark.parametrize(
    ("code", "served"),
    [(IN_FASTAPI, fastapi), (IN_STARLETTE, fastapi), (IN_FLASK, flask)],
    ids=["fastapi", "starlette", "flask"],
)
def test_a_login_in_ten_lines(code: str, served: Served, op: Op, monkeypatch: pytest.MonkeyPatch) -> None:
    home, port = configure(op, monkeypatch, "auth/callback")
    program: Program = {"__name__": "main"}
    exec(code, program)
    assert len(ours(code)) <= 10
    with served(program["app"], port):
        browser = Browser()
        assert browser.log_in(f"{home}/") == f"{home}/"
        assert "alice" in browser.page
        browser.open(f"{home}/auth/logout", {}, Origin=home)
        assert browser.url.startswith(op.issuer)
        stranger = Browser()
        stranger.headers = {"Accept": "application/json"}
        stranger.open(f"{home}/")
        assert stranger.status == 401


def ours(code: str) -> list[str]:
    """The statements that have to do with this library."""
    names = ("relyingparty", "SiteProvider", "login", "session")
    statements = re.split(r"\n(?=\S)(?!\))", code)
    return [line for text in statements for line in [text.split("\n")[0]] if any(name in text for name in names)]


def test_a_site_in_ten_lines(op: Op, monkeypatch: pytest.MonkeyPatch) -> None:
    home, port = configure(op, monkeypatch, "auth/callback")
    program: Program = {}
    exec(SITE, program)

    def served(route: str = "") -> Response:
        answered = program["answer"](request.method, request.url, request.headers, request.get_data())
        status, headers, body = answered
        return Response(body, status, headers, mimetype="text/html")

    app = Flask("app")
    app.add_url_rule("/", "home", served)
    app.add_url_rule("/auth/<path:route>", "auth", served, methods=["GET", "POST"])
    with flask(app, port):
        browser = Browser()
        browser.open(f"{home}/")
        assert "Log in" in browser.page
        assert browser.log_in(f"{home}/auth/login") == f"{home}/"
        assert "Hello alice" in browser.page
        browser.open(f"{home}/auth/logout", {}, Origin=home)
        assert browser.url.startswith(op.issuer)
        browser.open(f"{home}/")
        assert "Log in" in browser.page
        browser.open(f"{home}/auth/callback")
        assert (browser.status, browser.page) == (400, "<Failed>")


def spend(op: Op, home: str, sealed: str) -> None:
    """As another process does: use the refresh token, which is good for one use."""
    rp = RelyingParty(
        op.issuer,
        os.environ["OIDC_CLIENT_ID"],
        f"{home}/callback",
        client_secret=os.environ["OIDC_CLIENT_SECRET"],
        sealing_keys=[bytes.fromhex(os.environ["SESSION_KEY"])],
        allow_insecure_loopback=True,
    )
    session = rp.restore(sealed)
    assert session.refresh_token is not None
    rp.refresh_token(session.refresh_token, session.sub)


@APPLICATIONS
def test_a_callback_that_belongs_to_nobody_ends_on_a_page(
    code: str, served: Served, op: Op, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, port = configure(op, monkeypatch)
    program: Program = {"__name__": "main"}
    exec(code, program)
    with served(program["app"], port):
        attacker, victim = Browser(stop_at=f"{home}/callback"), Browser()
        victim.open(attacker.log_in(f"{home}/login"))
        assert victim.status == 400
        assert "no login is in progress" in victim.page
        assert program["sessions"] == {}
        browser = Browser(stop_at=f"{home}/callback")
        for _ in range(20):
            browser.open(f"{home}/login")
        assert len(cookies(browser.cookies, "rp-")) == 8


def test_a_refresh_that_asks_for_something() -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    program: Program = {"rp": rp, "session": log_in(rp, op)}
    exec(ASKED, program)
    assert op.asked[-1].body.endswith(b"&resource=https%3A%2F%2Fother.example&tenant=1")


def test_l1_the_provider_ends_sessions_once() -> None:
    op, ended, seen = LogoutOp(), list[tuple[str | None, str | None]](), set[str]()

    def add(key: str, until: int) -> bool:
        assert until == NOW + 181
        is_new = key not in seen
        seen.add(key)
        return is_new

    program: Program = {
        "app": Flask("app"),
        "rp": relying_party(op),
        "request": request,
        "seen": SimpleNamespace(add=add),
        "end_sessions": lambda *which: ended.append(which),
        "Error": relyingparty.Error,
        "logout_token_in": relyingparty.logout_token_in,
    }
    exec(ENDED, program)
    client = program["app"].test_client()

    def send(logout_token: str) -> int:
        response = client.post("/backchannel-logout", data={"logout_token": logout_token})
        assert response.headers["Cache-Control"] == "no-store"
        status: int = response.status_code
        return status

    token = op.logout_token()
    assert [send(token), send(token), send("none")] == [200, 400, 400]
    assert ended == [("session-1", "alice")]


def test_a_network_of_containers() -> None:
    program: Program = {"RelyingParty": RelyingParty}
    exec(COMPOSE, program)
    assert repr(program["rp"]) == "<RelyingParty my-client at http://keycloak:8080/realms/dev>"


def test_the_transport(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.chdir(tmp_path)
    program: Program = {}
    exec(TRANSPORT, program)
    assert isinstance(program["transport"], AsyncHttpxTransport)


class Redis:
    """As much of its client as the README asks for. Times stand still."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[str, int]] = {}

    def set(self, name: str, value: object, ex: int) -> None:
        self.kept[name] = (str(value), ex)

    def get(self, name: str) -> str | None:
        return self.kept.get(name, (None, 0))[0]

    def getdel(self, name: str) -> str | None:
        return self.kept.pop(name, (None, 0))[0]


def test_the_store() -> None:
    now = [1_000.0]
    program: Program = {"redis": Redis(), "time": SimpleNamespace(time=lambda: now[0])}
    exec(STORE, program)
    op = ScriptedOp()
    rp = relying_party(op, store=program["Logins"]())
    login, late = rp.authorize(), rp.authorize()
    back = op.browser(login.url)
    assert rp.callback(back, login.id).sub == "alice"
    with pytest.raises(relyingparty.CallbackError) as raised:
        rp.callback(back, None)
    assert raised.value.details == {"reason": "used"}
    now[0] += 601
    del program["redis"].kept[f"login:{late.id}"]
    with pytest.raises(relyingparty.CallbackError) as raised:
        rp.callback(op.browser(late.url), late.id)
    assert raised.value.code == "pending_login_expired"
    assert {ex for _, ex in program["redis"].kept.values()} == {600, 1_200}


def test_the_flow() -> None:
    program: Program = {"answer": ScriptedOp().send}
    exec(FLOW, program)
    assert isinstance(program["provider"], Provider)


def test_the_classes_are_all_there() -> None:
    named = set(re.findall(r"`(\w+Error)`", README))
    assert named - {"Error"} == {kind.__name__ for kind in relyingparty.Error.__subclasses__()}


def test_the_properties_are_all_there() -> None:
    table = README.split("## Claims")[1].split("## ")[0]
    named = set(re.findall(r"`(\w+)`", "".join(row.split("|")[1] for row in table.splitlines() if row.startswith("|"))))
    properties = {name for name in vars(relyingparty.Claims) if not name.startswith("_")}
    assert named == properties - {"decisions", "email_verified_lenient", "get", "items", "keys", "values"}


def test_the_tenants() -> None:
    [code] = snippets((ROOT / "docs" / "providers.md").read_text(encoding="utf-8"))
    program: Program = {"RelyingParty": RelyingParty}
    exec(code, program)
    assert "organizations" in repr(program["rp"])


def test_the_snippet_of_the_first_readme_is_run_elsewhere() -> None:
    """By ``conformance/tests/readme.rs``. Those of the pages in ``docs`` are in ``test_docs.py``."""
    assert len(snippets((ROOT / "README.md").read_text(encoding="utf-8"))) == 1

"""Clients of Keycloak that have keys: signed JWTs, DPoP, pushed and signed requests: `cargo ci keycloak`."""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from browser import Browser
from cryptography.hazmat.primitives.asymmetric import ec
from relyingparty import ProviderError, RelyingParty, RequestObject, Session, SigningKey

CALLBACK = "https://app.example/callback"
BYE = "https://app.example/"

ABOUT = json.loads(os.environ.get("RP_TEST_KEYCLOAK", "{}"))
pytestmark = pytest.mark.skipif(not ABOUT, reason="needs Keycloak: cargo ci keycloak")
KEYED = ABOUT.get("keyed", [])
DPOP_KEY = ec.generate_private_key(ec.SECP256R1())


def party(client: dict[str, Any], **changed: Any) -> RelyingParty:
    """A relying party for a client of the realm."""
    options = {**client["options"], **changed}
    if options.pop("binds", False):
        options["dpop_keys"] = [DPOP_KEY]
    return RelyingParty(ABOUT["issuer"], client["client_id"], CALLBACK, allow_insecure_loopback=True, **options)


@contextmanager
def serving(hosted: RequestObject | None) -> Iterator[list[str]]:
    """Serve a request object at its URL, if there is one. Yields the paths that were fetched."""
    fetched: list[str] = []
    if hosted is None:
        yield fetched
        return
    address, content_type, body = urlsplit(hosted.request_uri), hosted.content_type, hosted.body.encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            fetched.append(self.path)
            self.send_response(200 if self.path == address.path else 404)
            self.send_header("Content-Type", content_type)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", address.port or 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield fetched
        server.shutdown()


def log_in(rp: RelyingParty, browser: Browser) -> tuple[Session, str, list[str]]:
    """One login from start to session: with the URL it began with, and what was fetched for it."""
    started = rp.authorize(return_to="/inbox")
    with serving(started.request_object) as fetched:
        browser.open(started.url)
        back = browser.submit(username="alice", password="password")
    assert back.startswith(CALLBACK), browser.page
    return rp.callback(back, started.id), started.url, fetched


@pytest.mark.parametrize("client", KEYED, ids=lambda client: client["client_id"])
def test_a_client_with_keys_logs_in_asks_userinfo_refreshes_and_logs_out(client: dict[str, Any]) -> None:
    rp, browser = party(client), Browser(stop_at=BYE)
    session, url, fetched = log_in(rp, browser)
    sent = set(parse_qs(urlsplit(url).query))
    options = client["options"]
    if "require_pushed_authorization_requests" in options:
        assert sent == {"client_id", "request_uri"}
    if "require_signed_request_object" in options:
        assert "request" in sent and "state" not in sent
    assert bool(fetched) == ("request_uri_base" in options)
    assert session.claims.iss == ABOUT["issuer"] and session.return_to == "/inbox"
    assert session.token_type.lower() == ("dpop" if "binds" in options else "bearer")
    info = rp.userinfo(session)
    assert (info.sub, info["email"]) == (session.sub, "alice@example.test")

    refreshed = rp.refresh(session)
    assert refreshed.refresh_token not in (None, session.refresh_token)
    assert (refreshed.sub, refreshed.token_type) == (session.sub, session.token_type)
    assert rp.userinfo(refreshed).sub == session.sub
    assert browser.open(rp.end_session(refreshed, post_logout_redirect_uri=BYE, state="done")) == f"{BYE}?state=done"


def keyed(client_id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(client for client in KEYED if client["client_id"] == client_id)
    return found


def test_a_key_that_is_not_registered_is_refused() -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(ProviderError) as raised:
        log_in(party(keyed("signed-jwt"), signing_keys=[other]), Browser(stop_at=BYE))
    assert raised.value.error in ("invalid_client", "unauthorized_client")


def test_a_bound_token_is_bound_at_keycloak_too() -> None:
    session, _, _ = log_in(party(keyed("dpop")), Browser(stop_at=BYE))
    assert session.access_token is not None
    claims = session.access_token.split(".")[1]
    bound = json.loads(base64.urlsafe_b64decode(claims + "=="))
    assert bound["cnf"]["jkt"] == session.dpop_jkt == SigningKey.from_key(DPOP_KEY).thumbprint


def test_a_request_that_is_not_pushed_is_refused() -> None:
    rp = party(keyed("pushed"), require_pushed_authorization_requests=False)
    browser = Browser(stop_at=CALLBACK)
    started = rp.authorize()
    back = browser.open(started.url)
    assert "kc-form-login" not in browser.page
    assert not back.startswith(CALLBACK) or "error=" in back

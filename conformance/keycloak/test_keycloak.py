"""Logins at Keycloak, whose keys rotate between the request of a refresh and its answer: `cargo ci keycloak`."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from browser import Browser
from op import Op
from relyingparty import ProviderError, RelyingParty, Session

CALLBACK = "https://app.example/callback"
BYE = "https://app.example/"
REFRESHES = 200

ABOUT = json.loads(os.environ.get("RP_TEST_KEYCLOAK", "{}"))
pytestmark = pytest.mark.skipif(not ABOUT, reason="needs Keycloak: cargo ci keycloak")
CLIENTS = ABOUT.get("clients", [])


def party(client: dict[str, Any]) -> RelyingParty:
    """A relying party for a client of the realm."""
    return RelyingParty(
        ABOUT["issuer"],
        client["client_id"],
        CALLBACK,
        client_secret=client["client_secret"],
        allow_insecure_loopback=True,
    )


def log_in(rp: RelyingParty, browser: Browser) -> Session:
    """One login from start to session."""
    started = rp.authorize(return_to="/inbox")
    browser.open(started.url)
    back = browser.submit(username="alice", password="password")
    assert back.startswith(CALLBACK), browser.page
    return rp.callback(back, started.id)


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client["client_id"])
def test_a_client_logs_in_asks_userinfo_refreshes_and_logs_out(client: dict[str, Any]) -> None:
    rp, browser = party(client), Browser(stop_at=BYE)
    session = log_in(rp, browser)
    assert session.claims.iss == ABOUT["issuer"]
    assert session.return_to == "/inbox"
    info = rp.userinfo(session)
    assert (info.sub, info["email"], info.email_verified) == (session.sub, "alice@example.test", True)

    refreshed = rp.refresh(session)
    assert refreshed.refresh_token not in (None, session.refresh_token)
    assert refreshed.sub == session.sub
    assert browser.open(rp.end_session(refreshed, post_logout_redirect_uri=BYE, state="done")) == f"{BYE}?state=done"
    with pytest.raises(ProviderError) as raised:
        rp.refresh(refreshed)
    assert raised.value.error == "invalid_grant"


def test_a_refresh_token_that_was_used_before_is_refused() -> None:
    rp = party(CLIENTS[0])
    session = log_in(rp, Browser(stop_at=BYE))
    rp.refresh(session)
    assert session.refresh_token is not None
    with pytest.raises(ProviderError) as raised:
        # Not `refresh`, which has the result at hand for whoever comes a moment too late.
        rp.refresh_token(session.refresh_token, session.sub)
    assert (raised.value.code, raised.value.error) == ("provider_error", "invalid_grant")


def test_no_session_is_lost_in_200_refreshes_with_new_keys() -> None:
    rp, control = party(CLIENTS[0]), Op(ABOUT["issuer"], ABOUT["control"])
    session = log_in(rp, Browser(stop_at=BYE))
    for step in range(1, REFRESHES + 1):
        # In turns: the old key is still published, it is not, and nothing happened.
        if step % 3:
            control("rotate", keep_old=step % 3 == 1)
        refreshed = rp.refresh(session)
        assert refreshed.access_token != session.access_token, step
        assert refreshed.refresh_token not in (None, session.refresh_token), step
        assert refreshed.id_token not in (None, session.id_token), step
        assert refreshed.sub == session.sub, step
        session = refreshed
    assert rp.userinfo(session).sub == session.sub

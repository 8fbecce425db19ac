"""The end of a session: logout tokens, front-channel requests, revocation, and the way to the provider and back."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from parties import PARTIES, log_in, maker, settled
from relyingparty import (
    CallbackError,
    ConfigurationError,
    Error,
    HttpRequest,
    HttpResponse,
    LogoutToken,
    MisuseError,
    ProviderError,
    TokenError,
    Unreachable,
    logged_out,
    logout_token_in,
)
from scripted import ISSUER, NOW, ScriptedOp, relying_party

EVENT = "http://schemas.openid.net/event/backchannel-logout"
BYE = "https://app.example/bye"


class Op(ScriptedOp):
    """A provider that ends sessions and revokes tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.metadata["revocation_endpoint"] = f"{ISSUER}/revoke"
        self.metadata["check_session_iframe"] = f"{ISSUER}/check"
        self.revocation = HttpResponse(200, [], b"")

    def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        if request.endpoint != "revocation":
            return super().send(request)
        self.asked.append(request)
        return self.revocation

    def logout_token(self, **claims: Any) -> str:
        """A logout token, signed as an ID token is."""
        before = self.claims
        self.claims = {
            "iss": ISSUER,
            "aud": "client",
            "sub": "alice",
            "sid": "session-1",
            "jti": "token-1",
            "iat": NOW,
            "exp": NOW + 120,
            "events": {EVENT: {}},
            **claims,
        }
        token = self.id_token()
        self.claims = before
        return token

    @classmethod
    def verified(cls, **claims: Any) -> LogoutToken:
        """A logout token after every check."""
        op = cls()
        return relying_party(op).logout_token(op.logout_token(**claims))


@pytest.fixture(params=PARTIES)
def rp(request: pytest.FixtureRequest) -> Any:
    op = Op()
    made = maker(request.param)(op, post_logout_redirect_uri=BYE)
    made.op = op
    return made


def test_a_logout_token_says_which_sessions_end(rp: Any) -> None:
    token = settled(rp.logout_token(rp.op.logout_token(more=[1])))
    assert (token.issuer, token.subject, token.session_id, token.jti) == (ISSUER, "alice", "session-1", "token-1")
    assert (token.issued_at, token.expires_at, token.remember_until) == (NOW, NOW + 120, NOW + 181)
    assert len(token.replay_key) == 43
    assert token.claims["more"] == [1]
    assert {"events", "jti", "signature"} <= {made.check for made in token.decisions}
    assert "token-1" not in repr(token)
    of_a_user = rp.op.logout_token(sid="other", jti="token-2")
    assert settled(rp.logout_token(of_a_user)).replay_key != token.replay_key


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"nonce": "n"}, "claim_invalid"),
        ({"events": {}}, "claim_invalid"),
        ({"aud": "other"}, "aud_mismatch"),
        ({"iat": NOW - 661}, "logout_token_too_old"),
        ({"exp": NOW - 60}, "token_expired"),
    ],
)
def test_l6_a_logout_token_that_is_none_is_refused(rp: Any, claims: dict[str, Any], code: str) -> None:
    with pytest.raises(TokenError) as raised:
        settled(rp.logout_token(rp.op.logout_token(**claims)))
    assert raised.value.code == code


def test_l4_an_id_token_is_no_logout_token_and_a_logout_token_no_id_token(rp: Any) -> None:
    session = log_in(rp, rp.op)
    with pytest.raises(TokenError) as raised:
        settled(rp.logout_token(session.id_token))
    assert (raised.value.code, raised.value.details["claim"]) == ("claim_missing", "events")
    with pytest.raises(TokenError):
        settled(rp.verify(rp.op.logout_token()))


def test_the_token_is_found_in_the_form() -> None:
    assert logout_token_in("logout_token=a.b.c") == logout_token_in(b"x=1&logout_token=a.b.c") == "a.b.c"
    with pytest.raises(CallbackError) as raised:
        logout_token_in("")
    assert raised.value.code == "logout_malformed"


def test_a_logout_goes_to_the_provider_and_back(rp: Any) -> None:
    session = log_in(rp, rp.op)
    logout = settled(rp.log_out(session, logout_hint="alice"))
    sent = {name: values[0] for name, values in parse_qs(urlsplit(logout.url).query).items()}
    assert (sent["id_token_hint"], sent["state"], sent["logout_hint"]) == (session.id_token, logout.state, "alice")
    assert logout.fields is None
    assert session.id_token not in repr(logout)
    rp.logged_out(f"{BYE}?state={logout.state}", logout.state)


@pytest.mark.parametrize(
    ("back", "expected", "code"),
    [
        ("state=other", "mine", "logout_state_mismatch"),
        ("state=mine", None, "logout_state_mismatch"),
        (BYE, "mine", "logout_state_missing"),
        ("state=mine&state=mine", "mine", "logout_malformed"),
    ],
)
def test_l10_a_return_from_another_logout_is_refused(back: str, expected: str | None, code: str) -> None:
    with pytest.raises(CallbackError) as raised:
        logged_out(back, expected)
    assert raised.value.code == code


def test_a_hint_that_is_too_long_for_a_url_goes_in_a_form(rp: Any) -> None:
    rp.op.claims["groups"] = ["a-group-with-a-name"] * 100
    session = log_in(rp, rp.op)
    logout = settled(rp.log_out(session))
    assert logout.url == f"{ISSUER}/logout"
    assert list(logout.fields) == ["client_id", "id_token_hint", "state", "post_logout_redirect_uri"]
    assert (logout.fields["id_token_hint"], logout.fields["state"]) == (session.id_token, logout.state)


def test_a_front_channel_logout_names_issuer_and_session_or_neither(rp: Any) -> None:
    query = urlencode({"iss": ISSUER, "sid": "session-1"})
    request = settled(rp.front_channel_logout(f"https://app.example/frontchannel?{query}"))
    assert (request.issuer, request.session_id) == (ISSUER, "session-1")
    request = settled(rp.front_channel_logout("https://app.example/frontchannel"))
    assert (request.issuer, request.session_id) == (None, None)
    for query, code in (("sid=s", "logout_malformed"), ("iss=https://x.example&sid=s", "logout_issuer_mismatch")):
        with pytest.raises(CallbackError) as raised:
            settled(rp.front_channel_logout(query))
        assert raised.value.code == code


def revoked(rp: Any) -> dict[str, str]:
    """The form of the last request."""
    request = rp.op.asked[-1]
    assert (request.endpoint, request.url) == ("revocation", f"{ISSUER}/revoke")
    return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}


def test_a_session_a_grant_and_a_token_are_revoked(rp: Any) -> None:
    session = log_in(rp, rp.op)
    assert settled(rp.revoke(session)) is None
    assert revoked(rp) == {"token": "canary-refresh", "token_type_hint": "refresh_token", "client_id": "client"}
    grant = settled(rp.refresh_token("from-elsewhere", "alice")).grant
    settled(rp.revoke(grant))
    assert revoked(rp)["token"] == "canary-refresh"
    settled(rp.revoke(session.access_token, "access_token"))
    assert revoked(rp) == {"token": "canary-access", "token_type_hint": "access_token", "client_id": "client"}
    settled(rp.revoke("a-token"))
    assert revoked(rp) == {"token": "a-token", "client_id": "client"}


def test_why_a_token_was_not_revoked(rp: Any) -> None:
    rp.op.revocation = HttpResponse(503, [("Retry-After", "120")], b"")
    with pytest.raises(ProviderError) as raised:
        settled(rp.revoke("a-token"))
    assert (raised.value.code, raised.value.details) == ("revocation_unavailable", {"retry_after": "120"})
    assert raised.value.is_retryable
    refusal = json.dumps({"error": "unsupported_token_type"}).encode()
    rp.op.revocation = HttpResponse(400, [("content-type", "application/json")], refusal)
    with pytest.raises(ProviderError) as refused:
        settled(rp.revoke("a-token"))
    assert refused.value.error == "unsupported_token_type"
    with pytest.raises(MisuseError):
        settled(rp.revoke(""))
    session = log_in(rp, rp.op)
    wrong: list[tuple[Any, Any]] = [("a-token", "id_token"), (session, "access_token")]
    for what, hint in wrong:
        with pytest.raises(ConfigurationError, match="token_type_hint"):
            settled(rp.revoke(what, hint))


@pytest.mark.parametrize("party", PARTIES)
def test_a_provider_that_revokes_nothing(party: Any) -> None:
    with pytest.raises(Error) as raised:
        settled(maker(party)(ScriptedOp()).revoke("a-token"))
    assert (raised.value.code, raised.value.details) == ("endpoint_missing", {"member": "revocation_endpoint"})


def test_a_session_keeps_the_session_state_of_its_login(rp: Any) -> None:
    started = settled(rp.authorize())
    session = settled(rp.callback(rp.op.browser(started.url) + "&session_state=s.salt", started.id))
    assert session.session_state == "s.salt"
    assert settled(rp.restore(session.encode())).session_state == "s.salt"
    assert log_in(rp, rp.op).session_state is None

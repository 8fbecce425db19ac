"""Logins whose requests are pushed or signed, and whose responses are signed, at a certified provider."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from browser import Browser
from client_keys import KEYS
from exchange import TRANSPORTS
from op import Op, provider
from relyingparty import ProviderError, SigningKey
from test_live import HERE, log_in, settled
from test_live_keys import party, public, registered, statuses

PAR, TOKEN = "/request", "/token"
KEY = SigningKey.from_key(KEYS["ES256"], kid="k-1")
PAYMENT = [{"type": "payment", "amount": "12.50"}]


@pytest.fixture(scope="module")
def op() -> Iterator[Op]:
    """A provider over plain HTTP."""
    with provider() as running:
        yield running


@pytest.fixture(params=["urllib", "aiohttp"])
def kind(request: pytest.FixtureRequest) -> str:
    """A blocking transport, and one of asyncio."""
    name: str = request.param
    return name


def with_a_key(op: Op, **metadata: Any) -> dict[str, Any]:
    """A client that authenticates with the key."""
    return registered(op, token_endpoint_auth_method="private_key_jwt", jwks=public(KEY), **metadata)


def names(url: str) -> set[str]:
    return set(parse_qs(urlsplit(url).query))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_pushed_request_with_a_key_and_bound_tokens(op: Op, transport: str) -> None:
    client = with_a_key(op, require_pushed_authorization_requests=True, dpop_bound_access_tokens=True)
    keys: dict[str, Any] = {"signing_keys": [KEY], "dpop_keys": [KEYS["EdDSA"]]}
    rp = party(op, client, transport, require_pushed_authorization_requests=True, **keys)
    op.requests()
    started = settled(rp.authorize(login_hint="alice", return_to="/inbox"))
    assert names(started.url) == {"client_id", "request_uri"}
    session = settled(rp.callback(Browser(stop_at=HERE).log_in(started.url), started.id))
    assert (session.sub, session.return_to, session.token_type) == ("alice", "/inbox", "DPoP")
    once = [(PAR, 400), (PAR, 201), (TOKEN, 200)]
    assert statuses(op, PAR, TOKEN) == once, "the nonce is asked for once, at whichever endpoint comes first"
    assert settled(rp.userinfo(settled(rp.refresh(session))))["name"] == "Alice Example"


@pytest.mark.parametrize("method", ["none", "client_secret_basic", "client_secret_post"])
def test_clients_without_keys_push_as_well(op: Op, kind: str, method: str) -> None:
    client = registered(op, token_endpoint_auth_method=method, require_pushed_authorization_requests=True)
    options: Any = {"client_secret": client.get("client_secret"), "token_endpoint_auth_method": method}
    rp = party(op, client, kind, require_pushed_authorization_requests=True, **options)
    assert log_in(rp).sub == "alice"


def test_k5_a_request_in_the_open_is_refused_by_the_provider(op: Op, kind: str) -> None:
    client = with_a_key(op, require_pushed_authorization_requests=True)
    with pytest.raises(ProviderError) as raised:
        log_in(party(op, client, kind, signing_keys=[KEY]))
    assert raised.value.error == "invalid_request"


def test_what_the_provider_refuses_to_take_is_said_at_once(op: Op, kind: str) -> None:
    rp = party(op, with_a_key(op), kind, signing_keys=[KEY], require_pushed_authorization_requests=True)
    with pytest.raises(ProviderError) as raised:
        settled(rp.authorize(authorization_details=[{"type": "unheard of"}]))
    assert raised.value.error == "invalid_authorization_details"


@pytest.mark.parametrize("pushed", [True, False])
@pytest.mark.parametrize("alg", ["ES256", "EdDSA", "PS256"])
def test_a_signed_request(op: Op, kind: str, alg: str, pushed: bool) -> None:
    key = SigningKey.from_key(KEYS["RS256" if alg == "PS256" else alg], kid="k-1", alg=alg)
    demands = {"require_signed_request_object": True, "require_pushed_authorization_requests": pushed}
    auth = {"token_endpoint_auth_method": "private_key_jwt", "jwks": public(key)}
    client = registered(op, request_object_signing_alg=alg, **auth, **demands)
    rp = party(op, client, kind, signing_keys=[key], **demands)
    started = settled(rp.authorize(max_age=600, claims={"id_token": {"email": None}}))
    assert ("request_uri" if pushed else "request") in names(started.url)
    assert not {"state", "nonce", "code_challenge"} & names(started.url)
    session = settled(rp.callback(Browser(stop_at=HERE).log_in(started.url), started.id))
    assert session.claims.email == "alice@example.test"
    assert session.claims["auth_time"] > 0


@pytest.mark.parametrize("pushed", [True, False])
@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "EdDSA"])
def test_a_signed_response(op: Op, kind: str, alg: str, pushed: bool) -> None:
    client = with_a_key(op, authorization_signed_response_alg=alg)
    options: Any = {"signing_keys": [KEY], "require_pushed_authorization_requests": pushed}
    rp = party(op, client, kind, authorization_signed_response_alg=alg, **options)
    started = settled(rp.authorize(response_mode="jwt"))
    back = Browser(stop_at=HERE).log_in(started.url)
    assert names(back) == {"response"}
    assert rp.cookie_name(back) == started.cookie_name
    assert settled(rp.callback(back, started.id)).sub == "alice"


def test_a_refusal_is_signed_as_well(op: Op, kind: str) -> None:
    rp = party(op, with_a_key(op), kind, signing_keys=[KEY])
    started = settled(rp.authorize(response_mode="jwt"))
    browser = Browser(stop_at=HERE)
    browser.open(started.url)
    back = browser.follow("[ Cancel ]")
    assert names(back) == {"response"}
    with pytest.raises(ProviderError) as raised:
        settled(rp.callback(back, started.id))
    assert raised.value.error == "access_denied"


@pytest.mark.parametrize("pushed", [True, False])
def test_what_the_application_may_do(op: Op, kind: str, pushed: bool) -> None:
    client = with_a_key(op, authorization_details_types=["payment"])
    rp = party(op, client, kind, signing_keys=[KEY], require_pushed_authorization_requests=pushed)
    of_an_api: dict[str, Any] = {"resource": "https://api.example", "scopes": ["openid", "api"]}
    session = log_in(rp, authorization_details=PAYMENT, **of_an_api)
    assert session.authorization_details == PAYMENT
    assert settled(rp.refresh(settled(rp.restore(session.encode())))).authorization_details == PAYMENT
    assert log_in(rp).authorization_details is None


def test_an_api_is_called_with_a_bound_token_and_the_nonce_that_it_asks_for(op: Op, kind: str) -> None:
    client = with_a_key(op, dpop_bound_access_tokens=True)
    rp = party(op, client, kind, signing_keys=[KEY], dpop_keys=[KEYS["EdDSA"]], api_origins=[op.issuer])
    session = log_in(rp)
    op("nonces")
    op.requests()
    response = settled(rp.call(session, "GET", f"{op.issuer}/me", headers={"Accept": "application/json"}))
    assert (response.status, response.challenge) == (200, None)
    assert b"Alice Example" in response.body
    assert statuses(op, "/me") == [("/me", 401), ("/me", 200)]


def test_an_api_that_refuses_a_token_says_why(op: Op, kind: str) -> None:
    rp = party(op, with_a_key(op), kind, signing_keys=[KEY], api_origins=[op.issuer])
    session = log_in(rp, resource="https://api.example", scopes=["openid", "api"])
    response = settled(rp.call(session, "GET", f"{op.issuer}/me"))
    assert response.status == 401
    assert (response.challenge.scheme, response.challenge.error) == ("Bearer", "invalid_token")

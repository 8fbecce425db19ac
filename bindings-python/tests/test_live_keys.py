"""Clients that prove themselves with keys, at a certified provider: every way to authenticate, DPoP with nonces."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from browser import Browser
from calling import CLIENTS
from client_keys import KEYS, signature
from exchange import ASYNCIO, TRANSPORTS
from op import Op, provider
from relyingparty import (
    AsyncRelyingParty,
    HttpRequest,
    HttpResponse,
    ProviderError,
    RelyingParty,
    SigningKey,
    Unreachable,
    UrllibTransport,
    token_file,
)
from scripted import base64url
from test_live import CALLBACK, HERE, log_in, settled

TOKEN, USERINFO = "/token", "/me"


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


def registered(op: Op, **metadata: Any) -> dict[str, Any]:
    """A client at the provider."""
    client: dict[str, Any] = op("register", redirect_uris=[CALLBACK], **metadata)
    return client


def party(op: Op, client: dict[str, Any], kind: str = "urllib", **options: Any) -> Any:
    """The relying party of a client, over a transport of this kind."""
    made: Any = AsyncRelyingParty if kind in ASYNCIO else RelyingParty
    options.setdefault("transport", TRANSPORTS[kind]())
    return made(op.issuer, client["client_id"], CALLBACK, allow_insecure_loopback=True, **options)


def statuses(op: Op, *paths: str) -> list[tuple[str, int]]:
    """What was asked for at these paths since the last call, and how it was answered."""
    return [(asked["path"], asked["status"]) for asked in op("requests") if asked["path"] in paths]


def goes_on(rp: Any, op: Op) -> None:
    """A login, and a refresh: each authenticates once."""
    op.requests()
    session = log_in(rp)
    assert session.sub == "alice"
    assert settled(rp.refresh(session)).access_token != session.access_token
    assert statuses(op, TOKEN) == [(TOKEN, 200)] * 2


def public(*keys: SigningKey) -> dict[str, Any]:
    return {"keys": [key.public_jwk for key in keys]}


@pytest.mark.parametrize("alg", [*KEYS, "RS384", "PS256", "PS512", "Ed25519"])
def test_a_client_with_a_key(op: Op, kind: str, alg: str) -> None:
    key = KEYS.get(alg) or KEYS["EdDSA" if alg == "Ed25519" else "RS256"]
    signing_key = SigningKey.from_key(key, kid="k-1", alg=alg)
    jwks = public(signing_key)
    client = registered(
        op, token_endpoint_auth_method="private_key_jwt", token_endpoint_auth_signing_alg=alg, jwks=jwks
    )
    goes_on(party(op, client, kind, signing_keys=[signing_key]), op)


def test_an_assertion_for_the_token_endpoint(op: Op, kind: str) -> None:
    key = SigningKey.from_key(KEYS["ES256"])
    client = registered(op, token_endpoint_auth_method="private_key_jwt", jwks=public(key))
    goes_on(party(op, client, kind, signing_keys=[key], client_assertion_audience="token_endpoint"), op)


def test_a_key_that_is_not_registered_is_refused(op: Op, kind: str) -> None:
    key = SigningKey.from_key(KEYS["ES256"])
    client = registered(op, token_endpoint_auth_method="private_key_jwt", jwks=public(key))
    with pytest.raises(ProviderError) as raised:
        log_in(party(op, client, kind, signing_keys=[KEYS["EdDSA"]]))
    assert raised.value.error == "invalid_client"


def test_keys_are_changed_while_the_client_goes_on(op: Op, kind: str) -> None:
    old, new = SigningKey.from_key(KEYS["ES256"], kid="old"), SigningKey.from_key(KEYS["EdDSA"], kid="new")
    client = {"client_id": "not yet"}
    jwks = party(op, client, kind, signing_keys=[old, new]).jwks()
    client = registered(op, token_endpoint_auth_method="private_key_jwt", jwks=jwks)
    for keys in ([old], [old, new], [new, old], [new]):
        goes_on(party(op, client, kind, signing_keys=keys), op)


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_a_client_with_a_secret_that_signs(op: Op, kind: str, alg: str) -> None:
    method: Any = {"token_endpoint_auth_method": "client_secret_jwt", "token_endpoint_auth_signing_alg": alg}
    client = registered(op, **method)
    goes_on(party(op, client, kind, client_secret=client["client_secret"], **method), op)


@pytest.mark.parametrize("alg", ["ES256", "RS256"])
def test_a_client_whose_key_is_in_a_kms(op: Op, kind: str, alg: str) -> None:
    asked: list[str] = []

    def sign(signing_input: bytes, alg: str) -> bytes:
        asked.append(alg)
        return signature(KEYS[alg], signing_input, alg)

    async def sign_async(signing_input: bytes, alg: str) -> bytes:
        return sign(signing_input, alg)

    jwk = SigningKey.from_key(KEYS[alg], kid="in the KMS").public_jwk
    client = registered(op, token_endpoint_auth_method="private_key_jwt", jwks={"keys": [jwk]})
    key = SigningKey.from_callable(sign if kind == "urllib" else sign_async, alg=alg, kid="in the KMS")
    goes_on(party(op, client, kind, signing_keys=[key]), op)
    assert asked == [alg, alg]


def minted(op: Op, client: dict[str, Any]) -> str:
    """An assertion as somebody else makes it."""
    now = int(time.time())
    named = {"iss": client["client_id"], "sub": client["client_id"], "aud": op.issuer}
    parts = ({"alg": "ES256"}, {**named, "iat": now, "exp": now + 60, "jti": token_hex()})
    signing_input = ".".join(base64url(json.dumps(part).encode()) for part in parts)
    return f"{signing_input}.{base64url(signature(KEYS['ES256'], signing_input.encode(), 'ES256'))}"


def of_es256(op: Op, **metadata: Any) -> dict[str, Any]:
    jwks = public(SigningKey.from_key(KEYS["ES256"]))
    return registered(op, token_endpoint_auth_method="private_key_jwt", jwks=jwks, **metadata)


def test_a_client_whose_assertions_come_from_elsewhere(op: Op, kind: str) -> None:
    client = of_es256(op)
    goes_on(party(op, client, kind, client_assertion=lambda: minted(op, client)), op)


@pytest.mark.parametrize("rotates", [True, False])
def test_k1_a_file_that_changes_between_two_attempts(op: Op, tmp_path: Path, rotates: bool) -> None:
    client, file = of_es256(op), tmp_path / "token"

    class Kubelet:
        """Sends requests, and writes another token after each that spent one."""

        def __init__(self) -> None:
            self.transport = UrllibTransport()
            file.write_text(minted(op, client) + "\n")

        def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
            answer = self.transport.send(request)
            if request.endpoint == "token" and rotates:
                file.write_text(minted(op, client) + "\n")
            return answer

    rp = party(op, client, transport=Kubelet(), client_assertion=token_file(file), dpop_keys=[KEYS["EdDSA"]])
    op.requests()
    if rotates:
        session = log_in(rp)
        assert rp.refresh(session).sub == "alice"
        assert statuses(op, TOKEN) == [(TOKEN, 400), (TOKEN, 200), (TOKEN, 200)], "a nonce was asked for"
    else:
        with pytest.raises(ProviderError) as raised:
            log_in(rp)
        assert raised.value.error == "invalid_client", "an assertion serves once"


@pytest.mark.parametrize("method", ["none", "client_secret_basic", "private_key_jwt"])
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_tokens_are_bound_and_nonces_remembered(op: Op, transport: str, method: str) -> None:
    key = SigningKey.from_key(KEYS["ES256"])
    keys = {"jwks": public(key)} if method == "private_key_jwt" else {}
    client = registered(op, token_endpoint_auth_method=method, dpop_bound_access_tokens=True, **keys)
    options: dict[str, Any] = {"signing_keys": [key]} if keys else {"client_secret": client.get("client_secret")}
    rp = party(op, client, transport, dpop_keys=[KEYS["EdDSA"]], **options)
    op.requests()
    session = log_in(rp)
    assert (session.token_type, session.dpop_jkt) == ("DPoP", SigningKey.from_key(KEYS["EdDSA"]).thumbprint)
    assert settled(rp.userinfo(session))["name"] == "Alice Example"
    session = settled(rp.refresh(settled(rp.restore(session.encode()))))
    assert settled(rp.userinfo(session))["name"] == "Alice Example"
    once = [(TOKEN, 400), (TOKEN, 200), (USERINFO, 200), (TOKEN, 200), (USERINFO, 200)]
    assert statuses(op, TOKEN, USERINFO) == once, "the nonce is asked for once"
    op("nonces")
    assert settled(rp.userinfo(session))["name"] == "Alice Example"
    op("nonces")
    session = settled(rp.refresh(session))
    again = [(USERINFO, 401), (USERINFO, 200), (TOKEN, 400), (TOKEN, 200)]
    assert statuses(op, TOKEN, USERINFO) == again


@pytest.mark.parametrize("alg", [*KEYS, "PS384", "Ed25519"])
def test_tokens_are_bound_to_keys_of_every_kind(op: Op, kind: str, alg: str) -> None:
    key = KEYS.get(alg) or KEYS["EdDSA" if alg == "Ed25519" else "RS256"]
    client = registered(op, token_endpoint_auth_method="none")
    rp = party(op, client, kind, dpop_keys=[SigningKey.from_key(key, alg=alg)])
    assert settled(rp.userinfo(log_in(rp)))["name"] == "Alice Example"


def test_a_key_in_a_kms_binds_tokens(op: Op, kind: str) -> None:
    def sign(signing_input: bytes, alg: str) -> bytes:
        return signature(KEYS["ES256"], signing_input, alg)

    jwk = SigningKey.from_key(KEYS["ES256"]).public_jwk
    rp = party(
        op,
        registered(op, token_endpoint_auth_method="none", dpop_bound_access_tokens=True),
        kind,
        dpop_keys=[SigningKey.from_callable(sign, alg="ES256", jwk=jwk)],
    )
    session = settled(rp.refresh(log_in(rp)))
    assert settled(rp.userinfo(session))["name"] == "Alice Example"


def test_k9_a_bound_refresh_token_is_worth_nothing_to_a_thief(op: Op, kind: str) -> None:
    client = registered(op, token_endpoint_auth_method="none", dpop_bound_access_tokens=True)
    session = log_in(party(op, client, kind, dpop_keys=[KEYS["ES256"]]))
    assert session.refresh_token is not None
    for thief in ({"dpop_keys": [KEYS["EdDSA"]]}, {}):
        with pytest.raises(ProviderError) as raised:
            settled(party(op, client, kind, **thief).refresh_token(session.refresh_token, "alice"))
        assert raised.value.error == "invalid_grant"


def test_threads_log_in_at_once(op: Op) -> None:
    key = SigningKey.from_key(KEYS["ES256"])
    client = registered(op, token_endpoint_auth_method="private_key_jwt", jwks=public(key))
    rp = party(op, client, signing_keys=[key], dpop_keys=[KEYS["EdDSA"]])
    herd = [rp.authorize() for _ in range(8)]
    backs = [Browser(stop_at=HERE).log_in(started.url) for started in herd]
    with ThreadPoolExecutor(8) as threads:
        sessions = list(threads.map(rp.callback, backs, [started.id for started in herd]))
        names = list(threads.map(lambda session: rp.userinfo(session)["name"], sessions))
    assert names == ["Alice Example"] * 8


@pytest.mark.parametrize("name", CLIENTS)
def test_a_resource_is_called_with_the_application_s_own_client(op: Op, name: str) -> None:
    registration = registered(op, token_endpoint_auth_method="none", dpop_bound_access_tokens=True)
    client = CLIENTS[name]
    kind = "urllib" if client.party is RelyingParty else "aiohttp"
    rp = party(op, registration, kind, dpop_keys=[KEYS["ES256"]], api_origins=[op.issuer])
    session = log_in(rp)
    op("nonces")
    op.requests()
    for _ in range(2):
        got = client.send(client.auth(rp, session), "GET", f"{op.issuer}{USERINFO}")
        assert got.status == 200 and json.loads(got.body)["sub"] == "alice"
    assert statuses(op, USERINFO) == [(USERINFO, 401), (USERINFO, 200), (USERINFO, 200)]

"""The auth objects for HTTP clients, in front of a real API."""

from __future__ import annotations

import importlib
import io
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
import requests

from calling import CLIENTS, Api, Caller, Client, serving
from client_keys import KEYS, BindingOp, header, is_good, part, signature
from parties import settled
from relyingparty import (
    AsyncRelyingParty,
    ConfigurationError,
    Error,
    MisuseError,
    ProtocolError,
    RelyingParty,
    SigningKey,
)
from relyingparty.auth.aiohttp import AiohttpAuth
from relyingparty.auth.httpx import HttpxAuth
from relyingparty.auth.requests import RequestsAuth
from scripted import CALLBACK, ISSUER, ScriptedOp
from test_tracebacks import leaks


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as running:
        yield running


@pytest.fixture(params=CLIENTS.values(), ids=list(CLIENTS))
def client(request: pytest.FixtureRequest) -> Client:
    """Each HTTP client in turn."""
    found: Client = request.param
    return found


def is_httpx(client: Client) -> bool:
    return "Httpx" in repr(client.auth)


def test_a_request_carries_the_access_token(client: Client, api: Api) -> None:
    caller = Caller(client, api, ScriptedOp())
    for _ in range(2):
        got = client.send(caller.auth(), "POST", f"{api.origin}/a?b=1#c", content=b"abc", headers={"X-One": "1"})
        assert (got.status, got.body, got.challenge) == (200, b"canary-answer", None)
    first, second = api.asked
    assert (first.method, first.path, first.body) == ("POST", "/a?b=1", b"abc")
    assert (first.headers["authorization"], first.headers["x-one"]) == ("Bearer canary-access", "1")
    assert "dpop" not in first.headers
    assert second == first


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_methods_are_those_of_http(client: Client, api: Api, method: str) -> None:
    assert client.send(Caller(client, api, ScriptedOp()).auth(), method, api.origin).status == 200
    assert [asked.method for asked in api.asked] == [method]


def test_a_bound_token_is_proven_and_a_nonce_costs_one_request(client: Client, api: Api) -> None:
    caller = Caller(client, api, BindingOp(), dpop_keys=[KEYS["ES256"]])
    api.nonce = "nonce-7"
    for _ in range(2):
        got = client.send(caller.auth(), "POST", f"{api.origin}/things?a=1", content=b"once")
        assert (got.status, got.body) == (200, b"canary-answer")
    assert [asked.proof.get("nonce") for asked in api.asked] == [None, "nonce-7", "nonce-7"]
    assert {(asked.proof["htm"], asked.proof["htu"]) for asked in api.asked} == {("POST", f"{api.origin}/things")}
    assert len({asked.proof["jti"] for asked in api.asked}) == 3
    assert all(is_good(asked.headers["dpop"], KEYS["ES256"]) for asked in api.asked)
    assert {asked.headers["authorization"] for asked in api.asked} == {"DPoP canary-access-1"}
    assert [asked.body for asked in api.asked] == [b"once"] * 3
    # It is the relying party that remembers it.
    settled(caller.rp.call(caller.session, "GET", api.origin))
    assert part(header(caller.op.asked[-1], "dpop"), 1)["nonce"] == "nonce-7"


def test_a_nonce_that_is_never_right_ends_it(client: Client, api: Api) -> None:
    caller = Caller(client, api, BindingOp(), dpop_keys=[KEYS["ES256"]])
    api.status, api.headers = 401, [("WWW-Authenticate", 'DPoP error="use_dpop_nonce"'), ("DPoP-Nonce", "n")]
    with pytest.raises(ProtocolError) as raised:
        client.send(caller.auth(), "GET", api.origin)
    assert raised.value.code == "dpop_nonce_refused"
    assert len(api.asked) == 2


def test_a_key_of_the_host_s_signs_the_proofs(client: Client, api: Api) -> None:
    async def later(signing_input: bytes, alg: str) -> bytes:
        return signature(KEYS["ES256"], signing_input, alg)

    def now(signing_input: bytes, alg: str) -> bytes:
        return signature(KEYS["ES256"], signing_input, alg)

    jwk = SigningKey.from_key(KEYS["ES256"]).public_jwk
    sign: Any = now if client.party is RelyingParty else later
    caller = Caller(client, api, BindingOp(), dpop_keys=[SigningKey.from_callable(sign, alg="ES256", jwk=jwk)])
    api.nonce = "nonce-7"
    assert client.send(caller.auth(), "GET", api.origin).status == 200
    assert all(is_good(asked.headers["dpop"], KEYS["ES256"]) for asked in api.asked)


def test_k10_a_token_goes_to_nobody_whom_it_is_not_for(client: Client, api: Api) -> None:
    caller = Caller(client, api, ScriptedOp())
    with serving() as other:
        caller.rp = client.make(
            caller.op, api_origins=[api.origin], policy={"danger_http_hosts": [api.host, other.host]}
        )
        with pytest.raises(MisuseError) as raised:
            client.send(caller.auth(), "GET", f"{other.origin}/things")
        assert raised.value.code == "origin_not_allowed"
        assert other.asked == []


@pytest.mark.parametrize("key", [None, "ES256"])
@pytest.mark.parametrize("status", [302, 307])
def test_k10_a_redirect_takes_no_token_along(client: Client, api: Api, status: int, key: Any) -> None:
    keys: Any = {"dpop_keys": [KEYS[key]]} if key else {}
    caller = Caller(client, api, BindingOp() if key else ScriptedOp(), **keys)
    with serving() as other:
        hosts = {"danger_http_hosts": [api.host, other.host]}
        caller.rp = client.make(caller.op, api_origins=[api.origin], policy=hosts, **keys)
        api.status, api.headers = status, [("Location", f"{other.origin}/stolen")]
        got = client.send(caller.auth(), "POST", f"{api.origin}/things", content=b"abc")
        assert (got.status, got.body) == (status, b"canary-answer")
        assert other.asked == []
        if client.auth is RequestsAuth:
            assert client.send(caller.auth(), "POST", f"{api.origin}/things", content=b"abc", follow=True).status == 200
            [asked] = other.asked
            assert not {"authorization", "dpop"} & set(asked.headers)
        else:
            with pytest.raises(Error) as raised:
                client.send(caller.auth(), "POST", f"{api.origin}/things", content=b"abc", follow=True)
            assert raised.value.code == ("redirect_refused" if is_httpx(client) else "origin_not_allowed")
            # httpx goes there before it asks anybody.
            assert len(other.asked) == (1 if is_httpx(client) else 0)
            assert all("authorization" not in asked.headers for asked in other.asked)
        assert len(api.asked) == 2


def test_a_redirect_within_the_origin(client: Client, api: Api) -> None:
    caller = Caller(client, api, BindingOp(), dpop_keys=[KEYS["ES256"]])
    api.moved["/things"] = "/things/"
    if is_httpx(client):
        with pytest.raises(ProtocolError) as raised:
            client.send(caller.auth(), "POST", f"{api.origin}/things", follow=True)
        assert raised.value.code == "redirect_refused"
        return
    assert client.send(caller.auth(), "POST", f"{api.origin}/things", content=b"abc", follow=True).status == 200
    first, second = api.asked
    assert (second.path, second.body) == ("/things/", b"abc")
    if client.auth is RequestsAuth:
        assert not {"authorization", "dpop"} & set(second.headers)
    else:
        assert second.headers["authorization"] == first.headers["authorization"]
        assert second.proof["htu"] == f"{api.origin}/things/"
        assert second.proof["jti"] != first.proof["jti"]


@pytest.mark.parametrize("name", [name for name in ("httpx", "httpx2") if name in CLIENTS])
def test_a_request_that_httpx_made_of_a_redirect_gets_its_own_proof(name: str, api: Api) -> None:
    """As the MCP SDK follows redirects within an origin."""
    library = importlib.import_module(name)
    caller = Caller(CLIENTS[name], api, BindingOp(), dpop_keys=[KEYS["ES256"]])
    api.moved["/things"] = "/things/"
    with library.Client(auth=caller.auth(), trust_env=False) as http:
        response = http.post(f"{api.origin}/things", content=b"abc")
        assert response.status_code == 307
        assert http.send(response.next_request).status_code == 200
    assert [asked.proof["htu"] for asked in api.asked] == [f"{api.origin}/things", f"{api.origin}/things/"]


def test_what_an_api_wants_instead_is_said(client: Client, api: Api) -> None:
    caller = Caller(client, api, ScriptedOp())
    wanted = 'Bearer error="insufficient_user_authentication", acr_values="gold", max_age="5"'
    api.status, api.headers = 401, [("WWW-Authenticate", wanted)]
    got = client.send(caller.auth(), "GET", api.origin)
    assert (got.status, got.body) == (401, b"canary-answer")
    assert got.challenge is not None
    assert (got.challenge.error, got.challenge.acr_values, got.challenge.max_age) == (
        "insufficient_user_authentication",
        "gold",
        5,
    )
    api.status, api.headers = 403, [("WWW-Authenticate", 'Bearer error="insufficient_scope", scope="a b"')]
    got = client.send(caller.auth(), "GET", api.origin)
    assert got.challenge is not None
    assert (got.status, got.challenge.error, got.challenge.scope) == (403, "insufficient_scope", "a b")


@pytest.mark.parametrize("status", [204, 304, 404, 500, 503])
def test_a_response_of_any_status_is_the_application_s(client: Client, api: Api, status: int) -> None:
    api.status = status
    got = client.send(Caller(client, api, ScriptedOp()).auth(), "HEAD", api.origin)
    assert (got.status, got.challenge) == (status, None)


def test_a_body_of_any_kind_is_sent_twice_or_not_at_all(client: Client, api: Api) -> None:
    caller = Caller(client, api, BindingOp(), dpop_keys=[KEYS["ES256"]])

    def pieces() -> Iterator[bytes]:
        yield from (b"a", b"bc")

    async def pieces_later() -> Any:
        for piece in pieces():
            yield piece

    spent = {RequestsAuth: requests.exceptions.UnrewindableBodyError, AiohttpAuth: aiohttp.ClientPayloadError}
    api.nonce = "nonce-1"
    streamed: Any = pieces() if client.party is RelyingParty else pieces_later()
    if is_httpx(client):
        client.send(caller.auth(), "POST", api.origin, content=streamed)
        assert [asked.body for asked in api.asked] == [b"abc"] * 2
    else:
        with pytest.raises(spent[client.auth]):  # type: ignore[index]
            client.send(caller.auth(), "POST", api.origin, content=streamed)
        assert [asked.body for asked in api.asked] == [b"abc"]
    api.asked.clear()
    # The nonce is known now.
    streamed = pieces() if client.party is RelyingParty else pieces_later()
    assert client.send(caller.auth(), "POST", api.origin, content=streamed).status == 200
    assert [asked.body for asked in api.asked] == [b"abc"]


def test_a_file_is_rewound(client: Client, api: Api) -> None:
    caller = Caller(client, api, BindingOp(), dpop_keys=[KEYS["ES256"]])
    api.nonce = "nonce-1"
    file = io.BytesIO(b"abc")
    options: Any = {"files": {"file": file}} if is_httpx(client) else {"content": file}
    assert client.send(caller.auth(), "POST", api.origin, **options).status == 200
    assert [b"abc" in asked.body for asked in api.asked] == [True, True]


def test_a_request_that_was_prepared_for_one_call_is_for_one(api: Api) -> None:
    caller = Caller(CLIENTS["requests"], api, ScriptedOp())
    with requests.Session() as session:
        prepared = session.prepare_request(requests.Request("GET", api.origin, auth=caller.auth()))
        assert session.send(prepared).status_code == 200
        with pytest.raises(ConfigurationError, match="was made for one call"):
            session.send(prepared)


def test_nobody_sees_a_token_who_is_told_of_an_error(client: Client, api: Api) -> None:
    caller = Caller(client, api, BindingOp(), dpop_keys=[KEYS["ES256"]])
    api.status, api.headers = 401, [("WWW-Authenticate", 'DPoP error="use_dpop_nonce"'), ("DPoP-Nonce", "n")]
    with pytest.raises(ProtocolError) as raised:
        client.send(caller.auth(), "GET", f"{api.origin}/things")
    ours = [where for where in leaks(raised.value, "canary-access") if "/relyingparty/" in where]
    assert ours == []


@pytest.mark.parametrize(("method", "member"), [("TRACE", "method"), ("BREW", "method")])
def test_what_cannot_be_sent_is_refused(client: Client, api: Api, method: str, member: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        client.send(Caller(client, api, ScriptedOp()).auth(), method, api.origin)
    assert raised.value.details["member"] == member
    assert api.asked == []


def test_a_relying_party_of_the_other_kind_is_refused(client: Client, api: Api) -> None:
    caller = Caller(client, api, ScriptedOp())
    other: Any = AsyncRelyingParty if client.party is RelyingParty else RelyingParty
    caller.rp = other(ISSUER, "client", CALLBACK)
    with pytest.raises(ConfigurationError) as raised:
        client.send(caller.auth(), "GET", api.origin)
    assert raised.value.details["member"] == "rp"
    assert api.asked == []


@pytest.mark.parametrize("kind", [HttpxAuth, RequestsAuth, AiohttpAuth])
def test_settings_are_judged_when_they_are_given(kind: Any, api: Api) -> None:
    async def store(session: Any) -> None: ...

    caller = Caller(CLIENTS["httpx"], api, ScriptedOp())
    grant = settled(caller.rp.refresh_token("canary-elsewhere", "alice")).grant
    for given, options, member in (
        ((None, caller.session), {}, "rp"),
        ((caller.rp, None), {}, "session_or_grant"),
        ((caller.rp, "canary-access"), {}, "session_or_grant"),
        ((caller.rp, caller.session), {"on_refresh": 1}, "on_refresh"),
        ((caller.rp, caller.session), {"on_refresh": store}, "on_refresh"),
        ((caller.rp, grant), {"on_refresh": print}, "on_refresh"),
        ((caller.rp, caller.session), {"client_certificate": 1}, "client_certificate"),
    ):
        with pytest.raises(ConfigurationError) as raised:
            kind(*given, **options)
        assert raised.value.details["member"] == member
    assert repr(kind(caller.rp, grant)) == f"<{kind.__name__} of <RelyingParty client at {ISSUER}>>"


def test_a_grant_calls_as_well(client: Client, api: Api) -> None:
    caller = Caller(client, api, ScriptedOp())
    grant = settled(caller.rp.refresh_token("canary-elsewhere", "alice")).grant
    assert client.send(client.auth(caller.rp, grant), "GET", api.origin).status == 200
    assert api.asked[0].headers["authorization"] == "Bearer canary-access"


def test_no_library_is_imported_that_nobody_asked_for() -> None:
    names = ("httpx", "httpx2", "requests", "aiohttp")
    code = f"import sys, relyingparty.auth.base; print([name for name in {names} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"

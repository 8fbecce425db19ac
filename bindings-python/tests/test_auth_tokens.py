"""Auth objects whose access tokens expire, or are bound to a certificate."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from calling import CLIENTS, Api, Caller, Client, serving
from client_keys import KEYS, BindingOp, is_good
from exchange import TRANSPORTS
from mutual import identity, mutual_op
from parties import log_in
from relyingparty import ConfigurationError, HttpRequest, HttpResponse, ProviderError, RelyingParty, Unreachable
from scripted import CALLBACK, NOW, ScriptedOp, answer


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as running:
        yield running


@pytest.fixture(params=CLIENTS.values(), ids=list(CLIENTS))
def client(request: pytest.FixtureRequest) -> Client:
    """Each HTTP client in turn."""
    found: Client = request.param
    return found


class RotatingOp(ScriptedOp):
    """Each access token is another, and each refresh token is for one use."""

    def __init__(self, refreshes: bool = True) -> None:
        super().__init__()
        self.serial = 0
        self.refreshes = refreshes

    def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        if request.endpoint != "token":
            return super().send(request)
        self.asked.append(request)
        if self.serial and f"refresh_token=canary-refresh-{self.serial}".encode() not in request.body:
            return answer({"error": "invalid_grant"}, 400)
        self.serial += 1
        tokens = {"access_token": f"canary-access-{self.serial}", "token_type": "Bearer", "expires_in": 60}
        if self.refreshes:
            tokens["refresh_token"] = f"canary-refresh-{self.serial}"
        return answer({**tokens, "id_token": self.id_token()})


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class Stored:
    """What an application does with refreshed sessions: blocking, or on asyncio."""

    def __init__(self, client: Client) -> None:
        self.sessions: list[Any] = []
        self.store: Any = self.sessions.append if client.party is RelyingParty else self._later

    async def _later(self, session: Any) -> None:
        await asyncio.sleep(0)
        self.sessions.append(session)

    @property
    def tokens(self) -> list[str]:
        return [session.access_token for session in self.sessions]


def tokens(api: Api) -> list[str]:
    """The access tokens that the API got."""
    return [asked.headers["authorization"].removeprefix("Bearer ") for asked in api.asked]


def test_an_expired_token_is_refreshed_before_it_is_sent(client: Client, api: Api) -> None:
    clock, stored = Clock(), Stored(client)
    caller = Caller(client, api, RotatingOp(), clock=clock)
    auth = caller.auth(on_refresh=stored.store)
    for _ in range(2):
        assert client.send(auth, "GET", api.origin).status == 200
    clock.now += 60
    for _ in range(2):
        assert client.send(auth, "GET", api.origin).status == 200
    assert tokens(api) == ["canary-access-1"] * 2 + ["canary-access-2"] * 2
    assert stored.tokens == ["canary-access-2"]
    assert auth.session_or_grant is stored.sessions[0]


def test_a_token_that_is_refused_is_refreshed_once(client: Client, api: Api) -> None:
    stored = Stored(client)
    caller = Caller(client, api, RotatingOp())
    auth = caller.auth(on_refresh=stored.store)
    api.refused = {"canary-access-1"}
    got = client.send(auth, "POST", api.origin, content=b"abc")
    assert (got.status, got.body, got.challenge) == (200, b"canary-answer", None)
    assert tokens(api) == ["canary-access-1", "canary-access-2"]
    assert [asked.body for asked in api.asked] == [b"abc"] * 2
    assert stored.tokens == ["canary-access-2"]
    api.refused |= {"canary-access-2", "canary-access-3"}
    got = client.send(auth, "GET", api.origin)
    assert got.status == 401
    assert got.challenge is not None and got.challenge.error == "invalid_token"
    assert tokens(api)[2:] == ["canary-access-2", "canary-access-3"]
    assert stored.tokens == ["canary-access-2", "canary-access-3"]


def test_nothing_is_refreshed_unasked(client: Client, api: Api) -> None:
    clock = Clock()
    caller = Caller(client, api, RotatingOp(), clock=clock)
    clock.now += 3600
    api.refused = {"canary-access-1"}
    got = client.send(caller.auth(), "GET", api.origin)
    assert got.challenge is not None and got.challenge.error == "invalid_token"
    assert tokens(api) == ["canary-access-1"]
    assert caller.op.serial == 1  # type: ignore[attr-defined]


def test_nothing_but_an_invalid_token_is_refreshed(client: Client, api: Api) -> None:
    stored = Stored(client)
    caller = Caller(client, api, RotatingOp())
    for error in ("insufficient_scope", "insufficient_user_authentication", "invalid_request"):
        api.status, api.headers = 401, [("WWW-Authenticate", f'Bearer error="{error}"')]
        got = client.send(caller.auth(on_refresh=stored.store), "GET", api.origin)
        assert got.challenge is not None and got.challenge.error == error
    assert stored.sessions == []
    assert len(api.asked) == 3


def test_a_session_without_a_refresh_token_is_sent_as_it_is(client: Client, api: Api) -> None:
    clock, stored = Clock(), Stored(client)
    caller = Caller(client, api, RotatingOp(refreshes=False), clock=clock)
    clock.now += 3600
    api.refused = {"canary-access-1"}
    assert client.send(caller.auth(on_refresh=stored.store), "GET", api.origin).status == 401
    assert stored.sessions == []


def test_a_refresh_that_is_refused_is_an_error(client: Client, api: Api) -> None:
    clock, stored = Clock(), Stored(client)
    caller = Caller(client, api, RotatingOp(), clock=clock)
    caller.op.serial = 7  # type: ignore[attr-defined]
    api.refused = {"canary-access-1"}
    auth = caller.auth(on_refresh=stored.store)
    for since, sent in ((0, 1), (3600, 1)):
        clock.now = NOW + since
        with pytest.raises(ProviderError) as raised:
            client.send(auth, "GET", api.origin)
        assert raised.value.error == "invalid_grant"
        assert len(api.asked) == sent
    assert stored.sessions == []


def test_a_session_that_cannot_be_stored_is_not_lost(client: Client, api: Api) -> None:
    def fails(session: Any) -> None:
        raise RuntimeError("no store")

    caller = Caller(client, api, RotatingOp())
    api.refused = {"canary-access-1"}
    auth = caller.auth(on_refresh=fails)
    with pytest.raises(RuntimeError, match="no store"):
        client.send(auth, "GET", api.origin)
    assert auth.session_or_grant.access_token == "canary-access-2"
    assert client.send(auth, "GET", api.origin).status == 200


def test_threads_refresh_once_and_store_once(api: Api) -> None:
    client = CLIENTS["requests"]
    clock, stored = Clock(), Stored(client)
    caller = Caller(client, api, RotatingOp(), clock=clock)
    auth = caller.auth(on_refresh=stored.store)
    clock.now += 60
    with ThreadPoolExecutor(8) as threads:
        got = list(threads.map(lambda _: client.send(auth, "GET", api.origin), range(8)))
    assert {answered.status for answered in got} == {200}
    assert stored.tokens == ["canary-access-2"]
    assert set(tokens(api)) == {"canary-access-2"}


def test_a_late_refusal_of_an_old_token_costs_no_second_refresh(api: Api) -> None:
    """Another call refreshed meanwhile, and the token that this one holds is spent."""
    client = CLIENTS["httpx"]
    clock, stored = Clock(), Stored(client)
    caller = Caller(client, api, RotatingOp(), clock=clock)
    auth = caller.auth(on_refresh=stored.store)
    flow = auth.sync_auth_flow(httpx.Request("GET", api.origin))
    late = next(flow)
    api.refused = {"canary-access-1"}
    assert client.send(auth, "GET", api.origin).status == 200
    clock.now += 30
    refused = httpx.Response(401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}, request=late)
    assert flow.send(refused).headers["authorization"] == "Bearer canary-access-2"
    assert stored.tokens == ["canary-access-2"]


def test_a_bound_session_is_refreshed_and_proven(client: Client, api: Api) -> None:
    stored = Stored(client)
    caller = Caller(client, api, BindingOp(), dpop_keys=[KEYS["ES256"]])
    api.refused = {"canary-access-1"}
    assert client.send(caller.auth(on_refresh=stored.store), "GET", api.origin).status == 200
    assert [asked.headers["authorization"] for asked in api.asked] == ["DPoP canary-access-1", "DPoP canary-access-2"]
    assert all(is_good(asked.headers["dpop"], KEYS["ES256"]) for asked in api.asked)


def test_a_token_that_is_bound_to_a_certificate(client: Client, authority: trustme.CA, tmp_path: Path) -> None:
    who = identity(tmp_path / "client")
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    with mutual_op(authority.issue_cert("127.0.0.1"), who.certificate.read_text()) as op:
        op.binds = True
        kind = "urllib" if client.party is RelyingParty else "aiohttp"
        rp = client.party(
            op.plain.url,
            "client",
            CALLBACK,
            transport=TRANSPORTS[kind](ca_file=ca_file, client_cert=who.both),
            clock=lambda: NOW,
            tls_client_certificate_bound_access_tokens=True,
            api_origins=[op.mutual.url],
        )
        session, url = log_in(rp, op), f"{op.mutual.url}/api"
        tls = ssl.create_default_context(cafile=str(ca_file))
        tls.load_cert_chain(who.both)
        options: Any = {"verify": tls}
        if client is CLIENTS["requests"]:
            options = {"verify": str(ca_file), "cert": str(who.both)}
        op.seen.clear()
        with pytest.raises(ConfigurationError) as raised:
            client.send(client.auth(rp, session), "GET", url, **options)
        assert raised.value.details["member"] == "client_certificate"
        assert op.seen == []
        got = client.send(client.auth(rp, session, client_certificate=True), "GET", url, **options)
        assert (got.status, got.body) == (200, b"canary-answer")
        assert op.seen == [("/api", who.der)]

"""Calls on asyncio that are cancelled: the request that is under way stops, nothing hangs, and no session is lost."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import httpx
import pytest

from client_keys import KEYS, BindingOp, signature
from parties import OnLoop
from relyingparty import AsyncRelyingParty, HttpRequest, HttpResponse, Session, SigningKey, Unreachable
from relyingparty.auth.aiohttp import AiohttpAuth
from relyingparty.auth.httpx import HttpxAuth
from scripted import CALLBACK, ISSUER, NOW, ScriptedOp
from test_auth_tokens import RotatingOp

Send = Callable[[Any, str], Awaitable[bytes]]
PATIENCE = 20.0
"""Seconds after which something hangs."""


def by_httpx(library: Any) -> Send:
    async def send(auth: Any, url: str) -> bytes:
        async with library.AsyncClient(auth=auth, trust_env=False, timeout=60) as client:
            content: bytes = (await client.get(url)).content
            return content

    return send


async def by_aiohttp(auth: Any, url: str) -> bytes:
    async with aiohttp.ClientSession(middlewares=[auth]) as session, session.get(url) as response:
        return await response.read()


CLIENTS: dict[str, tuple[Any, Send]] = {"httpx": (HttpxAuth, by_httpx(httpx)), "aiohttp": (AiohttpAuth, by_aiohttp)}
if sys.version_info >= (3, 11):
    import httpx2

    from relyingparty.auth.httpx2 import Httpx2Auth

    CLIENTS["httpx2"] = (Httpx2Auth, by_httpx(httpx2))


@pytest.fixture(params=CLIENTS.values(), ids=list(CLIENTS))
def client(request: pytest.FixtureRequest) -> tuple[Any, Send]:
    """Each HTTP client for asyncio in turn."""
    found: tuple[Any, Send] = request.param
    return found


class Api:
    """It answers ``/fast`` at once and everything else never. ``came``: a request. ``left``: its connection ended."""

    def __init__(self) -> None:
        self.came, self.left = asyncio.Event(), asyncio.Event()
        self.requests = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        first = await reader.readline()
        while (await reader.readline()).strip():
            pass
        self.requests += 1
        if b"/fast" in first:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nhere")
        else:
            self.came.set()
            await reader.read()
            self.left.set()
        writer.close()


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Api, str]]:
    api = Api()
    server = await asyncio.start_server(api.serve, "127.0.0.1", 0)
    async with server:
        yield api, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def logged_in(op: ScriptedOp, origin: str, transport: Any = None, **options: Any) -> tuple[Any, Session]:
    """A relying party that may call the API, and a session."""
    policy: Any = {"danger_http_hosts": [origin.removeprefix("http://")]}
    rp = AsyncRelyingParty(
        ISSUER,
        "client",
        CALLBACK,
        transport=transport or OnLoop(op),
        api_origins=[origin],
        policy=policy,
        **{"clock": lambda: NOW, **options},
    )
    started = await rp.authorize()
    return rp, await rp.callback(op.browser(started.url), started.id)


async def cancelled(calling: Awaitable[Any], when: asyncio.Event) -> None:
    """Begin, cancel once ``when`` has come, and see that it ends."""
    task = asyncio.ensure_future(calling)
    await asyncio.wait_for(when.wait(), PATIENCE)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, PATIENCE)


def test_a_request_that_waits_for_its_answer_is_stopped(client: tuple[Any, Send]) -> None:
    async def main() -> None:
        auth_of, send = client
        async with serving() as (api, origin):
            rp, session = await logged_in(ScriptedOp(), origin)
            auth = auth_of(rp, session)
            await cancelled(send(auth, f"{origin}/slow"), api.came)
            await asyncio.wait_for(api.left.wait(), PATIENCE)
            assert await asyncio.wait_for(send(auth, f"{origin}/fast"), PATIENCE) == b"here"

    asyncio.run(main())


def test_a_request_whose_proof_is_being_signed_is_not_sent(client: tuple[Any, Send]) -> None:
    async def main() -> None:
        auth_of, send = client
        signing, slow = asyncio.Event(), False

        async def sign(signing_input: bytes, alg: str) -> bytes:
            if slow:
                signing.set()
                await asyncio.sleep(3600)
            return signature(KEYS["ES256"], signing_input, alg)

        jwk = SigningKey.from_key(KEYS["ES256"]).public_jwk
        key = SigningKey.from_callable(sign, alg="ES256", jwk=jwk)
        async with serving() as (api, origin):
            rp, session = await logged_in(BindingOp(), origin, dpop_keys=[key])
            auth = auth_of(rp, session)
            slow = True
            await cancelled(send(auth, f"{origin}/slow"), signing)
            assert api.requests == 0
            slow = False
            assert await asyncio.wait_for(send(auth, f"{origin}/fast"), PATIENCE) == b"here"

    asyncio.run(main())


class Slow(OnLoop):
    """A provider whose token endpoint answers once ``answers`` is set."""

    def __init__(self, op: ScriptedOp) -> None:
        super().__init__(op)
        self.asked, self.answers = asyncio.Event(), asyncio.Event()
        self.answers.set()

    async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        """Answer, some time."""
        reply = await super().send(request)
        if request.endpoint == "token":
            self.asked.set()
            await self.answers.wait()
        return reply


def test_a_refresh_whose_caller_is_cancelled_is_not_lost(client: tuple[Any, Send]) -> None:
    async def main() -> None:
        auth_of, send = client
        now = NOW
        stored: list[Session] = []
        async with serving() as (_, origin):
            op = RotatingOp()
            slow = Slow(op)
            rp, session = await logged_in(op, origin, slow, clock=lambda: now)
            now = NOW + 61
            auth = auth_of(rp, session, on_refresh=stored.append)
            slow.asked.clear()
            slow.answers.clear()
            await cancelled(send(auth, f"{origin}/fast"), slow.asked)
            slow.answers.set()
            # The refresh token is spent: whoever calls next has what came of it.
            assert await asyncio.wait_for(send(auth, f"{origin}/fast"), PATIENCE) == b"here"
            assert [refreshed.access_token for refreshed in stored] == ["canary-access-2"]
            assert auth.session_or_grant.access_token == "canary-access-2"
            assert op.serial == 2, "one refresh"

    asyncio.run(main())

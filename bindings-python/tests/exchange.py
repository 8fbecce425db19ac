"""One way to use every transport, blocking or asyncio, and a request to use it with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from relyingparty import HttpRequest, HttpResponse, Unreachable
from relyingparty.transports import AsyncTransport, ThreadedTransport, Transport, UrllibTransport
from relyingparty.transports.aiohttp import AiohttpTransport
from relyingparty.transports.httpx import AsyncHttpxTransport, HttpxTransport
from relyingparty.transports.requests import RequestsTransport

AnyTransport = Transport | AsyncTransport
Constructor = Callable[..., AnyTransport]


def threaded(**options: Any) -> ThreadedTransport:
    """The blocking default as it serves asyncio."""
    return ThreadedTransport(UrllibTransport(**options))


BLOCKING: dict[str, Callable[..., Transport]] = {
    "urllib": UrllibTransport,
    "requests": RequestsTransport,
    "httpx": HttpxTransport,
}
ASYNCIO: dict[str, Callable[..., AsyncTransport]] = {
    "urllib in a thread": threaded,
    "httpx on asyncio": AsyncHttpxTransport,
    "aiohttp": AiohttpTransport,
}
TRANSPORTS: dict[str, Constructor] = {**BLOCKING, **ASYNCIO}


@dataclass(frozen=True)
class Limits:
    """As the core's, with fractions of a second so that tests are quick."""

    max_response_bytes: int = 1000
    timeout_secs: float = 5


@dataclass(frozen=True)
class StandIn:
    """A request that no flow made."""

    url: str
    method: str = "GET"
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    limits: Limits = Limits()
    client_certificate: bool = False


def send(transport: AnyTransport, request: StandIn) -> HttpResponse | Unreachable:
    """The transport's answer, awaited where it is asyncio's."""
    answer = transport.send(cast(HttpRequest, request))
    if isinstance(answer, HttpResponse | Unreachable):
        return answer

    async def wait() -> HttpResponse | Unreachable:
        return await answer

    return asyncio.run(wait())

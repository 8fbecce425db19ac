"""A blocking transport for asyncio."""

from __future__ import annotations

import asyncio

from relyingparty._relyingparty import HttpRequest, HttpResponse, Unreachable
from relyingparty.transports.protocols import Transport


class ThreadedTransport:
    """Runs a blocking transport in the event loop's threads, so that it can serve asyncio."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        """Make the exchange within ``request.limits``."""
        return await asyncio.to_thread(self._transport.send, request)

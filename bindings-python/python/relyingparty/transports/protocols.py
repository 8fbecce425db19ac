"""What a transport is."""

from __future__ import annotations

from typing import Protocol

from relyingparty._relyingparty import HttpRequest, HttpResponse, Unreachable


class Transport(Protocol):
    """Answers one HTTP request, blocking."""

    def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        """Make the exchange within ``request.limits``."""


class AsyncTransport(Protocol):
    """Answers one HTTP request on the running event loop."""

    async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        """Make the exchange within ``request.limits``."""

"""The interfaces of transports."""

from __future__ import annotations

from typing import Protocol

from relyingparty._relyingparty import HttpRequest, HttpResponse, Unreachable


class Transport(Protocol):
    """Sends one HTTP request and blocks until the response is there."""

    def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        """Send ``request`` as it is, within its ``limits``: follow no redirect, add no cookies or credentials."""


class AsyncTransport(Protocol):
    """Sends one HTTP request on the running event loop."""

    async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        """Send ``request`` as it is, within its ``limits``: follow no redirect, add no cookies or credentials."""

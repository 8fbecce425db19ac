"""The transports for programs that use ``httpx``."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from contextlib import AsyncExitStack
from typing import Any

import httpcore
import httpx

from relyingparty._relyingparty import HttpRequest, HttpResponse
from relyingparty.transports.base import AsyncioTransport, BlockingTransport, Body, headers_of
from relyingparty.transports.deadline import Deadline


class HttpxTransport(BlockingTransport):
    """A fresh ``httpx.Client`` for each request: it keeps no cookies, and reads no environment."""

    def _exchange(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        def watch(event: str, info: dict[str, Any]) -> None:
            if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
                deadline.watch(info["return_value"].get_extra_info("socket"))

        transport = _Transport(self._tls, deadline)
        with httpx.Client(transport=transport, trust_env=False, timeout=request.limits.timeout_secs) as client:
            with client.stream(**_arguments(request), extensions={"trace": watch}) as response:
                headers = response.headers.multi_items()
                body = Body(request, headers).read(response.iter_raw())
                return HttpResponse(response.status_code, headers, body)


class _Transport(httpx.HTTPTransport):
    """``httpx``'s own, which would try each address of a name for as long as all of them may take."""

    def __init__(self, tls: ssl.SSLContext, deadline: Deadline) -> None:
        super().__init__(verify=tls, trust_env=False)
        self._pool = httpcore.ConnectionPool(ssl_context=tls, network_backend=_Backend(deadline))


class _Backend(httpcore.SyncBackend):
    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        connect = super().connect_tcp
        return self._deadline.first_that_answers(
            host, port, lambda address, seconds: connect(address, port, seconds, local_address, socket_options)
        )


class AsyncHttpxTransport(AsyncioTransport):
    """A fresh ``httpx.AsyncClient`` for each request: it keeps no cookies, and reads no environment."""

    async def _exchange(self, request: HttpRequest) -> HttpResponse:
        async with AsyncExitStack() as connections:

            async def watch(event: str, info: dict[str, Any]) -> None:
                # A cancelled TLS handshake leaves its connection open.
                if event == "connection.connect_tcp.complete":
                    connections.push_async_callback(info["return_value"].aclose)

            client = await connections.enter_async_context(
                httpx.AsyncClient(verify=self._tls, trust_env=False, timeout=None)
            )
            async with client.stream(**_arguments(request), extensions={"trace": watch}) as response:
                headers = response.headers.multi_items()
                body = Body(request, headers)
                async for chunk in response.aiter_raw():
                    if not body.add(chunk):
                        break
                return HttpResponse(response.status_code, headers, body.bytes())


def _arguments(request: HttpRequest) -> dict[str, Any]:
    return {
        "method": request.method,
        "url": request.url,
        "headers": list(headers_of(request)),
        "content": request.body,
        "follow_redirects": False,
    }

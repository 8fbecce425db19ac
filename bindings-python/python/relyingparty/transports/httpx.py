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
from relyingparty.transports.proxy import Proxy


class HttpxTransport(BlockingTransport):
    """Sends requests with ``httpx``, blocking. Each request has a client of its own: no cookies, no environment."""

    def _exchange(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        def watch(event: str, info: dict[str, Any]) -> None:
            if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
                deadline.watch(info["return_value"].get_extra_info("socket"))

        transport = _Transport(self._tls_for(request), _Backend(deadline, self._way_out.proxy(request.url)))
        with httpx.Client(transport=transport, trust_env=False, timeout=request.limits.timeout_secs) as client:
            with client.stream(**_arguments(request), extensions={"trace": watch}) as response:
                headers = response.headers.multi_items()
                body = Body(request, headers).read(response.iter_raw())
                return HttpResponse(response.status_code, headers, body)


class _Transport(httpx.HTTPTransport):
    """``httpx``'s own, which would try each address of a name for as long as all of them may take."""

    def __init__(self, tls: ssl.SSLContext, backend: _Backend) -> None:
        super().__init__(verify=tls, trust_env=False)
        self._pool = httpcore.ConnectionPool(ssl_context=tls, network_backend=backend)


class _Backend(httpcore.SyncBackend):
    def __init__(self, deadline: Deadline, proxy: Proxy | None) -> None:
        self._deadline = deadline
        self._proxy = proxy

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        connect = super().connect_tcp

        def first(host: str, port: int) -> httpcore.NetworkStream:
            return self._deadline.first_that_answers(
                host, port, lambda address, seconds: connect(address, port, seconds, local_address, socket_options)
            )

        proxy = self._proxy
        if proxy is None:
            return first(host, port)
        try:
            stream = first(proxy.host, proxy.port)
        except Exception as error:
            raise proxy.unreachable(error) from error
        self._deadline.watch(stream.get_extra_info("socket"))
        try:
            proxy.open(stream.write, lambda: stream.read(4096), host, port)
        except BaseException:
            stream.close()
            raise
        return stream


class AsyncHttpxTransport(AsyncioTransport):
    """Sends requests with ``httpx`` on asyncio. Each request has a client of its own: no cookies, no environment."""

    async def _exchange(self, request: HttpRequest) -> HttpResponse:
        async with AsyncExitStack() as connections:

            async def watch(event: str, info: dict[str, Any]) -> None:
                # A cancelled TLS handshake leaves its connection open.
                if event == "connection.connect_tcp.complete":
                    connections.push_async_callback(info["return_value"].aclose)

            transport = _AsyncTransport(self._tls_for(request), _AsyncBackend(self._way_out.proxy(request.url)))
            client = await connections.enter_async_context(
                httpx.AsyncClient(transport=transport, trust_env=False, timeout=None)
            )
            async with client.stream(**_arguments(request), extensions={"trace": watch}) as response:
                headers = response.headers.multi_items()
                body = Body(request, headers)
                async for chunk in response.aiter_raw():
                    if not body.add(chunk):
                        break
                return HttpResponse(response.status_code, headers, body.whole())


class _AsyncTransport(httpx.AsyncHTTPTransport):
    """``httpx``'s own, over connections that may go through a proxy of ours."""

    def __init__(self, tls: ssl.SSLContext, backend: _AsyncBackend) -> None:
        super().__init__(verify=tls, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(ssl_context=tls, network_backend=backend)


class _AsyncBackend(httpcore.AnyIOBackend):
    def __init__(self, proxy: Proxy | None) -> None:
        self._proxy = proxy

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        proxy = self._proxy
        if proxy is None:
            return await super().connect_tcp(host, port, timeout, local_address, socket_options)
        try:
            stream = await super().connect_tcp(proxy.host, proxy.port, timeout, local_address, socket_options)
        except Exception as error:
            raise proxy.unreachable(error) from error
        try:
            await proxy.open_async(stream.write, lambda: stream.read(4096), host, port)
        except BaseException:
            await stream.aclose()
            raise
        return stream


def _arguments(request: HttpRequest) -> dict[str, Any]:
    return {
        "method": request.method,
        "url": request.url,
        "headers": list(headers_of(request)),
        "content": request.body,
        "follow_redirects": False,
    }

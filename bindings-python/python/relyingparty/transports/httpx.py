"""The transports for programs that use ``httpx``."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

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

        with httpx.Client(verify=self._tls, trust_env=False, timeout=request.limits.timeout_secs) as client:
            with client.stream(**_arguments(request), extensions={"trace": watch}) as response:
                headers = response.headers.multi_items()
                body = Body(request, headers).read(response.iter_raw())
                return HttpResponse(response.status_code, headers, body)


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

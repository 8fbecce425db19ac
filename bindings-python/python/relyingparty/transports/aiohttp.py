"""The transport for programs that use ``aiohttp``."""

from __future__ import annotations

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from relyingparty._relyingparty import HttpRequest, HttpResponse
from relyingparty.transports.base import AsyncioTransport, Body, headers_of
from relyingparty.transports.proxy import Proxy

_NO_HEADERS = CIMultiDictProxy(CIMultiDict[str]())


def _without_headers(asked: aiohttp.RequestInfo) -> aiohttp.RequestInfo:
    return aiohttp.RequestInfo(asked.url, asked.method, _NO_HEADERS, asked.real_url)


class AiohttpTransport(AsyncioTransport):
    """Sends requests with ``aiohttp`` on asyncio. Each request has a session of its own: no cookies, no environment."""

    async def _exchange(self, request: HttpRequest) -> HttpResponse:
        proxy = self._way_out.proxy(request.url)
        try:
            return await self._exchanged(request, proxy)
        except aiohttp.ClientResponseError as error:
            # It keeps the request, whose headers hold tokens and secrets, and shows its URL.
            error.request_info = _without_headers(error.request_info)
            error.args = (error.request_info, ())
            error.history = ()
            if proxy is not None and isinstance(error, aiohttp.ClientHttpProxyError):
                raise proxy.refusal(error.status) from error
            raise
        except (aiohttp.ClientProxyConnectionError, aiohttp.ClientConnectorDNSError) as error:
            if proxy is None:
                raise
            raise proxy.unreachable(error) from error

    async def _exchanged(self, request: HttpRequest, proxy: Proxy | None) -> HttpResponse:
        headers = headers_of(request)
        if proxy is not None and not request.url.startswith("https:"):
            # No tunnel: aiohttp asks the proxy itself, which is who reads this header.
            headers = [*headers, *proxy.headers().items()]
        async with (
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._tls_for(request)),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=request.limits.timeout_secs),
                trust_env=False,
                auto_decompress=False,
            ) as session,
            session.request(
                request.method,
                URL(request.url, encoded=True),
                headers=headers,
                data=request.body or None,
                allow_redirects=False,
                proxy=None if proxy is None else proxy.url,
                # Not `proxy_auth`, which errors show.
                proxy_headers=None if proxy is None else proxy.headers(),
            ) as response,
        ):
            received = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.raw_headers]
            body = Body(request, received)
            async for chunk in response.content.iter_any():
                if not body.add(chunk):
                    break
            return HttpResponse(response.status, received, body.whole())

"""The transport for programs that use ``aiohttp``."""

from __future__ import annotations

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from relyingparty._relyingparty import HttpRequest, HttpResponse
from relyingparty.transports.base import AsyncioTransport, Body, headers_of

_NO_HEADERS = CIMultiDictProxy(CIMultiDict[str]())


class AiohttpTransport(AsyncioTransport):
    """A fresh ``aiohttp.ClientSession`` for each request: it keeps no cookies, and reads no environment."""

    async def _exchange(self, request: HttpRequest) -> HttpResponse:
        try:
            return await self._exchanged(request)
        except aiohttp.ClientResponseError as error:
            # It keeps the request, whose headers hold tokens and secrets, and shows its URL.
            asked = error.request_info
            error.request_info = aiohttp.RequestInfo(asked.url, asked.method, _NO_HEADERS, asked.real_url)
            error.args = (error.request_info, ())
            error.history = ()
            raise

    async def _exchanged(self, request: HttpRequest) -> HttpResponse:
        async with (
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._tls),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=request.limits.timeout_secs),
                trust_env=False,
                auto_decompress=False,
            ) as session,
            session.request(
                request.method,
                URL(request.url, encoded=True),
                headers=headers_of(request),
                data=request.body or None,
                allow_redirects=False,
            ) as response,
        ):
            headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.raw_headers]
            body = Body(request, headers)
            async for chunk in response.content.iter_any():
                if not body.add(chunk):
                    break
            return HttpResponse(response.status, headers, body.bytes())

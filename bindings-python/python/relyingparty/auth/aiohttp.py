"""Access tokens for programs that use ``aiohttp`` 3.12 or later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp

from relyingparty.auth.base import Authorizer, dress, shown

if TYPE_CHECKING:
    from aiohttp import ClientHandlerType, ClientRequest, ClientResponse


class AiohttpAuth(Authorizer):
    """One of the ``middlewares`` of an ``aiohttp`` session or request, over an
    ``AsyncRelyingParty``.

    >>> async with aiohttp.ClientSession(middlewares=[AiohttpAuth(rp, session)]) as http:
    ...     response = await http.get("https://api.example/things")

    ``aiohttp.ClientPayloadError`` is raised if the request has to be sent once more and its body can be read only
    once. A request that follows a redirect gets a token of its own, or raises ``origin_not_allowed``.
    """

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Send ``request`` with the access token."""
        call = self._call(request.method, str(request.url), blocks=False)
        asked = await call.next_async()
        while True:
            if asked is not None:
                dress(request.headers, asked)
            response = await handler(request)
            try:
                headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.raw_headers]
                asked = await call.next_async(shown(response.status, headers, response.url))
                if asked is not None and getattr(request.body, "consumed", False):
                    raise aiohttp.ClientPayloadError("the request has to be sent once more, and its body is spent")
            except BaseException:
                response.close()
                raise
            if asked is None:
                self._answered(response, call)
                return response
            response.release()

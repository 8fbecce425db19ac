"""The auth flows of ``httpx`` and of ``httpx2``, which are the same."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import Any, ClassVar

from relyingparty.auth.base import Authorizer, dress, shown


class AuthFlows(Authorizer):
    """Both flows, over the library's own requests and responses."""

    _replayable: ClassVar[type[Any]]
    """The stream of a body that is in memory."""

    def sync_auth_flow(self, request: Any) -> Generator[Any, Any, None]:
        """Send ``request`` with the access token."""
        call = self._call(request.method, str(request.url), blocks=True)
        asked = call.next()
        while asked is not None:
            if self._goes_twice(request, asked):
                request.read()
            dress(request.headers, asked)
            response = yield request
            asked = call.next(shown(response.status_code, response.headers.multi_items(), response.url))
            self._answered(response, call)

    async def async_auth_flow(self, request: Any) -> AsyncGenerator[Any, Any]:
        """The same on asyncio."""
        call = self._call(request.method, str(request.url), blocks=False)
        asked = await call.next_async()
        while asked is not None:
            if self._goes_twice(request, asked):
                await request.aread()
            dress(request.headers, asked)
            response = yield request
            asked = await call.next_async(shown(response.status_code, response.headers.multi_items(), response.url))
            self._answered(response, call)

    def _goes_twice(self, request: Any, asked: Any) -> bool:
        """Whether the body may have to be sent again, and can be read only once."""
        is_bound = any(name == "dpop" for name, _ in asked.headers)
        return (is_bound or self._on_refresh is not None) and not isinstance(request.stream, self._replayable)

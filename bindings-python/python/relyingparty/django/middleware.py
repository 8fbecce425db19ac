"""Whose request it is, for every view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse

from relyingparty import TransportError
from relyingparty.adapters import explanation
from relyingparty.django import sessions


class RelyingPartyMiddleware:
    """Sets ``request.oidc_session``, refreshed when it is due, or ``None``; ``request.oidc_error`` if that failed.

    It logs Django's user in and out with it: when the provider ends a session, Django's session ends with the next
    request. While the store is away, it answers 503. Put it behind ``AuthenticationMiddleware``.
    """

    sync_capable = True
    """Views that block will do,"""
    async_capable = True
    """and those of asyncio as well."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        """Stand before a view, of either kind."""
        self._get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: Any) -> Any:
        """Visit the site, then answer the request."""
        if iscoroutinefunction(self):
            return self._awaited(request)
        response = _unavailable(request) or self._get_response(request)
        return sessions.finish(request, response)

    async def _awaited(self, request: Any) -> Any:
        response = await sync_to_async(_unavailable)(request) or await self._get_response(request)
        return sessions.finish(request, response)


def _unavailable(request: Any) -> HttpResponse | None:
    """Visit the site; the answer if its store is away."""
    try:
        sessions.visit(request)
    except TransportError as error:
        if error.code != "store_unavailable":
            raise
        return HttpResponse(
            explanation(None, 503),
            status=503,
            content_type="text/plain; charset=utf-8",
            headers={"Cache-Control": "no-store"},
        )
    return None

"""Whose request it is, for every view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest

from relyingparty.django import sessions


class RelyingPartyMiddleware:
    """Sets ``request.oidc_session``, refreshed when it is due, or ``None``; ``request.oidc_error`` if that failed.

    It logs Django's user in and out with it: when the provider ends a session, Django's session ends with the next
    request. Put it behind ``AuthenticationMiddleware``.
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
        sessions.visit(request)
        response = self._get_response(request)
        sessions.send(response, request.oidc_cookies)
        return response

    async def _awaited(self, request: Any) -> Any:
        await sync_to_async(sessions.visit)(request)
        response = await self._get_response(request)
        sessions.send(response, request.oidc_cookies)
        return response

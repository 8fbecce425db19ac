"""Relying parties in plain calls and on asyncio, used in one way."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

from relyingparty import AsyncRelyingParty, HttpRequest, HttpResponse, RelyingParty, Unreachable
from scripted import CALLBACK, ISSUER, NOW, ScriptedOp

Make = Callable[..., Any]
"""What makes one: a client of a provider, with options."""
PARTIES: list[Any] = [RelyingParty, AsyncRelyingParty]


class OnLoop:
    """A provider for asyncio."""

    def __init__(self, op: ScriptedOp) -> None:
        self._op = op

    async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        """Answer as the provider does."""
        return self._op.send(request)


def maker(party: Any) -> Make:
    """For relying parties of one kind, without a secret."""

    def made(op: ScriptedOp, **options: Any) -> Any:
        options.setdefault("clock", lambda: NOW)
        return party(ISSUER, "client", CALLBACK, transport=op if party is RelyingParty else OnLoop(op), **options)

    return made


def settled(value: Any) -> Any:
    """What a verb returns, awaited if it is asyncio's."""

    async def wait() -> Any:
        return await value

    return asyncio.run(wait()) if inspect.isawaitable(value) else value


def log_in(rp: Any, op: ScriptedOp) -> Any:
    """A login from start to session."""
    started = settled(rp.authorize())
    return settled(rp.callback(op.browser(started.url), started.id))

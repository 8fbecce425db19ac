"""A web application's whole login over requests as data, on asyncio."""

from __future__ import annotations

import asyncio
import inspect
import time
from typing import Any

from relyingparty._relyingparty import (
    Flow,
    Handled,
    Incoming,
    StoreReply,
    StoreRequest,
    Unreachable,
    Unsupported,
    Visit,
)
from relyingparty.answers import raised
from relyingparty.async_coalesce import AsyncCoalescer, settled, started
from relyingparty.async_relying_party import AsyncRelyingParty
from relyingparty.errors import Error
from relyingparty.log import decided
from relyingparty.session_stores import AsyncSessionStore, MemorySessionStore, SessionStore
from relyingparty.sites import ENTROPY_BYTES, Now, SiteProvider, Sites, T, told

_PAUSE = 0.05
"""How long to wait before a store that blocks is asked for a lock once more, in seconds."""


class AsyncSite(Sites[AsyncRelyingParty, SessionStore | AsyncSessionStore]):
    """The login of a web application: routes below one URL, and the session of every other request. Create one per
    process; tasks may share it.

    >>> provider = SiteProvider("https://op.example", "my-client", client_secret="…")
    >>> site = AsyncSite("https://app.example/auth", provider, sealing_keys=[key])
    >>> handled = await site.handle(Incoming(method, url, headers, body))  # for what is below the base URL
    >>> visit = await site.visit(Incoming(method, url, headers))  # for everything else: visit.session, or None

    It is ``Site``, awaited. The store may be one of asyncio, or one that blocks, which is called in
    threads. What has begun is carried to its end, also if the task that awaits it is cancelled: a refresh that stops
    half-way loses the refresh token.
    """

    _coalescer = AsyncCoalescer

    @staticmethod
    def _judge(store: object) -> None:
        """Both kinds will do."""

    def _party(self, provider: SiteProvider, redirect_uri: str) -> AsyncRelyingParty:
        party = AsyncRelyingParty(
            *(provider._issuer, provider._client_id, redirect_uri),
            **provider._options.lend(),
            cache=self._cache,
            clock=self._clock,
            entropy=self._entropy,
            sleep=self._sleep,
            sealing_keys=self._keys.lend(),
        )
        party._gets = self._gets
        return party

    async def handle(self, incoming: Incoming) -> Handled:
        """Answer a request to one of the routes. What a visitor or the provider does wrong is an answer, too.

        Send ``status``, ``headers`` and ``body``; where a login failed (the event is
        ``Failed``) with a page of your own.

        :param incoming: the request.
        :raises TransportError: ``store_unavailable``; the store's exception is the cause.
        :raises MisuseError: ``implausible_clock``, ``weak_entropy``.
        """
        now = self._now
        return await self._kept_on(now.core.handle(incoming, self._entropy(ENTROPY_BYTES)), now)

    async def visit(self, incoming: Incoming) -> Visit:
        """Say whose request this is: nobody's, or that of a session, which is refreshed when it is due.

        Send the ``set_cookies`` with the response to the request.

        :param incoming: the request; its body does not matter.
        :raises TransportError: ``store_unavailable``; the store's exception is the cause.
        :raises MisuseError: ``implausible_clock``, ``weak_entropy``.
        """
        now = self._now
        found = now.core.visit(incoming, self._entropy(ENTROPY_BYTES))
        return found if isinstance(found, Visit) else await self._kept_on(found, now)

    async def _kept_on(self, flow: Flow[T], now: Now) -> T:
        """Carry a flow to its end, whoever is cancelled meanwhile: it belongs to no task that waits for it."""
        task = started(self._carried(flow, now))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        result: T = await asyncio.shield(task)
        return result

    async def _carried(self, flow: Flow[T], now: Now) -> T:
        lock: StoreRequest | None = None
        try:
            while (request := flow.request) is not None:
                if isinstance(request, StoreRequest):
                    lock = request if request.method == "lock" else lock
                    flow.resume(await self._asked(request))
                elif (party := now.parties.get(flow.provider or "")) is not None:
                    await party._step(flow, request)
                else:
                    flow.resume(Unsupported())
        except Error as error:
            decided(error)
            raise
        finally:
            if lock is not None:
                key, owner, *_ = lock.arguments
                self._turns.leave(key, owner)
        return told(flow.result)

    async def _asked(self, request: StoreRequest) -> StoreReply | Unreachable:
        try:
            if request.method == "lock":
                return request.reply(await self._locked(*request.arguments))
            return request.reply(await self._called(request.method, *request.arguments))
        except Exception as error:
            return raised(error, "the store")

    async def _locked(self, key: str, owner: str, lifetime: int, wait: int) -> Any:
        """What the store answers: one visit at a time asks it. When that one is over, the others lack the lock."""
        until = time.monotonic() + wait
        while (other := self._turns.take(key, owner, lifetime, wait)) is not None:
            await settled(other, other.left(until))
            wait = int(until - time.monotonic())
            if wait < 1 or other.outcome:
                return False
        taken = await self._taken(key, owner, lifetime, wait)
        self._turns.answered(key, owner, lifetime, taken)
        return taken

    async def _taken(self, key: str, owner: str, lifetime: int, wait: int) -> Any:
        """What the store answers. In a store that blocks nobody waits in a thread: whoever holds the lock needs one."""
        store: Any = self._store
        if inspect.iscoroutinefunction(store.lock):
            return await store.lock(key, owner, lifetime, wait)
        until = time.monotonic() + wait
        while (taken := await self._called("lock", key, owner, lifetime, 0)) is False:
            left = until - time.monotonic()
            if left <= 0:
                break
            await asyncio.sleep(min(left, _PAUSE))
        return taken

    async def _called(self, method: str, *arguments: Any) -> Any:
        call = getattr(self._store, method)
        if inspect.iscoroutinefunction(call):
            return await call(*arguments)
        if isinstance(self._store, MemorySessionStore):
            # It waits for nothing.
            return call(*arguments)
        returned = await asyncio.to_thread(call, *arguments)
        return await returned if inspect.isawaitable(returned) else returned

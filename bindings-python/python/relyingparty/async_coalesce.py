"""One GET in flight for each URL, however many tasks want what it fetches.

A GET stays open until the first flow that shares it has consumed the answer, which is when the cache has it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from relyingparty._relyingparty import HttpRequest
from relyingparty.coalesce import Answer

_Key = tuple[asyncio.AbstractEventLoop, str]


class AsyncCoalescer:
    """Shares the answers of GETs between the tasks of an event loop.

    A GET belongs to no task that waits for it: one that is cancelled takes no other with it.
    """

    def __init__(self) -> None:
        self._open: dict[_Key, _AsyncGet] = {}

    @asynccontextmanager
    async def get(
        self, request: HttpRequest, send: Callable[[HttpRequest], Coroutine[Any, Any, Answer]]
    ) -> AsyncIterator[Answer]:
        """The answer of the open GET for the same URL; sent if there is none.

        Leave the block when the flow has consumed it.
        """
        key = (asyncio.get_running_loop(), request.url)
        get = self._open.get(key)
        if get is None:
            get = self._open[key] = _AsyncGet(asyncio.create_task(send(request)))
            get.task.add_done_callback(partial(self._close_abandoned, key, get))
        get.waiting += 1
        try:
            yield await asyncio.shield(get.task)
        finally:
            get.waiting -= 1
            if get.task.done():
                self._close(key, get)

    def _close_abandoned(self, key: _Key, get: _AsyncGet, _: object) -> None:
        if not get.waiting:
            self._close(key, get)

    def _close(self, key: _Key, get: _AsyncGet) -> None:
        if self._open.get(key) is get:
            del self._open[key]


class _AsyncGet:
    """A GET between tasks, and how many wait for it."""

    def __init__(self, task: asyncio.Task[Answer]) -> None:
        self.task = task
        self.waiting = 0

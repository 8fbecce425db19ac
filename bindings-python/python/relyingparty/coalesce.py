"""One GET in flight for each URL, however many logins want what it fetches.

A GET stays open until the first flow that shares it has consumed the answer, which is when the cache has it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any

from relyingparty._relyingparty import HttpRequest, HttpResponse, Unreachable

Answer = HttpResponse | Unreachable
_Key = tuple[asyncio.AbstractEventLoop, str]


class Coalescer:
    """Shares the answers of GETs between threads.

    A thread can be held up between its flow's look into the cache and the GET that follows from it. A *ticket*,
    taken before the look, says which GETs were closed since: the latest of them answers in its stead.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed = 0
        self._latest: dict[str, _Get] = {}

    def ticket(self) -> int:
        """How many GETs have been closed up to now."""
        return self._closed

    @contextmanager
    def get(self, request: HttpRequest, ticket: int, send: Callable[[HttpRequest], Answer]) -> Iterator[Answer]:
        """The answer of a GET for the same URL that was not closed at ``ticket``; sent if there is none.

        Leave the block when the flow has consumed it.
        """
        with self._lock:
            get = self._latest.get(request.url)
            leads = get is None or (get.closed is not None and get.closed <= ticket)
            if get is None or leads:
                get = self._latest[request.url] = _Get()
        if not leads:
            yield get.answer.result()
            return
        try:
            get.answer.set_result(send(request))
            yield get.answer.result()
        except BaseException as error:
            if not get.answer.done():
                get.answer.set_exception(error)
            raise
        finally:
            with self._lock:
                self._closed += 1
                get.closed = self._closed


class _Get:
    """A GET between threads. ``closed`` is how many were, with this one; ``None`` while it is open."""

    def __init__(self) -> None:
        self.answer: Future[Answer] = Future()
        self.closed: int | None = None


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

"""One GET in flight for each URL, however many tasks want what it fetches.

A GET stays open until the first flow that shares it has consumed the answer, which is when the cache has it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from relyingparty._relyingparty import HttpRequest
from relyingparty.coalesce import Answer, key_of
from relyingparty.sharing import Ending, Part, Sharing, Work, doing, refusal


class AsyncCoalescer(Sharing[Answer]):
    """Shares the answers of GETs between the tasks of an event loop.

    A GET belongs to no task that waits for it: one that is cancelled takes no other with it.
    """

    @asynccontextmanager
    async def get(
        self, request: HttpRequest, send: Callable[[HttpRequest], Coroutine[Any, Any, Answer]]
    ) -> AsyncIterator[Answer]:
        """The answer of the open GET for the same URL; sent if there is none.

        Leave the block when the flow has consumed it.
        """
        self._forget_closed_loops()
        key, given_up = (asyncio.get_running_loop(), key_of(request)), None
        while True:
            part, work = self.join(key, request.limits.timeout_secs, given_up)
            if part is Part.REFUSED:
                yield refusal()
                return
            work.waiting += 1
            try:
                answer = None
                if part is Part.WAITS:
                    given_up = None if await settled(work, work.left) else work
                    answer = work.outcome
                else:
                    work.task = started(self._sent(work, request, send))
                    answer = await asyncio.shield(work.task)
                if answer is not None:
                    yield answer
                    return
            finally:
                work.waiting -= 1
                if work.over:
                    self.close(work)
                elif not work.waiting and work.task is not None:
                    self.close(work)
                    work.task.cancel()

    async def _sent(
        self, work: Work[Answer], request: HttpRequest, send: Callable[[HttpRequest], Coroutine[Any, Any, Answer]]
    ) -> Answer:
        try:
            with doing(work):
                answer = await send(request)
            work.end(answer)
            return answer
        finally:
            if not work.over:
                self.close(work)
                work.end(None)

    def _forget_closed_loops(self) -> None:
        with self._lock:
            for work in list(self._open.values()):
                if work.task is not None and work.task.get_loop().is_closed():
                    self._close(work)


def started(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """A task whose failure may be nobody's to look at."""
    task = asyncio.create_task(work)
    task.add_done_callback(lambda task: task.cancelled() or task.exception())
    return task


async def settled(work: Ending[Any], left: Callable[[], float]) -> bool:
    """Whether ``work``, which a thread or another loop may do, was over while there were seconds left to wait."""
    loop = asyncio.get_running_loop()
    woken: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not woken.done():
            woken.set_result(None)

    def call() -> None:
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(wake)

    work.on_end(call)
    while (seconds := left()) > 0 and not work.over:
        await asyncio.wait({woken}, timeout=seconds)
    return work.over

"""Waiting for a lock that somebody holds: by asking again, one of a process at a time."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

_FIRST = 0.004
"""Seconds before a lock is asked for a second time, at most."""

_LONGEST = 0.064
"""Seconds between two questions, at most. What a refresh takes at a near provider is about as long."""


class _Event(Protocol):
    def set(self) -> None: ...


LockT = TypeVar("LockT")
EventT = TypeVar("EventT", bound=_Event)


class _Queue(Generic[LockT, EventT]):
    """Who waits for one lock in this process."""

    def __init__(self, turn: LockT, freed: EventT) -> None:
        self.turn = turn
        self.freed = freed
        self.waiting = 0


class _Queues(Generic[LockT, EventT]):
    """Who waits for which lock in this process. Whoever's turn it is asks the store; the others do not."""

    def __init__(self, turn: Callable[[], LockT], freed: Callable[[], EventT]) -> None:
        self._make = turn, freed
        self._queues: dict[str, _Queue[LockT, EventT]] = {}
        self._mutex = threading.Lock()

    def freed(self, key: str) -> None:
        """Say that somebody of this process gave a lock back."""
        with self._mutex:
            queue = self._queues.get(key)
            if queue is not None:
                queue.freed.set()

    def _enter(self, key: str) -> _Queue[LockT, EventT]:
        with self._mutex:
            queue = self._queues.get(key)
            if queue is None:
                turn, freed = self._make
                queue = self._queues[key] = _Queue(turn(), freed())
            queue.waiting += 1
            return queue

    def _leave(self, key: str, queue: _Queue[LockT, EventT]) -> None:
        with self._mutex:
            queue.waiting -= 1
            if queue.waiting == 0:
                del self._queues[key]


def _pause(before: float, left: float) -> float:
    """Seconds until the next question: they grow, and differ between processes."""
    return min(before * random.uniform(0.5, 1), left)


class Queues(_Queues[threading.Lock, threading.Event]):
    """Who waits for which lock, of threads."""

    def __init__(self) -> None:
        """Nobody waits."""
        super().__init__(threading.Lock, threading.Event)

    def take(self, key: str, wait: float, attempt: Callable[[], bool]) -> bool:
        """Attempt to take a lock until it succeeds, or ``wait`` seconds are over."""
        # At once: the owner who asks again waits for nobody.
        if attempt():
            return True
        deadline, queue = time.monotonic() + wait, self._enter(key)
        try:
            if wait <= 0 or not queue.turn.acquire(timeout=wait):
                return False
            try:
                return self._asked(queue.freed, deadline, attempt)
            finally:
                queue.turn.release()
        finally:
            self._leave(key, queue)

    @staticmethod
    def _asked(freed: threading.Event, deadline: float, attempt: Callable[[], bool]) -> bool:
        pause = _FIRST
        while not attempt():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if freed.wait(_pause(pause, left)):
                freed.clear()
            pause = min(2 * pause, _LONGEST)
        return True


class AsyncQueues(_Queues[asyncio.Lock, asyncio.Event]):
    """Who waits for which lock, of tasks of one event loop."""

    def __init__(self) -> None:
        """Nobody waits."""
        super().__init__(asyncio.Lock, asyncio.Event)

    async def take(self, key: str, wait: float, attempt: Callable[[], Awaitable[bool]]) -> bool:
        """Attempt to take a lock until it succeeds, or ``wait`` seconds are over."""
        if await attempt():
            return True
        deadline, queue = time.monotonic() + wait, self._enter(key)
        try:
            if wait <= 0 or not await _in_time(queue.turn.acquire(), wait):
                return False
            try:
                return await self._asked(queue.freed, deadline, attempt)
            finally:
                queue.turn.release()
        finally:
            self._leave(key, queue)

    @staticmethod
    async def _asked(freed: asyncio.Event, deadline: float, attempt: Callable[[], Awaitable[bool]]) -> bool:
        pause = _FIRST
        while not await attempt():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if await _in_time(freed.wait(), _pause(pause, left)):
                freed.clear()
            pause = min(2 * pause, _LONGEST)
        return True


async def _in_time(work: Awaitable[object], seconds: float) -> bool:
    try:
        await asyncio.wait_for(work, seconds)
    except asyncio.TimeoutError:
        return False
    return True

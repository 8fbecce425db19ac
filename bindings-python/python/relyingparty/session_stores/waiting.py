"""Waiting for a lock that another process holds: by asking again. In a site, one visit of a process does so."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator

_FIRST = 0.004
"""Seconds before a lock is asked for a second time, at most."""

_LONGEST = 0.064
"""Seconds between two questions, at most. What a refresh takes at a near provider is about as long."""


def taken(wait: float, attempt: Callable[[], bool]) -> bool:
    """Attempt to take a lock until it succeeds, or ``wait`` seconds are over."""
    waits = _pauses(wait)
    while not attempt():
        pause = next(waits, None)
        if pause is None:
            return False
        time.sleep(pause)
    return True


async def async_taken(wait: float, attempt: Callable[[], Awaitable[bool]]) -> bool:
    """The same on asyncio."""
    waits = _pauses(wait)
    while not await attempt():
        pause = next(waits, None)
        if pause is None:
            return False
        await asyncio.sleep(pause)
    return True


def _pauses(wait: float) -> Iterator[float]:
    """Seconds until each next question: they grow, and differ between processes."""
    deadline, pause = time.monotonic() + wait, _FIRST
    while (left := deadline - time.monotonic()) > 0:
        yield min(pause * random.uniform(0.5, 1), left)
        pause = min(2 * pause, _LONGEST)

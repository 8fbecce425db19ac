"""How often a lock that somebody holds is asked for again."""

from __future__ import annotations

import random
import time

_FIRST = 0.004
"""Seconds before a lock is asked for a second time, at most."""

_LONGEST = 0.064
"""Seconds between two questions, at most. What a refresh takes at a near provider is about as long."""


class Waiting:
    """Pauses that grow and differ, until the time to wait is over."""

    __slots__ = ("_deadline", "_pause")

    def __init__(self, wait: float) -> None:
        """Begin to wait, for ``wait`` seconds at most."""
        self._deadline = time.monotonic() + wait
        self._pause = _FIRST

    def pause(self) -> float | None:
        """Seconds to sleep before the next question; ``None`` when the time is over."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            return None
        pause = self._pause * random.uniform(0.5, 1)
        self._pause = min(2 * self._pause, _LONGEST)
        return min(pause, left)

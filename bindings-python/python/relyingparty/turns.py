"""Whose turn it is to ask the store for a lock: one visit of a process at a time, for each lock.

The others wait until its flow is over. What it came to is in the store by then, so they need no lock: they read. A turn
lasts no longer than the store would give the lock to its owner, so that a visit which hangs holds up nobody for longer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from relyingparty.forking import renew_after_fork
from relyingparty.sharing import Ending


class Turn(Ending[bool]):
    """That of a visit which asks for a lock, or has it. Its outcome is ``False`` if another process kept the lock."""

    def __init__(self, owner: str, seconds: float) -> None:
        super().__init__()
        self.owner = owner
        self.give(seconds)

    def give(self, seconds: float) -> None:
        """It lasts for ``seconds`` from now, unless it is over before."""
        self._until = time.monotonic() + seconds

    @property
    def has_expired(self) -> bool:
        """Whether somebody else may take its place."""
        return self._until <= time.monotonic()

    def left(self, until: float) -> Callable[[], float]:
        """For how many seconds whoever has time ``until`` then waits for it."""
        return lambda: min(until, self._until) - time.monotonic()


class Turns:
    """The turns of one site in this process, by the keys of the locks."""

    def __init__(self) -> None:
        self._turns: dict[str, Turn] = {}
        # A flow that is thrown away leaves in whatever thread that happens, and so perhaps in here.
        self._lock = threading.RLock()
        renew_after_fork(self)

    def renew(self) -> None:
        """In a child process: nobody else's visits are here."""
        self._turns = {}
        self._lock = threading.RLock()

    def take(self, key: str, owner: str, lifetime: int, wait: int) -> Turn | None:
        """Somebody else's turn, to wait for; ``None`` if it is this owner's now, also if it was before."""
        with self._lock:
            turn = self._turns.get(key)
            if turn is not None and turn.owner != owner and not turn.has_expired:
                return turn
            if turn is None or turn.owner != owner:
                self._turns[key] = Turn(owner, wait + lifetime)
            return None

    def answered(self, key: str, owner: str, lifetime: int, taken: object) -> None:
        """Note whether the store gave the lock."""
        if taken is False:
            self.leave(key, owner, False)
        else:
            with self._lock:
                turn = self._turns.get(key)
                if turn is not None and turn.owner == owner:
                    turn.give(lifetime)

    def leave(self, key: str, owner: str, outcome: bool = True) -> None:
        """The flow of this owner is over, however it ended, or did not get the lock."""
        with self._lock:
            turn = self._turns.get(key)
            if turn is None or turn.owner != owner:
                return
            del self._turns[key]
        turn.end(outcome)

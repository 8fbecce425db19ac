"""Work that one does for all who want it, where nobody waits for somebody who cannot answer.

Who waits does not know for whom: that may be a caller further up (a transport that asks the relying party that asked
it), a thread that was forked away, one that exits. So nobody waits without an end. A wait is as long as the request
may take, and a little; who has waited that long does the work itself, and who has waited in vain for that, too, is
refused.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from typing import Any, Generic, TypeVar

from relyingparty._relyingparty import Unreachable
from relyingparty.forking import renew_after_fork

R = TypeVar("R")

LITTLE = 1.0
"""How much longer than its request may take somebody waits for another, in seconds."""

_within: ContextVar[tuple[tuple[Hashable, object], ...]] = ContextVar("relyingparty_within", default=())
"""The work in this context, which what is called takes along, into tasks and ``asyncio.to_thread`` as well."""


class Part(Enum):
    """What somebody does about some work."""

    LEADS = 1
    """Does it, for all."""
    ALONE = 2
    """Does it, for itself: it is called by who does it for all."""
    WAITS = 3
    REFUSED = 4
    """Has no way left to get it done."""


class Ending(Generic[R]):
    """Something that is over once, which threads and event loops wait for."""

    def __init__(self) -> None:
        self.outcome: R | None = None
        """What came of it; ``None`` when nothing did."""
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._calls: list[Callable[[], object]] = []

    @property
    def over(self) -> bool:
        """Whether nobody does it any longer."""
        return self._over.is_set()

    def end(self, outcome: R | None) -> None:
        """Tell all who wait. The first end counts."""
        with self._lock:
            if self.over:
                return
            self.outcome = outcome
            self._over.set()
            calls, self._calls = self._calls, []
        for call in calls:
            call()

    def wait(self, left: Callable[[], float]) -> bool:
        """Whether it was over while there were seconds left to wait."""
        while (seconds := left()) > 0 and not self._over.wait(seconds):
            pass
        return self.over

    def on_end(self, call: Callable[[], object]) -> None:
        """Have ``call`` called when it is over, in whatever thread."""
        with self._lock:
            if not self.over:
                self._calls.append(call)
                return
        call()


class Work(Ending[R]):
    """Something that is being done, in its ``turn``-th try by somebody else than before.

    Where nothing comes of it, somebody else has to do it.
    """

    def __init__(self, key: Hashable, turn: int, seconds: float) -> None:
        super().__init__()
        self.key = key
        self.turn = turn
        self.mark = object()
        self.asked = b""
        """What whoever does it asks for, where that differs under one key."""
        self.session = b""
        """Whose refresh it is, if it is one."""
        self.task: Any = None
        """Who does it on asyncio."""
        self.waiting = 0
        """How many tasks wait for that."""
        self.give(seconds)

    def give(self, seconds: float) -> None:
        """Whoever waits does so for ``seconds`` from now, and a little."""
        self._until = time.monotonic() + seconds + LITTLE

    def left(self) -> float:
        """For how many seconds it is worth waiting."""
        return self._until - time.monotonic()


class Sharing(Generic[R]):
    """The work in progress, by its key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[Hashable, Work[R]] = {}
        renew_after_fork(self)

    def renew(self) -> None:
        """In a child process: nothing is in progress."""
        self._lock = threading.Lock()
        self._open = {}

    def join(self, key: Hashable, seconds: float, given_up: Work[R] | None) -> tuple[Part, Work[R]]:
        """What to do, and the work to wait for or to do in ``seconds``. ``given_up`` was waited for in vain."""
        with self._lock:
            return self._part(key, seconds, given_up)

    def close(self, work: Work[R]) -> None:
        """Whoever comes from now on does it anew."""
        with self._lock:
            self._close(work)

    def _part(self, key: Hashable, seconds: float, given_up: Work[R] | None) -> tuple[Part, Work[R]]:
        work = self._open.get(key)
        within = [mark for other, mark in _within.get() if other == key]
        if work is not None and work.mark in within:
            return (Part.ALONE if len(within) == 1 else Part.REFUSED), Work(key, 0, seconds)
        if work is not None and work is not given_up:
            return Part.WAITS, work
        turn = 0 if given_up is None else given_up.turn + 1
        if turn > 1:
            return Part.REFUSED, Work(key, turn, seconds)
        work = self._open[key] = Work(key, turn, seconds)
        return Part.LEADS, work

    def _close(self, work: Work[R]) -> bool:
        """Whether it was the one that all knew."""
        if self._open.get(work.key) is not work:
            return False
        del self._open[work.key]
        return True


@contextmanager
def doing(work: Work[Any]) -> Iterator[None]:
    """The block does ``work``: what is called in it never waits for it."""
    token = _within.set((*_within.get(), (work.key, work.mark)))
    try:
        yield
    finally:
        _within.reset(token)


def refusal() -> Unreachable:
    """The answer for who was refused."""
    return Unreachable("whoever asked for the same before has no answer yet")

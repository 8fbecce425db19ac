"""Where pending logins wait while the user is at the provider."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Protocol


class Store(Protocol):
    """Keeps pending logins by the id that the browser holds.

    What is stored is secret (it holds the PKCE verifier) and serves once: ``take`` must remove and return
    in one atomic step, which in Redis is ``SET EX`` and ``GETDEL``. The ``id`` that ``take`` gets is whatever a
    browser sent: in a store that holds other things too, give the keys a prefix.
    """

    def put(self, id: str, pending: str, max_age: int) -> None:
        """Keep ``pending`` under ``id`` for ``max_age`` seconds."""

    def take(self, id: str) -> str | None:
        """Remove and return what is kept under ``id``; ``None`` when it is absent, taken or expired."""


class AsyncStore(Protocol):
    """A :class:`Store` whose methods are awaited. :class:`~relyingparty.AsyncRelyingParty` takes either."""

    def put(self, id: str, pending: str, max_age: int) -> Awaitable[None]:
        """Keep ``pending`` under ``id`` for ``max_age`` seconds."""

    def take(self, id: str) -> Awaitable[str | None]:
        """Remove and return what is kept under ``id``; ``None`` when it is absent, taken or expired."""


class MemoryStore:
    """Pending logins in this process's memory: bounded, expiring, safe to share between threads.

    Right for one process; several workers need a store that they share. Every call takes constant time,
    amortised. Logins leave in the order in which they came: when ``capacity`` is reached the oldest goes,
    and one with a longer ``max_age`` delays the removal of expired ones behind it, never their expiry.
    """

    def __init__(self, capacity: int = 100_000, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` gives seconds and must not run backwards; tests move it by hand."""
        if capacity < 1:
            raise ValueError("capacity must be at least 1")
        self._capacity = capacity
        self._clock = clock
        self._lock = threading.Lock()
        self._logins: OrderedDict[str, tuple[float, str]] = OrderedDict()

    def put(self, id: str, pending: str, max_age: int) -> None:
        """Keep ``pending`` under ``id`` for ``max_age`` seconds."""
        now = self._clock()
        with self._lock:
            self._drop_expired(now)
            self._logins.pop(id, None)
            if len(self._logins) >= self._capacity:
                self._logins.popitem(last=False)
            self._logins[id] = (now + max_age, pending)

    def take(self, id: str) -> str | None:
        """Remove and return what is kept under ``id``; ``None`` when it is absent, taken or expired."""
        now = self._clock()
        with self._lock:
            expires_at, pending = self._logins.pop(id, (now, None))
        return pending if now < expires_at else None

    def __len__(self) -> int:
        """How many are kept, expired ones included until their turn to leave."""
        return len(self._logins)

    def __repr__(self) -> str:
        return f"<MemoryStore of {len(self)}, at most {self._capacity}>"

    def _drop_expired(self, now: float) -> None:
        while self._logins:
            expires_at, _ = next(iter(self._logins.values()))
            if now < expires_at:
                return
            self._logins.popitem(last=False)

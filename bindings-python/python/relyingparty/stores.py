"""Where pending logins wait while the user is at the provider."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Literal, Protocol

from relyingparty import settings
from relyingparty._relyingparty import Kept

_REMEMBERED = 600
"""How long a mark stays after the login was used or expired, in seconds."""

_MOST_MARKS = 10_000
"""How many marks a store in memory keeps."""

_FOREVER = float("inf")

MARKS = ("begun", "used", "why_missing")
"""The methods of a store that remembers what became of its logins: all of these, or none."""


class Store(Protocol):
    """Keeps pending logins by the id that the browser holds.

    A pending login is secret (it contains the PKCE verifier) and is used once: ``take`` must remove and return it in
    one atomic step. In Redis use ``SET EX`` and ``GETDEL``. The ``id`` comes from a browser, but is always 43
    characters of base64url: other values never reach the store. Give the keys a prefix if the store holds other things
    too.

    With these two methods a store is complete. With those of a ``MarkingStore`` errors can say more.
    """

    def put(self, id: str, pending: str, max_age: int) -> None:
        """Keep ``pending`` under ``id`` for ``max_age`` seconds."""

    def take(self, id: str) -> str | None:
        """Remove and return what is kept under ``id``; ``None`` if it is absent, taken or expired."""


class MarkingStore(Store, Protocol):
    """A ``Store`` that remembers for a while what became of its logins.

    With it errors tell a reload, and a login that took too long, from a callback that nobody started. The library calls
    these methods if the store has ``why_missing``. The ``handle`` is the public name of the login, 22 characters of
    base64url. Everybody who sees the callback's URL can compute it, so marks are found without the cookie and only
    explain: a store may drop any of them. Give them room of their own, so that no mark pushes a login out.
    """

    def begun(self, handle: str, max_age: int) -> None:
        """Remember that this login waits for ``max_age`` seconds."""

    def used(self, handle: str) -> None:
        """Remember for about ten minutes that a callback took this login."""

    def why_missing(self, handle: str) -> str | None:
        """Return ``"used"``, ``"expired"`` if the login waited for longer than ``max_age``, or ``None``."""


class AsyncStore(Protocol):
    """A ``Store`` whose methods are awaited. ``AsyncRelyingParty`` takes either.

    It may have the methods of a ``MarkingStore`` too, which are then awaited.
    """

    def put(self, id: str, pending: str, max_age: int) -> Awaitable[None]:
        """Keep ``pending`` under ``id`` for ``max_age`` seconds."""

    def take(self, id: str) -> Awaitable[str | None]:
        """Remove and return what is kept under ``id``; ``None`` if it is absent, taken or expired."""


def marks(store: object) -> bool:
    """Whether a store remembers what became of its logins."""
    return callable(getattr(store, "why_missing", None))


class MemoryStore:
    """Pending logins in this process's memory: bounded, expiring, safe to share between threads.

    Use it for one process; several workers need a store that they share. Calls take amortised constant time. When
    ``capacity`` is reached, the next login drops the oldest one. It marks what became of the last 10,000 logins
    (``MarkingStore``), for ten minutes.
    """

    def __init__(self, capacity: int = 100_000, clock: Callable[[], float] = time.monotonic) -> None:
        """Set up an empty store.

        :param capacity: how many logins may wait at the same time.
        :param clock: returns seconds and never runs backwards.
        """
        if capacity < 1:
            raise ValueError("capacity must be at least 1")
        settings.function("clock", clock)
        self._capacity = capacity
        self._clock = clock if clock is time.monotonic else partial(settings.seconds, "clock", clock)
        self._logins: Kept[str] = Kept(capacity)
        self._marks: Kept[float | None] = Kept(_MOST_MARKS)

    def put(self, id: str, pending: str, max_age: int) -> None:
        """Keep ``pending`` under ``id`` for ``max_age`` seconds."""
        now = self._clock()
        self._logins.add(id, pending, now + max_age, now)

    def take(self, id: str) -> str | None:
        """Remove and return what is kept under ``id``; ``None`` if it is absent, taken or expired."""
        return self._logins.take(id, self._clock())

    def begun(self, handle: str, max_age: int) -> None:
        """Remember until when the login of this handle waits."""
        now = self._clock()
        self._marks.add(handle, now + max_age, now + max_age + _REMEMBERED, now)

    def used(self, handle: str) -> None:
        """Remember that a callback took the login of this handle."""
        now = self._clock()
        self._marks.add(handle, None, now + _REMEMBERED, now)

    def why_missing(self, handle: str) -> Literal["used", "expired"] | None:
        """Return ``"used"``, ``"expired"``, or ``None`` if it is not known."""
        now = self._clock()
        until = self._marks.find(handle, _FOREVER)
        if until is None:
            return "used"
        return "expired" if until <= now else None

    def __len__(self) -> int:
        """How many logins are kept, including expired ones that were not removed yet."""
        return len(self._logins)

    def __repr__(self) -> str:
        return f"<MemoryStore of {len(self)}, at most {self._capacity}>"

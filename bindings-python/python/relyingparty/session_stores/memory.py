"""A store of sessions in the memory of one process."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from relyingparty import settings

_SLACK = 1_024
"""How many times of what has changed since may come together before they are thrown away."""

_AT_ONCE = 16
"""How many entries and locks that have expired are forgotten at most by one change."""


class _Entry(NamedTuple):
    value: str
    version: int
    expires_at: float
    labels: tuple[str, ...]


class _Lock(NamedTuple):
    owner: str
    expires_at: float


class MemorySessionStore:
    """A ``SessionStore`` in this process's memory, safe to share between threads.

    Use it for tests, for development, and for an application of one process. Sessions are gone when it ends. What has
    expired is forgotten bit by bit. It waits for locks by blocking the thread: with ``wait=0`` it never blocks.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        """Set up an empty store.

        :param clock: returns Unix seconds; give the site the same one.
        """
        settings.function("clock", clock)
        self._clock = clock if clock is time.time else partial(settings.seconds, "clock", clock)
        self._entries: dict[str, _Entry] = {}
        self._labelled: dict[str, set[str]] = {}
        self._locks: dict[str, _Lock] = {}
        self._times: list[tuple[float, bool, str]] = []
        self._changes = 0
        self._changed = threading.Condition(threading.Lock())

    def get(self, key: str) -> tuple[str, str] | None:
        """Return the value and the version of an entry; ``None`` if there is none."""
        with self._changed:
            return self._found(key)

    def add(self, key: str, value: str, expires_at: int, labels: Sequence[str]) -> bool:
        """Make an entry; return ``False``, and change nothing, if there is one under this key."""
        with self._changed:
            if self._found(key) is not None:
                return False
            self._store(key, value, expires_at, labels)
            return True

    def put(self, key: str, value: str, expires_at: int, labels: Sequence[str], version: str) -> bool:
        """Replace value, time and labels of an entry that was read, unless it is of another version now, or gone."""
        with self._changed:
            found = self._found(key)
            if found is None or found[1] != version:
                return False
            self._store(key, value, expires_at, labels)
            return True

    def take(self, key: str) -> tuple[str, str] | None:
        """Delete an entry and return what ``get`` would: of two callers one gets it."""
        with self._changed:
            found = self._found(key)
            self._remove(key)
            return found

    def delete(self, key: str) -> None:
        """Delete an entry, if there is one."""
        with self._changed:
            self._remove(key)

    def delete_labelled(self, label: str) -> None:
        """Delete each entry with this label that was added before."""
        with self._changed:
            for key in tuple(self._labelled.get(label, ())):
                self._remove(key)

    def lock(self, key: str, owner: str, lifetime: int, wait: int) -> bool:
        """Take a lock for ``lifetime`` seconds; return ``False`` if somebody else holds it for ``wait`` seconds."""
        deadline = time.monotonic() + wait
        with self._changed:
            while True:
                now = self._clock()
                held = self._locks.get(key)
                if held is None or held.owner == owner or held.expires_at <= now:
                    self._locks[key] = _Lock(owner, now + lifetime)
                    self._note(now + lifetime, True, key)
                    return True
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, held.expires_at - now))

    def unlock(self, key: str, owner: str) -> None:
        """Give a lock back, if it is still this owner's."""
        with self._changed:
            held = self._locks.get(key)
            if held is not None and held.owner == owner:
                del self._locks[key]
                self._changed.notify_all()

    def __len__(self) -> int:
        """How many entries are kept, including expired ones that were not forgotten yet."""
        return len(self._entries)

    def __repr__(self) -> str:
        return f"<MemorySessionStore of {len(self)}>"

    def _found(self, key: str) -> tuple[str, str] | None:
        entry = self._entries.get(key)
        if entry is None or entry.expires_at <= self._clock():
            return None
        return entry.value, str(entry.version)

    def _store(self, key: str, value: str, expires_at: float, labels: Sequence[str]) -> None:
        self._remove(key)
        self._changes += 1
        self._entries[key] = _Entry(value, self._changes, expires_at, tuple(labels))
        for label in labels:
            self._labelled.setdefault(label, set()).add(key)
        self._note(expires_at, False, key)

    def _remove(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        for label in entry.labels if entry is not None else ():
            keys = self._labelled.get(label, set())
            keys.discard(key)
            if not keys:
                self._labelled.pop(label, None)

    def _note(self, until: float, is_lock: bool, key: str) -> None:
        """Note when something expires, and forget some of what has."""
        heapq.heappush(self._times, (until, is_lock, key))
        now = self._clock()
        for _ in range(_AT_ONCE):
            if not self._times or self._times[0][0] > now:
                break
            self._forget(*heapq.heappop(self._times))
        if len(self._times) > 2 * (len(self._entries) + len(self._locks)) + _SLACK:
            self._times = [
                *((entry.expires_at, False, key) for key, entry in self._entries.items()),
                *((lock.expires_at, True, key) for key, lock in self._locks.items()),
            ]
            heapq.heapify(self._times)

    def _forget(self, until: float, is_lock: bool, key: str) -> None:
        if is_lock:
            lock = self._locks.get(key)
            if lock is not None and lock.expires_at == until:
                del self._locks[key]
        else:
            entry = self._entries.get(key)
            if entry is not None and entry.expires_at == until:
                self._remove(key)

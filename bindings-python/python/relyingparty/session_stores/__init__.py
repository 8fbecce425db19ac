"""Where a site keeps sessions that all processes share: what a store owes, and a store in the memory of one process."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Protocol

from relyingparty.session_stores.memory import MemorySessionStore

__all__ = ["AsyncSessionStore", "MemorySessionStore", "SessionStore"]


class SessionStore(Protocol):
    """Keeps sealed entries and locks for a ``Site``.

    Each call is atomic: nobody sees half of it, and of two that exclude each other one is told so. Who asks later sees
    what was answered before, in whichever process: a replica that lags behind does not do.

    Keys, labels and owners are texts of up to 100 characters out of letters, digits, ``.``, ``-`` and ``_``. Upper and
    lower case differ. Values are sealed. A version is a text that is another one after each change, also if the entry
    was deleted and added again. ``expires_at`` is in Unix seconds of the site's clock. From that second on an entry is
    gone, with its labels. What a store raises becomes ``store_unavailable``, with the exception as its cause.
    """

    def get(self, key: str) -> tuple[str, str] | None:
        """Return the value and the version of an entry; ``None`` if there is none."""

    def add(self, key: str, value: str, expires_at: int, labels: Sequence[str]) -> bool:
        """Make an entry; return ``False``, and change nothing, if there is one under this key."""

    def put(self, key: str, value: str, expires_at: int, labels: Sequence[str], version: str) -> bool:
        """Replace value, time and labels of an entry that was read.

        Return ``False``, and change nothing, if it is of another version now, or gone.
        """

    def take(self, key: str) -> tuple[str, str] | None:
        """Delete an entry and return what ``get`` would: of two callers one gets it."""

    def delete(self, key: str) -> None:
        """Delete an entry, if there is one."""

    def delete_labelled(self, label: str) -> None:
        """Delete each entry with this label that was added before."""

    def lock(self, key: str, owner: str, lifetime: int, wait: int) -> bool:
        """Take a lock for ``lifetime`` seconds, which begin when it is taken.

        Return ``False`` if somebody else holds it until ``wait`` seconds are over. The owner who asks again gets it,
        for ``lifetime`` seconds from then. The name of a lock is a key of its own: an entry may have the same.
        """

    def unlock(self, key: str, owner: str) -> None:
        """Give a lock back, if it is still this owner's."""


class AsyncSessionStore(Protocol):
    """A ``SessionStore`` whose methods are awaited, for ``AsyncSite``."""

    def get(self, key: str) -> Awaitable[tuple[str, str] | None]:
        """Return the value and the version of an entry; ``None`` if there is none."""

    def add(self, key: str, value: str, expires_at: int, labels: Sequence[str]) -> Awaitable[bool]:
        """Make an entry; return ``False``, and change nothing, if there is one under this key."""

    def put(self, key: str, value: str, expires_at: int, labels: Sequence[str], version: str) -> Awaitable[bool]:
        """Replace value, time and labels of an entry that was read, unless it is of another version now, or gone."""

    def take(self, key: str) -> Awaitable[tuple[str, str] | None]:
        """Delete an entry and return what ``get`` would: of two callers one gets it."""

    def delete(self, key: str) -> Awaitable[None]:
        """Delete an entry, if there is one."""

    def delete_labelled(self, label: str) -> Awaitable[None]:
        """Delete each entry with this label that was added before."""

    def lock(self, key: str, owner: str, lifetime: int, wait: int) -> Awaitable[bool]:
        """Take a lock for ``lifetime`` seconds; return ``False`` if somebody else holds it for ``wait`` seconds."""

    def unlock(self, key: str, owner: str) -> Awaitable[None]:
        """Give a lock back, if it is still this owner's."""

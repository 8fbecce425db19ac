"""What has to be made anew in a child process, which gets one thread of its parent and every lock as it was."""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class Renewable(Protocol):
    """Something with locks, or with threads."""

    def renew(self) -> None:
        """Forget what other threads held or did: they do not exist here."""


_watched: WeakSet[Renewable] = WeakSet()


def renew_after_fork(thing: Renewable) -> None:
    """Have ``thing`` renewed in every child process that is forked while it lives."""
    _watched.add(thing)


def _renew() -> None:
    for thing in list(_watched):
        thing.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)

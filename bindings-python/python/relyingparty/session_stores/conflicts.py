"""What a database says that refuses a statement because of somebody else's."""

from __future__ import annotations

import random
from collections.abc import Iterator

_ATTEMPTS = 8
"""How often it is tried in all."""

_SERIALIZATION = ("40001", "40P01")
"""SQLSTATE of a serialization failure, and of a deadlock."""

_BUSY = (5, 6)
"""``SQLITE_BUSY`` and ``SQLITE_LOCKED``."""


def is_conflict(error: BaseException | None) -> bool:
    """Whether a driver's exception says that somebody else stood in the way, and that nothing was done."""
    state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    # Before Python 3.11 SQLite's exceptions have no code.
    is_locked = type(error).__module__.startswith("sqlite3") and "locked" in str(error)
    return state in _SERIALIZATION or code in _BUSY or is_locked


def pauses() -> Iterator[float]:
    """Seconds before each further attempt."""
    for attempt in range(1, _ATTEMPTS):
        yield random.uniform(0.5, 1) * 0.004 * 2**attempt

"""The settings of a relying party that the core does not see, judged when they are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from relyingparty._relyingparty import Cache, invalid_configuration


def refuse(member: str, reason: str, cause: BaseException | None = None) -> NoReturn:
    """Raise ``invalid_configuration``."""
    raise invalid_configuration(member, reason) from cause


def flag(member: str, value: object) -> bool:
    """``True`` or ``False``: what is merely true opens nothing."""
    if value is True or value is False:
        return value
    refuse(member, "is neither True nor False")


def text(member: str, value: object) -> str:
    """Text."""
    if not isinstance(value, str):
        refuse(member, "is not a string")
    return value


def members(member: str, value: object) -> dict[str, Any]:
    """Options by name."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        refuse(member, "is not a mapping from names to values")
    return dict(value)


def function(member: str, value: Any) -> None:
    """Something to call."""
    if not callable(value):
        refuse(member, "cannot be called")


def seconds(member: str, clock: Callable[[], float]) -> float:
    """What a clock shows, which is not in milliseconds: in seconds it would be the year 5138."""
    now = clock()
    if now > 1e11:
        refuse(member, "tells milliseconds, and has to tell seconds: divide by 1000")
    return now


def methods(member: str, value: object, *names: str) -> None:
    """An object with these methods. A class has them, too, and is no such object."""
    lacking = [name for name in names if isinstance(value, type) or not callable(getattr(value, name, None))]
    if lacking:
        refuse(member, f"is no object with {' and '.join(f'{name}()' for name in names)}")


def blocks(member: str, value: object, *names: str) -> None:
    """What is called without being awaited: ``value``, or these methods of it."""
    for called in [getattr(value, name) for name in names] or [value]:
        code = getattr(called, "__code__", None)
        if code is not None and code.co_flags & _COROUTINE:
            refuse(member, "is for asyncio: AsyncRelyingParty takes it")


def awaited(member: str, value: object) -> None:
    """What does not stop the event loop."""
    from relyingparty.transports.base import BlockingTransport

    if isinstance(value, BlockingTransport):
        refuse(member, "blocks the event loop: ThreadedTransport makes one for asyncio of it")


_COROUTINE = 0x80
"""``inspect.CO_COROUTINE``."""


def cache(value: object) -> Cache:
    """A cache."""
    if not isinstance(value, Cache):
        refuse("cache", "is no Cache")
    return value

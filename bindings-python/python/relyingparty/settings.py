"""The settings of a relying party that the core does not see, judged when they are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from relyingparty._relyingparty import Cache, Registration, invalid_configuration
from relyingparty.withheld import Withheld


class _Unsealed(tuple[bytes, ...]):
    """No keys are given. Nobody passes it by mistake, as one does ``None`` or an empty list."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<not sealed>"


UNSEALED = _Unsealed()


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


def registration(
    client_id: str,
    redirect_uri: str,
    secret: Withheld[str | None],
    scopes: Sequence[str] | None,
    more: Withheld[dict[str, Any]],
    beside: Sequence[str],
) -> Registration:
    """What the client is at the provider. What is not its member may be one of the parameters ``beside``, misspelt."""
    given: dict[str, Any] = {"client_id": client_id, "redirect_uri": redirect_uri, "scopes": scopes}
    given["client_secret"] = secret.take()
    kept = Withheld({name: value for name, value in given.items() if value is not None})
    given.clear()
    return Registration._beside(list(beside), **kept.take(), **more.take())


def defaults(network: Withheld[dict[str, Any]]) -> None:
    """Options of the default transport that nobody set: there is another transport."""
    for named in (("ca_file", "ca_pem"), ("client_cert",), ("proxy", "proxy_from_environment")):
        if any(network.lend()[name] is not None and network.lend()[name] is not False for name in named):
            what = "is an option" if len(named) == 1 else f"and {named[1]} are options"
            refuse(named[0], f"{what} of the transport that was given")


def has_client_cert(transport: object) -> bool | None:
    """Whether a transport has a certificate of the client's: ``None`` if it does not say."""
    said = getattr(transport, "has_client_cert", None)
    return said if isinstance(said, bool) else None


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


def blocks(member: str, value: object, *names: str, taker: str = "AsyncRelyingParty") -> None:
    """What is called without being awaited: ``value``, or these methods of it. ``taker`` awaits such things."""
    for called in [getattr(value, name) for name in names] or [value]:
        code = getattr(called, "__code__", None)
        if code is not None and code.co_flags & _COROUTINE:
            refuse(member, f"is for asyncio: {taker} takes it")


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

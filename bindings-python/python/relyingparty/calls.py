"""What a call of an API is given, as the core takes it."""

from __future__ import annotations

from collections.abc import Mapping

from relyingparty.options import Content, Headers
from relyingparty.withheld import Withheld


def pairs(headers: Withheld[Headers]) -> list[tuple[str, str]]:
    """Headers as pairs."""
    given = headers.take()
    return list(given.items() if isinstance(given, Mapping) else given)


def octets(content: Withheld[Content]) -> bytes | bytearray | None:
    """A body as octets."""
    given = content.take()
    return given.encode() if isinstance(given, str) else given

"""Assertions that say who the client is and come from elsewhere (RFC 7521 4.2)."""

from __future__ import annotations

import os
from collections.abc import Callable

from relyingparty import settings
from relyingparty.withheld import Withheld

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
"""The type of an assertion that is a JWT (RFC 7523 2.2)."""

_LONGEST = 65_536
"""Bytes of an assertion that the core takes."""


def token_file(path: str | os.PathLike[str]) -> Callable[[], str]:
    """For ``client_assertion``: what a file holds that somebody else keeps fresh, such as the token of a Kubernetes
    service account. It is read for each request, without the line end at its end.

    :param path: such as ``/var/run/secrets/tokens/op``.
    :raises ConfigurationError: ``invalid_configuration``.
    """
    if not isinstance(path, str | os.PathLike) or not os.fspath(path):
        settings.refuse("token_file", "is no path")
    name = os.fsdecode(path)

    def read() -> str:
        try:
            with open(name, "rb") as file:
                # What is too long is seen to be.
                found = Withheld(file.read(_LONGEST + 3))
        except OSError as error:
            raise _refused(f"{name}: {error.strerror or type(error).__name__}") from error
        if not found.lend().strip(b"\r\n"):
            raise _refused(f"{name}: the file is empty")
        if not found.lend().isascii():
            raise _refused(f"{name}: the file holds no token")
        return found.take().removesuffix(b"\n").removesuffix(b"\r").decode("ascii")

    return read


def _refused(message: str) -> Exception:
    from relyingparty.transports.reasons import Refused

    return Refused(message)

"""Why a provider could not be reached, in words that are safe to show."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress

_PLACES = 8
"""How many of the innermost calls a note names."""


_EXCHANGES = ("request", "_request", "response", "_response")
"""Where HTTP libraries keep in their exceptions what was sent, or what leads to it."""


class Refused(Exception):
    """The transport ends the exchange itself. The message is ours, so it may be shown."""


def reason(error: BaseException, *, timed_out: bool = False, what: str = "the exchange") -> str:
    """A short text for ``error``, by which ``what`` failed: made from its type alone and never from its message."""
    if timed_out:
        return "no complete response in time"
    # What is ours says more than what led to it.
    for link in _causes(error):
        if isinstance(link, Refused):
            return str(link)
    for link in _causes(error):
        text = _known(link)
        if text is not None:
            return text
    return f"{what} failed ({type(error).__name__})"


def without_request(error: BaseException) -> BaseException:
    """``error`` without what error reporters would find on it: tokens and secrets.

    Each exception of its chain loses its traceback, whose frames are those of an HTTP library and hold the body that
    was sent, and the request that such libraries keep in their exceptions.
    """
    for link in _chain(error):
        link.__traceback__ = None
        for name in _EXCHANGES:
            if vars(link).get(name) is not None:
                with suppress(Exception):
                    setattr(link, name, None)
    return error


def with_place(error: BaseException) -> BaseException:
    """``error`` with a note of where it was raised, which is all of its traceback that holds no values."""
    places = []
    frames = error.__traceback__
    while frames is not None:
        code = frames.tb_frame.f_code
        places.append(f"{code.co_filename}:{frames.tb_lineno} in {code.co_name}")
        frames = frames.tb_next
    if hasattr(error, "add_note"):
        error.add_note("raised by way of " + ", ".join(places[-_PLACES:]))
    return error


def _known(error: BaseException) -> str | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed ({error.reason})"
    if isinstance(error, socket.gaierror):
        return "the host name does not resolve"
    if isinstance(error, TimeoutError):
        return "no complete response in time"
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno)
    return None


def _chain(error: BaseException) -> list[BaseException]:
    """``error`` and every exception that can be reached from it."""
    found: dict[int, BaseException] = {}
    waiting: list[object] = [error]
    while waiting:
        link = waiting.pop()
        if isinstance(link, BaseException) and id(link) not in found:
            found[id(link)] = link
            waiting += [link.__cause__, link.__context__, *link.args, *vars(link).values()]
            waiting += getattr(link, "exceptions", ())
    return list(found.values())


def _causes(error: BaseException) -> Iterator[BaseException]:
    """``error`` and what led to it, the deepest first: libraries wrap what the system said."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        wrapped = link.args[0] if link.args and isinstance(link.args[0], BaseException) else None
        link = link.__cause__ or link.__context__ or getattr(link, "reason", None) or wrapped
        if not isinstance(link, BaseException):
            link = None
    return reversed(chain)

"""Why a provider could not be reached, in words that are safe to show."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator


class Refused(Exception):
    """The transport ends the exchange itself. The message is ours, so it may be shown."""


def reason(error: BaseException, *, timed_out: bool = False) -> str:
    """A short text for ``error``, made from its type alone and never from its message."""
    if timed_out:
        return "no complete response in time"
    for link in _causes(error):
        text = _known(link)
        if text is not None:
            return text
    return f"the exchange failed ({type(error).__name__})"


def without_request(error: Exception) -> Exception:
    """``error`` without the request that HTTP libraries keep in theirs: its headers hold tokens and secrets."""
    for link in _causes(error):
        for name in ("request", "_request"):
            if vars(link).get(name) is not None:
                setattr(link, name, None)
    return error


def _known(error: BaseException) -> str | None:
    if isinstance(error, Refused):
        return str(error)
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

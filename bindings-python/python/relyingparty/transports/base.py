"""What every shipped transport promises, and the code they share to keep it.

* The body is read up to ``max_response_bytes`` and one byte more, by which the core sees that it was exceeded.
* The whole exchange ends within ``timeout_secs``, however slowly the server drips.
* A redirect is an answer like any other: it is handed to the core, which refuses it, and never followed.
* Nothing is sent that the core did not ask for: no netrc, no cookies, no proxy from the environment.
* No compression is offered and none is undone, so a small answer cannot become a large one.
* TLS 1.2 or newer, with the certificate and the host name verified.
* A failure becomes :class:`~relyingparty.Unreachable`. Its reason never quotes the library's message, which can
  quote a header; the library's exception is kept as the cause.
"""

from __future__ import annotations

import asyncio
import ssl
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from os import PathLike

from relyingparty._relyingparty import HttpRequest, HttpResponse, Unreachable, __version__
from relyingparty.transports.deadline import Deadline
from relyingparty.transports.reasons import Refused, reason, without_request

_EVERY_REQUEST = (("Accept-Encoding", "identity"), ("User-Agent", f"relyingparty-python/{__version__}"))


class _Options:
    """The options that all transports take.

    ``ca_file`` and ``ca_pem`` (PEM text) name the certificate authorities to trust *instead of* the system's.
    ``danger_accept_invalid_certs`` lets anyone on the way impersonate the provider.
    """

    def __init__(
        self,
        *,
        ca_file: str | PathLike[str] | None = None,
        ca_pem: str | None = None,
        danger_accept_invalid_certs: bool = False,
    ) -> None:
        for name, value in (("ca_file", ca_file), ("ca_pem", ca_pem)):
            # To ssl, an empty one is none, and none is the system's authorities.
            if value is not None and not value:
                raise ValueError(f"{name} is empty: nobody to trust")
        self._tls = ssl.create_default_context(cafile=ca_file, cadata=ca_pem)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        if danger_accept_invalid_certs:
            self._tls.check_hostname = False
            self._tls.verify_mode = ssl.CERT_NONE


class BlockingTransport(_Options, ABC):
    """A :class:`~relyingparty.Transport` over a library whose own timeouts do not bound the whole exchange."""

    def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        """Make the exchange within ``request.limits``."""
        deadline = Deadline(request.limits.timeout_secs)
        try:
            with deadline:
                return self._exchange(request, deadline)
        except Exception as error:
            return Unreachable(reason(error, timed_out=deadline.expired), without_request(error))

    @abstractmethod
    def _exchange(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        """Make the exchange; every socket it opens is given to ``deadline`` to watch."""


class AsyncioTransport(_Options, ABC):
    """An :class:`~relyingparty.AsyncTransport` on asyncio, where the whole exchange can be cancelled."""

    async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        """Make the exchange within ``request.limits``."""
        try:
            return await asyncio.wait_for(self._exchange(request), request.limits.timeout_secs)
        except Exception as error:
            timed_out = isinstance(error, asyncio.TimeoutError)
            return Unreachable(reason(error, timed_out=timed_out), without_request(error))

    @abstractmethod
    async def _exchange(self, request: HttpRequest) -> HttpResponse:
        """Make the exchange."""


class Body:
    """A body while it is read: stops taking bytes once the limit is passed."""

    def __init__(self, request: HttpRequest, headers: Iterable[tuple[str, str]]) -> None:
        """Refuse a body in an encoding that was not offered."""
        encodings = [value.strip().lower() for name, value in headers if name.lower() == "content-encoding"]
        if any(encoding not in ("", "identity") for encoding in encodings):
            raise Refused("the response is compressed, which was not asked for")
        self._room = request.limits.max_response_bytes + 1
        self._chunks: list[bytes] = []

    def add(self, chunk: bytes) -> bool:
        """Keep ``chunk``, or as much of it as fits; false when no more is wanted."""
        self._chunks.append(chunk[: self._room])
        self._room -= len(self._chunks[-1])
        return self._room > 0

    def read(self, chunks: Iterable[bytes]) -> bytes:
        """Take from ``chunks`` until they end or the limit is passed."""
        for chunk in chunks:
            if not self.add(chunk):
                break
        return self.bytes()

    def bytes(self) -> bytes:
        """What was kept."""
        return b"".join(self._chunks)


def headers_of(request: HttpRequest) -> Sequence[tuple[str, str]]:
    """The request's headers, and those that every transport adds."""
    return [*request.headers, *_EVERY_REQUEST]

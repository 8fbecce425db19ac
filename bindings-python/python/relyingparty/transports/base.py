"""What every shipped transport promises, and the code they share to keep it.

* The body is read up to ``max_response_bytes`` and one byte more, by which the core sees that it was exceeded.
* The whole exchange ends within ``timeout_secs``, however slowly the server drips.
* A redirect is an answer like any other: it is handed to the core, which refuses it, and never followed.
* Nothing is sent that the core did not ask for: no netrc, no cookies. A proxy is used where one is named, and the
  environment's only where that is asked for (``relyingparty.transports.proxy``).
* No compression is asked for. What comes as gzip or deflate all the same is undone, and the limit counts what comes
  out, so a small answer cannot become a large one. Any other coding is handed to the core as it came, which says so.
* A request that asks for the client's certificate goes over a connection with it or is not sent; every other goes over
  one without.
* TLS 1.2 or newer, with the certificate and the host name verified. The authorities are the system's, where OpenSSL
  finds them, unless others are named. ``SSLKEYLOGFILE`` is not obeyed.
* A failure becomes ``Unreachable``. Its reason never quotes the library's message, which can
  quote a header; the library's exception is kept as the cause, without the frames and requests that it led to.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import suppress
from os import PathLike
from pathlib import Path

from relyingparty import settings
from relyingparty._relyingparty import HttpRequest, HttpResponse, Unreachable, __version__
from relyingparty.options import ClientCert
from relyingparty.transports.certificate import identify
from relyingparty.transports.deadline import Deadline
from relyingparty.transports.proxy import WayOut, way_out
from relyingparty.transports.reasons import Refused, reason, without_request
from relyingparty.withheld import Withheld

_FORMATS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
"""How ``zlib`` calls what a coding stands for (RFC 9110 8.4.1)."""
_EVERY_REQUEST = (("Accept-Encoding", "identity"), ("User-Agent", f"relyingparty-python/{__version__}"))


class _Options:
    """The options of all transports."""

    def __init__(
        self,
        *,
        ca_file: str | PathLike[str] | None = None,
        ca_pem: str | None = None,
        danger_accept_invalid_certs: bool = False,
        proxy: str | None = None,
        proxy_from_environment: bool = False,
        client_cert: ClientCert | None = None,
    ) -> None:
        """Set up the transport.

        :param ca_file: the certificate authorities to trust *instead of* the system's: a PEM file.
        :param ca_pem: the same as PEM text.
        :param danger_accept_invalid_certs: trust any certificate. For tests only: anybody on the network can
            impersonate the provider.
        :param proxy: the URL of an HTTP proxy, such as ``http://user:password@proxy.example:3128``. Requests to this
            machine do not use it.
        :param proxy_from_environment: use the proxies of ``HTTPS_PROXY``, ``HTTP_PROXY`` and ``ALL_PROXY`` (upper or
            lower case), except for the hosts in ``NO_PROXY``. They are read now.
        :param client_cert: the client's certificate (RFC 8705): a PEM file with certificate and private key, a pair of
            files ``(certificate, key)``, or with the password of the key ``(certificate, key, password)``.
        :raises ConfigurationError: ``invalid_configuration``.
        """
        own = None if client_cert is None else Withheld[ClientCert](client_cert)
        way = way_out(proxy, settings.flag("proxy_from_environment", proxy_from_environment))
        del proxy, client_cert
        if not isinstance(way, WayOut):
            settings.refuse(*way)
        self._way_out = way
        danger = settings.flag("danger_accept_invalid_certs", danger_accept_invalid_certs)
        self._tls = _verifying(ca_file, ca_pem, danger)
        self._mutual_tls: ssl.SSLContext | None = None
        if own is not None:
            self._mutual_tls = _verifying(ca_file, ca_pem, danger)
            identify(self._mutual_tls, own)

    @property
    def has_client_cert(self) -> bool:
        """Whether it can send requests that ask for the client's certificate."""
        return self._mutual_tls is not None

    def _tls_for(self, request: HttpRequest) -> ssl.SSLContext:
        """TLS as ``request`` wants it: with the client's certificate, or without."""
        if not request.client_certificate:
            return self._tls
        if self._mutual_tls is None:
            raise Refused("the transport has no client certificate: give it a client_cert")
        if not request.url.startswith("https:"):
            raise Refused("the request asks for the client certificate, and its URL is not https")
        return self._mutual_tls


def _verifying(ca_file: object, ca_pem: object, danger: bool) -> ssl.SSLContext:
    """As ``ssl.create_default_context`` makes it, which also writes the keys of every connection into the file
    that ``SSLKEYLOGFILE`` names: whoever sets a process's environment is not to read its tokens."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    if sys.version_info >= (3, 13):
        tls.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    if ca_file is None and ca_pem is None:
        tls.load_default_certs(ssl.Purpose.SERVER_AUTH)
    # To ssl, an empty one is none, and none is nobody's.
    if ca_file is not None:
        if not isinstance(ca_file, str | PathLike) or not str(ca_file):
            settings.refuse("ca_file", "is no path: nobody to trust")
        try:
            tls.load_verify_locations(cafile=ca_file)
        except (OSError, TypeError, ValueError) as error:
            settings.refuse("ca_file", f"{_unreadable(ca_file, error)}: nobody to trust", error)
    if ca_pem is not None:
        if not isinstance(ca_pem, str) or not ca_pem:
            settings.refuse("ca_pem", "is no text: nobody to trust")
        try:
            tls.load_verify_locations(cadata=ca_pem)
        except (OSError, TypeError, ValueError) as error:
            settings.refuse("ca_pem", "holds no certificates: nobody to trust", error)
    if danger:
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    return tls


def _unreadable(ca_file: str | PathLike[str], error: Exception) -> str:
    """Why a file has no certificates. A directory is refused by some systems as a file without any."""
    path = Path(ca_file)
    shown = str(path).encode(errors="backslashreplace").decode()
    if isinstance(error, FileNotFoundError):
        return f"{shown} does not exist"
    if isinstance(error, PermissionError):
        return f"{shown} may not be read by this process"
    with suppress(OSError, ValueError):
        if path.is_dir():
            return f"{shown} is a directory, and has to be a file"
    return f"{shown} has no certificates in PEM, with lines such as -----BEGIN CERTIFICATE-----"


class BlockingTransport(_Options, ABC):
    """A ``Transport`` over a library whose own timeouts do not bound the whole exchange."""

    def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        """Make the exchange within ``request.limits``."""
        deadline = Deadline(request.limits.timeout_secs)
        try:
            with deadline:
                return self._exchange(request, deadline)
        except Exception as error:
            return Unreachable(reason(error, timed_out=deadline.expired), without_request(error))
        except BaseException as error:
            raise without_request(error) from None

    @abstractmethod
    def _exchange(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        """Make the exchange; every socket it opens is given to ``deadline`` to watch."""


class AsyncioTransport(_Options, ABC):
    """An ``AsyncTransport`` on asyncio, where the whole exchange can be cancelled."""

    async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        """Make the exchange within ``request.limits``."""
        try:
            return await asyncio.wait_for(self._exchange(request), request.limits.timeout_secs)
        except Exception as error:
            timed_out = isinstance(error, asyncio.TimeoutError)
            return Unreachable(reason(error, timed_out=timed_out), without_request(error))
        except BaseException as error:
            raise without_request(error) from None

    @abstractmethod
    async def _exchange(self, request: HttpRequest) -> HttpResponse:
        """Make the exchange."""


class Body:
    """A body while it is read: stops taking bytes once the limit is passed, of what came or of what comes out of it."""

    def __init__(self, request: HttpRequest, headers: Iterable[tuple[str, str]]) -> None:
        """``headers`` are those of the response."""
        codings = [value.strip().lower() for name, value in headers if name.lower() == "content-encoding"]
        # With the header twice, or a list in it, it is handed over as it came.
        self._format = _FORMATS.get(codings[0]) if len(codings) == 1 else None
        self._inflating = self._format and zlib.decompressobj(self._format)
        self._room = self._room_inflated = request.limits.max_response_bytes + 1
        self._chunks: list[bytes] = []
        self._inflated: list[bytes] = []

    def add(self, chunk: bytes) -> bool:
        """Keep ``chunk``, or as much of it as fits; false when no more is wanted."""
        kept = chunk[: self._room]
        self._chunks.append(kept)
        self._room -= len(kept)
        if self._inflating:
            try:
                self._inflate(kept)
            except zlib.error:
                self._inflating = None
        return self._room > 0 and self._room_inflated > 0

    def read(self, chunks: Iterable[bytes]) -> bytes:
        """Take from ``chunks`` until they end or the limit is passed."""
        for chunk in chunks:
            if not self.add(chunk):
                break
        return self.whole()

    def whole(self) -> bytes:
        """What was kept, as it was before it was compressed if that is known."""
        inflated = self._inflating and (self._inflating.eof or self._room_inflated == 0)
        return b"".join(self._inflated if inflated else self._chunks)

    def _inflate(self, chunk: bytes) -> None:
        while chunk and self._inflating and self._room_inflated:
            if self._inflating.eof:
                # One after the other (RFC 1952 2.2).
                self._inflating = zlib.decompressobj(self._format or 0)
            part = self._inflating.decompress(chunk, self._room_inflated)
            self._inflated.append(part)
            self._room_inflated -= len(part)
            chunk = self._inflating.unused_data


def headers_of(request: HttpRequest) -> Sequence[tuple[str, str]]:
    """The request's headers, and those that every transport adds where they are not there yet."""
    given = {name.lower() for name, _ in request.headers}
    return [*request.headers, *(pair for pair in _EVERY_REQUEST if pair[0].lower() not in given)]

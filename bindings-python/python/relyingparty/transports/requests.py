"""The transport for programs that use ``requests``."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Request
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from relyingparty._relyingparty import HttpRequest, HttpResponse
from relyingparty.transports.base import BlockingTransport, Body, headers_of
from relyingparty.transports.deadline import Deadline
from relyingparty.transports.proxy import connected

_Connect = Callable[[str, int], socket.socket]


class RequestsTransport(BlockingTransport):
    """Sends requests with ``requests``, blocking. Each request has an adapter of its own and no ``Session``: that would
    use netrc, cookies and redirects."""

    def _exchange(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        prepared = Request(request.method, request.url, _combined(headers_of(request)), data=request.body).prepare()
        connect = partial(connected, deadline, self._way_out.proxy(request.url))
        adapter = _Adapter(self._tls_for(request), connect, deadline)
        try:
            with adapter.send(prepared, stream=True, timeout=deadline.remaining()) as response:
                headers = list(response.raw.headers.items())
                body = Body(request, headers).read(response.raw.stream(65536, decode_content=False))
                return HttpResponse(response.status_code, headers, body)
        finally:
            adapter.close()


def _combined(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Headers, those of one name in one line (RFC 9110 5.3)."""
    headers: dict[str, str] = {}
    for name, value in pairs:
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


class _Adapter(HTTPAdapter):
    """An adapter over one pool of ours: our TLS settings alone, and connections that a deadline watches."""

    def __init__(self, tls: ssl.SSLContext, connect: _Connect, deadline: Deadline) -> None:
        super().__init__()
        self._tls = tls
        self._connect = connect
        self._deadline = deadline

    def get_connection_with_tls_context(
        self, request: PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        url = urlsplit(request.url or "")
        host = str(url.hostname)
        if url.scheme == "https":
            pool: Any = HTTPSConnectionPool(host, url.port, ssl_context=self._tls)
            pool.ConnectionCls = partial(_TlsConnection, self._connect, self._deadline)
        else:
            pool = HTTPConnectionPool(host, url.port)
            pool.ConnectionCls = partial(_PlainConnection, self._connect)
        return pool

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing to add: the TLS settings are complete."""


class _PlainConnection(HTTPConnection):
    def __init__(self, connect: _Connect, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._connect = connect

    def _new_conn(self) -> socket.socket:
        return self._connect(self.host, self.port or 80)


class _TlsConnection(HTTPSConnection):
    def __init__(self, connect: _Connect, deadline: Deadline, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._connect = connect
        self._deadline = deadline

    def _new_conn(self) -> socket.socket:
        return self._connect(self.host, self.port or 443)

    def connect(self) -> None:
        super().connect()
        self._deadline.watch(self.sock)

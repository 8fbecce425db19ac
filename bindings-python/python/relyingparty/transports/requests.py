"""The transport for programs that use ``requests``."""

from __future__ import annotations

import socket
import ssl
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


class RequestsTransport(BlockingTransport):
    """One adapter for each request and no ``Session``, which is where netrc, cookies and redirects live."""

    def _exchange(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        prepared = Request(request.method, request.url, dict(headers_of(request)), data=request.body).prepare()
        adapter = _Adapter(self._tls, deadline)
        try:
            with adapter.send(prepared, stream=True, timeout=deadline.remaining()) as response:
                headers = list(response.raw.headers.items())
                body = Body(request, headers).read(response.raw.stream(65536, decode_content=False))
                return HttpResponse(response.status_code, headers, body)
        finally:
            adapter.close()


class _Adapter(HTTPAdapter):
    """An adapter over one pool of ours: our TLS settings alone, and connections that a deadline watches."""

    def __init__(self, tls: ssl.SSLContext, deadline: Deadline) -> None:
        super().__init__()
        self._tls = tls
        self._deadline = deadline

    def get_connection_with_tls_context(
        self, request: PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        url = urlsplit(request.url or "")
        host = str(url.hostname)
        if url.scheme == "https":
            pool: Any = HTTPSConnectionPool(host, url.port, ssl_context=self._tls)
            pool.ConnectionCls = partial(_TlsConnection, self._deadline)
        else:
            pool = HTTPConnectionPool(host, url.port)
            pool.ConnectionCls = partial(_PlainConnection, self._deadline)
        return pool

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing to add: the TLS settings are complete."""


class _PlainConnection(HTTPConnection):
    def __init__(self, deadline: Deadline, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._deadline = deadline

    def _new_conn(self) -> socket.socket:
        return self._deadline.connect(self.host, self.port or 80)


class _TlsConnection(HTTPSConnection):
    def __init__(self, deadline: Deadline, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._deadline = deadline

    def _new_conn(self) -> socket.socket:
        return self._deadline.connect(self.host, self.port or 443)

    def connect(self) -> None:
        super().connect()
        self._deadline.watch(self.sock)

"""The standard library's client: no dependency."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from urllib.parse import urlsplit

from relyingparty._relyingparty import HttpRequest, HttpResponse
from relyingparty.transports.base import BlockingTransport, Body, headers_of
from relyingparty.transports.deadline import Deadline
from relyingparty.transports.proxy import Proxy, connected


class UrllibTransport(BlockingTransport):
    """The default: sends requests with ``http.client``, one connection for each.

    That is the layer of ``urllib`` without redirects, cookies, passwords or proxies of its own.
    """

    def _exchange(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        url = urlsplit(request.url)
        tls = self._tls_for(request)
        proxy = self._way_out.proxy(request.url)
        secure = tls if url.scheme == "https" else None
        connection = _Connection(url.hostname or "", url.port, deadline, secure, proxy)
        try:
            target = (url.path or "/") + (f"?{url.query}" if url.query else "")
            connection.putrequest(request.method, target, skip_accept_encoding=True)
            for name, value in headers_of(request):
                connection.putheader(name, value)
            if request.body or request.method in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(len(request.body)))
            connection.endheaders(request.body or None)
            with connection.getresponse() as response:
                headers = response.getheaders()
                body = Body(request, headers).read(_chunks(response))
                return HttpResponse(response.status, headers, body)
        finally:
            connection.close()


class _Connection(HTTPConnection):
    """A connection that a deadline watches from its first packet."""

    def __init__(
        self, host: str, port: int | None, deadline: Deadline, tls: ssl.SSLContext | None, proxy: Proxy | None
    ) -> None:
        self.default_port = 80 if tls is None else 443
        super().__init__(host, port or self.default_port)
        self._deadline = deadline
        self._tls = tls
        self._proxy = proxy

    def connect(self) -> None:
        self.sock = connected(self._deadline, self._proxy, self.host, self.port)
        if self._tls is not None:
            self.sock = self._deadline.watch(self._tls.wrap_socket(self.sock, server_hostname=self.host))


def _chunks(response: HTTPResponse) -> Iterator[bytes]:
    while chunk := response.read(65536):
        yield chunk
    if response.length:
        raise IncompleteRead(b"", response.length)

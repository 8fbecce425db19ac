"""A server on 127.0.0.1 that misbehaves as its path says, and remembers what it was sent."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_BOMB = gzip.compress(bytes(10_000_000))

Behaviour = Callable[[socket.socket], None]

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def _fine(peer: socket.socket) -> None:
    peer.sendall(OK + b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\n{}")


def _bodiless(peer: socket.socket) -> None:
    # What a HEAD is answered: the length of a body that does not come.
    peer.sendall(OK + b"Content-Length: 100\r\n\r\n")


def _redirect(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /fine\r\nContent-Length: 0\r\n\r\n")


def _large(peer: socket.socket) -> None:
    peer.sendall(OK + b"Content-Length: 10000000\r\n\r\n")
    for _ in range(10):
        peer.sendall(b" " * 1_000_000)


def _endless(peer: socket.socket) -> None:
    peer.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        peer.sendall(b"400\r\n" + b" " * 0x400 + b"\r\n")


def _silent(peer: socket.socket) -> None:
    peer.recv(1)


def _drip(peer: socket.socket, text: bytes) -> None:
    for _ in range(500):
        peer.sendall(text)
        time.sleep(0.02)


def _dripping_head(peer: socket.socket) -> None:
    peer.sendall(OK + b"X-Slow: ")
    _drip(peer, b"x")


def _dripping_body(peer: socket.socket) -> None:
    peer.sendall(OK + b"Content-Length: 500\r\n\r\n")
    _drip(peer, b" ")


def _dripping_until_closed(peer: socket.socket) -> None:
    peer.sendall(OK + b"Connection: close\r\n\r\n")
    _drip(peer, b" ")


def _bomb(peer: socket.socket) -> None:
    peer.sendall(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(_BOMB) + _BOMB)


def _coded(coding: bytes, body: bytes) -> Behaviour:
    """A body that is sent so, in pieces of a few bytes."""

    def behave(peer: socket.socket) -> None:
        peer.sendall(OK + b"Content-Encoding: %s\r\nTransfer-Encoding: chunked\r\n\r\n" % coding)
        for start in range(0, len(body), 7):
            piece = body[start : start + 7]
            peer.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        peer.sendall(b"0\r\n\r\n")

    return behave


def _empty_members(peer: socket.socket) -> None:
    peer.sendall(OK + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
    nothing = gzip.compress(b"") * 100
    while True:
        peer.sendall(b"%x\r\n%s\r\n" % (len(nothing), nothing))


DOCUMENT = b'{"issuer": "%s"}' % (b"a document that is longer than a piece " * 10)
"""What the coded answers hold."""
ZSTD = bytes.fromhex("28b52ffd0058110000") + b"{}"
CODED = {
    "gzip": (b"gzip", gzip.compress(DOCUMENT)),
    "shouted": (b"GZIP", gzip.compress(DOCUMENT)),
    "x-gzip": (b"x-gzip", gzip.compress(DOCUMENT)),
    "deflate": (b"deflate", zlib.compress(DOCUMENT)),
    "members": (b"gzip", gzip.compress(DOCUMENT[:100]) + gzip.compress(b"") + gzip.compress(DOCUMENT[100:])),
    "identity": (b"identity", DOCUMENT),
    "no-gzip": (b"gzip", DOCUMENT),
}
"""By name: a coding, and how the document is sent. Whoever undoes it has the document."""
UNDONE_BY_NOBODY = {
    "cut-gzip": (b"gzip", gzip.compress(DOCUMENT)[:-9]),
    "spoilt-gzip": (b"gzip", gzip.compress(DOCUMENT)[:-8] + bytes(8)),
    "followed-gzip": (b"gzip", gzip.compress(DOCUMENT) + b"more"),
    "brotli": (b"br", bytes.fromhex("8b00807b7d03")),
    "zstd": (b"zstd", ZSTD),
    "twice": (b"gzip, gzip", gzip.compress(gzip.compress(DOCUMENT))),
    "repeated": (b"gzip\r\nContent-Encoding: gzip", gzip.compress(gzip.compress(DOCUMENT))),
}
"""The same for what is handed over as it came."""


def _half(peer: socket.socket) -> None:
    peer.sendall(OK + b"Content-Length: 100\r\n\r\n{}")


def _half_chunked(peer: socket.socket) -> None:
    peer.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n10\r\n{}")


def _closed(_: socket.socket) -> None:
    pass


def _garbage(peer: socket.socket) -> None:
    peer.sendall(b"220 this is no web server\r\n\r\n")


BEHAVIOURS: dict[str, Behaviour] = {
    "": _fine,
    "fine": _fine,
    "bodiless": _bodiless,
    "redirect": _redirect,
    "large": _large,
    "endless": _endless,
    "silent": _silent,
    "dripping-head": _dripping_head,
    "dripping-body": _dripping_body,
    "dripping-until-closed": _dripping_until_closed,
    "bomb": _bomb,
    "at-the-limit": _coded(b"gzip", gzip.compress(bytes(1000))),
    "past-the-limit": _coded(b"gzip", gzip.compress(bytes(1001))),
    "empty-members": _empty_members,
    **{name: _coded(*coded) for name, coded in {**CODED, **UNDONE_BY_NOBODY}.items()},
    "half": _half,
    "half-chunked": _half_chunked,
    "closed": _closed,
    "garbage": _garbage,
}


class HostileServer:
    """``received`` holds each request as it arrived: its head in lower case, and its body."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._tls = tls
        self.received: list[tuple[str, bytes]] = []
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Accept no more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                peer, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        peer.settimeout(10)
        with peer, suppress(OSError):
            if self._tls is not None:
                peer = self._tls.wrap_socket(peer, server_side=True)
            with peer, peer.makefile("rb") as reader:
                head = "".join(iter(lambda: reader.readline().decode().lower(), "\r\n"))
                lengths = [line.split()[1] for line in head.splitlines() if line.startswith("content-length:")]
                body = reader.read(int(lengths[0])) if lengths else b""
                self.received.append((head, body))
                BEHAVIOURS[head.split()[1].split("?")[0].split("/")[1]](peer)
                with suppress(OSError):
                    peer.shutdown(socket.SHUT_WR)
                    peer.recv(1)


@contextmanager
def hostile_server(tls: ssl.SSLContext | None = None) -> Iterator[HostileServer]:
    """A server that runs for the length of the block."""
    server = HostileServer(tls)
    try:
        yield server
    finally:
        server.close()

"""A total time limit for blocking sockets."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import TypeVar

S = TypeVar("S", bound=socket.socket)
C = TypeVar("C")


class Deadline:
    """Ends a blocking exchange when its time is over, by shutting its sockets down.

    The timeouts of blocking libraries count from the last byte, so a server that sends one byte at a time is
    never cut off. Within ``with deadline:`` every watched socket is shut down at the end of the time, and
    leaving the block after it raises ``TimeoutError``, even if the exchange took the shutdown for an end.
    Only name resolution is beyond its reach: the system bounds that.
    """

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self._end = time.monotonic() + seconds
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._timer.cancel()
        if kind is None and self.expired:
            raise TimeoutError

    def remaining(self) -> float:
        """Seconds left; raises ``TimeoutError`` when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def connect(self, host: str, port: int) -> socket.socket:
        """A watched connection to the first address of ``host`` that answers."""

        def attempt(address: str, seconds: float) -> socket.socket:
            return socket.create_connection((address, port), seconds)

        connection = self.first_that_answers(host, port, attempt)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.watch(connection)

    def first_that_answers(self, host: str, port: int, attempt: Callable[[str, float], C]) -> C:
        """What ``attempt`` makes of the first address of ``host`` that answers, in the seconds that it is given."""
        failure: Exception | None = None
        for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            seconds = self.remaining()
            try:
                return attempt(str(address[0]), seconds)
            except Exception as error:
                failure = error
        raise failure or OSError("no address")

    def watch(self, connection: S) -> S:
        """Shut ``connection`` down when the time is over, or at once if it is."""
        with self._lock:
            self._sockets.append(connection)
            if self.expired:
                _shut_down(connection)
        return connection

    def _expire(self) -> None:
        with self._lock:
            self.expired = True
            for connection in self._sockets:
                _shut_down(connection)


def _shut_down(connection: socket.socket) -> None:
    with suppress(OSError):
        # The base class's method: that of a TLS socket drops its TLS state under the reader.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)

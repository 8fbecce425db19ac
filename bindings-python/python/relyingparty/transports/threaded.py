"""A blocking transport for asyncio."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial

from relyingparty._relyingparty import HttpRequest, HttpResponse, Unreachable
from relyingparty.forking import renew_after_fork
from relyingparty.transports.protocols import Transport

_THREADS = 32


class ThreadedTransport:
    """Runs a blocking transport in threads, for use on asyncio.

    It has at most 32 threads of its own, started when they are needed, so that a slow provider does not occupy those of
    the event loop (``asyncio.to_thread``).
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._lock = threading.Lock()
        self._threads: ThreadPoolExecutor | None = None
        renew_after_fork(self)

    @property
    def has_client_cert(self) -> bool | None:
        """Whether the transport has a certificate of the client's, if it says so."""
        return getattr(self._transport, "has_client_cert", None)

    async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        """Make the exchange within ``request.limits``."""
        work = partial(copy_context().run, self._transport.send, request)
        return await asyncio.get_running_loop().run_in_executor(self._pool(), work)

    def renew(self) -> None:
        """In a child process: none of the threads is there."""
        self._lock = threading.Lock()
        self._threads = None

    def _pool(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(_THREADS, "relyingparty")
            return self._threads

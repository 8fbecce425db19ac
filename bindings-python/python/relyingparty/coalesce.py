"""One GET in flight for each URL, however many logins want what it fetches.

A GET stays open until the first flow that shares it has consumed the answer, which is when the cache has it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from relyingparty._relyingparty import HttpRequest, HttpResponse, Unreachable

Answer = HttpResponse | Unreachable


class Coalescer:
    """Shares the answers of GETs between threads.

    A thread can be held up between its flow's look into the cache and the GET that follows from it. A *ticket*,
    taken before the look, says which GETs were closed since: the latest of them answers in its stead.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed = 0
        self._latest: dict[str, _Get] = {}

    def ticket(self) -> int:
        """How many GETs have been closed up to now."""
        return self._closed

    @contextmanager
    def get(self, request: HttpRequest, ticket: int, send: Callable[[HttpRequest], Answer]) -> Iterator[Answer]:
        """The answer of a GET for the same URL that was not closed at ``ticket``; sent if there is none.

        Leave the block when the flow has consumed it.
        """
        with self._lock:
            get = self._latest.get(request.url)
            leads = get is None or (get.closed is not None and get.closed <= ticket)
            if get is None or leads:
                get = self._latest[request.url] = _Get()
        if not leads:
            yield get.wait()
            return
        try:
            yield get.run(partial(send, request))
        finally:
            with self._lock:
                self._closed += 1
                get.closed = self._closed


class _Get:
    """A GET between threads. ``closed`` is how many were, with this one; ``None`` while it is open."""

    def __init__(self) -> None:
        self.closed: int | None = None
        self._done = threading.Event()
        self._answer: Answer | None = None
        self._error: BaseException | None = None

    def run(self, send: Callable[[], Answer]) -> Answer:
        """Make the exchange, for all who wait."""
        try:
            self._answer = send()
            return self._answer
        except BaseException as error:
            self._error = error
            raise
        finally:
            self._done.set()

    def wait(self) -> Answer:
        """What came of the exchange that another thread makes."""
        self._done.wait()
        if self._answer is None:
            raise self._error or RuntimeError
        return self._answer

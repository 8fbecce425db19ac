"""One GET in flight for each URL, however many logins want what it fetches.

A GET stays open until the first flow that shares it has consumed the answer, which is when the cache has it.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

from relyingparty._relyingparty import HttpRequest, HttpResponse, Unreachable
from relyingparty.sharing import Part, Sharing, Work, doing, refusal

Answer = HttpResponse | Unreachable

_KEPT_SECONDS = 5
_KEPT_ANSWERS = 16


def key_of(request: HttpRequest) -> Hashable:
    """What two requests have in common that may share an answer."""
    limits = request.limits
    return request.url, limits.max_response_bytes, limits.timeout_secs


class Coalescer(Sharing[Answer]):
    """Shares the answers of GETs between threads.

    A thread can be held up between its flow's look into the cache and the GET that follows from it. A *ticket*,
    taken before the look, says which GETs were closed since: the latest of them answers in its stead. Such answers
    are kept for a few seconds, and few of them; a thread that was held up for longer sends another GET.
    """

    def __init__(self) -> None:
        super().__init__()
        self.closed = 0
        """How many GETs have been closed up to now: a ticket."""
        self._latest: OrderedDict[Hashable, tuple[int, float, Answer]] = OrderedDict()

    @contextmanager
    def get(
        self, request: HttpRequest, ticket: int, send: Callable[[HttpRequest], Answer], had: Answer | None = None
    ) -> Iterator[Answer]:
        """The answer of a GET for the same URL that was not closed at ``ticket``; sent if there is none.

        ``had`` is the answer that the flow got before and asks again in spite of: it is no answer now. Leave the block
        when the flow has consumed it.
        """
        found = self._found(request, ticket, had)
        if not isinstance(found, Work):
            yield found
            return
        try:
            with doing(found):
                answer = send(request)
            found.end(answer)
            yield answer
        finally:
            # Closed first: who is told that nothing came of it finds nobody to wait for.
            self.close(found)
            found.end(None)

    def _found(self, request: HttpRequest, ticket: int, had: Answer | None) -> Answer | Work[Answer]:
        """The answer that somebody else has, or the work to do."""
        key, given_up = key_of(request), None
        while True:
            with self._lock:
                answer = self._closed_since(key, ticket)
                if answer is not None and answer is not had:
                    return answer
                part, work = self._part(key, request.limits.timeout_secs, given_up)
            if part is Part.REFUSED:
                return refusal()
            if part is not Part.WAITS:
                return work
            given_up = None if work.wait(work.left) else work
            if work.outcome is not None and work.outcome is not had:
                return work.outcome
            if work.outcome is not None:
                # Whoever sent it has not consumed it yet. The next one is another.
                self.close(work)

    def renew(self) -> None:
        """In a child process: nothing is in progress."""
        super().renew()
        self._latest = OrderedDict()

    def _closed_since(self, key: Hashable, ticket: int) -> Answer | None:
        if key in self._open or key not in self._latest:
            return None
        closed, _, answer = self._latest[key]
        return answer if closed > ticket else None

    def _close(self, work: Work[Answer]) -> bool:
        was_open = super()._close(work)
        if was_open and work.outcome is not None:
            self.closed += 1
            self._latest[work.key] = (self.closed, time.monotonic(), _without_cause(work.outcome))
            self._latest.move_to_end(work.key)
            self._evict()
        return was_open

    def _evict(self) -> None:
        oldest = time.monotonic() - _KEPT_SECONDS
        while self._latest:
            _, since, _ = next(iter(self._latest.values()))
            if since >= oldest and len(self._latest) <= _KEPT_ANSWERS:
                return
            self._latest.popitem(last=False)


def _without_cause(answer: Answer) -> Answer:
    """What may be kept of it: an exception leads to what its frames held."""
    return answer if isinstance(answer, HttpResponse) else Unreachable(answer.reason)

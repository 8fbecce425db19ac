"""One refresh for each session in this process, however many threads and tasks ask for it.

Refresh tokens rotate: who spends one twice is taken for a thief, and the provider ends the session. So a refresh is
shared by all who ask for it while it goes on, on threads and event loops alike, also where the session was restored
from its text more than once. Who still holds the old session a moment later gets the same result.
"""

from __future__ import annotations

import copy
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

from relyingparty._relyingparty import Flow, Policy, Session
from relyingparty.answers import patience
from relyingparty.errors import Error
from relyingparty.sharing import Part, Sharing, Work
from relyingparty.withheld import Withheld

GRACE = 10
"""How long the result of a refresh serves who holds the old session, in seconds."""
MOST_KEPT = 1_000
"""How many results are kept so."""


class Refreshed(NamedTuple):
    """What became of a session by a refresh that asked for ``asked``."""

    asked: bytes
    session: Session


Outcome = Refreshed | Error


class Refresh(NamedTuple):
    """A refresh that somebody asks for: its flow, at ``now`` by the relying party's clock.

    ``begin`` makes the flow anew, for who has waited for another: what a flow proves is good for a minute.
    """

    key: bytes
    """Of the refresh token at its client: one at a time spends it, whatever session it is of."""
    session: bytes
    """Of the whole session: what it became a moment ago is kept for it alone."""
    asked: bytes
    flow: Flow[Session]
    begin: Callable[[], Flow[Session]]
    now: float


class Refreshes(Sharing[Outcome]):
    """The refreshes of this process."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: OrderedDict[bytes, tuple[float, float, Refreshed]] = OrderedDict()

    def enter(
        self, refresh: Refresh, flow: Flow[Session], given_up: Work[Outcome] | None
    ) -> Refreshed | tuple[Part, Work[Outcome]]:
        """What it became a moment ago, whatever that was asked for, else as ``join``."""
        seconds = patience(flow.request)
        with self._lock:
            self._evict()
            kept = self._kept.get(refresh.session)
            if kept is not None and abs(refresh.now - kept[1]) < GRACE:
                return kept[2]
            part, work = self._part(refresh.key, seconds, given_up)
            if part is not Part.WAITS:
                work.asked = refresh.asked
                work.session = refresh.session
            return part, work

    def leave(self, work: Work[Outcome], outcome: Outcome | None, now: float) -> None:
        """``work`` is over: a session is kept, an error told to who waits, and nothing has somebody else try."""
        with self._lock:
            self._close(work)
            if isinstance(outcome, Refreshed):
                self._kept[work.session] = (time.monotonic(), now, outcome)
                self._kept.move_to_end(work.session)
                self._evict()
        work.end(told(outcome) if isinstance(outcome, Error) else outcome)

    def renew(self) -> None:
        """In a child process: nothing is in progress. What was done stays done."""
        super().renew()

    def _evict(self) -> None:
        oldest = time.monotonic() - GRACE
        while self._kept:
            since, _, _ = next(iter(self._kept.values()))
            if since > oldest and len(self._kept) <= MOST_KEPT:
                return
            self._kept.popitem(last=False)


def keys_of(client_id: str, issuer: str, session: Session) -> tuple[bytes, bytes]:
    """What tells refresh tokens apart, and what tells sessions apart, without the tokens themselves."""
    refresh_token = session.refresh_token or ""
    return (
        _digest(client_id, issuer, refresh_token),
        _digest(client_id, issuer, refresh_token, session.id_token, session.access_token or ""),
    )


def _digest(*parts: str) -> bytes:
    from hashlib import sha256

    digest = sha256(b"relyingparty/refresh/")
    for part in parts:
        data = part.encode(errors="surrogatepass")
        digest.update(b"%d:" % len(data) + data)
    return digest.digest()


def asked_by(options: Withheld[Any], policy: Policy) -> bytes:
    """What tells apart the refreshes of one session that ask for different things, or judge what comes differently."""
    import json

    return _digest(json.dumps(options.lend()), repr(policy))


def told(error: Error) -> Error:
    """The same error for somebody else, without the frames that it has been through."""
    same = copy.copy(error)
    same.__cause__ = error.__cause__
    return same


REFRESHES = Refreshes()

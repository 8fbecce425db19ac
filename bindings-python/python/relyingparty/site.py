"""A web application's whole login over requests as data, in plain calls."""

from __future__ import annotations

import time
from typing import Any

from relyingparty import settings
from relyingparty._relyingparty import (
    Flow,
    Handled,
    Incoming,
    StoreReply,
    StoreRequest,
    Unreachable,
    Unsupported,
    Visit,
)
from relyingparty.answers import raised
from relyingparty.coalesce import Answer, Coalescer
from relyingparty.errors import Error
from relyingparty.log import decided
from relyingparty.relying_party import RelyingParty
from relyingparty.session_stores import SessionStore
from relyingparty.sites import ENTROPY_BYTES, METHODS, Now, SiteProvider, Sites, T, told

__all__ = ["Site", "SiteProvider"]


class Site(Sites[RelyingParty, SessionStore]):
    """The login of a web application: routes below one URL, and the session of every other request. Create one per
    process; threads may share it.

    >>> provider = SiteProvider("https://op.example", "my-client", client_secret="…")
    >>> site = Site("https://app.example/auth", provider, sealing_keys=[key])
    >>> handled = site.handle(Incoming(method, url, headers, body))  # for what is below the base URL
    >>> visit = site.visit(Incoming(method, url, headers))  # for everything else: visit.session, or None

    The routes are ``login`` (``return_to``, ``prompt``, ``login_hint``, ``provider``), ``callback``, ``initiate``,
    ``logout`` (POST; ``return_to``), ``logged-out``, ``backchannel-logout`` and ``frontchannel-logout``.
    """

    _coalescer = Coalescer

    @staticmethod
    def _judge(store: object) -> None:
        settings.blocks("store", store, *METHODS, taker="AsyncSite")

    def _party(self, provider: SiteProvider, redirect_uri: str) -> RelyingParty:
        party = RelyingParty(
            *(provider._issuer, provider._client_id, redirect_uri),
            **provider._options.lend(),
            cache=self._cache,
            clock=self._clock,
            entropy=self._entropy,
            sleep=self._sleep,
            sealing_keys=self._keys.lend(),
        )
        party._gets = self._gets
        return party

    def handle(self, incoming: Incoming) -> Handled:
        """Answer a request to one of the routes. What a visitor or the provider does wrong is an answer, too.

        Send ``status``, ``headers`` and ``body``; where a login failed (the event is
        ``Failed``) with a page of your own.

        :param incoming: the request.
        :raises TransportError: ``store_unavailable``; the store's exception is the cause.
        :raises MisuseError: ``implausible_clock``, ``weak_entropy``.
        """
        now, ticket = self._now, self._gets.closed
        return self._carried(now.core.handle(incoming, self._entropy(ENTROPY_BYTES)), now, ticket)

    def visit(self, incoming: Incoming) -> Visit:
        """Say whose request this is: nobody's, or that of a session, which is refreshed when it is due.

        Send the ``set_cookies`` with the response to the request.

        :param incoming: the request; its body does not matter.
        :raises TransportError: ``store_unavailable``; the store's exception is the cause.
        :raises MisuseError: ``implausible_clock``, ``weak_entropy``.
        """
        now, ticket = self._now, self._gets.closed
        found = now.core.visit(incoming, self._entropy(ENTROPY_BYTES))
        return found if isinstance(found, Visit) else self._carried(found, now, ticket)

    def _carried(self, flow: Flow[T], now: Now, ticket: int) -> T:
        had: Answer | None = None
        lock: StoreRequest | None = None
        try:
            while (request := flow.request) is not None:
                if isinstance(request, StoreRequest):
                    lock = request if request.method == "lock" else lock
                    reply = self._asked(request)
                    ticket = self._gets.closed
                    flow.resume(reply)
                elif (party := now.parties.get(flow.provider or "")) is not None:
                    ticket, had = party._step(flow, request, ticket, had)
                else:
                    flow.resume(Unsupported())
        except Error as error:
            decided(error)
            raise
        finally:
            if lock is not None:
                key, owner, *_ = lock.arguments
                self._turns.leave(key, owner)
        return told(flow.result)

    def _asked(self, request: StoreRequest) -> StoreReply | Unreachable:
        try:
            method = self._locked if request.method == "lock" else getattr(self._store, request.method)
            return request.reply(method(*request.arguments))
        except Exception as error:
            return raised(error, "the store")

    def _locked(self, key: str, owner: str, lifetime: int, wait: int) -> Any:
        """What the store answers: one visit at a time asks it. When that one is over, the others lack the lock."""
        store: Any = self._store
        until = time.monotonic() + wait
        while (other := self._turns.take(key, owner, lifetime, wait)) is not None:
            other.wait(other.left(until))
            wait = int(until - time.monotonic())
            if wait < 1 or other.outcome:
                return False
        taken = store.lock(key, owner, lifetime, wait)
        self._turns.answered(key, owner, lifetime, taken)
        return taken

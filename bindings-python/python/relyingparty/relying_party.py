"""A login in plain calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from relyingparty._relyingparty import (
    Authorization,
    CallbackParams,
    Flow,
    HttpRequest,
    IdTokenClaims,
    Session,
    UserInfo,
    VerifyRequest,
)
from relyingparty.coalesce import Coalescer
from relyingparty.options import AuthorizeOptions, EndSessionOptions, Expectations
from relyingparty.run import Reply, Request
from relyingparty.stores import Store
from relyingparty.transports import Transport
from relyingparty.verbs import Verb, Verbs

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from relyingparty.transports import UrllibTransport

T = TypeVar("T")


class RelyingParty(Verbs[Transport, Store, Callable[[VerifyRequest], bool]]):
    """A client at one provider. Make one for the life of the program; threads may share it.

    >>> rp = RelyingParty("https://op.example", "client", "https://app.example/callback")
    >>> login = rp.authorize(return_to="/inbox")         # set login.cookie_name = login.id, go to login.url
    >>> session = rp.callback(query, cookies.get(rp.cookie_name(query)))
    >>> session.claims["sub"]

    Every verb may fetch the provider's metadata first, and then raise :class:`~relyingparty.TransportError` or
    :class:`~relyingparty.ProtocolError`.
    """

    _gets: Coalescer
    _coalescer = Coalescer

    def _default_transport(self, transport: UrllibTransport) -> Transport:
        return transport

    def authorize(self, **options: Unpack[AuthorizeOptions]) -> Authorization:
        """Start a login (OIDC Core 3.1.2.1).

        Keep ``id`` in the browser under ``cookie_name`` for ``max_age`` seconds, then send it to ``url``.
        """
        return self._run(self._authorize(options))

    def callback(self, query_or_url: str, id: str | None) -> Session:
        """Finish the login that the browser came back from (OIDC Core 3.1.2.5 and 3.1.3).

        :param query_or_url: the URL it came back to, or the query alone.
        :param id: what the cookie named :meth:`cookie_name` holds; ``None`` when there is none.
        :raises CallbackError: it belongs to no login of this browser; ``no_pending_login`` when ``id`` finds none.
        :raises ProviderError: the provider or the end user refused, for instance ``access_denied``.
        :raises TokenError: a check on the ID token failed.
        """
        return self._run(self._callback(CallbackParams.parse(query_or_url), id))

    def callback_form_post(self, body: str, id: str | None) -> Session:
        """As :meth:`callback`, for ``response_mode="form_post"``: ``body`` is that of the POST."""
        return self._run(self._callback(CallbackParams.parse_form_post(body), id))

    def refresh(self, session: Session) -> Session:
        """A session with a new access token (OIDC Core 12). Keep it in place of ``session``.

        Refresh one session one at a time: refresh tokens rotate, and a second use of an old one can end the session.

        :raises MisuseError: ``no_refresh_token``.
        :raises ProviderError: ``error`` is ``invalid_grant`` when the refresh token serves no longer.
        """
        return self._run(self._refresh(session))

    def userinfo(self, session: Session) -> UserInfo:
        """What the provider tells about the end user of ``session`` (OIDC Core 5.3)."""
        return self._run(self._userinfo(session))

    def verify(self, id_token: str, **expectations: Unpack[Expectations]) -> IdTokenClaims:
        """The claims of an ID token that came by another way, after every check (OIDC Core 3.1.3.7).

        :raises TokenError: a check failed; ``code`` says which.
        """
        client = self._client
        if client is not None and client.is_current():
            flow = client.verify(id_token, **expectations)
            if flow.request is None:
                return flow.result
        return self._run(self._verify(id_token, expectations))

    def restore(self, stored: str) -> Session:
        """The session that ``session.encode()`` wrote, its ID token checked again, for all but its expiry."""
        return self._run(self._restore(stored))

    def end_session(self, session: Session | None = None, **options: Unpack[EndSessionOptions]) -> str:
        """The URL at which the provider ends its own session (OIDC RP-Initiated Logout 2).

        Drop the application's session first, then send the browser there.

        :raises ConfigurationError: ``endpoint_missing``.
        """
        return self._run(self._end_session(session, options))

    def _run(self, verb: Verb[T]) -> T:
        found = None
        while True:
            ticket = self._gets.ticket()
            try:
                step = verb.send(found)
            except StopIteration as end:
                result: T = end.value
                return result
            found = self._carry(step, ticket) if isinstance(step, Flow) else step

    def _carry(self, flow: Flow[T], ticket: int) -> T:
        """As :func:`~relyingparty.run`, with the GETs that threads can share."""
        while (request := flow.request) is not None:
            if isinstance(request, HttpRequest) and request.coalesces:
                with self._gets.get(request, ticket, self._transport.send) as answer:
                    ticket = self._gets.ticket()
                    flow.resume(answer)
            else:
                reply = self._answer(request)
                ticket = self._gets.ticket()
                flow.resume(reply)
        return flow.result

    def _answer(self, request: Request) -> Reply:
        if isinstance(request, HttpRequest):
            return self._transport.send(request)
        if self._verifier is None:
            raise TypeError("the policy leaves signatures to the host: pass a verifier")
        return self._verifier(request)

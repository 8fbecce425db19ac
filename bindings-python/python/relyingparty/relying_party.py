"""A login in plain calls: the blocking relying party."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

from relyingparty import settings
from relyingparty._relyingparty import (
    ApiResponse,
    Arrival,
    AssertionRequest,
    Authorization,
    Flow,
    FrontChannelLogout,
    Grant,
    HttpRequest,
    HttpResponse,
    IdTokenClaims,
    LoginCookies,
    Logout,
    LogoutToken,
    RefreshedGrant,
    Session,
    SetupReport,
    SignRequest,
    UserInfo,
    VerifyRequest,
    Waited,
    WaitRequest,
)
from relyingparty.answers import answered, asserted, patience, raised, signed, verified
from relyingparty.coalesce import Answer, Coalescer
from relyingparty.errors import Error
from relyingparty.log import decided, exchanged
from relyingparty.options import AuthorizeOptions, Content, EndSessionOptions, Expectations, Headers, TokenOptions
from relyingparty.refreshes import REFRESHES, Outcome, Refresh, Refreshed, told
from relyingparty.run import Reply, Request
from relyingparty.sharing import LITTLE, Part, Work, doing, refusal
from relyingparty.stores import MARKS, Store, marks
from relyingparty.transports import Transport
from relyingparty.verbs import Verb, Verbs
from relyingparty.withheld import Withheld

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from relyingparty.options import Method, Response, TokenType
    from relyingparty.transports import UrllibTransport

T = TypeVar("T")


class RelyingParty(Verbs[Transport, Store, Callable[[VerifyRequest], bool], Callable[[], str]]):
    """A client at one provider. Create one per process; threads may share it.

    >>> rp = RelyingParty("https://op.example", "my-client", "https://app.example/callback", client_secret="…")
    >>> login = rp.authorize(return_to="/inbox")  # redirect to login.url, with the header Set-Cookie: login.set_cookie
    >>> session = rp.callback(request.url, LoginCookies(request.cookies))
    >>> session.claims.sub, session.claims.email

    The first verb fetches the provider's metadata; so does a later one when they are no longer fresh. It can then raise
    ``TransportError``, ``ProtocolError`` or
    ``ProviderError``.
    """

    _gets: Coalescer
    _coalescer = Coalescer

    @staticmethod
    def _default_sleep(seconds: float) -> None:
        time.sleep(seconds)

    @staticmethod
    def _judge(transport: object, store: object, functions: Iterable[tuple[str, object]]) -> None:
        settings.blocks("transport", transport, "send")
        settings.blocks("store", store, "put", "take")
        if marks(store):
            settings.blocks("store", store, *MARKS)
        for member, function in functions:
            settings.blocks(member, function)

    def _default_transport(self, transport: UrllibTransport) -> Transport:
        return transport

    def check(self) -> SetupReport:
        """Check the set-up at the provider before anybody logs in.

        Fetches metadata and keys and looks at everything that a login needs: endpoints, algorithms, PKCE, redirect URI,
        client authentication, clock. Problems are findings of the report, not exceptions.
        ``print(rp.check())`` shows the report as a table; so does ``python -m relyingparty check ISSUER``.
        """
        return self._run(self._check())

    def authorize(self, **options: Unpack[AuthorizeOptions]) -> Authorization:
        """Start a login (OIDC Core 3.1.2.1).

        Send the browser to the result's ``url``, with the login cookie: ``set_cookie`` as a ``Set-Cookie`` header, or
        ``cookie`` as arguments of your framework's ``set_cookie``.

        :param options: what to ask for (``AuthorizeOptions``).
        :raises ConfigurationError: an option, or what the provider supports, does not allow this login.
        :raises ProviderError: the provider refused the request that was pushed to it.
        :raises TransportError: the provider's metadata could not be fetched, or the request could not be pushed.
        """
        given = Withheld(options) if options else None
        del options
        return self._run(self._authorize(given))

    def callback(
        self, query_or_url: Response, id: str | LoginCookies | None, **options: Unpack[TokenOptions]
    ) -> Session:
        """Finish the login that the browser came back from (OIDC Core 3.1.2.5 and 3.1.3).

        Checks the response, exchanges the code and verifies the ID token.

        :param query_or_url: the URL of the request or its query, as text, bytes or your framework's URL object.
        :param id: the ``LoginCookies`` of the request; or the id of the login, from
            ``LoginCookies.id``, ``None`` if the browser has none. With the cookies
            an error can say which of them came.
        :param options: what the token request asks for, instead of what the login asked for
            (``TokenOptions``).
        :raises CallbackError: the response belongs to no login of this browser (``no_pending_login``, whose detail
            ``reason`` says why), or came too late.
        :raises ProviderError: the provider or the user refused, for example ``access_denied``.
        :raises TokenError: a check of the ID token, or of a signed response, failed.
        """
        arrival, more = Arrival(query_or_url, id), Withheld(options) if options else None
        del query_or_url, id, options
        return self._run(self._callback(arrival.read(self._redirect_uri), more))

    def callback_form_post(
        self, body: str | bytes, id: str | LoginCookies | None, **options: Unpack[TokenOptions]
    ) -> Session:
        """Finish a login of ``response_mode="form_post"``.

        Like ``callback``, with the body of the POST instead of the URL.

        :param body: the body that the browser posted.
        :param id: see ``callback``.
        :param options: see ``callback``.
        :raises CallbackError: see ``callback``, as for the other errors.
        """
        arrival, more = Arrival(body, id), Withheld(options) if options else None
        del body, id, options
        return self._run(self._callback(arrival.read_form_post(self._redirect_uri), more))

    def refresh(self, session: Session, **options: Unpack[TokenOptions]) -> Session:
        """Get a session with a new access token (OIDC Core 12). Store it in place of ``session``.

        Refresh tokens can be valid for one use, and a second use can end the session. So refreshes of one session in
        this process share one request, even if it was restored from its text more than once, and for the next 10
        seconds a call with the old session gets the same result. Coordinating several processes is up to the
        application.

        :param options: what this refresh asks for, instead of what the login asked for
            (``TokenOptions``). Refreshes that ask for different things run one after the
            other, each with the session that the one before yielded.
        :raises MisuseError: ``no_refresh_token``: the login got none. Ask for the scope ``offline_access``.
        :raises ProviderError: with ``error`` = ``invalid_grant`` the refresh token is no longer valid: log in again.
        """
        more = Withheld(options)
        del options
        return self._run(self._refresh(session, more))

    def refresh_token(self, refresh_token: str, sub: str, **options: Unpack[TokenOptions]) -> RefreshedGrant:
        """Get tokens for a refresh token that another library obtained for this client and the user ``sub``.

        The result has a session if an ID token came along and passed every check.

        :param options: what to ask for (``TokenOptions``).
        :raises MisuseError: ``no_refresh_token``: the text is empty.
        :raises ProviderError: with ``error`` = ``invalid_grant`` the refresh token is no longer valid.
        :raises TokenError: ``sub_mismatch``: the ID token is about another user.
        """
        given, more = Withheld(refresh_token), Withheld(options)
        del refresh_token, options
        return self._run(self._refresh_token(given, sub, more))

    def userinfo(self, session: Session) -> UserInfo:
        """Fetch the claims of the UserInfo endpoint about the session's user (OIDC Core 5.3).

        :raises ConfigurationError: ``endpoint_missing``: the provider has no such endpoint.
        :raises ProviderError: the provider refused, for example because the access token expired.
        :raises ProtocolError: ``userinfo_sub_mismatch``: the claims are about another user.
        """
        return self._run(self._userinfo(session))

    def call(
        self,
        session_or_grant: Session | Grant,
        method: Method,
        url: str,
        *,
        headers: Headers = (),
        content: Content = None,
    ) -> ApiResponse:
        """Call an API with the access token of a session or a grant (RFC 6750 2.1, RFC 9449 7).

        Adds the header ``Authorization``; for a token that is bound to a key also the proof, and where the API asks for
        a nonce the request is sent once more with it. The response is returned whatever its status: if the API refuses
        the token, its ``challenge`` says what it wants instead. Redirects are not followed. A response can have 262144
        bytes and take 10 seconds.

        :param session_or_grant: whose access token to send.
        :param method: such as ``GET``.
        :param url: of the API. Its origin must be that of a ``resource`` of the login, or one of the ``api_origins``.
        :param headers: further headers.
        :param content: the body.
        :raises MisuseError: ``origin_not_allowed``: the token is not for this URL; ``no_access_token``.
        :raises ConfigurationError: ``invalid_configuration``: the method, the URL or a header cannot be sent.
        :raises TransportError: there was no response, or it broke a limit.
        """
        more, body = Withheld[Headers](headers), Withheld[Content](content)
        del headers, content
        return self._run(self._call(session_or_grant, method, url, more, body))

    def verify(self, id_token: str, **expectations: Unpack[Expectations]) -> IdTokenClaims:
        """Verify an ID token that came from elsewhere, and return its claims (OIDC Core 3.1.3.7).

        :param id_token: the token, a compact JWS.
        :param expectations: what it must contain beside what is always checked
            (``Expectations``).
        :raises TokenError: a check failed; ``code`` says which.
        :raises TransportError: the provider's keys could not be fetched.
        """
        token, given = Withheld(id_token), Withheld(expectations)
        del id_token, expectations
        client = self._current()
        if client is None:
            return self._run(self._verify(token, given))
        # The same, for what is done most often, without the detour.
        ticket = self._gets.closed
        try:
            flow = client.verify(token.take(), **given.take())
            claims = flow.result if flow.request is None else self._carry(flow, ticket)
        except Error as error:
            decided(error)
            raise
        decided(claims)
        return claims

    def encode(self, session: Session) -> str:
        """The session as sealed text: only who has the ``sealing_keys`` can read or make it. ``restore`` reads it.

        :raises ConfigurationError: ``invalid_configuration``: there are no ``sealing_keys``.
        :raises MisuseError: ``session_mismatch``: the session belongs to another client.
        """
        return self._seal(session)

    def restore(self, stored: str) -> Session:
        """Read a stored session.

        With ``sealing_keys``: what ``encode`` wrote. No request is made, and the provider may have withdrawn the
        key of the ID token. Without: what ``session.encode()`` wrote; its ID token is verified again, except for its
        expiry.

        :raises MisuseError: ``unreadable_session``: damaged, or sealed with other keys or for another client.
        """
        given = Withheld(stored)
        del stored
        return self._run(self._restore(given))

    def end_session(self, session: Session | None = None, **options: Unpack[EndSessionOptions]) -> str:
        """The URL that logs the user out at the provider (OIDC RP-Initiated Logout 2).

        End the application's own session first, then send the browser there.

        :param session: the session that ends; its ID token becomes the ``id_token_hint``.
        :param options: what to ask for (``EndSessionOptions``).
        :raises ConfigurationError: ``endpoint_missing``: the provider has no such endpoint.
        """
        given = Withheld(options)
        del options
        return self._run(self._end_session(session, given))

    def log_out(self, session: Session | None = None, **options: Unpack[EndSessionOptions]) -> Logout:
        """Begin a logout at the provider (OIDC RP-Initiated Logout 2).

        End the application's own session first. Then redirect the browser to ``url``; if there are ``fields``, send it
        a page with a form that posts them there. If the browser comes back, keep the ``state`` in a cookie for
        ``logged_out``.

        :param session: the session that ends; its ID token becomes the ``id_token_hint``.
        :param options: what to ask for (``EndSessionOptions``).
        :raises ConfigurationError: ``endpoint_missing``: the provider has no such endpoint.
        """
        given = Withheld(options)
        del options
        return self._run(self._log_out(session, given))

    def logout_token(self, logout_token: str) -> LogoutToken:
        """Verify a logout token, with which the provider ends sessions (OIDC Back-Channel Logout 2.6).

        It is good once: refuse it if its ``replay_key`` was seen before. Answer the provider with 200 once the sessions
        are gone, with 400 after an error that is not ``is_retryable``, both with ``Cache-Control: no-store``.

        :param logout_token: the token, from the request's form (``logout_token_in``).
        :raises TokenError: a check failed; ``code`` says which.
        :raises TransportError: the provider's keys could not be fetched.
        """
        token = Withheld(logout_token)
        del logout_token
        return self._run(self._logout_token(token))

    def front_channel_logout(self, query_or_url: Response) -> FrontChannelLogout:
        """Read a front-channel logout request, which the provider's page makes through a frame (OIDC Front-Channel
        Logout 3).

        :param query_or_url: the request's URL or query.
        :raises CallbackError: ``logout_malformed``: it has ``iss`` or ``sid`` without the other;
            ``logout_issuer_mismatch``.
        """
        return self._run(self._front_channel_logout(query_or_url))

    def revoke(self, what: Session | Grant | str, token_type_hint: TokenType | None = None) -> None:
        """Revoke a token at the provider (RFC 7009). It makes no difference whether the provider knew it.

        :param what: a session or a grant, whose refresh token is revoked, or if it has none its access token; or a
            token.
        :param token_type_hint: what kind of token a bare one is.
        :raises ConfigurationError: ``endpoint_missing``: the provider has no such endpoint.
        :raises MisuseError: ``session_mismatch``; ``no_access_token``: there is nothing to revoke.
        :raises ProviderError: the provider refused; after ``revocation_unavailable`` try again in ``retry_after``
            seconds. After every error the token may still work.
        """
        given: Withheld[Session | Grant | str] = Withheld(what)
        del what
        return self._run(self._revoke(given, token_type_hint))

    def _run(self, verb: Verb[T]) -> T:
        # What a verb is sent can be secret: a list that is empty while something can fail is all that a frame shows.
        found: list[Any] = [None]
        gets = self._gets
        try:
            while True:
                ticket = gets.closed
                try:
                    step = verb.send(found.pop())
                except StopIteration as end:
                    result: T = end.value
                    break
                if isinstance(step, Flow):
                    found.append(self._carry(step, ticket))
                elif isinstance(step, Refresh):
                    found.append(self._refreshed(step, ticket))
                else:
                    found.append(step)
                del step
        except Error as error:
            decided(error)
            raise
        decided(result)
        return result

    def _carry(self, flow: Flow[T], ticket: int, work: Work[Any] | None = None) -> T:
        """As ``run``, with the GETs that threads can share. Others may wait for ``work``."""
        had = None
        while (request := flow.request) is not None:
            ticket, had = self._step(flow, request, ticket, had, work)
        return flow.result

    def _step(
        self,
        flow: Flow[Any],
        request: Request | WaitRequest,
        ticket: int,
        had: Answer | None,
        work: Work[Any] | None = None,
    ) -> tuple[int, Answer | None]:
        """Answer one request; what a shared GET has to know next."""
        if not isinstance(request, HttpRequest):
            if isinstance(request, WaitRequest):
                if work is not None:
                    work.give(request.seconds + LITTLE)
                self._sleep(request.seconds)
                reply: Reply = Waited()
            else:
                if work is not None:
                    work.give(patience(request))
                reply = self._answer(request)
        elif request.coalesces:
            if work is not None:
                # Who shares a GET may wait for two others.
                work.give(2 * (request.limits.timeout_secs + LITTLE))
            with self._gets.get(request, ticket, self._send, had) as answer:
                ticket = self._gets.closed
                flow.resume(answer)
            return ticket, answer
        else:
            if work is not None:
                work.give(request.limits.timeout_secs)
            reply = self._send(request)
        ticket = self._gets.closed
        flow.resume(reply)
        return ticket, had

    def _refreshed(self, refresh: Refresh, ticket: int) -> Refreshed:
        flow, given_up = refresh.flow, None
        while True:
            entered = REFRESHES.enter(refresh, flow, given_up)
            if isinstance(entered, Refreshed):
                return entered
            part, work = entered
            if part is Part.WAITS:
                given_up = None if work.wait(work.left) else work
                if isinstance(work.outcome, Refreshed):
                    return work.outcome
                # What was wrong with what somebody else asked for says nothing of this.
                if work.outcome is not None and work.asked == refresh.asked:
                    raise told(work.outcome)
                flow = refresh.begin()
                continue
            if part is Part.REFUSED:
                flow.resume(refusal())
            break
        outcome: Outcome | None = None
        try:
            with doing(work):
                outcome = Refreshed(refresh.asked, self._carry(flow, ticket, work))
            return outcome
        except Error as error:
            outcome = error
            raise
        finally:
            REFRESHES.leave(work, outcome, refresh.now)
            # An exception leads to this frame: it would be kept by what it leads to.
            del outcome

    def _send(self, request: HttpRequest) -> Answer:
        since = perf_counter()
        try:
            given: object = self._transport.send(request)
        except Exception as error:
            given = raised(error)
        answer = given if isinstance(given, HttpResponse) else answered(given)
        exchanged(request, answer, since)
        return answer

    def _answer(self, request: SignRequest | AssertionRequest | VerifyRequest) -> Reply:
        try:
            if isinstance(request, SignRequest):
                return signed(request.sign())
            if isinstance(request, AssertionRequest):
                assert self._client_assertion is not None
                return asserted(self._client_assertion())
            assert self._verifier is not None
            return verified(self._verifier(request))
        except Exception as error:
            return raised(error, "the function")

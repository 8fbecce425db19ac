"""The settings of a relying party and its verbs, written once for threads and for asyncio.

Each verb is a generator. It yields the flows that have to be run and the answers of the store, which those of an
asyncio store have to be awaited first, and is sent what came of them.
"""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Sequence
from functools import partial, update_wrapper
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from relyingparty import calls, refreshes, settings, transports
from relyingparty._relyingparty import (
    ApiResponse,
    Authorization,
    AuthorizationCode,
    Cache,
    CallbackParams,
    Client,
    Flow,
    FrontChannelLogout,
    Grant,
    IdTokenClaims,
    Issuer,
    Logout,
    LogoutToken,
    PendingLogin,
    Policy,
    Provider,
    RefreshedGrant,
    SealingKeys,
    Session,
    SessionSeal,
    SetupReport,
    UserInfo,
    check_configuration,
    check_setup,
    cookie_name_at,
    logged_out,
)
from relyingparty.assertions import JWT_BEARER
from relyingparty.options import (
    AuthorizeOptions,
    ClientCert,
    EndSessionOptions,
    Expectations,
    PolicyOptions,
    RegistrationOptions,
    TokenOptions,
)
from relyingparty.refreshes import Refresh, Refreshed
from relyingparty.stores import MARKS, AsyncStore, MemoryStore, Store, marks
from relyingparty.withheld import Withheld

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from relyingparty.options import Content, Headers, Method, Response, TokenType
    from relyingparty.transports import UrllibTransport

T = TypeVar("T")
TransportT = TypeVar("TransportT")
StoreT = TypeVar("StoreT", bound=Store | AsyncStore)
VerifierT = TypeVar("VerifierT")
AssertionT = TypeVar("AssertionT")

Verb = Generator[Any, Any, T]
"""A verb as a generator."""

_ENTROPY_BYTES = 32
_HTTPS = "https:"


class Verbs(ABC, Generic[TransportT, StoreT, VerifierT, AssertionT]):
    """The settings of a relying party, and its verbs as generators."""

    _coalescer: ClassVar[type[Any]]
    _gets: Any

    def __init__(
        self,
        issuer: str,
        client_id: str,
        redirect_uri: str,
        *,
        client_secret: str | None = None,
        client_assertion: AssertionT | None = None,
        scopes: Sequence[str] | None = None,
        policy: PolicyOptions | None = None,
        store: StoreT | None = None,
        transport: TransportT | None = None,
        verifier: VerifierT | None = None,
        cache: Cache | None = None,
        clock: Callable[[], float] = time.time,
        entropy: Callable[[int], bytes] = os.urandom,
        sealing_keys: Sequence[bytes] = settings.UNSEALED,
        sleep: Callable[[float], Any] | None = None,
        allow_insecure_loopback: bool = False,
        ca_file: str | os.PathLike[str] | None = None,
        ca_pem: str | None = None,
        client_cert: ClientCert | None = None,
        proxy: str | None = None,
        proxy_from_environment: bool = False,
        **registration: Unpack[RegistrationOptions],
    ) -> None:
        """Set up a client of ``issuer``. Nothing is fetched until the first verb that needs it.

        :param issuer: the issuer identifier, exactly as the provider publishes it.
        :param client_id: the client's identifier at the provider.
        :param redirect_uri: where the browser comes back to, exactly as registered at the provider.
        :param client_secret: the client's secret. Without a secret, ``signing_keys`` and a ``client_assertion`` the
            client is a public client.
        :param client_assertion: a function that returns an assertion from elsewhere, which says who the client is. It
            is called for each request: ``token_file``, or a function of your own, for
            ``AsyncRelyingParty`` also a coroutine function.
        :param scopes: the scopes to ask for; ``openid profile email`` if not given.
        :param policy: limits and choices (``PolicyOptions``).
        :param store: where pending logins wait; the memory of this process (``MemoryStore``) if not
            given. Several worker processes need a store that they share.
        :param transport: what sends requests; ``urllib`` if not given.
        :param verifier: what checks signatures, for a policy with ``signatures="host"``.
        :param cache: metadata and keys, to share between relying parties or to keep.
        :param clock: returns the time in Unix seconds.
        :param entropy: returns the given number of secure random bytes.
        :param sealing_keys: the keys for ``encode`` and ``restore``: 32 secure random bytes each. Keep them
            where the client secret is. The first key seals, all of them open, so that keys can be rotated. Without keys
            ``restore`` reads what ``session.encode()`` wrote.
        :param sleep: waits the given seconds between attempts to fetch keys; ``time.sleep`` or ``asyncio.sleep`` if not
            given.
        :param allow_insecure_loopback: for development: allow ``http://`` for an issuer on this machine.
        :param ca_file: the certificate authorities that the ``urllib`` transport trusts, instead of the system's: a PEM
            file.
        :param ca_pem: the same as PEM text.
        :param client_cert: the client's certificate, which the ``urllib`` transport shows where a request asks for it
            (RFC 8705): a PEM file with certificate and private key, a pair of files ``(certificate, key)``, or with the
            password of the key ``(certificate, key, password)``.
        :param proxy: the HTTP proxy of the ``urllib`` transport, such as ``http://user:password@proxy.example:3128``.
        :param proxy_from_environment: let the ``urllib`` transport use the proxies of ``HTTPS_PROXY``, ``HTTP_PROXY``
            and ``ALL_PROXY``, except for the hosts in ``NO_PROXY``.
        :param registration: the rest of the registration (``RegistrationOptions``), such as
            ``post_logout_redirect_uri``.

        A parameter whose default is ``None`` may be ``None``. Members of ``policy`` and ``registration`` may not: leave
        out those you don't need.

        :raises ConfigurationError: ``invalid_issuer``, ``invalid_configuration``, ``policy_out_of_range``: everything
            that can be checked without the provider is checked here.
        """
        secret = Withheld(client_secret)
        if client_assertion is not None:
            registration.setdefault("client_assertion_type", JWT_BEARER)
        has_client_cert = client_cert is not None if transport is None else settings.has_client_cert(transport)
        if has_client_cert:
            registration.setdefault("tls_client_certificate", True)
        given: Withheld[dict[str, Any]] = Withheld({**registration})
        keys = None if sealing_keys is settings.UNSEALED else Withheld(sealing_keys)
        network: Withheld[dict[str, Any]] = Withheld(
            {
                "ca_file": ca_file,
                "ca_pem": ca_pem,
                "client_cert": client_cert,
                "proxy": proxy,
                "proxy_from_environment": proxy_from_environment,
            }
        )
        del client_secret, registration, sealing_keys, client_cert, proxy
        self._name = f"{client_id} at {issuer}"
        if transport is not None:
            settings.defaults(network)
        issuer = settings.text("issuer", issuer)
        insecure = settings.flag("allow_insecure_loopback", allow_insecure_loopback)
        self._policy = Policy(**({} if policy is None else settings.members("policy", policy)))
        under = Issuer.insecure_loopback if insecure else Issuer
        self._issuer = under(issuer, self._policy)
        beside = list(Verbs.__init__.__kwdefaults__ or ())
        self._registration = settings.registration(client_id, redirect_uri, secret, scopes, given, beside)
        self._redirect_uri = redirect_uri
        # In place of the class's, since the name depends on the redirect URI.
        self.__dict__["cookie_name"] = update_wrapper(partial(cookie_name_at, redirect_uri), Verbs.cookie_name)
        self._session_seal = (
            None if keys is None else SessionSeal(SealingKeys(keys.take()), self._issuer, client_id, self._policy)
        )
        if verifier is not None:
            settings.function("verifier", verifier)
        if client_assertion is not None:
            settings.function("client_assertion", client_assertion)
        check_configuration(
            *(self._issuer, self._registration, self._policy),
            *(verifier is not None, client_assertion is not None, has_client_cert is not False),
        )
        settings.function("clock", clock)
        settings.function("entropy", entropy)
        if sleep is not None:
            settings.function("sleep", sleep)
        self._sleep: Callable[[float], Any] = self._default_sleep if sleep is None else sleep
        self._store = cast(StoreT, MemoryStore()) if store is None else store
        settings.methods("store", self._store, "put", "take")
        self._marks: Any = self._store if marks(self._store) else None
        if self._marks is not None:
            settings.methods("store", self._store, *MARKS)
        if transport is None:
            transport = self._default_transport(transports.UrllibTransport(**network.take()))
        settings.methods("transport", transport, "send")
        functions: list[tuple[str, object]] = [("signing_key", sign) for sign in self._registration._functions]
        functions += [("verifier", verifier)] if verifier is not None else []
        functions += [("client_assertion", client_assertion)] if client_assertion is not None else []
        self._judge(transport, self._store, functions)
        self._transport = transport
        self._verifier = verifier
        self._client_assertion = client_assertion
        self._gets = self._coalescer()
        self._clock = clock
        self._entropy = entropy
        self.cache = Cache() if cache is None else cache

    @property
    def cache(self) -> Cache:
        """The metadata and keys of the provider. ``cache.to_json()`` keeps them for the next process."""
        return self._cache

    @cache.setter
    def cache(self, cache: Cache) -> None:
        self._cache = settings.cache(cache)
        self._client: Client | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name}>"

    @staticmethod
    def cookie_name(query_or_url: Response) -> str | None:
        """The name of the cookie that holds the id of the login that this callback claims to belong to.

        ``None`` if it has no ``state`` or cannot be read; ``callback`` then raises the error. A relying party
        returns the name for its redirect URI, the class itself the one for an https redirect URI. Prefer
        ``LoginCookies``, which finds the cookie and reads the id.
        """
        return cookie_name_at(_HTTPS, query_or_url)

    @staticmethod
    def handle(query_or_url: Response) -> str | None:
        """The public name of the login that this callback claims to belong to, for programs that do not use a cookie.

        :raises CallbackError: ``callback_malformed``, ``callback_duplicate``.
        """
        return CallbackParams.parse(query_or_url).handle

    def jwks(self) -> dict[str, Any]:
        """The public keys of the ``signing_keys`` as a JWK Set: the document for the client's ``jwks_uri``.

        No request is sent. Serve it as ``application/jwk-set+json``. The first key signs. To change keys, add the next
        one behind it, put it first when the provider has fetched it, and leave out the old one a few minutes later.
        """
        return self._registration.jwks()

    @staticmethod
    @abstractmethod
    def _default_sleep(seconds: float) -> Any: ...

    @staticmethod
    @abstractmethod
    def _judge(transport: object, store: object, functions: Iterable[tuple[str, object]]) -> None:
        """Refuse what is for the other kind of program."""

    @abstractmethod
    def _default_transport(self, transport: UrllibTransport) -> TransportT: ...

    def _check(self) -> Verb[SetupReport]:
        report: SetupReport = yield check_setup(self._issuer, self._registration, self._policy, self.cache, self._clock)
        return report

    def _current(self) -> Client | None:
        """The client, while its metadata is fresh by the rules of the core."""
        client = self._client
        return client if client is not None and client.is_current() else None

    def _discover(self) -> Verb[Client]:
        """A client over fresh metadata."""
        provider = yield Provider.discover(self._issuer, self._policy, self.cache, self._clock)
        client = self._client = Client(provider, self._registration, self._policy, self.cache, self._clock)
        return client

    def _fresh(self, client: Client) -> bytes | None:
        """What a client that signs its requests needs for one verb. Nothing is drawn for others."""
        return self._entropy(_ENTROPY_BYTES) if client.needs_entropy() else None

    def _authorize(self, options: Withheld[AuthorizeOptions] | None) -> Verb[Authorization]:
        client = self._client
        if client is None or not client.is_current():
            client = yield from self._discover()
        started: Authorization
        if client.authorizes_in_steps():
            started = yield client.authorize_in_steps(
                self._entropy(_ENTROPY_BYTES), **({} if options is None else options.take())
            )
        else:
            started = client.authorize(self._entropy(_ENTROPY_BYTES), **({} if options is None else options.take()))
        if (kept := self._store.put(started.id, started.pending.encode(), started.max_age)) is not None:
            yield kept
        if self._marks is not None and (marked := self._marks.begun(started.handle, started.max_age)) is not None:
            yield marked
        return started

    def _callback(
        self, arrived: tuple[CallbackParams, Withheld[str] | None, str], options: Withheld[TokenOptions] | None
    ) -> Verb[Session]:
        params, id, reason = arrived
        if id is None:
            params.unclaimed(reason, (yield from self._told(params)))
        client = self._client
        if client is None or not client.is_current():
            client = yield from self._discover()
        pending = PendingLogin._taken(self._store.take(id.take()))
        if isinstance(pending, Withheld):
            # The answer of an asyncio store.
            stored: Withheld[Any] = Withheld((yield pending.take()))
            pending = None if stored.lend() is None else PendingLogin.decode(stored.take())
        if pending is None:
            params.unclaimed(reason, (yield from self._told(params)))
        if client.owns(pending, params):
            if self._marks is not None and (marked := self._marks.used(pending.handle)) is not None:
                yield marked
        else:
            # Another login's response, or another client's login: the one that waits is left as it was.
            seconds = int(pending.expires_at - self._clock())
            if seconds > 0:
                yield self._store.put(pending.id, pending.encode(), seconds)
        code: AuthorizationCode
        if params.is_signed:
            code = yield client.signed_callback(pending, params)
        else:
            code = client.callback(pending, params)
        session: Session = yield client.exchange(
            code, self._fresh(client), **({} if options is None else options.take())
        )
        return session

    def _told(self, params: CallbackParams) -> Verb[object]:
        """What the store says of a login it does not have: used or expired, whatever the browser holds."""
        told: object = None
        if self._marks is not None and params.handle is not None:
            told = yield self._marks.why_missing(params.handle)
        return told

    def _refresh(self, session: Session, options: Withheld[TokenOptions]) -> Verb[Session]:
        client = self._current() or (yield from self._discover())
        while True:
            begin = partial(self._begin_refresh, client, session, options)
            flow, asked = begin(), refreshes.asked_by(options, self._policy)
            key, whole = refreshes.keys_of(self._registration.client_id, str(self._issuer), session)
            refreshed: Refreshed = yield Refresh(key, whole, asked, flow, begin, self._clock())
            if refreshed.asked == asked:
                return refreshed.session
            # Its token was spent on what somebody else asked for: what it became is asked.
            session = refreshed.session

    def _begin_refresh(self, client: Client, session: Session, options: Withheld[TokenOptions]) -> Flow[Session]:
        return client.refresh(session, self._fresh(client), **options.lend())

    def _refresh_token(
        self, refresh_token: Withheld[str], sub: str, options: Withheld[TokenOptions]
    ) -> Verb[RefreshedGrant]:
        client = self._current() or (yield from self._discover())
        refreshed: RefreshedGrant = yield client.refresh_token(
            refresh_token.take(), sub, self._fresh(client), **options.take()
        )
        return refreshed

    def _userinfo(self, session: Session) -> Verb[UserInfo]:
        client = self._current() or (yield from self._discover())
        info: UserInfo = yield client.userinfo(session, self._fresh(client))
        return info

    def _call(
        self, holder: Session | Grant, method: Method, url: str, headers: Withheld[Headers], content: Withheld[Content]
    ) -> Verb[ApiResponse]:
        flow = yield from self._calling(holder, method, url, headers, content)
        response: ApiResponse = yield flow
        return response

    def _calling(
        self, holder: Session | Grant, method: Method, url: str, headers: Withheld[Headers], content: Withheld[Content]
    ) -> Verb[Flow[ApiResponse]]:
        client = yield from self._discover()
        return client.call(holder, method, url, calls.pairs(headers), calls.octets(content), self._fresh(client))

    def _verify(self, id_token: Withheld[str], expectations: Withheld[Expectations]) -> Verb[IdTokenClaims]:
        client = self._current() or (yield from self._discover())
        claims: IdTokenClaims = yield client.verify(id_token.take(), **expectations.take())
        return claims

    def _seal(self, session: Session) -> str:
        if self._session_seal is None:
            settings.refuse("sealing_keys", "are not set")
        return self._session_seal.seal(session, self._entropy(_ENTROPY_BYTES))

    def _restore(self, stored: Withheld[str]) -> Verb[Session]:
        opened = None if self._session_seal is None else self._session_seal.open(stored.lend())
        if opened is not None:
            return opened
        client = self._current() or (yield from self._discover())
        session: Session = yield client.restore(stored.take())
        return session

    def _end_session(self, session: Session | None, options: Withheld[EndSessionOptions]) -> Verb[str]:
        client = self._current() or (yield from self._discover())
        return client.end_session(session, **options.take())

    def _log_out(self, session: Session | None, options: Withheld[EndSessionOptions]) -> Verb[Logout]:
        client = self._current() or (yield from self._discover())
        return client.log_out(self._entropy(_ENTROPY_BYTES), session, **options.take())

    @staticmethod
    def logged_out(query_or_url: Response, expected: str | None) -> None:
        """Check that the browser comes back from the logout that it began.

        :param query_or_url: what it came back with, at the ``post_logout_redirect_uri``.
        :param expected: the ``state`` of the ``Logout``, from a cookie of this browser. ``None``, if
            there is no such cookie, is refused.
        :raises CallbackError: ``logout_state_missing``, ``logout_state_mismatch``, ``logout_malformed``.
        """
        back, state = Withheld(query_or_url), Withheld(expected)
        del query_or_url, expected
        logged_out(back.take(), state.take())

    def _logout_token(self, logout_token: Withheld[str]) -> Verb[LogoutToken]:
        client = self._current() or (yield from self._discover())
        token: LogoutToken = yield client.logout_token(logout_token.take())
        return token

    def _front_channel_logout(self, query_or_url: Response) -> Verb[FrontChannelLogout]:
        client = self._current() or (yield from self._discover())
        return client.front_channel_logout(query_or_url)

    def _revoke(self, what: Withheld[Session | Grant | str], token_type_hint: TokenType | None) -> Verb[None]:
        client = self._current() or (yield from self._discover())
        yield client.revoke(what.take(), token_type_hint, self._fresh(client))

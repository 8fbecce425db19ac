"""What a relying party is made of and what it does, written once for threads and for asyncio.

Each verb is a generator. It yields the flows that have to be run and the answers of the store, which those of an
asyncio store have to be awaited first, and is sent what came of them.
"""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from relyingparty import transports
from relyingparty._relyingparty import (
    Authorization,
    Cache,
    CallbackParams,
    Client,
    IdTokenClaims,
    Issuer,
    PendingLogin,
    Policy,
    Provider,
    Registration,
    Session,
    UserInfo,
)
from relyingparty.options import (
    AuthorizeOptions,
    ClientOptions,
    EndSessionOptions,
    Expectations,
    PolicyOptions,
    RegistrationOptions,
)
from relyingparty.stores import AsyncStore, MemoryStore, Store

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from relyingparty.transports import UrllibTransport

T = TypeVar("T")
TransportT = TypeVar("TransportT")
StoreT = TypeVar("StoreT", bound=Store | AsyncStore)
VerifierT = TypeVar("VerifierT")

Verb = Generator[Any, Any, T]

_ENTROPY_BYTES = 32


class Verbs(ABC, Generic[TransportT, StoreT, VerifierT]):
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
        scopes: Sequence[str] | None = None,
        policy: PolicyOptions | None = None,
        store: StoreT | None = None,
        transport: TransportT | None = None,
        verifier: VerifierT | None = None,
        cache: Cache | None = None,
        clock: Callable[[], float] = time.time,
        entropy: Callable[[int], bytes] = os.urandom,
        allow_insecure_loopback: bool = False,
        ca_file: str | os.PathLike[str] | None = None,
        ca_pem: str | None = None,
        **registration: Unpack[RegistrationOptions],
    ) -> None:
        """A client registered at ``issuer``. Nothing is fetched until the first verb that needs it.

        :param issuer: the issuer identifier, exactly as the provider publishes it.
        :param client_id: the client's identifier at the provider.
        :param redirect_uri: where the browser comes back to, exactly as registered.
        :param client_secret: the client's secret; without one it is a public client.
        :param scopes: what to ask for. See :class:`~relyingparty.options.RegistrationOptions` for the rest of the
            registration.
        :param policy: limits and choices (:class:`~relyingparty.options.PolicyOptions`).
        :param store: where pending logins wait; in this process's memory when not given.
        :param transport: what sends requests; ``urllib`` when not given.
        :param verifier: what checks signatures, when the policy leaves them to the host.
        :param cache: metadata and keys, to share between relying parties or to keep.
        :param clock: the time in Unix seconds.
        :param entropy: as many secure random bytes as asked for.
        :param allow_insecure_loopback: for development: ``http://`` for an issuer on this machine.
        :param ca_file: certificate authorities that the ``urllib`` transport trusts instead of the system's.
        :param ca_pem: the same as PEM text.
        :raises ConfigurationError: ``invalid_issuer``, ``invalid_configuration``.
        """
        if transport is not None and (ca_file is not None or ca_pem is not None):
            raise TypeError("ca_file and ca_pem are options of the transport that was given")
        self._issuer = Issuer.insecure_loopback(issuer) if allow_insecure_loopback else Issuer(issuer)
        given = cast(ClientOptions, {"client_id": client_id, "redirect_uri": redirect_uri, **registration})
        if client_secret is not None:
            given["client_secret"] = client_secret
        if scopes is not None:
            given["scopes"] = scopes
        self._registration = Registration(**given)
        self._policy = Policy(**(policy or {}))
        self._store = cast(StoreT, MemoryStore()) if store is None else store
        if transport is None:
            transport = self._default_transport(transports.UrllibTransport(ca_file=ca_file, ca_pem=ca_pem))
        self._transport = transport
        self._verifier = verifier
        self._gets = self._coalescer()
        self._clock = clock
        self._entropy = entropy
        self._name = f"{client_id} at {issuer}"
        self.cache = Cache() if cache is None else cache

    @property
    def cache(self) -> Cache:
        """Metadata and keys. ``cache.to_json()`` carries them to the next process."""
        return self._cache

    @cache.setter
    def cache(self, cache: Cache) -> None:
        self._cache = cache
        self._client: Client | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name}>"

    @staticmethod
    def cookie_name(query_or_url: str) -> str:
        """The name of the cookie that holds the id of the login which this callback claims to belong to.

        Empty, which is no cookie's name, when it has no ``state``.

        :raises CallbackError: ``callback_malformed``, ``callback_duplicate``.
        """
        return CallbackParams.parse(query_or_url).cookie_name or ""

    @staticmethod
    def handle(query_or_url: str) -> str | None:
        """The public name of that login, for programs that keep the id elsewhere than in a cookie.

        :raises CallbackError: ``callback_malformed``, ``callback_duplicate``.
        """
        return CallbackParams.parse(query_or_url).handle

    @abstractmethod
    def _default_transport(self, transport: UrllibTransport) -> TransportT: ...

    def _discover(self) -> Verb[Client]:
        """The client over metadata that is fresh by the rules of the core: no exchange while it is."""
        client = self._client
        if client is None or not client.is_current():
            provider = yield Provider.discover(self._issuer, self._policy, self.cache, self._clock)
            client = self._client = Client(provider, self._registration, self._policy, self.cache, self._clock)
        return client

    def _authorize(self, options: AuthorizeOptions) -> Verb[Authorization]:
        client = yield from self._discover()
        started: Authorization = client.authorize(self._entropy(_ENTROPY_BYTES), **options)
        yield self._store.put(started.id, started.pending.encode(), started.max_age)
        return started

    def _callback(self, params: CallbackParams, id: str | None) -> Verb[Session]:
        client = yield from self._discover()
        stored = None if id is None else (yield self._store.take(id))
        code = client.callback(PendingLogin.decode(stored), params)
        session: Session = yield client.exchange(code)
        return session

    def _refresh(self, session: Session) -> Verb[Session]:
        client = yield from self._discover()
        refreshed: Session = yield client.refresh(session)
        return refreshed

    def _userinfo(self, session: Session) -> Verb[UserInfo]:
        client = yield from self._discover()
        info: UserInfo = yield client.userinfo(session)
        return info

    def _verify(self, id_token: str, expectations: Expectations) -> Verb[IdTokenClaims]:
        client = yield from self._discover()
        claims: IdTokenClaims = yield client.verify(id_token, **expectations)
        return claims

    def _restore(self, stored: str) -> Verb[Session]:
        client = yield from self._discover()
        session: Session = yield client.restore(stored)
        return session

    def _end_session(self, session: Session | None, options: EndSessionOptions) -> Verb[str]:
        client = yield from self._discover()
        return client.end_session(session, **options)

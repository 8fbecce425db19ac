"""The settings of a site and what it does, written once for threads and for asyncio."""

from __future__ import annotations

import os
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, NoReturn, TypeVar

from relyingparty import settings
from relyingparty._relyingparty import Cache, Handled, SealingKeys, SiteCore, Visit
from relyingparty.log import decided
from relyingparty.turns import Turns
from relyingparty.verbs import Verbs
from relyingparty.withheld import Withheld

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from relyingparty.options import AuthorizeOptions, SitePolicyOptions, SiteProviderOptions

T = TypeVar("T", Handled, Visit)
PartyT = TypeVar("PartyT", bound=Verbs[Any, Any, Any, Any])
StoreT = TypeVar("StoreT")

METHODS = ("get", "add", "put", "take", "delete", "delete_labelled", "lock", "unlock")
"""What a store of sessions has."""

_OF_THE_SITE = ("store", "cache", "clock", "entropy", "sealing_keys", "sleep")
ENTROPY_BYTES = 32


class SiteProvider:
    """A provider that the users of a site log in with. Immutable; several sites can be given the same one."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        *,
        name: str = "default",
        redirect_uri: str | None = None,
        authorize: AuthorizeOptions | None = None,
        **options: Unpack[SiteProviderOptions],
    ) -> None:
        """Name a provider, and the client that is registered there.

        :param issuer: the issuer identifier, exactly as the provider publishes it.
        :param client_id: the client's identifier at the provider.
        :param name: what the site calls it: the parameter ``provider`` of a login. 1 to 64 letters, digits, ``-``,
            ``_`` and ``.``.
        :param redirect_uri: the redirect URI of the registration. If not given, it is the base URL of the site with
            ``/callback``, or with ``/callback/`` and the name if the site has several providers. It is a URL of the
            site's origin.
        :param authorize: what every login asks for (``AuthorizeOptions``). What a visitor
            asks for takes its place.
        :param options: everything else that ``RelyingParty`` takes for a provider: the client's
            secret, scopes, policy, transport, and the rest of the registration
            (``SiteProviderOptions``). A ``post_logout_redirect_uri`` is the base URL with
            ``/logged-out``.
        """
        given: Withheld[dict[str, Any]] = Withheld({**options})
        asked: Withheld[Any] = Withheld({} if authorize is None else authorize)
        beside = [option for option in _OF_THE_SITE if option in options]
        del options, authorize
        self._issuer, self._client_id, self._name = issuer, client_id, name
        for option in beside:
            settings.refuse(option, "is an option of the site")
        for member, value in (("issuer", issuer), ("client_id", client_id), ("name", name)):
            settings.text(member, value)
        self._redirect_uri = redirect_uri
        self._authorize = asked
        self._options = given

    @property
    def name(self) -> str:
        """What the site calls it."""
        return self._name

    def __reduce__(self) -> NoReturn:
        raise TypeError("cannot pickle 'SiteProvider' object")

    def __repr__(self) -> str:
        return f"<SiteProvider {self._name}: {self._client_id} at {self._issuer}>"


class Now(NamedTuple):
    """The providers of a site at some moment."""

    core: SiteCore
    """The site without its network."""
    parties: Mapping[str, Any]
    """What talks to each provider, by its name."""


class Sites(ABC, Generic[PartyT, StoreT]):
    """The settings of a site."""

    _coalescer: ClassVar[type[Any]]

    def __init__(
        self,
        base_url: str,
        *providers: SiteProvider,
        sealing_keys: Sequence[bytes],
        store: StoreT | None = None,
        policy: SitePolicyOptions | None = None,
        cache: Cache | None = None,
        clock: Callable[[], float] = time.time,
        entropy: Callable[[int], bytes] = os.urandom,
        sleep: Callable[[float], Any] | None = None,
    ) -> None:
        """Set up a site. Nothing is fetched until the first request that needs it.

        :param base_url: the URL of its routes as browsers see it, whatever proxies stand before the application, such
            as ``https://app.example/auth``.
        :param providers: whom its users log in with. The first one is that of a login that names none.
        :param sealing_keys: what seals cookies and stored sessions: 32 secure random bytes each, the same in every
            process. Keep them where the client secret is. The first key seals, all of them open, so that keys can be
            rotated.
        :param store: where sessions are kept that all processes share
            (``SessionStore``). Without one, the whole session is in the browser's
            cookies, without its refresh token, and nobody else can end it.
        :param policy: how long sessions last, and what browsers carry
            (``SitePolicyOptions``).
        :param cache: metadata and keys of the providers, to share or to keep.
        :param clock: returns the time in Unix seconds.
        :param entropy: returns the given number of secure random bytes.
        :param sleep: waits the given seconds between attempts to fetch keys.
        :raises ConfigurationError: ``invalid_issuer``, ``invalid_configuration``, ``policy_out_of_range``: everything
            that can be checked without the providers is checked here.
        """
        keys = Withheld(sealing_keys)
        del sealing_keys
        self._base_url = settings.text("base_url", base_url)
        limits = {} if policy is None else settings.members("policy", policy)
        if "store" in limits:
            settings.refuse("store", "is no member of the policy: it follows from the parameter store")
        if store is not None:
            lacking = [f"{name}()" for name in METHODS if not callable(getattr(store, name, None))]
            if lacking or isinstance(store, type):
                settings.refuse("store", f"is no object with {' and '.join(lacking or ['these methods'])}")
            self._judge(store)
        settings.function("clock", clock)
        settings.function("entropy", entropy)
        if sleep is not None:
            settings.function("sleep", sleep)
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._sleep = sleep
        self._keys = keys
        self._cache = Cache() if cache is None else settings.cache(cache)
        self._gets: Any = self._coalescer()
        self._tasks: set[Any] = set()
        self._turns = Turns()
        self._changes = threading.Lock()
        limits["store"] = store is not None
        core = SiteCore(base_url, SealingKeys(keys.lend()), self._cache, clock, **limits)
        self._several = len(providers) != 1
        self._now = Now(core, {})
        for provider in providers:
            self.add_provider(provider)

    @property
    def base_url(self) -> str:
        """The URL of its routes as browsers see it."""
        return self._base_url

    @property
    def cookie_name(self) -> str:
        """The name of the cookie that holds the session, or its first part."""
        return self._now.core.cookie_name

    @property
    def cache(self) -> Cache:
        """The metadata and keys of the providers. ``cache.to_json()`` keeps them for the next process."""
        return self._cache

    def handles(self, url: object) -> bool:
        """Whether a URL, or a path, is that of a route: then the request is for ``handle``."""
        return self._now.core.handles(url)

    def relying_party(self, name: str | None = None) -> PartyT:
        """What talks to the provider of this name, or to the first: for ``userinfo``, ``call`` and ``check``.

        :raises ConfigurationError: ``invalid_configuration``: the site has no such provider.
        """
        parties = self._now.parties
        party: PartyT | None = next(iter(parties.values()), None) if name is None else parties.get(name)
        if party is None:
            settings.refuse("provider", "is none of this site")
        return party

    def add_provider(self, provider: SiteProvider) -> None:
        """Let users log in with one more provider from now on.

        Its redirect URI, if it names none, is the base URL with ``/callback/`` and its name; that of a site which was
        made with one provider is the base URL with ``/callback``. Give one to the providers of a site that begins with
        one and gets more.

        :raises ConfigurationError: as for the constructor.
        """
        if not isinstance(provider, SiteProvider):
            settings.refuse("provider", "is no SiteProvider")
        default = f"{self._base_url}/callback" + (f"/{provider.name}" if self._several else "")
        party = self._party(provider, default if provider._redirect_uri is None else provider._redirect_uri)
        with self._changes:
            core = self._now.core.with_provider(
                *(provider.name, party._issuer, party._registration, party._policy),
                settings.members("authorize", provider._authorize.lend()),
            )
            self._now = Now(core, {**self._now.parties, provider.name: party})

    def remove_provider(self, name: str) -> None:
        """Let nobody log in with this provider any longer. Its sessions are nobody's from now on."""
        with self._changes:
            others = {other: party for other, party in self._now.parties.items() if other != name}
            self._now = Now(self._now.core.without_provider(name), others)

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._base_url}>"

    @staticmethod
    @abstractmethod
    def _judge(store: object) -> None:
        """Refuse a store for the other kind of program."""

    @abstractmethod
    def _party(self, provider: SiteProvider, redirect_uri: str) -> PartyT: ...


def told(result: T) -> T:
    """Log what a request came to."""
    event: Any = result.event
    if event is not None:
        decided(getattr(event, "error", None) or getattr(event, "session", None))
    return result

"""OpenID Connect login: ``RelyingParty`` for threads, ``AsyncRelyingParty`` for asyncio.

Beneath them is the layer without I/O: ``Provider`` and ``Client`` make flows, ``run`` and
``run_async`` run them with your own network. Times are Unix seconds, durations are seconds. Every error is an
``Error`` with a stable ``code``; ``error_codes`` lists them.
"""

import copyreg
from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn

from relyingparty import _relyingparty
from relyingparty._relyingparty import (
    ApiResponse,
    Assertion,
    AssertionRequest,
    Authorization,
    AuthorizationCode,
    Cache,
    CallbackParams,
    Challenge,
    Claims,
    Client,
    Flow,
    FrontChannelLogout,
    Grant,
    Handled,
    HttpRequest,
    HttpResponse,
    IdTokenClaims,
    Incoming,
    Issuer,
    KeyReport,
    Limits,
    LoginCookies,
    Logout,
    LogoutToken,
    PendingLogin,
    Policy,
    Provider,
    RefreshedGrant,
    Registration,
    RequestObject,
    SealingKeys,
    Session,
    SessionSeal,
    SetupReport,
    SigningKey,
    SignRequest,
    Unreachable,
    Unsupported,
    UserInfo,
    VerifyRequest,
    Visit,
    Waited,
    WaitRequest,
    __version__,
    check_setup,
    clear_cookie,
    error_codes,
    logged_out,
    logout_token_in,
)
from relyingparty.assertions import token_file
from relyingparty.claims import Address
from relyingparty.codes import ErrorCode
from relyingparty.decisions import Decision
from relyingparty.errors import (
    CallbackError,
    ConfigurationError,
    Error,
    MisuseError,
    ProtocolError,
    ProviderError,
    TokenError,
    TransportError,
)
from relyingparty.findings import Finding
from relyingparty.lazy import lazy
from relyingparty.relying_party import RelyingParty
from relyingparty.run import Reply, Request, run, run_async
from relyingparty.stores import AsyncStore, MemoryStore, Store
from relyingparty.transports import AsyncTransport, Transport

if TYPE_CHECKING:
    from relyingparty.async_relying_party import AsyncRelyingParty
    from relyingparty.async_site import AsyncSite
    from relyingparty.events import Failed, LoggedIn, LoggedOut, SessionChanged, SessionEnded
    from relyingparty.session_stores import AsyncSessionStore, MemorySessionStore, SessionStore
    from relyingparty.site import Site
    from relyingparty.sites import SiteProvider
    from relyingparty.transports import ThreadedTransport, UrllibTransport
else:
    __getattr__, __dir__ = lazy(
        globals(),
        {
            "AsyncRelyingParty": "relyingparty.async_relying_party",
            "AsyncSessionStore": "relyingparty.session_stores",
            "AsyncSite": "relyingparty.async_site",
            "Failed": "relyingparty.events",
            "LoggedIn": "relyingparty.events",
            "LoggedOut": "relyingparty.events",
            "MemorySessionStore": "relyingparty.session_stores",
            "SessionChanged": "relyingparty.events",
            "SessionEnded": "relyingparty.events",
            "SessionStore": "relyingparty.session_stores",
            "Site": "relyingparty.site",
            "SiteProvider": "relyingparty.sites",
            "ThreadedTransport": "relyingparty.transports",
            "UrllibTransport": "relyingparty.transports",
        },
    )


def _not_pickled(thing: object) -> NoReturn:
    raise TypeError(f"cannot pickle {type(thing).__name__!r} object: use its encode() where it has one")


for _kind in vars(_relyingparty).values():
    if isinstance(_kind, type):
        copyreg.pickle(_kind, _not_pickled)
del _kind
Mapping.register(Claims)

__all__ = [
    "Address",
    "ApiResponse",
    "Assertion",
    "AssertionRequest",
    "AsyncRelyingParty",
    "AsyncSessionStore",
    "AsyncSite",
    "AsyncStore",
    "AsyncTransport",
    "Authorization",
    "AuthorizationCode",
    "Cache",
    "CallbackError",
    "CallbackParams",
    "Challenge",
    "Claims",
    "Client",
    "ConfigurationError",
    "Decision",
    "Error",
    "ErrorCode",
    "Failed",
    "Finding",
    "Flow",
    "FrontChannelLogout",
    "Grant",
    "Handled",
    "HttpRequest",
    "HttpResponse",
    "IdTokenClaims",
    "Incoming",
    "Issuer",
    "KeyReport",
    "Limits",
    "LoggedIn",
    "LoggedOut",
    "LoginCookies",
    "Logout",
    "LogoutToken",
    "MemorySessionStore",
    "MemoryStore",
    "MisuseError",
    "PendingLogin",
    "Policy",
    "ProtocolError",
    "Provider",
    "ProviderError",
    "RefreshedGrant",
    "Registration",
    "RelyingParty",
    "Reply",
    "Request",
    "RequestObject",
    "SealingKeys",
    "Session",
    "SessionChanged",
    "SessionEnded",
    "SessionSeal",
    "SessionStore",
    "SetupReport",
    "SignRequest",
    "SigningKey",
    "Site",
    "SiteProvider",
    "Store",
    "ThreadedTransport",
    "TokenError",
    "Transport",
    "TransportError",
    "Unreachable",
    "Unsupported",
    "UrllibTransport",
    "UserInfo",
    "VerifyRequest",
    "Visit",
    "WaitRequest",
    "Waited",
    "__version__",
    "check_setup",
    "clear_cookie",
    "error_codes",
    "logged_out",
    "logout_token_in",
    "run",
    "run_async",
    "token_file",
]

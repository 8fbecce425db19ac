"""OpenID Connect login: :class:`RelyingParty` in plain calls, :class:`AsyncRelyingParty` on asyncio.

Beneath them is the same core without I/O, for hosts that bring their own: :class:`Provider` and :class:`Client` make
flows, :func:`run` and :func:`run_async` carry them to their end. Times are Unix seconds, durations seconds. Every
error is an :class:`Error` with a stable ``code``; :func:`error_codes` lists them.
"""

import copyreg
from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn

from relyingparty import _relyingparty
from relyingparty._relyingparty import (
    Authorization,
    AuthorizationCode,
    Cache,
    CallbackParams,
    Claims,
    Client,
    Flow,
    HttpRequest,
    HttpResponse,
    IdTokenClaims,
    Issuer,
    KeyReport,
    Limits,
    PendingLogin,
    Policy,
    Provider,
    Registration,
    Session,
    Unreachable,
    UserInfo,
    VerifyRequest,
    __version__,
    error_codes,
)
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
from relyingparty.lazy import lazy
from relyingparty.relying_party import RelyingParty
from relyingparty.run import Reply, Request, run, run_async
from relyingparty.stores import AsyncStore, MemoryStore, Store
from relyingparty.transports import AsyncTransport, Transport

if TYPE_CHECKING:
    from relyingparty.async_relying_party import AsyncRelyingParty
    from relyingparty.transports import ThreadedTransport, UrllibTransport
else:
    __getattr__ = lazy(
        globals(),
        {
            "AsyncRelyingParty": "relyingparty.async_relying_party",
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
    "AsyncRelyingParty",
    "AsyncStore",
    "AsyncTransport",
    "Authorization",
    "AuthorizationCode",
    "Cache",
    "CallbackError",
    "CallbackParams",
    "Claims",
    "Client",
    "ConfigurationError",
    "Decision",
    "Error",
    "ErrorCode",
    "Flow",
    "HttpRequest",
    "HttpResponse",
    "IdTokenClaims",
    "Issuer",
    "KeyReport",
    "Limits",
    "MemoryStore",
    "MisuseError",
    "PendingLogin",
    "Policy",
    "ProtocolError",
    "Provider",
    "ProviderError",
    "Registration",
    "RelyingParty",
    "Reply",
    "Request",
    "Session",
    "Store",
    "ThreadedTransport",
    "TokenError",
    "Transport",
    "TransportError",
    "Unreachable",
    "UrllibTransport",
    "UserInfo",
    "VerifyRequest",
    "__version__",
    "error_codes",
    "run",
    "run_async",
]

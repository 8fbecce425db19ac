"""The core of `relyingparty`. Import from `relyingparty` instead."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from types import GenericAlias
from typing import Any, Generic, Literal, NoReturn, TypeVar, final

from typing_extensions import Unpack, disjoint_base

from relyingparty.claims import Address
from relyingparty.decisions import Decision
from relyingparty.errors import ConfigurationError, Error
from relyingparty.events import Event, SessionChanged, SessionEnded
from relyingparty.findings import Finding
from relyingparty.options import (
    AuthorizeOptions,
    ClientOptions,
    CookieArguments,
    EndSessionOptions,
    Expectations,
    Method,
    PolicyOptions,
    PrivateKey,
    Response,
    TokenOptions,
    TokenType,
    Url,
)

__all__ = [
    "ApiResponse",
    "Arrival",
    "Assertion",
    "AssertionRequest",
    "Authorization",
    "AuthorizationCode",
    "Cache",
    "CallbackParams",
    "Challenge",
    "Claims",
    "Client",
    "Flow",
    "FrontChannelLogout",
    "Grant",
    "Handled",
    "HttpRequest",
    "HttpResponse",
    "IdTokenClaims",
    "Incoming",
    "Issuer",
    "Kept",
    "KeyReport",
    "Limits",
    "LoginCookies",
    "Logout",
    "LogoutToken",
    "PendingLogin",
    "Policy",
    "Provider",
    "RefreshedGrant",
    "Registration",
    "RequestObject",
    "SealingKeys",
    "Session",
    "SessionSeal",
    "SetupReport",
    "SignRequest",
    "SigningKey",
    "SiteCore",
    "StoreReply",
    "StoreRequest",
    "Unreachable",
    "Unsupported",
    "UserInfo",
    "VerifyRequest",
    "Visit",
    "WaitRequest",
    "Waited",
    "Withheld",
    "__version__",
    "check_configuration",
    "check_setup",
    "clear_cookie",
    "cookie_name_at",
    "error_codes",
    "invalid_configuration",
    "logged_out",
    "logout_token_in",
]

__version__: str

_T = TypeVar("_T")
_Clock = Callable[[], float]

def error_codes() -> list[str]:
    """Every `code` that an error can have."""

def cookie_name_at(redirect_uri: str, response: Response) -> str | None:
    """The name of the cookie that holds the id of the login that a response claims to belong to, for a client with this
    redirect URI; `None` without `state`, or if it cannot be read. Internal.
    """

def invalid_configuration(member: str, reason: str) -> ConfigurationError:
    """The `ConfigurationError` for a setting that the core does not read. Internal."""

def check_configuration(
    issuer: Issuer, registration: Registration, policy: Policy, verifies: bool, asserts: bool, identifies: bool
) -> None:
    """Checks the settings of a relying party before anything is fetched. Internal. `verifies`: whether the host can
    check signatures. `asserts`: whether it has assertions from elsewhere. `identifies`: whether its transport can have
    a certificate of the client's.

    Raises `ConfigurationError`: `invalid_configuration`, `policy_out_of_range`.
    """

@final
class Cache:
    """Metadata and keys of providers, with the times when they were fetched.

    Losing it costs a fetch, never a check. It holds no secret, but whoever can write it can replace keys. Threads
    and relying parties may share one. Share it only between relying parties that trust the same certificate
    authorities: keys that one of them fetched without verifying certificates would check the tokens of all.
    """
    def __new__(cls) -> Cache: ...
    @staticmethod
    def from_json(text: str) -> Cache:
        """Reads what `to_json` wrote.

        Raises `MisuseError`: `unreadable_cache`.
        """
    def to_json(self) -> str:
        """The cache as JSON text."""

@final
class Limits:
    """The limits of one exchange, which the host enforces. It also follows no redirect and sends no ambient
    credentials (cookies, netrc).
    """
    @property
    def max_response_bytes(self) -> int:
        """The largest body, in bytes after decompression: stop reading past it."""
    @property
    def timeout_secs(self) -> int:
        """The time for the whole exchange, in seconds, from connecting to the last byte."""

@final
class HttpRequest:
    """An HTTP request for the host to send. Answer with `HttpResponse` or `Unreachable`."""
    @property
    def endpoint(
        self,
    ) -> Literal["discovery", "jwks", "token", "userinfo", "pushed_authorization_request", "revocation", "resource"]:
        """The endpoint: `discovery`, `jwks`, `token`, `userinfo`, `pushed_authorization_request` or `resource`."""
    @property
    def coalesces(self) -> bool:
        """Whether concurrent requests for the same URL may share one response."""
    @property
    def method(self) -> Method:
        """`GET`, `POST` or another."""
    @property
    def url(self) -> str:
        """The absolute URL."""
    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers as pairs. They can contain secrets."""
    @property
    def body(self) -> bytes:
        """The body; empty for GET. It can contain secrets."""
    @property
    def limits(self) -> Limits:
        """The limits that the host enforces."""
    @property
    def client_certificate(self) -> bool:
        """Whether to send it over TLS with the client's certificate (RFC 8705), and never without."""

@final
class VerifyRequest:
    """A signature for the host to check, if the policy has `signatures="host"`. Answer with a `bool`."""
    @property
    def alg(self) -> str:
        """The one algorithm to use, such as `RS256` (RFC 7518 3.1)."""
    @property
    def jwk(self) -> str:
        """The public key: a JWK as JSON text."""
    @property
    def signing_input(self) -> bytes:
        """What was signed."""
    @property
    def signature(self) -> bytes:
        """The signature in the format of JWS (ECDSA: r and s, RFC 7518 3.4)."""

@final
class SigningKey:
    """A private key that the client signs with: to authenticate (`private_key_jwt`), or to prove that a token is its
    own (DPoP). Immutable. It is not shown, and cannot be pickled.
    """
    @staticmethod
    def from_pem(
        pem: str | bytes, *, kid: str | None = None, alg: str | None = None, x5t_s256: str | None = None
    ) -> SigningKey:
        """A private key from PEM (PKCS#8, not encrypted): RSA, P-256, P-384, P-521 or Ed25519. `kid` is the key's name
        at the provider, `x5t_s256` the thumbprint of its certificate, which Microsoft Entra ID wants. Without `alg` it
        signs with `RS256`, `ES256`, `ES384`, `ES512` or `EdDSA`.

        Raises `ConfigurationError`: `invalid_configuration`.
        """
    @staticmethod
    def from_jwk(
        jwk: str | bytes | Mapping[str, Any],
        *,
        kid: str | None = None,
        alg: str | None = None,
        x5t_s256: str | None = None,
    ) -> SigningKey:
        """A private key from a JWK (RFC 7517), as JSON text or a dictionary. Its `kid` and `alg` are used where none
        are given here.

        Raises `ConfigurationError`: `invalid_configuration`.
        """
    @staticmethod
    def from_key(
        private_key: PrivateKey, *, kid: str | None = None, alg: str | None = None, x5t_s256: str | None = None
    ) -> SigningKey:
        """A private key of the package `cryptography`.

        Raises `ConfigurationError`: `invalid_configuration`.
        """
    @staticmethod
    def from_callable(
        sign: Callable[[bytes, str], bytes | Awaitable[bytes]],
        *,
        alg: str,
        kid: str | None = None,
        jwk: str | bytes | Mapping[str, Any] | None = None,
        x5t_s256: str | None = None,
    ) -> SigningKey:
        """A key that is held elsewhere, in a KMS or an HSM. `sign(signing_input, alg)` gets bytes and the name of the
        algorithm, and returns the signature as bytes in the format of JWS: for ECDSA r and s (RFC 7518 3.4), not DER.
        For `AsyncRelyingParty` it may be a coroutine function. DPoP and `jwks` need `jwk`, the public key.

        Raises `ConfigurationError`: `invalid_configuration`.
        """
    @property
    def alg(self) -> str:
        """The algorithm that it signs with."""
    @property
    def kid(self) -> str | None:
        """Its name at the provider; `None` if it has none."""
    @property
    def thumbprint(self) -> str | None:
        """The SHA-256 thumbprint of the public key in base64url (RFC 7638); `None` if `from_callable` got no `jwk`."""
    @property
    def public_jwk(self) -> dict[str, Any] | None:
        """The public key as a JWK, with `alg`, `kid` and `use`; `None` if `from_callable` got no `jwk`."""

@final
class SignRequest:
    """Something to sign with a key that is held elsewhere. Answer with the signature as `bytes`, in the format of JWS;
    `sign()` returns what the key's own function does.
    """
    @property
    def alg(self) -> str:
        """The one algorithm to use, such as `ES256` (RFC 7518 3.1)."""
    @property
    def key(self) -> SigningKey:
        """The key."""
    @property
    def purpose(self) -> Literal["client_assertion", "client_secret", "dpop_proof", "request_object"]:
        """What the signature is for: `client_assertion`, `client_secret`, `dpop_proof` or `request_object`."""
    @property
    def signing_input(self) -> bytes:
        """What to sign."""
    def sign(self) -> Any:
        """Calls the key's function, and returns what it returns: the signature, or an awaitable of it."""

@final
class AssertionRequest:
    """Asks for an assertion that says who the client is and comes from elsewhere, fresh for one request (RFC 7521 4.2).
    Answer with an `Assertion`.
    """
    @property
    def assertion_type(self) -> str:
        """The type of the assertion, as `client_assertion_type` names it."""
    @property
    def audience(self) -> str:
        """Whom it is for: the issuer."""

@final
class Assertion:
    """The reply to an `AssertionRequest`. It is sent as it is, and not shown."""
    def __new__(cls, text: str) -> Assertion:
        """Text without blanks and line ends: nothing else is sent."""

@final
class WaitRequest:
    """A pause before the next attempt. Answer with `Waited()` after it, or at once with `Unsupported()` if the host
    cannot wait.
    """
    @property
    def until(self) -> int:
        """When the next attempt is due, in Unix seconds."""
    @property
    def seconds(self) -> int:
        """How long to wait, in seconds from when the flow asked."""

@final
class Waited:
    """The reply to a `WaitRequest`: the time has come."""
    def __new__(cls) -> Waited: ...

@final
class Unsupported:
    """The reply of a host that cannot answer requests of this kind."""
    def __new__(cls) -> Unsupported: ...

@final
class HttpResponse:
    """An HTTP response, of whatever status.

    `final_url` is the URL that answered, if the HTTP client reports it; any other than the request's is refused.
    """
    def __new__(
        cls,
        status: int,
        headers: Sequence[tuple[str, str]],
        body: bytes | bytearray,
        final_url: str | None = None,
    ) -> HttpResponse:
        """An HTTP response, of whatever status.

        :param body: the body after decompression.
        :param final_url: the URL that answered, if the HTTP client reports it.
        """
    @property
    def status(self) -> int:
        """The status code."""
    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers as pairs; names in upper or lower case."""
    @property
    def body(self) -> bytes:
        """The body."""
    @property
    def final_url(self) -> str | None:
        """The URL that answered, if the HTTP client reports it."""

@final
class Unreachable:
    """No response arrived, or the response broke a limit.

    `reason` says why, without secrets: it becomes part of the error. `cause` is the HTTP client's exception: it
    becomes the error's `__cause__`.
    """
    def __new__(cls, reason: str, cause: BaseException | None = None) -> Unreachable:
        """No response arrived, or the response broke a limit.

        :param reason: why, without secrets: it becomes part of the error.
        :param cause: the exception of the HTTP client: it becomes the error's `__cause__`.
        """
    @property
    def reason(self) -> str:
        """Why there was no response, without secrets."""
    @property
    def cause(self) -> BaseException | None:
        """The HTTP client's exception, if there is one."""

@final
class Flow(Generic[_T]):
    """An operation that waits for its host. Answer `request` with `resume` until it is `None`, then read `result`."""
    @property
    def request(self) -> HttpRequest | VerifyRequest | SignRequest | AssertionRequest | WaitRequest | None:
        """What the operation waits for; `None` when it is over."""
    @property
    def provider(self) -> str | None:
        """The name of the provider whose client asks, in a flow of a site; `None` while it has asked for none, and in
        other flows.
        """
    def resume(
        self, reply: HttpResponse | Unreachable | Waited | Unsupported | Assertion | StoreReply | bytes | bool
    ) -> None:
        """Continues with the reply to `request`.

        Raises the error that ends the operation, and `MisuseError`: `wrong_reply` for a reply to another kind of
        request, or to none.
        """
    @property
    def result(self) -> _T:
        """The result of the operation. Raises `RuntimeError` while it waits, and after it failed."""
    @classmethod
    def __class_getitem__(cls, key: Any) -> GenericAlias: ...

@final
class Issuer:
    """An issuer identifier (OIDC Core 1.2): an https URL, compared byte by byte and never normalised.

    With a `policy` the issuer may be `http://` on one of the policy's `danger_http_hosts`, and the metadata may name
    hosts of its `local_hosts`. `str` of it is the URL. Raises `ConfigurationError`: `invalid_issuer`.
    """
    def __new__(cls, issuer: str, policy: Policy | None = None) -> Issuer:
        """The issuer `issuer`, exactly as the provider publishes it.

        :raises ConfigurationError: `invalid_issuer`.
        """
    @staticmethod
    def insecure_loopback(issuer: str, policy: Policy | None = None) -> Issuer:
        """For development: the issuer and its endpoints may also be `http://` on this machine.

        Raises `ConfigurationError`: `invalid_issuer`.
        """

@final
class Registration:
    """A client as it is registered at the provider (OIDC Dynamic Registration 2). `ClientOptions` lists the members.

    Raises `ConfigurationError`: `invalid_configuration`.
    """
    def __new__(cls, **members: Unpack[ClientOptions]) -> Registration:
        """The registration with these members (`ClientOptions`).

        :raises ConfigurationError: `invalid_configuration`.
        """
    @property
    def client_id(self) -> str:
        """The client's identifier at the provider."""
    def jwks(self) -> dict[str, Any]:
        """The public keys of the `signing_keys` as a JWK Set (RFC 7517 5): the document for the client's `jwks_uri`."""
    @staticmethod
    def _beside(others: Sequence[str], /, **members: Unpack[ClientOptions]) -> Registration: ...
    @property
    def _functions(self) -> list[Callable[..., Any]]: ...

@final
class Policy:
    """The limits and choices of a client. `PolicyOptions` lists the members, their defaults and their bounds.

    Raises `ConfigurationError`: `invalid_configuration`. Where the policy is used, a number out of bounds is
    `policy_out_of_range`.
    """
    def __new__(cls, **members: Unpack[PolicyOptions]) -> Policy:
        """The policy with these members (`PolicyOptions`); the others have their defaults.

        :raises ConfigurationError: `invalid_configuration`.
        """

@final
class SealingKeys:
    """The keys for stored sessions: 1 to 8 keys of 32 secure random bytes each, used for nothing else. The first key
    seals, all of them open.

    Raises `ConfigurationError`: `invalid_configuration`, member `sealing_keys`.
    """
    def __new__(cls, keys: Sequence[bytes | bytearray]) -> SealingKeys:
        """The keys, newest first: the first one seals.

        :raises ConfigurationError: `invalid_configuration`.
        """

@final
class SessionSeal:
    """Seals and opens the stored sessions of one client without the provider: a process that has just started can
    open them while the provider is down.
    """
    def __new__(cls, keys: SealingKeys, issuer: Issuer, client_id: str, policy: Policy | None = None) -> SessionSeal:
        """The seal of the sessions of the client `client_id` at `issuer`."""
    def seal(self, session: Session, entropy: bytes | bytearray) -> str:
        """The session as sealed text: only who has the keys can read or make it. `entropy`: at least 32 secure
        random bytes, used for this call only.

        Raises `MisuseError`: `session_mismatch`, `weak_entropy`.
        """
    def open(self, stored: str) -> Session | None:
        """The `Session` in a sealed text. `None` for a text that is not sealed, if the policy has
        `accept_unsealed_sessions`: give that one to `Client.restore`.

        Raises `MisuseError`: `unreadable_session`.
        """

@final
class Provider:
    """A provider with its metadata. Immutable."""
    @staticmethod
    def discover(
        issuer: Issuer, policy: Policy | None = None, cache: Cache | None = None, clock: _Clock | None = None
    ) -> Flow[Provider]:
        """The flow that gets the provider's metadata, from the cache while they are fresh, else from the issuer
        (OIDC Discovery 4), and yields a `Provider`.

        The defaults are the core's policy, an empty cache and `time.time`. The flow raises `TransportError` or
        `ProtocolError` if the fetch fails and the cache has nothing usable.
        """
    @staticmethod
    def from_metadata(issuer: Issuer, document: str) -> Provider:
        """A provider from its metadata document (JSON text), without a request.

        Raises `ProtocolError`.
        """
    def refresh_keys(
        self, policy: Policy | None = None, cache: Cache | None = None, clock: _Clock | None = None
    ) -> Flow[KeyReport]:
        """The flow that fetches the provider's keys now, whatever the cache holds. It yields a `KeyReport`."""
    @property
    def issuer(self) -> str:
        """The issuer identifier."""
    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata document (OIDC Discovery 3)."""
    @property
    def decisions(self) -> list[Decision]:
        """What was checked, in order."""

@final
class KeyReport:
    """Which keys of a key set can be used, and which cannot."""
    @property
    def usable(self) -> list[tuple[str | None, str | None, str]]:
        """The keys that can check signatures: `kid` and algorithm of each, if it has them, and its SHA-256
        thumbprint in base64url (RFC 7638).
        """
    @property
    def dropped(self) -> list[tuple[int, str | None, str]]:
        """The keys that cannot be used: the position of each in the set, its `kid` if that can be read, and the
        reason.
        """

def check_setup(
    issuer: Issuer,
    registration: Registration,
    policy: Policy | None = None,
    cache: Cache | None = None,
    clock: _Clock | None = None,
) -> Flow[SetupReport]:
    """The flow that checks a set-up at the provider before anybody logs in: it fetches metadata and keys and yields
    a `SetupReport`. Problems are findings of the report, not errors.
    """

@final
class SetupReport:
    """What `check` found about a set-up. `print` shows it as a table."""
    @property
    def ok(self) -> bool:
        """Whether logins can work: no finding is an `error`."""
    @property
    def findings(self) -> list[Finding]:
        """What was checked, in order."""

@final
class Client:
    """One registration at one provider, without I/O: each verb is a value or a flow. Immutable.

    The defaults are the core's policy, an empty cache and `time.time`; the client's flows share them. `seal` and
    `restore` need `sealing_keys`.

    Raises `ConfigurationError` when the registration, the policy and the provider do not fit together.
    """
    def __new__(
        cls,
        provider: Provider,
        registration: Registration,
        policy: Policy | None = None,
        cache: Cache | None = None,
        clock: _Clock | None = None,
        sealing_keys: SealingKeys = ...,
    ) -> Client:
        """The client `registration` at `provider`.

        :param cache: metadata and keys, to share with other clients.
        :param clock: returns the time in Unix seconds.
        :raises ConfigurationError: the registration, the policy and the provider do not fit together.
        """
    def needs_entropy(self) -> bool:
        """Whether the client signs its requests. Then `exchange`, `refresh`, `refresh_token`, `userinfo` and `call`
        need `entropy`: at least 32 secure random bytes, used for this call only.
        """
    def is_current(self) -> bool:
        """Whether the cache still holds the metadata that this client was made with, and they are fresh. If not,
        discover the provider again and make a new client.
        """
    def authorize(self, entropy: bytes | bytearray, **options: Unpack[AuthorizeOptions]) -> Authorization:
        """Starts a login (OIDC Core 3.1.2.1). `entropy`: at least 32 secure random bytes, used for this call only.

        Raises `ConfigurationError`, and `MisuseError`: `proving_needed`, `weak_entropy`, `implausible_clock`.
        """
    def authorizes_in_steps(self) -> bool:
        """Whether the requests of logins are pushed or signed. Then `authorize` raises `proving_needed`, and
        `authorize_in_steps` begins logins.
        """
    def authorize_in_steps(
        self, entropy: bytes | bytearray, **options: Unpack[AuthorizeOptions]
    ) -> Flow[Authorization]:
        """The flow that starts a login as `authorize` does, its request pushed (RFC 9126) or signed (RFC 9101), and
        yields the `Authorization`. `entropy`: at least 32 secure random bytes, used for this call only.

        Raises `ConfigurationError`, and `MisuseError`: `weak_entropy`, `implausible_clock`.
        """
    def callback(self, pending: PendingLogin, params: CallbackParams) -> AuthorizationCode:
        """Checks that an authorization response belongs to `pending`: same state, issuer and client, and not too
        late.

        It uses `pending` up. Raises `CallbackError`, and `ProviderError` when the provider refused.
        """
    def signed_callback(self, pending: PendingLogin, params: CallbackParams) -> Flow[AuthorizationCode]:
        """The flow that takes a response in any response mode, verifies its signature if it is signed (JARM), checks
        it as `callback` does and yields the `AuthorizationCode`.

        It uses `pending` up. Raises what `callback` raises.
        """
    def owns(self, pending: PendingLogin, params: CallbackParams) -> bool:
        """Whether a login from the store belongs to this client and to this response. If not, put it back into the
        store: somebody else waits for it.

        Raises `CallbackError`: `no_pending_login` after a callback used it up.
        """
    def exchange(
        self, code: AuthorizationCode, entropy: bytes | bytearray | None = None, **options: Unpack[TokenOptions]
    ) -> Flow[Session]:
        """The flow that exchanges the code for a `Session` (OIDC Core 3.1.3). It uses the code up. The options
        change what this token request asks for.

        Raises `ConfigurationError`: `invalid_configuration`, `reserved_parameter`.
        """
    def refresh(
        self, session: Session, entropy: bytes | bytearray | None = None, **options: Unpack[TokenOptions]
    ) -> Flow[Session]:
        """The flow that yields a `Session` with a new access token (OIDC Core 12). Run one refresh at a time for one
        session. The options change what this refresh asks for.

        Raises `MisuseError`: `no_refresh_token`, `session_mismatch`, and `ConfigurationError`:
        `invalid_configuration`, `reserved_parameter`.
        """
    def refresh_token(
        self,
        refresh_token: str,
        sub: str,
        entropy: bytes | bytearray | None = None,
        **options: Unpack[TokenOptions],
    ) -> Flow[RefreshedGrant]:
        """The flow that yields a `RefreshedGrant` for a refresh token that another library obtained for the end user
        `sub`.

        Raises `MisuseError`: `no_refresh_token`, and `ConfigurationError`: `invalid_configuration`,
        `reserved_parameter`.
        """
    def userinfo(self, session: Session, entropy: bytes | bytearray | None = None) -> Flow[UserInfo]:
        """The flow that fetches the end user's `UserInfo` (OIDC Core 5.3).

        Raises `MisuseError`: `no_access_token`, `session_mismatch`, and `ConfigurationError`: `endpoint_missing`.
        """
    def call(
        self,
        session_or_grant: Session | Grant,
        method: Method,
        url: str,
        headers: Sequence[tuple[str, str]] = ...,
        content: bytes | bytearray | None = None,
        entropy: bytes | bytearray | None = None,
    ) -> Flow[ApiResponse]:
        """The flow that calls an API with the access token of a session or a grant, and yields the `ApiResponse`,
        whatever its status. The token goes to the origins of the `resource` that it was asked for and of the
        registration's `api_origins`, and no others.

        Raises `MisuseError`: `no_access_token`, `session_mismatch`, `dpop_key_mismatch`, `origin_not_allowed`, and
        `ConfigurationError`: `invalid_configuration`.
        """
    def verify(self, id_token: str, **expectations: Unpack[Expectations]) -> Flow[IdTokenClaims]:
        """The flow that verifies an ID token from elsewhere (OIDC Core 3.1.3.7) and yields its `IdTokenClaims`."""
    def seal(self, session: Session, entropy: bytes | bytearray) -> str:
        """The session as sealed text: only who has the sealing keys can read or make it. `entropy`: at least 32
        secure random bytes, used for this call only.

        Raises `ConfigurationError` without sealing keys, and `MisuseError`: `session_mismatch`, `weak_entropy`.
        """
    def restore(self, stored: str) -> Flow[Session]:
        """The flow that reads a stored `Session`.

        Text from `seal` is opened without a request. For text from `Session.encode` the ID token is verified again,
        except for its expiry; a client with sealing keys reads such text only with the policy's
        `accept_unsealed_sessions`.
        """
    def end_session(self, session: Session | None = None, **options: Unpack[EndSessionOptions]) -> str:
        """The URL that ends the session at the provider (OIDC RP-Initiated Logout 2). The ID token of `session`
        becomes the `id_token_hint`.

        Raises `ConfigurationError`: `endpoint_missing`, and `MisuseError`: `session_mismatch`.
        """
    def log_out(
        self, entropy: bytes | bytearray, session: Session | None = None, **options: Unpack[EndSessionOptions]
    ) -> Logout:
        """Begins a logout at the provider (OIDC RP-Initiated Logout 2): a `Logout`, with a form where the URL would be
        too long, and with a `state` if the browser is to come back. The ID token of `session` becomes the
        `id_token_hint`. `entropy`: at least 32 secure random bytes, used for this call only.

        Raises `ConfigurationError`: `endpoint_missing`, and `MisuseError`: `session_mismatch`, `weak_entropy`.
        """
    def logout_token(self, logout_token: str) -> Flow[LogoutToken]:
        """The flow that verifies a logout token (OIDC Back-Channel Logout 2.6) and yields the `LogoutToken`."""
    def front_channel_logout(self, query_or_url: Response) -> FrontChannelLogout:
        """Reads a front-channel logout request (OIDC Front-Channel Logout 3): its URL or query. `iss` and `sid` are
        both there or neither, and `iss` is the configured issuer.

        Raises `CallbackError`: `logout_malformed`, `logout_issuer_mismatch`.
        """
    def revoke(
        self,
        what: Session | Grant | str,
        token_type_hint: TokenType | None = None,
        entropy: bytes | bytearray | None = None,
    ) -> Flow[None]:
        """The flow that revokes a token (RFC 7009) and yields `None`: of a session or a grant the refresh token, or if
        there is none the access token.

        Raises `ConfigurationError`: `endpoint_missing`, `invalid_configuration`, and `MisuseError`: `no_access_token`,
        `session_mismatch`.
        """

@final
class LogoutToken:
    """A verified logout token: the provider ended sessions, and the application has to end its own. It exists only if
    every check passed. Immutable.

    It is good once: before you act on it, add `replay_key` to a store that keeps it until `remember_until`, and refuse
    the token if the key was there.
    """
    @property
    def issuer(self) -> str:
        """The issuer."""
    @property
    def subject(self) -> str | None:
        """The `sub` of the end user whose sessions end. If it is `None`, there is a `session_id`."""
    @property
    def session_id(self) -> str | None:
        """The `sid` of the session that ends: the one that the ID token of that session has. If it is `None`, all
        sessions of the `subject` end.
        """
    @property
    def jti(self) -> str:
        """The token's own identifier, as the provider wrote it."""
    @property
    def issued_at(self) -> int:
        """When it was issued, in Unix seconds."""
    @property
    def expires_at(self) -> int:
        """When it expires, in Unix seconds."""
    @property
    def replay_key(self) -> str:
        """What to remember the token by: 43 characters of issuer, client and `jti`. A second token with this key is a
        replay.
        """
    @property
    def remember_until(self) -> int:
        """Until when to remember the `replay_key`, in Unix seconds: from then on the token is refused anyway."""
    @property
    def claims(self) -> dict[str, Any]:
        """All claims."""
    @property
    def decisions(self) -> list[Decision]:
        """What was checked, in order."""

@final
class Logout:
    """Where the browser goes to log out at the provider. Immutable."""
    @property
    def url(self) -> str:
        """Where to redirect the browser; with `fields`, where it posts the form."""
    @property
    def fields(self) -> dict[str, str] | None:
        """The fields of a form to post, if a URL with all of them would be longer than 2048 bytes. `None`: redirect."""
    @property
    def state(self) -> str | None:
        """What `logged_out` expects when the browser is back: keep it in a cookie of this browser. `None` if the
        browser does not come back.
        """

@final
class FrontChannelLogout:
    """A front-channel logout request (OIDC Front-Channel Logout 3). Anybody can make a browser send one. Immutable."""
    @property
    def issuer(self) -> str | None:
        """The issuer: the client's own. `None` if the provider names neither issuer nor session."""
    @property
    def session_id(self) -> str | None:
        """The `sid` of the session that ends, as its ID token has it. `None`: the session of the browser that sent the
        request ends, if the cookie of one came along.
        """

def logout_token_in(form_body: Response) -> str:
    """The logout token in the body of a back-channel logout request, a form (OIDC Back-Channel Logout 2.5). It is not
    verified: `logout_token` does that.

    Raises `CallbackError`: `logout_malformed`.
    """

def logged_out(query_or_url: Response, expected: str | None) -> None:
    """Checks that the browser comes back from the logout that it began: its URL or query has the `state` of the
    `Logout`. `expected`: what this browser's cookie holds; `None`, if it holds nothing, is refused.

    Raises `CallbackError`: `logout_malformed`, `logout_state_missing`, `logout_state_mismatch`.
    """

@final
class ApiResponse:
    """What an API answered, whatever the status. Immutable."""
    @property
    def status(self) -> int:
        """The status code."""
    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers as pairs; names in upper or lower case."""
    @property
    def body(self) -> bytes:
        """The body."""
    @property
    def challenge(self) -> Challenge | None:
        """What the API wants instead, if it refused the access token (401 or 403) and says so; else `None`."""
    @property
    def decisions(self) -> list[Decision]:
        """What was checked, in order."""

@final
class Challenge:
    """The challenge of an API that wants another token, or another login (RFC 6750 3, RFC 9449 7.1, RFC 9470 3). All
    of it is the API's word.
    """
    @property
    def scheme(self) -> str:
        """`Bearer` or `DPoP`, as the API spells it."""
    @property
    def error(self) -> str | None:
        """`invalid_token`: refresh. `insufficient_scope`: ask for `scope`. `insufficient_user_authentication`: log in
        again with `acr_values` and `max_age`. `None`: the API wants a token and says no more.
        """
    @property
    def error_description(self) -> str | None:
        """The same for people."""
    @property
    def scope(self) -> str | None:
        """The scopes that are wanted, separated by spaces."""
    @property
    def acr_values(self) -> str | None:
        """The authentication contexts that are wanted, separated by spaces (RFC 9470 3)."""
    @property
    def max_age(self) -> int | None:
        """How long ago the end user may have authenticated, in seconds (RFC 9470 3)."""
    @property
    def resource_metadata(self) -> str | None:
        """Where the API says what it is (RFC 9728 5.1). Not fetched."""

@final
class Authorization:
    """A login that has started. Send the browser to `url`, with `set_cookie` as a `Set-Cookie` header."""
    @property
    def url(self) -> str:
        """Where to send the browser. It contains the login's `state`."""
    @property
    def pending(self) -> PendingLogin:
        """What the callback will be checked against. `encode()` of it belongs in the store."""
    @property
    def id(self) -> str:
        """The random id that ties the login to its browser: the value of the cookie and the key in the store.
        Secret.
        """
    @property
    def handle(self) -> str:
        """The public name of the login."""
    @property
    def cookie_name(self) -> str:
        """The name of the login cookie. `cookie` and `set_cookie` have the attributes to set it with."""
    @property
    def set_cookie(self) -> str:
        """The value of the `Set-Cookie` header for the login cookie. Secret."""
    @property
    def cookie(self) -> CookieArguments:
        """The login cookie as arguments: `response.set_cookie(**login.cookie)` in Flask, Starlette, FastAPI and
        Django. Secret.
        """
    @property
    def return_to_dropped(self) -> str | None:
        """Why the `return_to` was dropped; `None` if it was kept, or if there was none."""
    @property
    def request_object(self) -> RequestObject | None:
        """What the provider fetches, if the registration has a `request_uri_base`; else `None`."""
    @property
    def decisions(self) -> list[Decision]:
        """What was checked, in order."""
    @property
    def max_age(self) -> int:
        """How long the login may take, in seconds: the `Max-Age` of the cookie and the lifetime in the store."""

@final
class RequestObject:
    """A signed authorization request that the provider fetches from the application (RFC 9101 5.2). Serve `body` by GET
    at the path of `request_uri` before the browser is sent to the provider.
    """
    @property
    def request_uri(self) -> str:
        """Where the provider fetches it: `request_uri_base` and a name that nobody can guess, good for one login."""
    @property
    def content_type(self) -> str:
        """The `Content-Type` to serve it with (RFC 9101 5.2.3)."""
    @property
    def body(self) -> str:
        """What to serve: a JWT."""
    @property
    def expires_at(self) -> int:
        """When it expires, in Unix seconds. Remove it then."""

@final
class LoginCookies:
    """The login cookies that a browser sent. `cookies`: the value of the `Cookie` header, or your framework's
    mapping.

    A page of another site can start any number of logins in a browser, each with its cookie. The newest eight stay.
    Clear the others, so that the browser's requests stay small.
    """
    def __new__(cls, cookies: str | Mapping[str, str] | None) -> LoginCookies:
        """The login cookies in `cookies`: the value of the `Cookie` header, or a mapping from name to value; `None`
        if there are none.
        """
    def id(self, response: CallbackParams | Response) -> str | None:
        """The id of the login that this callback belongs to, for `callback`. `None` if this browser has no such
        login.
        """
    def surplus(self) -> list[str]:
        """The names of the cookies to clear with the response that starts another login."""
    def ended(self, response: CallbackParams | Response) -> list[str]:
        """The names of the cookies to clear with the response to a callback, whether the login succeeded or failed."""

def clear_cookie(name: str) -> str:
    """The value of the `Set-Cookie` header that deletes the login cookie of this name."""

@final
class PendingLogin:
    """A login in progress. A callback uses it up."""
    @staticmethod
    def decode(stored: str | None) -> PendingLogin:
        """Reads what `encode` wrote. Pass what the store had; `None` if it had nothing.

        Raises `CallbackError`: `no_pending_login` (`not_in_store`) for `None`, and `MisuseError`:
        `unreadable_pending_login`.
        """
    @staticmethod
    def _taken(stored: object) -> PendingLogin | Withheld[Any] | None:
        """What `take` of a store returned: the login; `None` if the store has none; what is no text `Withheld`.
        Internal.

        Raises `MisuseError`: `unreadable_pending_login`.
        """
    def encode(self) -> str:
        """The login as text, for a store that only this application can read: it contains the PKCE verifier.

        Raises `CallbackError`: `no_pending_login` after a callback used it up.
        """
    @property
    def id(self) -> str:
        """The random id that ties the login to its browser: the value of the cookie and the key in the store.
        Secret.
        """
    @property
    def handle(self) -> str:
        """The public name of the login."""
    @property
    def cookie_name(self) -> str:
        """The name of the login cookie."""
    @property
    def issuer(self) -> str:
        """The issuer at which the login was begun: the provider that its callback goes to."""
    @property
    def started_at(self) -> int:
        """When it began, in Unix seconds."""
    @property
    def expires_at(self) -> int:
        """The last moment at which its callback is accepted, in Unix seconds."""
    @property
    def return_to(self) -> str | None:
        """Where the login is to lead, as given to `authorize`."""

@final
class CallbackParams:
    """The parameters of an authorization response (OIDC Core 3.1.2.5). Untrusted."""
    @staticmethod
    def parse(query_or_url: Response) -> CallbackParams:
        """Reads a response in a query: the query with or without `?`, or the whole URL; as text, bytes or your
        framework's URL object.

        Raises `CallbackError`: `callback_malformed`, `callback_duplicate`.
        """
    @staticmethod
    def parse_form_post(body: str | bytes) -> CallbackParams:
        """Reads a response that the browser posted as a form (`response_mode=form_post`).

        Raises `CallbackError`: `callback_malformed`, `callback_duplicate`.
        """
    @property
    def handle(self) -> str | None:
        """The public name of the login that the response claims to belong to; `None` without `state`."""
    @property
    def is_signed(self) -> bool:
        """Whether the provider signed it (JARM): then `Client.signed_callback` takes it."""
    @property
    def cookie_name(self) -> str | None:
        """The name of the cookie that holds the id of that login, for a client with an https redirect URI; `None`
        without `state`.
        """
    def cookie_name_at(self, redirect_uri: str) -> str | None:
        """The name of the cookie that holds the id of that login, for a client with this redirect URI; `None` without
        `state`.
        """
    def login_id(self, held: object, redirect_uri: str) -> tuple[str | None, str]:
        """The id to look up in the store, and the reason for `unclaimed` if there is none or the store does not have
        it. `held`: the id that the browser holds, or its `LoginCookies`.
        """
    def unclaimed(self, reason: str | None = None, told: object = None) -> NoReturn:
        """Raises the `CallbackError` for a response that belongs to no login: `state_missing` without `state`,
        `pending_login_expired` if the store told `expired`, else `no_pending_login`. `reason`: the one from
        `login_id`. `told`: what `why_missing` of the store returned, if the store has it.
        """
    def get(self, name: str) -> str | None:
        """The parameter of this name, such as Apple's `user`; `None` if there is none. Untrusted."""

@final
class AuthorizationCode:
    """An authorization code that belongs to its login. An exchange uses it up."""
    @property
    def decisions(self) -> list[Decision]:
        """What was checked, in order. Empty after the exchange: then the session has them."""

@disjoint_base
class Claims(Mapping[str, Any]):
    """What the provider says about an end user, after every check: a read-only mapping from claim to value.

    The standard claims (OIDC Core 5.1) are also properties, such as `claims.email`. A property checks the type: a
    claim that is absent or of the wrong type is `None`. `claims["email"]` and `claims.get("email")` return the value
    as the provider sent it, of whatever type.
    """
    @property
    def sub(self) -> str:
        """The end user's identifier at this issuer. Only issuer and `sub` together identify a user; an e-mail
        address does not.
        """
    @property
    def name(self) -> str | None:
        """The end user's full name, as it is to be displayed."""
    @property
    def given_name(self) -> str | None:
        """The given names or first names."""
    @property
    def family_name(self) -> str | None:
        """The surnames or last names."""
    @property
    def middle_name(self) -> str | None:
        """The middle names."""
    @property
    def nickname(self) -> str | None:
        """A casual name."""
    @property
    def preferred_username(self) -> str | None:
        """What the end user wants to be called. It is not unique and can change: never look a user up by it."""
    @property
    def profile(self) -> str | None:
        """The URL of the profile page. Text from outside."""
    @property
    def picture(self) -> str | None:
        """The URL of the profile picture. Text from outside."""
    @property
    def website(self) -> str | None:
        """The URL of the end user's own page or blog. Text from outside."""
    @property
    def email(self) -> str | None:
        """The preferred e-mail address. It is not unique and can change: never look a user up by it. See
        `email_verified`.
        """
    @property
    def gender(self) -> str | None:
        """The gender: `female`, `male` or another word."""
    @property
    def birthdate(self) -> str | None:
        """The birthday: `YYYY-MM-DD`, `0000-MM-DD` without a year, or `YYYY` alone."""
    @property
    def zoneinfo(self) -> str | None:
        """The time zone, such as `Europe/Paris`."""
    @property
    def locale(self) -> str | None:
        """The language, such as `en-US`."""
    @property
    def phone_number(self) -> str | None:
        """The preferred telephone number, such as `+1 (425) 555-1212`. See `phone_number_verified`."""
    @property
    def phone_number_verified(self) -> bool:
        """Whether the provider vouches for `phone_number`: only a JSON `true` counts."""
    @property
    def address(self) -> Address | None:
        """The preferred postal address. Members of another type are left out."""
    @property
    def updated_at(self) -> int | None:
        """When the end user's information was last updated, in Unix seconds."""
    @property
    def email_verified(self) -> bool:
        """Whether the provider vouches for `email`: only a JSON `true` counts."""
    @property
    def email_verified_lenient(self) -> bool:
        """The same for providers that send the string `"true"` (Apple, Cognito, LinkedIn)."""
    @property
    def decisions(self) -> list[Decision]:
        """What was checked, in order."""
    def __getitem__(self, claim: str, /) -> Any: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[str]: ...
    def get(self, claim: str, default: Any = None, /) -> Any:
        """The claim as the provider sent it, of whatever type; `default` if it is absent."""

@final
class IdTokenClaims(Claims):
    """The claims of a verified ID token. They exist only if every check passed."""
    @property
    def iss(self) -> str:
        """The issuer."""

@final
class UserInfo(Claims):
    """The end user's claims from the UserInfo endpoint (OIDC Core 5.3), about the same `sub` as the ID token."""

@final
class Grant:
    """Tokens without an end user (RFC 6749 5.1). Immutable."""
    @property
    def access_token(self) -> str | None:
        """The access token: for the `Authorization` header, never for a URL. `None` only if the policy has
        `accept_missing_access_token`.
        """
    @property
    def token_type(self) -> str:
        """The type of the access token, `Bearer` or `DPoP`, as the provider spells it."""
    @property
    def dpop_jkt(self) -> str | None:
        """The thumbprint of the key that the access token is bound to (DPoP, RFC 9449); `None` for a bearer token."""
    @property
    def refresh_token(self) -> str | None:
        """The refresh token; `None` if the provider sent none."""
    @property
    def scope(self) -> list[str]:
        """The granted scopes, if the token response names them."""
    @property
    def authorization_details(self) -> list[dict[str, Any]] | None:
        """What the application may do (RFC 9396 7): as the token response says, else as an earlier one said. `None` if
        no response said it, whatever was asked for.
        """
    @property
    def expires_at(self) -> int | None:
        """When the access token expires, in Unix seconds; `None` if the provider does not say."""
    def get(self, member: str) -> Any:
        """Another member of the token response; `None` if there is none."""

@final
class RefreshedGrant:
    """The result of `refresh_token`: a grant, and a session if an ID token came along."""
    @property
    def grant(self) -> Grant:
        """The tokens."""
    @property
    def session(self) -> Session | None:
        """The session, if an ID token came along and passed every check; else `None`."""

@final
class Session:
    """A login that succeeded. It exists only if every check passed. Immutable.

    Give the browser a new session id when you store one (session fixation).
    """
    @property
    def claims(self) -> IdTokenClaims:
        """The verified claims of the ID token."""
    @property
    def sub(self) -> str:
        """The end user's identifier at this issuer. Only issuer and `sub` together identify a user."""
    @property
    def id_token(self) -> str:
        """The ID token itself, for `id_token_hint`."""
    @property
    def access_token(self) -> str | None:
        """The access token: for the `Authorization` header, never for a URL. `None` only if the policy has
        `accept_missing_access_token`.
        """
    @property
    def token_type(self) -> str:
        """The type of the access token, `Bearer` or `DPoP`, as the provider spells it."""
    @property
    def dpop_jkt(self) -> str | None:
        """The thumbprint of the key that the access token is bound to (DPoP, RFC 9449); `None` for a bearer token."""
    @property
    def refresh_token(self) -> str | None:
        """The refresh token; `None` if the provider sent none (ask for `offline_access`)."""
    @property
    def scope(self) -> list[str]:
        """The granted scopes: those of the token response, else those asked for (RFC 6749 5.1)."""
    @property
    def authorization_details(self) -> list[dict[str, Any]] | None:
        """What the application may do (RFC 9396 7): as the token response says, else as an earlier one said. `None` if
        no response said it, whatever was asked for.
        """
    @property
    def expires_at(self) -> int | None:
        """When the access token expires, in Unix seconds; `None` if the provider does not say."""
    @property
    def resource(self) -> list[str]:
        """The resources that the login asked for (RFC 8707). Every refresh asks for them again."""
    @property
    def return_to(self) -> str | None:
        """The `return_to` that was given to `authorize`."""
    @property
    def session_state(self) -> str | None:
        """The state of the end user's session at the provider when this session began: the `session_state` of the
        authorization response (OIDC Session Management 2); `None` if the provider sent none.
        """
    def get(self, member: str) -> Any:
        """Another member of the token response, such as `not-before-policy`; `None` if there is none."""
    @property
    def decisions(self) -> list[Decision]:
        """What was checked, in order."""
    def encode(self) -> str:
        """The session with its tokens as plain text, for a store that only this application can read and write.
        `restore` reads it.
        """

@final
class Arrival:
    """The response that a browser brought, and what it holds: as a framework has them, until they are read.
    Internal.
    """
    def __new__(cls, response: object, held: object) -> Arrival:
        """`held`: the id that the browser holds, or its `LoginCookies`."""
    def read(self, redirect_uri: str) -> tuple[CallbackParams, Withheld[str] | None, str]:
        """Reads a response in a query, once, as `CallbackParams.parse` and `CallbackParams.login_id` do."""
    def read_form_post(self, redirect_uri: str) -> tuple[CallbackParams, Withheld[str] | None, str]:
        """Reads a response that the browser posted as a form, once."""

@final
class Kept(Generic[_T]):
    """Entries by their keys, at most so many. Each is kept until its time has come, or as many newer ones have.
    Internal.
    """
    def __new__(cls, most: int) -> Kept[_T]:
        """Keeps nothing yet, and never more than `most`."""
    @classmethod
    def __class_getitem__(cls, key: Any) -> GenericAlias: ...
    def add(self, key: str, value: _T, until: float, now: float) -> None:
        """Adds the newest, in the place of one of its key, when what expired and what is too many has gone, oldest
        first.
        """
    def take(self, key: str, now: float) -> _T | None:
        """Removes and returns the value of this key; `None` if it is absent or expired."""
    def find(self, key: str, absent: _T) -> _T:
        """The value of this key, which stays, or `absent`."""
    def __len__(self) -> int: ...

@final
class Withheld(Generic[_T]):
    """A value that is here until it is taken, and is not shown."""
    def __new__(cls, value: _T) -> Withheld[_T]:
        """Withholds a value."""
    @classmethod
    def __class_getitem__(cls, key: Any) -> GenericAlias: ...
    def take(self) -> _T:
        """The value, which is then here no longer."""
    def lend(self) -> _T:
        """The value, which stays here."""

@final
class Incoming:
    """A request from a browser, or from the provider, for a site. Immutable."""
    def __new__(
        cls,
        method: str,
        url: str | bytes | Url,
        headers: Mapping[str, str] | Iterable[tuple[str, str] | tuple[bytes, bytes]] | None = None,
        body: str | bytes | None = None,
    ) -> Incoming:
        """`url`: what the application was asked for: a URL, or a path with its query. `headers`: all of them, by name
        or as pairs, of text or bytes. `body`: the form, if one was posted.
        """

@final
class SiteCore:
    """A site without its network and its store: each verb is a flow. Immutable. Internal."""
    def __new__(cls, base_url: str, sealing_keys: SealingKeys, cache: Cache, clock: _Clock, **policy: Any) -> SiteCore:
        """A site without providers. `policy`: the members of `SitePolicyOptions`, and `store`."""
    @property
    def cookie_name(self) -> str:
        """The name of the cookie that holds the session, or its first part."""
    def with_provider(
        self, name: str, issuer: Issuer, registration: Registration, policy: Policy, authorize: dict[str, Any]
    ) -> SiteCore:
        """The same site with one more provider; `authorize` is what every login asks for."""
    def without_provider(self, name: str) -> SiteCore:
        """The same site without the provider of this name."""
    def handles(self, url: object) -> bool:
        """Whether a URL, or a path, is that of a route."""
    def handle(self, incoming: Incoming, entropy: bytes) -> Flow[Handled]:
        """The flow that answers a request to one of the routes, and yields `Handled`. `entropy`: at least 32 secure
        random bytes, used for this call only.
        """
    def visit(self, incoming: Incoming, entropy: bytes) -> Visit | Flow[Visit]:
        """Whose request this is: a `Visit`, or where something has to be asked first the flow that yields one."""

@final
class Handled:
    """What a site answers to a request to one of its routes. Immutable."""
    @property
    def status(self) -> int:
        """The status."""
    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers as pairs, with `Set-Cookie` once for each cookie. They contain secrets."""
    @property
    def body(self) -> bytes:
        """The body: a page that goes on to the provider by itself, where a redirect would be too long; else empty.
        Where a login failed the page is the application's.
        """
    @property
    def event(self) -> Event | None:
        """What happened: `LoggedIn`, `LoggedOut`, `SessionChanged`, `SessionEnded`, `Failed`; `None` if nothing did."""

@final
class Visit:
    """Whose request it is. Immutable."""
    @property
    def session(self) -> Session | None:
        """The session; `None` if nobody is logged in."""
    @property
    def provider(self) -> str | None:
        """The name of the session's provider."""
    @property
    def set_cookies(self) -> list[str]:
        """Values of `Set-Cookie` headers to send with the response. They are secret."""
    @property
    def event(self) -> SessionChanged | SessionEnded | None:
        """What happened: `SessionChanged` or `SessionEnded`; `None` if nothing did."""
    @property
    def error(self) -> Error | None:
        """Why the session could not be refreshed now. If its access token still lives it is in `session`; else nobody
        is logged in for now, and a later request may find the session again.
        """

@final
class StoreRequest:
    """A question to the store that all processes share. Internal."""
    @property
    def method(self) -> str:
        """Which method of the store answers it: `get`, `add`, `put`, `take`, `delete`, `delete_labelled`, `lock` or
        `unlock`.
        """
    @property
    def arguments(self) -> tuple[Any, ...]:
        """The arguments of the method, in their order."""
    def reply(self, returned: object) -> StoreReply:
        """The reply to resume the flow with, from what the method returned."""

@final
class StoreReply:
    """What a store replied. Internal."""

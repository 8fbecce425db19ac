"""The options that the core reads, as types. The core holds their defaults and refuses what it does not know.

Leave out options you don't need. Passing ``None`` is an error: a check whose expected value is missing must not turn
into a check that is skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any, Literal, Protocol, TypeAlias, TypedDict

from relyingparty._relyingparty import SigningKey, VerifyRequest


class Url(Protocol):
    """A framework's URL object whose ``str`` is the whole URL: Starlette's, httpx's, yarl's or ``urllib.parse``'s."""

    @property
    def scheme(self) -> Any:
        """The scheme, such as ``https``."""

    @property
    def query(self) -> Any:
        """The part after the ``?``."""


Response = str | bytes | Url
"""An authorization response as your framework has it: the URL, or its query."""


class PrivateKey(Protocol):
    """A private key of the package ``cryptography``."""

    def private_bytes(self, encoding: Any, format: Any, encryption_algorithm: Any) -> bytes:
        """The key as PKCS#8."""


Key: TypeAlias = SigningKey | PrivateKey | str | bytes | Mapping[str, Any]
"""A private key: a ``SigningKey``, PEM or JWK as text, a JWK, or a key of ``cryptography``."""


TokenType: TypeAlias = Literal["refresh_token", "access_token"]
"""The type of a token that is revoked (RFC 7009 2.1)."""
Method: TypeAlias = Literal["GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"]
"""The method of an HTTP request."""
Headers: TypeAlias = Mapping[str, str] | Sequence[tuple[str, str]]
"""Headers by their names, or as pairs."""
Content: TypeAlias = bytes | bytearray | str | None
"""A body. Text is sent as UTF-8."""


File: TypeAlias = str | PathLike[str]
"""The path of a file."""
ClientCert: TypeAlias = File | tuple[File, File] | tuple[File, File, str | bytes]
"""The client's certificate: a PEM file with certificate and private key, or both, or both and the key's password."""


class CookieArguments(TypedDict):
    """The login cookie as arguments of ``response.set_cookie`` in Flask, Starlette, FastAPI and Django."""

    key: str
    """The name of the cookie."""
    value: str
    """The id of the login. Secret."""
    max_age: int
    """How long the login may take, in seconds."""
    path: str
    """Always ``/``."""
    secure: bool
    """False only if the redirect URI is http on this machine, where Safari would not keep the cookie."""
    httponly: bool
    """Always true."""
    samesite: Literal["lax", "none"] | None
    """``none`` for ``form_post``, or ``None`` if the cookie is not ``secure``; else ``lax``."""


class PolicyOptions(TypedDict, total=False):
    """Limits and choices. A number out of bounds is ``policy_out_of_range``."""

    preset: Literal["openidconnect_jl", "oauth2_1", "fapi2", "fapi2_message_signing"]
    """Start from another set of defaults. Default: none.

    ``fapi2`` (FAPI 2.0 Security Profile) pushes authorization requests, and a client that cannot meet the profile is
    refused with ``profile_unmet``: it needs ``signing_keys`` and ``dpop_keys`` for ES256, PS256 or EdDSA.
    ``fapi2_message_signing`` also signs the requests, and the responses are signed. ``oauth2_1`` needs a provider that
    lists PKCE with S256."""
    state_timeout_secs: int
    """How long a login may take from its start to the callback, in seconds. Default: 600; from 1 to 3600."""
    allowed_skew_secs: int
    """How far the provider's clock may be off, in seconds. Default: 60; from 0 to 300."""
    key_refresh_secs: int
    """How long metadata and keys are fresh, in seconds, if the response has no ``Cache-Control: max-age``.

    Default: 600; from 60 to 86400."""
    key_cooldown_secs: int
    """The pause between two attempts to fetch keys, in seconds. Default: 30; from 0 to 3600."""
    key_tries: int
    """Attempts to fetch keys for a token from the provider's own token endpoint. Default: 3; from 1 to 10."""
    key_wait_secs: int
    """How long these attempts may take together, in seconds. Default: 10; from 0 to 60."""
    key_hard_age_secs: int
    """How long metadata and keys are used when they cannot be refreshed, in seconds.

    Default: 86400; from 60 to 604800."""
    max_keys: int
    """The largest number of keys in a key set. Default: 100; from 1 to 1000."""
    max_response_bytes: int
    """The largest response, in bytes after decompression. Default: 262144; from 1024 to 1048576."""
    max_token_bytes: int
    """The largest token that is read, in bytes. Default: 16384; from 512 to 65536."""
    max_header_bytes: int
    """The largest decoded header of a token, in bytes. Default: 4096; from 64 to 16384."""
    max_kid_bytes: int
    """The longest ``kid`` in the header of a token, in bytes. Default: 256; from 1 to 1024."""
    max_sub_bytes: int
    """The longest ``sub``, in characters. Default: 255; from 1 to 1024."""
    max_logout_token_age_secs: int
    """How long ago a logout token may have been issued, in seconds (OIDC Back-Channel Logout 4).

    So long at most it has to be remembered against replay. Default: 600; from 60 to 86400."""
    max_json_depth: int
    """How deep objects and arrays may nest in the provider's JSON. Default: 16; from 2 to 32."""
    max_json_members: int
    """The largest number of members of one object or array in the provider's JSON. Default: 512; from 16 to 16384."""
    max_callback_bytes: int
    """The largest authorization response, in bytes. Default: 16384; from 512 to 65536."""
    max_parameter_bytes: int
    """The longest parameter of an authorization response, in bytes. Default: 8192; from 128 to 32768."""
    max_return_to_bytes: int
    """The longest ``return_to``, in bytes. A longer one is dropped. Default: 4096; from 64 to 16384."""
    metadata_timeout_secs: int
    """The time for one fetch of metadata or keys, in seconds. Default: 5; from 1 to 60."""
    token_timeout_secs: int
    """The time for one request to the token or UserInfo endpoint, in seconds. Default: 10; from 1 to 60."""
    signatures: Literal["core", "host"]
    """Who checks signatures. ``host`` needs a ``verifier``. Default: ``core``."""
    record_decisions: bool
    """Whether sessions, claims and errors carry their decisions. Default: True."""
    local_hosts: Sequence[str]
    """Addresses and local names that the metadata may lead to, such as ``10.0.2.15:6443`` or ``keycloak``.

    Each entry is one host, with one port or all of its ports. It needs https. The risk: whoever can change the issuer's
    metadata can make this application send requests to these hosts, its client secret included. Default: none."""
    danger_http_hosts: Sequence[str]
    """Hosts of a development network for which plain http is allowed, such as ``keycloak:8080``.

    The risk: anybody on that network can read secrets, codes and tokens, and can forge ID tokens. Never use it in
    production. Default: none."""
    resource_in_token_requests: bool
    """Send the ``resource`` of a login with its code and every refresh (RFC 8707 2.2). Default: True."""
    scope_in_refreshes: bool
    """Send the scopes of the login with every refresh. Microsoft Entra ID needs it. Default: False."""
    accept_missing_token_type: bool
    """Accept a token response without ``token_type`` as Bearer (against RFC 6749 5.1). Default: False."""
    accept_missing_access_token: bool
    """Accept an ID token that comes without an access token (against OIDC Core 3.1.3.3), as Azure AD B2C sends one.

    The session's ``access_token`` is then ``None``, and there is no UserInfo. Default: True for providers that are
    known to need it (``use_known_provider``), else False."""
    accept_userinfo_without_iss_aud: bool
    """Accept a signed UserInfo response without ``iss`` or ``aud`` from an https endpoint.

    If they are present they are checked. Default: False."""
    accept_new_claims_at_refresh: bool
    """Accept a refreshed ID token with an ``auth_time``, ``azp`` or ``nonce`` that the first one did not have (against
    OIDC Core 12.2).

    A claim that the first one had must stay the same. Default: False."""
    accepted_typ: Sequence[str]
    """Values of the header member ``typ`` that this issuer uses for its ID tokens, beside ``JWT``.

    Kinds that are registered for other tokens, such as ``at+jwt``, are refused. Default: none."""
    use_known_provider: bool
    """Apply the options that a known provider needs, found by its issuer, unless they are set here.

    Each use is a decision ``leniency`` that names the option. Default: True."""
    accept_unsealed_sessions: bool
    """Also restore sessions that are not sealed although there are ``sealing_keys``, after their ID token was verified
    again. For the time of a migration. Default: False."""


class RegistrationOptions(TypedDict, total=False):
    """The members of the registration that are not parameters of their own."""

    token_endpoint_auth_method: Literal[
        "none",
        "client_secret_basic",
        "client_secret_post",
        "client_secret_jwt",
        "private_key_jwt",
        "client_assertion",
        "signed_client_secret",
        "tls_client_auth",
        "self_signed_tls_client_auth",
    ]
    """How the client authenticates (OIDC Core 9, RFC 8705 2). Default: ``private_key_jwt`` with ``signing_keys``, else
    ``tls_client_auth`` with a ``client_cert``, else with the ``client_assertion``, else with the secret:
    ``client_secret_basic``, or ``client_secret_post`` if the metadata lack it. At Apple, with ``signing_keys``:
    ``signed_client_secret``."""
    tls_client_certificate: bool
    """Whether the transport has a certificate of the client's. Default: True with a ``client_cert``, else False. Set
    it for a transport of your own."""
    tls_client_certificate_bound_access_tokens: bool
    """Have access tokens bound to the client's certificate (RFC 8705 3). They are sent over connections with it only.
    Default: False."""
    token_endpoint_auth_signing_alg: str
    """The algorithm of ``client_secret_jwt``. Default: ``HS256``. With ``private_key_jwt`` it must be that of the first
    of the ``signing_keys``."""
    signing_keys: Sequence[Key]
    """The client's private keys. The first signs. The relying party's ``jwks()`` publishes the public keys of all."""
    team_id: str
    """The ``iss`` of the client secret that the client signs itself (``signed_client_secret``): at Apple, the Team ID.

    The first of the ``signing_keys`` signs a secret for each request, by ES256 at Apple. Its ``kid`` is Apple's Key
    ID."""
    client_assertion_audience: Literal["issuer", "token_endpoint"]
    """The audience of the assertions of ``private_key_jwt`` and ``client_secret_jwt``. Default: ``issuer``.

    ``token_endpoint`` is for providers that accept nothing else. Whoever can change the metadata can then obtain
    assertions for another server."""
    client_assertion_type: str
    """The type of the assertions that ``client_assertion`` returns (RFC 7521 4.2). Default: that of a JWT."""
    dpop_keys: Sequence[Key]
    """Private keys that access tokens are bound to (DPoP, RFC 9449). The first is for new logins; each serves the
    sessions that are bound to it. With a key, a bearer token is refused. Default: none."""
    require_pushed_authorization_requests: bool
    """Push authorization requests to the provider, and send the browser there with a reference (PAR, RFC 9126).

    They are pushed in any case if the metadata demand it. Default: False."""
    require_signed_request_object: bool
    """Sign authorization requests with the first of the ``signing_keys`` (JAR, RFC 9101).

    They are signed in any case if the metadata demand it. Default: False."""
    request_uri_base: str
    """An https URL of the application that ends in ``/``. Authorization requests are then signed, and the provider
    fetches them from there (JAR by reference, RFC 9101 5.2).

    ``authorize`` returns the ``RequestObject`` to serve as ``login.request_object``. Default: none;
    a signed request is in the URL of the login."""
    authorization_signed_response_alg: str
    """The only algorithm of signed authorization responses (``response_mode="jwt"``). Default: those that the metadata
    name and the core supports, or ``RS256``."""
    api_origins: Sequence[str]
    """Origins of APIs that ``call`` sends access tokens to, such as ``https://api.example``, beside those of the
    ``resource`` of the login. Default: none."""
    id_token_signed_response_alg: str
    """The only algorithm for ID tokens. Default: every public-key algorithm that the metadata name and the core
    supports.

    ``HS256``, ``HS384`` and ``HS512`` use the client secret as their key and are accepted only if named here."""
    userinfo_signed_response_alg: str
    """The only algorithm for UserInfo responses, which then must be signed. Default: they need not be signed."""
    post_logout_redirect_uri: str
    """Where the browser goes after logout, exactly as registered at the provider."""
    trusted_audiences: Sequence[str]
    """Audiences that an ID token may name beside this client (OIDC Core 3.1.3.7 (3)). Default: none."""
    trusted_azp: Sequence[str]
    """Other clients that ID tokens for this client may be issued to (``azp``, OIDC Core 3.1.3.7 (5)), such as the
    Android client that belongs to a web client at Google. Default: none."""
    tenants: Sequence[str]
    """The tenants (``tid``) whose users may log in, for an issuer of many tenants (Entra's ``common`` and
    ``organizations``). ``*`` allows all of them."""
    issuer_aliases: Sequence[str]
    """Other spellings of the issuer in this provider's tokens. Default: none."""
    end_session_endpoint: str
    """The logout URL, for a provider whose metadata have none."""
    end_session_redirect_parameter: str
    """The name of the parameter ``post_logout_redirect_uri`` at that URL, if it has another one there."""


class ClientOptions(RegistrationOptions, total=False):
    """A whole registration (OIDC Dynamic Registration 2)."""

    client_id: str
    """The client's identifier at the provider."""
    redirect_uri: str
    """Where the browser comes back to, exactly as registered at the provider."""
    client_secret: str
    """The client's secret, for a confidential client."""
    scopes: Sequence[str]
    """The scopes to ask for, ``openid`` among them. Default: ``openid profile email``."""


class SiteProviderOptions(RegistrationOptions, total=False):
    """What ``SiteProvider`` takes beside issuer, client and redirect URI, as
    ``RelyingParty`` does."""

    client_secret: str | None
    """The client's secret, for a confidential client."""
    client_assertion: Callable[[], Any] | None
    """A function that returns an assertion from elsewhere, which says who the client is."""
    scopes: Sequence[str] | None
    """The scopes to ask for; ``openid profile email`` if not given."""
    policy: PolicyOptions | None
    """Limits and choices."""
    transport: Any
    """What sends requests: of asyncio for ``AsyncSite``, else one that blocks; ``urllib`` if not
    given."""
    verifier: Callable[[VerifyRequest], Any] | None
    """What checks signatures, for a policy with ``signatures="host"``."""
    allow_insecure_loopback: bool
    """For development: allow ``http://`` for an issuer on this machine."""
    ca_file: File | None
    """The certificate authorities that the ``urllib`` transport trusts, instead of the system's: a PEM file."""
    ca_pem: str | None
    """The same as PEM text."""
    client_cert: ClientCert | None
    """The client's certificate, which the ``urllib`` transport shows where a request asks for it (RFC 8705)."""
    proxy: str | None
    """The HTTP proxy of the ``urllib`` transport."""
    proxy_from_environment: bool
    """Let the ``urllib`` transport use the proxies of the environment."""


class SitePolicyOptions(TypedDict, total=False):
    """How long the sessions of a site last, and what browsers carry. A number out of bounds is
    ``policy_out_of_range``."""

    idle_secs: int
    """A session that nobody used for this long is over, in seconds. Default: 28800 (8 hours); from 60 to 2592000."""
    absolute_secs: int
    """A session is over this long after its login, in seconds, and at the ``session_expiry`` of its ID token where that
    comes first. Default: 604800 (7 days); from 60 to 31536000."""
    refresh_margin_secs: int
    """How long before the access token expires it is refreshed, in seconds. Default: 60; from 0 to 3600."""
    lock_secs: int
    """How long a refresh may hold its lock, in seconds: at least as long as a refresh may take by the policy of the
    provider. A process that dies holds others up for so long. Default: 60; from 5 to 300."""
    lock_wait_secs: int
    """How long a request waits for the refresh of another one, in seconds. Default: 15; from 0 to 60."""
    cookie_budget_bytes: int
    """Bytes that all cookies of the site may take together, names included. Proxies refuse longer headers. Default:
    6000; from 1000 to 16000."""
    cookie_name: str
    """The name of the session's cookie, for sites of one host that must not share it. Over https ``__Host-`` stands
    before it. Default: ``rp-session``; 1 to 32 letters, digits, ``-`` and ``_``."""
    after_login: str
    """Where a login leads that names no page. Default: ``/``."""
    after_logout: str
    """Where a logout leads that names no page. Default: ``/``."""
    revoke_at_logout: bool
    """Whether a logout revokes the refresh token and the access token (RFC 7009), before the browser is sent to the
    provider. What cannot be revoked stops no logout. Default: False."""
    logout_by_get: bool
    """Whether ``logout`` can be a link. Then any page can log a visitor out. Default: False."""


class AuthorizeOptions(TypedDict, total=False):
    """What a login asks for (OIDC Core 3.1.2.1). The answer to it is checked in the callback.

    ``state``, ``nonce`` and PKCE with S256 are always sent and are not options.
    """

    scopes: Sequence[str]
    """Scopes instead of those of the registration. ``offline_access`` (with ``prompt="consent"``) asks for a refresh
    token."""
    prompt: str
    """``none``, ``login``, ``consent``, ``select_account``, separated by spaces."""
    display: str
    """How the provider shows its pages: ``page``, ``popup``, ``touch`` or ``wap``."""
    max_age: int
    """The user must have authenticated at most this long ago, in seconds; otherwise the provider asks again."""
    ui_locales: str
    """The preferred languages of the provider's pages, separated by spaces."""
    claims_locales: str
    """The preferred languages of the claims, separated by spaces (OIDC Core 5.2)."""
    id_token_hint: str
    """An earlier ID token. The login must be by the same user."""
    login_hint: str
    """What the user may have typed as their name, such as an e-mail address."""
    acr_values: str
    """The preferred authentication contexts, separated by spaces. The provider may ignore them; to require one, use
    ``claims``."""
    claims: Mapping[str, Any]
    """Individual claims to ask for (OIDC Core 5.5). The ID token must have those that are essential with a value, with
    that value or one of its ``values`` (strings, numbers and booleans)."""
    response_mode: Literal["query", "form_post", "jwt", "query.jwt", "form_post.jwt"]
    """How the response comes back. With ``form_post`` and ``form_post.jwt`` the login cookie needs ``SameSite=None``.
    With ``jwt``, which means ``query.jwt``, and ``form_post.jwt`` the provider signs the response (JARM).

    Default: the provider's, which is ``query``; ``jwt`` with the preset ``fapi2_message_signing``."""
    resource: str | Sequence[str]
    """Where the access token will be used (RFC 8707). It is sent here, with the code and with every refresh."""
    authorization_details: Sequence[Mapping[str, Any]]
    """What the application asks to be allowed: objects, each with a ``type`` (RFC 9396). The session's
    ``authorization_details`` say what was granted, and are ``None`` if the provider does not say it."""
    extra: Mapping[str, str]
    """Further parameters. A parameter that the library sets itself is ``reserved_parameter``."""
    return_to: str | None
    """The page of the application to return to after the login: a path with its query. It is kept in the pending login
    and not sent to the provider.

    A URL of another site, or a value that is not text, is dropped and the login goes on: ``return_to_dropped`` says
    why."""


class TokenOptions(TypedDict, total=False):
    """What one exchange or refresh asks for, instead of what the login asked for (RFC 6749 6, RFC 8707 2.2)."""

    scopes: Sequence[str]
    """Scopes to send, out of those of the login. Without ``openid`` there may be no ID token."""
    resource: str | Sequence[str]
    """Resources instead of those of the login; an empty list sends none.

    Refreshes after an exchange ask for what the exchange asked for."""
    authorization_details: Sequence[Mapping[str, Any]]
    """What to ask for, out of what the login asked for (RFC 9396 6)."""
    extra: Mapping[str, str]
    """Further parameters. A parameter that a token request sets itself is ``reserved_parameter``."""


class EndSessionOptions(TypedDict, total=False):
    """What a logout asks for (OIDC RP-Initiated Logout 2)."""

    id_token_hint: str
    """The ID token whose session ends. Default: that of the session that is passed."""
    post_logout_redirect_uri: str
    """Where the browser goes after logout. Default: that of the registration."""
    state: str
    """A value that comes back in the query of the redirect URI. Compare it there."""
    logout_hint: str
    """A hint about the user who logs out."""
    ui_locales: str
    """The preferred languages of the provider's pages, separated by spaces."""
    extra: Mapping[str, str]
    """Further parameters. A parameter that the library sets itself is ``reserved_parameter``."""


class Expectations(TypedDict, total=False):
    """What an ID token must contain, beside what is always checked."""

    nonce: str
    """The ``nonce`` that was sent with the authorization request."""
    max_age: int
    """How long ago the user may have authenticated, in seconds."""
    auth_time: bool
    """Whether the token must have an ``auth_time``."""
    acr_values: Sequence[str]
    """Its ``acr`` must be one of these."""
    sub: str
    """The user that the token must be about."""
    access_token: str
    """The access token that ``at_hash`` must match, if the token has one (OIDC Core 3.1.3.8)."""

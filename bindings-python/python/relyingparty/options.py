"""The options that the core reads, as types. The core holds their defaults and refuses what it does not know.

An option that is not wanted is left out. ``None`` is not the same: the core refuses it, since a check whose value is
missing must not be one that is not made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict


class PolicyOptions(TypedDict, total=False):
    """Limits and choices. Every number has bounds: outside of them is ``policy_out_of_range``."""

    preset: Literal["openidconnect_jl"]
    """Start from another set of defaults."""
    state_timeout_secs: int
    """How long a login may take, in seconds."""
    allowed_skew_secs: int
    """How far the provider's clock may be off, in seconds."""
    key_refresh_secs: int
    """How long metadata and keys are fresh when the provider does not say, in seconds."""
    key_cooldown_secs: int
    """The pause between two attempts to fetch keys, in seconds."""
    key_hard_age_secs: int
    """How long metadata and keys serve when they cannot be refreshed, in seconds."""
    max_keys: int
    """The largest number of keys in a key set."""
    max_response_bytes: int
    """The largest response, in bytes."""
    max_token_bytes: int
    """The largest token that is read, in bytes."""
    max_header_bytes: int
    """The largest decoded header of a token, in bytes."""
    max_kid_bytes: int
    """The longest ``kid`` in a token's header, in bytes."""
    max_sub_bytes: int
    """The longest ``sub``, in characters."""
    max_json_depth: int
    """How deep objects and arrays may nest in what the provider sends."""
    max_json_members: int
    """The largest number of members of one object or array in what the provider sends."""
    max_callback_bytes: int
    """The largest authorization response, in bytes."""
    max_parameter_bytes: int
    """The longest parameter of an authorization response, in bytes."""
    metadata_timeout_secs: int
    """The time for one fetch of metadata or keys, in seconds."""
    token_timeout_secs: int
    """The time for one request to the token or UserInfo endpoint, in seconds."""
    signatures: Literal["core", "host"]
    """Who checks signatures; ``host`` needs a ``verifier``."""
    record_decisions: bool
    """Whether sessions, claims and errors carry the decisions made."""
    accept_missing_token_type: bool
    """Take a token response without ``token_type`` as Bearer (against RFC 6749 5.1)."""


class RegistrationOptions(TypedDict, total=False):
    """What the provider knows the client by, beside the members that have a parameter of their own."""

    token_endpoint_auth_method: Literal["none", "client_secret_basic", "client_secret_post"]
    """How the client authenticates (OIDC Core 9); chosen from the metadata when not set."""
    id_token_signed_response_alg: str
    """The one algorithm of ID tokens; when not set, those that the metadata names and the core has. ``HS256``,
    ``HS384`` and ``HS512`` take the client secret as their key."""
    userinfo_signed_response_alg: str
    """The one algorithm of UserInfo responses, which then have to be signed."""
    post_logout_redirect_uri: str
    """Where the browser goes after logout, exactly as registered."""
    trusted_audiences: Sequence[str]
    """Audiences that an ID token may name beside the client (OIDC Core 3.1.3.7 (3))."""
    issuer_aliases: Sequence[str]
    """Other spellings of the issuer in this provider's tokens."""
    end_session_endpoint: str
    """A logout URL for providers whose metadata has none."""
    end_session_redirect_parameter: str
    """What that URL calls ``post_logout_redirect_uri``."""


class ClientOptions(RegistrationOptions, total=False):
    """A whole registration (OIDC Dynamic Registration 2)."""

    client_id: str
    """The client's identifier at the provider."""
    redirect_uri: str
    """Where the browser comes back to, exactly as registered."""
    client_secret: str
    """Its secret, if it is a confidential client."""
    scopes: Sequence[str]
    """What to ask for; ``openid`` has to be among them."""


class AuthorizeOptions(TypedDict, total=False):
    """What a login asks for (OIDC Core 3.1.2.1). All that is asked for is checked on return.

    ``state``, ``nonce`` and PKCE with S256 are always sent and are not options.
    """

    scopes: Sequence[str]
    """Instead of the registration's."""
    prompt: str
    """``none``, ``login``, ``consent``, ``select_account``, separated by spaces."""
    display: str
    """How the provider shows its pages: ``page``, ``popup``, ``touch``, ``wap``."""
    max_age: int
    """The end user authenticates anew when the last time is longer ago, in seconds."""
    ui_locales: str
    """Preferred languages of the pages, separated by spaces."""
    claims_locales: str
    """Preferred languages of the claims, separated by spaces (OIDC Core 5.2)."""
    id_token_hint: str
    """An earlier ID token: the login has to be by the same end user."""
    login_hint: str
    """What the end user may have typed as their name."""
    acr_values: str
    """Preferred authentication contexts, separated by spaces: a wish. For a demand use ``claims``."""
    claims: Mapping[str, Any]
    """Single claims to ask for (OIDC Core 5.5)."""
    response_mode: Literal["query", "form_post"]
    """How the response comes back; a cookie for ``form_post`` needs ``SameSite=None``."""
    resource: Sequence[str]
    """Where the access token will be used (RFC 8707)."""
    extra: Mapping[str, str]
    """Further parameters; one that the core sets itself is ``reserved_parameter``."""
    return_to: str
    """Where in the application the login came from. Kept in the pending login, not sent."""


class EndSessionOptions(TypedDict, total=False):
    """What a logout asks for (OIDC RP-Initiated Logout 2)."""

    id_token_hint: str
    """Instead of the session's: whose session ends."""
    post_logout_redirect_uri: str
    """Instead of the registration's."""
    state: str
    """Comes back on the redirect URI: compare it there."""
    logout_hint: str
    """A hint about who logs out."""
    ui_locales: str
    """Preferred languages of the pages, separated by spaces."""
    extra: Mapping[str, str]
    """Further parameters; one that the core sets itself is ``reserved_parameter``."""


class Expectations(TypedDict, total=False):
    """What an ID token has to say beyond what is always checked."""

    nonce: str
    max_age: int
    """How long ago the end user may have authenticated, in seconds."""
    auth_time: bool
    """Whether the token has to say when the end user authenticated."""
    acr_values: Sequence[str]
    """One of these has to be its ``acr``."""
    sub: str
    access_token: str
    """The access token that ``at_hash``, if present, has to fit (OIDC Core 3.1.3.8)."""

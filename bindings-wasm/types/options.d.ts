import type { HostKey } from './keys.js';

/** The client as it is registered at the provider (OIDC Dynamic Registration 2). Leave out members you don't need. */
export interface Registration {
  /** The client's identifier at the provider. */
  client_id: string;
  /** Where the browser comes back to, exactly as registered at the provider. */
  redirect_uri: string;
  /** The client's secret, for a confidential client. Never in a browser. */
  client_secret?: string;
  /** The scopes to ask for, `openid` among them. Default: `openid profile email`. */
  scopes?: readonly string[];
  /**
   * How the client authenticates (OIDC Core 9, RFC 8705). Default: `private_key_jwt` with `signing_keys`, `tls_client_auth` with
   * `tls_client_certificate`, `client_assertion` with such an assertion, and with a secret `client_secret_basic`, or
   * `client_secret_post` if the provider's metadata lack Basic. At Apple, with `signing_keys`: `signed_client_secret`.
   */
  token_endpoint_auth_method?:
    | 'none'
    | 'client_secret_basic'
    | 'client_secret_post'
    | 'client_secret_jwt'
    | 'private_key_jwt'
    | 'client_assertion'
    | 'signed_client_secret'
    | 'tls_client_auth'
    | 'self_signed_tls_client_auth';
  /**
   * Whether the transport has a TLS certificate of the client's (RFC 8705). Requests that need it go to the provider's
   * `mtls_endpoint_aliases` where it has any. Default: what the transport's `has_client_cert` says, for a `RelyingParty` in Node;
   * otherwise false. Set it where a transport of your own has one.
   */
  tls_client_certificate?: boolean;
  /**
   * Have access tokens bound to that certificate (RFC 8705 3). They are sent over connections with it and over no other. Default:
   * false.
   */
  tls_client_certificate_bound_access_tokens?: boolean;
  /** The algorithm of `client_secret_jwt`. Default: `HS256`. For `private_key_jwt` it must be that of the first signing key. */
  token_endpoint_auth_signing_alg?: string;
  /** The client's keys, which the host holds. The first signs, all are published. `RelyingParty` takes the keys themselves. */
  signing_keys?: readonly HostKey[];
  /**
   * The `iss` of the client secret that the client signs itself (`signed_client_secret`): at Apple, the Team ID. The first of the
   * `signing_keys` signs a secret for each request, by ES256 at Apple. Its `kid` is Apple's Key ID.
   */
  team_id?: string;
  /** The keys that access tokens are bound to (DPoP), which the host holds; each with its `jwk`. `RelyingParty` takes the keys themselves. */
  dpop_keys?: readonly HostKey[];
  /**
   * The audience of the client's assertions. Default: `issuer`. `token_endpoint` is for a provider that accepts only the URL of
   * its token endpoint: whoever can change its metadata can then obtain assertions for another server.
   */
  client_assertion_audience?: 'issuer' | 'token_endpoint';
  /**
   * The type of assertions that come from elsewhere (RFC 7521 4.2). Default for `RelyingParty`:
   * `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.
   */
  client_assertion_type?: string;
  /**
   * Push the authorization request to the provider before the browser goes there (PAR, RFC 9126). Default: false. It is pushed in
   * any case if the provider's metadata demand it; the build for browsers does that only with this option.
   */
  require_pushed_authorization_requests?: boolean;
  /**
   * Sign the authorization request with the first of the `signing_keys` (JAR, RFC 9101). Default: false. It is signed in any case
   * if the provider's metadata demand it.
   */
  require_signed_request_object?: boolean;
  /**
   * An https URL of the application that ends in `/`. Authorization requests are then signed, and the provider fetches them from
   * there (JAR by reference, RFC 9101 5.2): serve the `request_object` of the `Login`. Default: none; a signed request is in the URL
   * of the login.
   */
  request_uri_base?: string;
  /** The only algorithm for signed authorization responses (JARM). Default: every public-key algorithm that the metadata name. */
  authorization_signed_response_alg?: string;
  /** URLs whose origins `call` may send access tokens to, beside those of the login's `resource`. Default: none. */
  api_origins?: readonly string[];
  /**
   * The only algorithm for ID tokens. Default: every public-key algorithm that the metadata name and the core supports. `HS256`,
   * `HS384` and `HS512` use the client secret as their key and are accepted only if named here.
   */
  id_token_signed_response_alg?: string;
  /** The only algorithm for UserInfo responses, which then must be signed. Default: they need not be signed. */
  userinfo_signed_response_alg?: string;
  /** Where the browser goes after logout, exactly as registered at the provider. */
  post_logout_redirect_uri?: string;
  /** Audiences that an ID token may name beside this client (OIDC Core 3.1.3.7 (3)). Default: none. */
  trusted_audiences?: readonly string[];
  /**
   * Other clients that ID tokens for this client may be issued to (`azp`, OIDC Core 3.1.3.7 (5)), such as the Android client
   * that belongs to a web client at Google. Default: none.
   */
  trusted_azp?: readonly string[];
  /**
   * The tenants (`tid`) whose users may log in, for an issuer of many tenants (Entra's `common` and `organizations`). `*`
   * allows all of them.
   */
  tenants?: readonly string[];
  /** Other spellings of the issuer in this provider's tokens. Default: none. */
  issuer_aliases?: readonly string[];
  /** The logout URL, for a provider whose metadata have none. */
  end_session_endpoint?: string;
  /** The name of the parameter `post_logout_redirect_uri` at that URL, if it has another one there. */
  end_session_redirect_parameter?: string;
}

/**
 * What a login asks for (OIDC Core 3.1.2.1). The answer to it is checked in the callback. `state`, `nonce` and PKCE with S256
 * are always sent and are not options.
 */
export interface AuthorizeRequest {
  /**
   * Scopes instead of those of the registration. `offline_access` (with `prompt: 'consent'`) asks for a refresh token.
   */
  scopes?: readonly string[];
  /** `none`, `login`, `consent`, `select_account`, separated by spaces. */
  prompt?: string;
  /** How the provider shows its pages: `page`, `popup`, `touch` or `wap`. */
  display?: string;
  /** The user must have authenticated at most this long ago, in seconds; otherwise the provider asks again. */
  max_age?: number;
  /** The preferred languages of the provider's pages, separated by spaces. */
  ui_locales?: string;
  /** The preferred languages of the claims, separated by spaces (OIDC Core 5.2). */
  claims_locales?: string;
  /** An earlier ID token. The login must be by the same user. */
  id_token_hint?: string;
  /** What the user may have typed as their name, such as an e-mail address. */
  login_hint?: string;
  /**
   * The preferred authentication contexts, separated by spaces. The provider may ignore them; to require one, use `claims`.
   */
  acr_values?: string;
  /**
   * Individual claims to ask for (OIDC Core 5.5). The ID token must have those that are essential with a value, and with that
   * value or one of its `values` (strings, numbers and booleans).
   */
  claims?: Readonly<Record<string, unknown>>;
  /**
   * How the response comes back. With `form_post` and `form_post.jwt` the login cookie needs `SameSite=None`. With `jwt`, which
   * means `query.jwt`, and `form_post.jwt` the provider signs the response (JARM): a page that asks for it sets
   * `authorization_signed_response_alg`, too. Default: the provider's, which is `query`; `jwt` with the preset
   * `fapi2_message_signing`.
   */
  response_mode?: 'query' | 'form_post' | 'jwt' | 'query.jwt' | 'form_post.jwt';
  /** Where the access token will be used (RFC 8707). It is sent here, with the code and with every refresh. */
  resource?: string | readonly string[];
  /**
   * What the application asks to be allowed (RFC 9396). The session's `authorization_details` say what was granted. Not in the
   * module that pages load first: see `require_pushed_authorization_requests`.
   */
  authorization_details?: readonly AuthorizationDetail[];
  /** Further parameters, but none that the library sets itself (`reserved_parameter`). */
  extra?: Readonly<Record<string, string>>;
  /**
   * The page of the application to return to after the login: a path with its query. It is kept in the pending login and not
   * sent to the provider. A URL of another site, or a value that is not text, is dropped and the login goes on:
   * `return_to_dropped` says why.
   */
  return_to?: string | null | undefined;
}

/** One thing that an application may do (RFC 9396 2). The API of its `type` says which other members it has. */
export interface AuthorizationDetail {
  /** What kind of thing it is. */
  readonly type: string;
  /** A member of that type. */
  readonly [member: string]: unknown;
}

/** What one exchange or refresh asks for, instead of what the login asked for (RFC 6749 6, RFC 8707 2.2). */
export interface TokenRequest {
  /** Scopes to send, out of those of the login. Without `openid` there may be no ID token. */
  scopes?: readonly string[];
  /**
   * Resources instead of those of the login; an empty list sends none. Refreshes after an exchange ask for what the exchange
   * asked for.
   */
  resource?: string | readonly string[];
  /** What to ask for, out of what the login asked for (RFC 9396 6). */
  authorization_details?: readonly AuthorizationDetail[];
  /** Further parameters, but none that a token request sets itself (`reserved_parameter`). */
  extra?: Readonly<Record<string, string>>;
}

/** A URL object: a `URL`, `location`, your framework's own. */
export interface Href {
  /** The whole URL as text. */
  readonly href: string;
}

/** What a logout asks for (OIDC RP-Initiated Logout 2). */
export interface EndSessionRequest {
  /** The ID token whose session ends. Default: that of the session that is passed. */
  id_token_hint?: string;
  /** Where the browser goes after logout. Default: that of the registration. */
  post_logout_redirect_uri?: string;
  /** A value that comes back in the query of the redirect URI. Compare it there. */
  state?: string;
  /** A hint about the user who logs out. */
  logout_hint?: string;
  /** The preferred languages of the provider's pages, separated by spaces. */
  ui_locales?: string;
  /** Further parameters, but none that the library sets itself (`reserved_parameter`). */
  extra?: Readonly<Record<string, string>>;
}

/** What an ID token must contain, beside what is always checked. */
export interface Expectations {
  /** The `nonce` that was sent with the authorization request. */
  nonce?: string;
  /** How long ago the user may have authenticated, in seconds. */
  max_age?: number;
  /** Whether the token must have an `auth_time`. */
  auth_time?: boolean;
  /** Its `acr` must be one of these. */
  acr_values?: readonly string[];
  /** The user that the token must be about. */
  sub?: string;
  /** The access token that `at_hash` must match, if the token has one (OIDC Core 3.1.3.8). */
  access_token?: string;
}

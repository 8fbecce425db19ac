//! An OpenID Connect relying party without I/O.
//!
//! The library says which HTTP request it needs next and is handed the response. The host (your application) owns the
//! network, the clock and the randomness. So the library works with any HTTP client, with or without an async runtime,
//! and on wasm. The Python package and the npm package of this name use the same code.
//!
//! # A login
//!
//! A login has two halves: one before and one after the browser's visit to the provider.
//!
//! ```no_run
//! use relyingparty::*;
//! # struct Store;
//! # impl Store { fn put(&self, _: &str, _: String) {} fn take(&self, _: &str) -> Option<String> { None } }
//! # fn login(store: Store, host: fn(&Request) -> Reply, now: fn() -> Timestamp, random: fn() -> [u8; 32],
//! #          header: &str, query: &str) -> Result<(), Error> {
//! // Once: find the provider, put the client together.
//! let (issuer, policy, mut cache) = (Issuer::parse("https://op.example")?, Policy::default(), Cache::default());
//! let provider = drive(Provider::discover(&issuer, &policy, &cache, now())?, &mut cache, now, host)?;
//! let registration = Registration::new("my-client", "https://app.example/callback").with_secret("…");
//! let client = Client::new(provider, registration, policy)?;
//!
//! // The user wants to log in: remember the login, tie it to the browser, send the browser away.
//! let login = client.authorize(&AuthorizeRequest::default(), Entropy::new(random())?, now())?;
//! store.put(login.pending.id(), login.pending.encode());
//! // Set-Cookie: {login.pending.set_cookie()}
//! // Location: {login.url}
//!
//! // The browser is back: take the login that its cookie names, check, exchange the code.
//! let (response, cookies) = (CallbackParams::parse(query)?, LoginCookies::parse(header));
//! let stored = store.take(client.login_id(&response, &cookies)?);
//! let code = client.callback(PendingLogin::decode(stored.as_deref())?, &response, now())?;
//! let session = drive(client.exchange(code)?, &mut cache, now, host)?;
//! println!("{} of {}", session.claims().sub(), session.claims().iss());
//! # Ok(()) }
//! ```
//!
//! # How it is shaped
//!
//! Every operation is a [`Flow`] suspended on one [`Request`]; [`Flow::resume`] consumes it with the
//! [`Reply`] and yields the next [`Step`]. [`drive`] and [`drive_async`] are that loop; writing your own
//! takes five lines:
//!
//! ```
//! # use relyingparty::*;
//! # fn run<F: Flow>(mut step: Step<F>, cache: &mut Cache, now: fn() -> Timestamp, host: fn(&Request) -> Reply) -> Result<F::Output, Error> {
//! loop {
//!     match step {
//!         Step::Done(output) => return Ok(output),
//!         Step::Pending(flow) => {
//!             let reply = host(flow.request());
//!             step = flow.resume(reply, cache, now())?;
//!         }
//!     }
//! }
//! # }
//! ```
//!
//! There are three kinds of [`Request`]: send HTTP, [wait](Request::Wait) before the next attempt, and check a
//! signature if the [policy](Policy::signatures) leaves signatures to the host. A host that cannot do one of them
//! answers [`Reply::Unsupported`]. If it cannot wait, the flow makes no further attempts.
//!
//! The host sends requests exactly as they are, follows no redirect, sends no cookies or other ambient credentials,
//! verifies TLS, and enforces the request's [`Limits`]. What a response shows is checked again. Requests ask for no
//! compression. If a response is compressed all the same, the host decompresses it within the limit, or hands it over
//! and it is refused (`compressed_response`). Proxies are up to the HTTP client. The crate `relyingparty-host` has
//! such hosts, over ureq and reqwest, and login in plain calls. [`Endpoint::coalesces`] says which requests may share
//! one response or be retried. With a [`Coalescer`] many logins that need the same keys send one request.
//!
//! # What is checked
//!
//! Everything that the specifications require of a relying party, always. No option skips a check. [`Session`],
//! [`IdTokenClaims`] and [`UserInfo`] have no public constructor: they exist only if every check passed. What was
//! requested (`nonce`, `max_age`, an essential `acr`, the subject of an `id_token_hint`) is checked in the callback
//! without further code. Each check is a [`Decision`] in the session or the error, so that a login can be explained.
//!
//! # Claims
//!
//! The standard claims (OIDC Core 5.1) have accessors that check their type when they are read, such as
//! [`IdTokenClaims::email`] and [`UserInfo::email`]: a claim that is absent or of the wrong type is `None`.
//! [`get`](IdTokenClaims::get) returns any claim as the provider sent it, of any type; [`read`](IdTokenClaims::read)
//! reads all claims into a type of your own.
//!
//! # What the host keeps
//!
//! * a [`Cache`]: metadata and keys. Losing it costs a fetch, never a check.
//! * a [`PendingLogin`] per login in progress, found by a random id that lives in the browser.
//! * a [`Session`] per user.
//! * where sessions are sealed, `SealingKeys`, beside the client secret.
//!
//! # Login cookies
//!
//! Each login that a browser starts leaves a cookie, and a page of another site can start any number. [`LoginCookies`]
//! reads the `Cookie` header. [`Client::login_id`] returns the id to look up in the store, or says why there is none.
//! [`surplus`](LoginCookies::surplus) names the cookies to clear with the response that starts a login (eight stay,
//! within 6,000 bytes), [`ended`](LoginCookies::ended) those to clear with the response to a callback, whether the
//! login succeeded or failed.
//!
//! ```
//! # use relyingparty::*;
//! # fn callback(client: &Client, header: &str, query: &str) -> Result<(), Error> {
//! let (response, cookies) = (CallbackParams::parse(query)?, LoginCookies::parse(header));
//! let set_cookie: Vec<String> = cookies.ended(&response).iter().map(|name| clear_cookie(name)).collect();
//! let stored_under: &str = client.login_id(&response, &cookies)?;
//! # let _ = (stored_under, set_cookie); Ok(()) }
//! ```
//!
//! The name of the cookie begins with `__Host-`. Safari keeps no such cookie from `http://localhost`: if the redirect URI
//! is http on this machine, the cookie has neither the prefix nor `Secure`. A client with an https redirect URI never
//! reads that cookie, because anybody can plant it.
//!
//! # Callbacks without a login
//!
//! Anybody can open the redirect URI. The detail `reason` of `no_pending_login` is its [cause](LoginMissing), and the
//! message says the next step. If the store knows that the login was [used](LoginMissing::Used) or has
//! [expired](LoginMissing::Expired), pass that to [`CallbackParams::unclaimed`]. If a login is not the client's own by
//! [`Client::owns`], put it back into the store: another client or another tab waits for it.
//!
//! # Stored sessions
//!
//! `Client::seal` (feature `sealed`) writes a session that only who has the client's `SealingKeys` can read or make.
//! The first key seals, all of them open, so that keys can be rotated. [`Client::restore`] opens it without a request,
//! as long as you keep it. The seal proves that this application wrote the text, not that it is the newest one.
//!
//! [`Session::encode`] writes a session as plain text, for a store that nobody else can write. [`Client::restore`]
//! verifies its ID token again, except for its expiry. That needs the key that signed it, and proves nothing about the
//! other tokens.
//!
//! [`Client::refresh_token`] takes a bare refresh token that another library obtained. It yields a [`Grant`], which
//! names no end user, and a [`Session`] if an ID token came along.
//!
//! # What a login asks for
//!
//! The [`resource`](AuthorizeRequest::resource) of a login (RFC 8707) is sent with its code and with every refresh: the
//! pending login and the session remember it. [`Policy::resource_in_token_requests`] turns that off.
//! [`Policy::scope_in_refreshes`] sends the scopes with every refresh, as Microsoft Entra ID needs it. A
//! [`TokenRequest`] changes what one exchange or refresh asks for:
//!
//! ```
//! # use relyingparty::*;
//! # fn refresh(client: &Client, session: &Session) -> Result<Step<Refresh>, Error> {
//! let mut request = TokenRequest::default();
//! request.resource = Some(vec!["https://api.example".into()]);
//! request.extra = vec![("tenant".into(), "1".into())];
//! client.refresh_with(session, &request)
//! # }
//! ```
//!
//! # Clients that prove themselves with keys
//!
//! A client with [`signing_keys`](Registration::signing_keys) authenticates with `private_key_jwt`. With
//! [`dpop_keys`](Registration::dpop_keys) its access tokens are bound to a key (DPoP, RFC 9449): whoever steals one cannot use it.
//! [`require_pushed_authorization_requests`](Registration::require_pushed_authorization_requests) (RFC 9126),
//! [`require_signed_request_object`](Registration::require_signed_request_object) (RFC 9101) and the response mode
//! [`QueryJwt`](ResponseMode::QueryJwt) (JARM) keep anybody from changing what goes through the browser;
//! [`Policy::fapi2`] demands all that FAPI 2.0 does. The verbs of such a client are those of [`Client::proving`]: what they make is
//! new each time, and takes an [`Entropy`].
//!
//! ```
//! # use relyingparty::*;
//! # fn key_client(provider: Provider, pem: &str) -> Result<Client, Error> {
//! let key = SigningKey::from_pem(pem)?.with_alg(Alg::Es256)?.with_kid("2026-11")?;
//! let registration = Registration::new("client", "https://app.example/callback").with_signing_keys([key]);
//! Client::new(provider, registration, Policy::default())
//! # }
//! # fn exchange(client: &Client, code: AuthorizationCode, entropy: Entropy, cache: &Cache, now: Timestamp) -> Result<Step<Exchange>, Error> {
//! client.proving(entropy, cache, now).exchange(code)
//! # }
//! ```
//!
//! A key in an HSM or a KMS is a [`SigningKey::held_by_host`]: the flow asks for each signature with [`Request::Sign`]. An identity
//! that the platform gives (a Kubernetes service account's token) is asked for with [`Request::Assertion`]. RSA keys are held here
//! with the feature `aws-lc-rs` only (RUSTSEC-2023-0071). At Apple the key signs a client secret, of the team
//! [`team_id`](Registration::team_id). With [`request_uri_base`](Registration::request_uri_base) the provider fetches the signed
//! request from the application, which serves [`Authorization::request_object`] (RFC 9101 5.2). [`Client::call`] sends an access
//! token to an API, with its proof, and to no origin that it is not for.
//!
//! # Logout
//!
//! End your own session first. [`Client::log_out`] then sends the browser to the provider, and [`logged_out`] checks what it
//! comes back with (OIDC RP-Initiated Logout). [`Client::revoke`] gives the tokens back (RFC 7009).
//!
//! A provider that ends a session tells the application: with a logout token that [`Client::logout_token`] verifies (OIDC
//! Back-Channel Logout), or through a frame in the browser, whose request [`Client::front_channel_logout`] reads. A logout token
//! names an end user, a session or both, and is good once:
//!
//! ```
//! # use relyingparty::*;
//! # struct Store;
//! # impl Store { fn add(&self, _: &str, _: Timestamp) -> bool { true } fn end(&self, _: &str, _: Option<&str>, _: Option<&str>) {} }
//! # fn backchannel_logout(client: &Client, body: &str, cache: &mut Cache, now: fn() -> Timestamp, host: fn(&Request) -> Reply, store: Store) -> Result<u16, Error> {
//! let step = client.logout_token(&logout_token_in(body)?, cache, now())?;
//! let token = drive(step, cache, now, host)?;
//! if !store.add(token.replay_key(), token.remember_until()) {
//!     return Ok(400);
//! }
//! store.end(token.issuer(), token.session_id(), token.subject());
//! # Ok(200) }
//! ```
//!
//! [`Session::session_state`] and [`Metadata::check_session_iframe`] are what a page needs to ask the provider's frame whether the
//! session still stands (OIDC Session Management 1.0).
//!
//! # A whole site
//!
//! A [`Site`] is a web application's login over data: routes to log in, come back and log out, and the session of every other
//! request. An adapter turns its framework's request into an [`Incoming`], drives the flow, and sends the [`Answer`]:
//!
//! ```
//! # use relyingparty::*;
//! # fn make(keys: SealingKeys, issuer: Issuer, registration: Registration) -> Result<Site, Error> {
//! let site = Site::new("https://app.example/auth", keys, SitePolicy::default())?
//!     .with_provider(SiteProvider::new("op", issuer, registration))?;
//! # Ok(site) }
//! # fn serve(site: &Site, cookie: &str, draw: fn() -> Entropy, cache: &mut Cache, now: fn() -> Timestamp, host: fn(&Request) -> Reply)
//! #     -> Result<(), Error> {
//! let incoming = Incoming::new("GET", "/auth/login?return_to=/inbox").header("Cookie", cookie);
//! let step = site.handle(incoming, draw(), cache, now())?;
//! let handled: Handled = drive(step, &mut *cache, now, host)?;
//! let (status, headers) = (handled.answer.status, handled.answer.headers);
//!
//! let incoming = Incoming::new("GET", "/inbox").header("Cookie", cookie);
//! let step = site.visit(&incoming, draw(), cache, now())?;
//! let visit: Visit = drive(step, &mut *cache, now, host)?;
//! if let Some(session) = visit.session { /* who it is: session.claims() */ }
//! # let _ = (status, headers); Ok(()) }
//! ```
//!
//! A login travels in a sealed cookie of its own: it needs no store, and each tab has its own. Without a store the session is in
//! sealed cookies too, and it has no refresh token. With [`SitePolicy::store`] the flows also ask for [`Request::Store`]: a store
//! that all processes share, each of whose answers is atomic. [`MemorySessionStore`] is one for a single process. A session that is due is
//! refreshed by one process at a time: it takes a lock, reads again, refreshes, and writes only over what it read. A refresh that
//! comes too late cannot bring a session back that logged out.
//!
//! # Private networks
//!
//! The metadata of an issuer with a public name may not lead to an address or a local name, and no request uses http. A
//! Kubernetes API server has its keys at its own address: [`Policy::local_hosts`] lists such hosts. For development,
//! [`Policy::danger_http_hosts`] and [`Issuer::under`] allow http for the listed hosts, and
//! [`Issuer::insecure_loopback`] allows it on this machine (`127.0.0.0/8`, `[::1]`, `localhost` and names under it).
//! Their documentation says what each risks.
//!
//! # Keys
//!
//! A token that anybody may have sent causes at most one fetch of keys per cooldown, for an unknown key and for a bad
//! signature. A token that the provider itself sent cannot be requested again, so keys are fetched for it regardless of
//! the cooldown, in a few attempts ([`key_tries`](Policy::key_tries), [`key_wait_secs`](Policy::key_wait_secs)).
//! Between them the flow asks its host to [wait](Request::Wait). If the key cannot be fetched, an [`Exchange`] ends
//! with `keys_unavailable` or `unknown_key`. A [`Refresh`] keeps the new tokens and the claims that were verified
//! before, if everything that can be checked without the key is in order.
//!
//! # Providers
//!
//! Providers differ from the specifications, and from each other. An optional member that is empty, of another type or
//! otherwise unusable counts as absent, and a [decision](Decision) `left_out` names it; a call that needs it then fails
//! and says so. A value that a check is about never counts as absent. If a provider needs more, an option of the
//! [`Policy`] or the [`Registration`] allows it, at any issuer, and each use is a decision `leniency` that names the
//! option. A few providers are known by their issuer ([`use_known_provider`](Policy::use_known_provider)).
//! `docs/providers.md` in the repository lists them, with sources.
//!
//! # Errors
//!
//! [`Error::code`] is stable. [`Error::category`] says whose fault the error is, [`Error::is_retryable`] whether the
//! same call may succeed later. No error, `Debug` or `Display` of this library shows a token, code, verifier, state,
//! nonce or secret. A message can be shown anywhere. [Details](Error::details) can contain text from outside: escape
//! them.
//!
//! # Watching
//!
//! [`observed`] and [`observed_async`] wrap the closure that answers requests, so that a hook of yours can count and
//! trace them. The hook sees no secret. Decisions are in sessions and errors. [`Error::is_retryable`] tells an outage
//! from a mistake.
//!
//! # Features
//!
//! * `rustcrypto` (default): signatures are checked in the core, by RustCrypto.
//! * `aws-lc-rs`: they are checked by aws-lc-rs instead, which is several times faster and is built with a C compiler.
//!   With neither, set [`Policy::signatures`] to [`Signatures::Host`] and answer [`Request::Verify`].
//! * `std` (default): [`Coalescer`], and a `Mutex` as [`CacheAccess`]. Without it the crate is `no_std` and asks for an
//!   allocator only.
//! * `sealed` (default): `SealingKeys` and `Client::seal`, so that a stored session outlives the key that signed its ID token.
//! * `setup` (default): [`SetupCheck`], which judges issuer, registration and policy at the provider before anybody logs in.
//! * `signing` (default): clients that prove themselves with keys: assertions, DPoP, pushed and signed requests, signed responses,
//!   calls of APIs, profiles.
//! * `logout` (default): logout tokens of the provider, front-channel logout, revocation, logouts with a form and a `state`.
//! * `site` (default): [`Site`], and what it asks of a store.
//! * `private-keys` (default): keys that are held here, from JWK, PEM and PKCS#8. Without it the host signs.
//! * `es256k`: ES256K (RFC 8812) is one of the algorithms.
//! * `http`: conversions from and to the `http` crate's types, so that reqwest, ureq and hyper take
//!   requests in one line.
//!
//! # Where things stand
//!
//! The sources are rooms, one above the other; each uses what is below it, and a test holds the order:
//!
//! | room, from the bottom | what is in it |
//! | --- | --- |
//! | `report` | errors, decisions. The lowest, since everything else reports |
//! | `text` | JSON, URLs, base64url, times, entropy, secrets |
//! | `jose` | algorithms, keys, signatures, seals. Below `machine`, since the cache holds keys, and a request may ask for a signature |
//! | `machine` | flows, requests, HTTP, drivers, the policy, the cache |
//! | `token` | the checks of a signed token, its claims |
//! | `binding` | proofs of possession (DPoP) |
//! | `provider` | the issuer, metadata, discovery, fetches of keys |
//! | `client` | the registration, [`Client`] |
//! | `grants` | the token endpoint, [`Grant`] |
//! | `login` | authorization, callback, exchange, refresh, UserInfo, sessions |
//! | `logout` | RP-initiated, back-channel and front-channel logout, revocation |
//! | `site` | a whole application: routes, visits, sessions, stores |
//! | `setup` | judging a set-up at the provider |
//!
//! A verb of [`Client`] stands in the room of what it does.
//!
//! # Left out on purpose
//!
//! Implicit and hybrid flow, password grant, JWS JSON serialisation, `alg: none`, symmetric keys out of a key
//! set, fetching `jku`, `x5u` or distributed claims, cases for single providers in code.

#![forbid(unsafe_code)]
#![cfg_attr(not(any(test, feature = "std")), no_std)]
#![deny(missing_docs)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

extern crate alloc;

#[cfg(feature = "signing")]
mod binding;
pub mod bindings;
mod client;
mod erased;
mod grants;
mod jose;
mod login;
mod logout;
mod machine;
#[cfg(doctest)]
#[doc = include_str!("../../docs/observability-rust.md")]
mod observability {}
#[cfg(doctest)]
mod proofs;
mod provider;
mod report;
#[cfg(feature = "setup")]
mod setup;
#[cfg(feature = "site")]
mod site;
mod text;
mod token;

#[cfg(feature = "signing")]
pub use client::AssertionAudience;
pub use client::{AuthMethod, Client, Registration};
pub use erased::{AnyFlow, Outcome};
#[cfg(feature = "signing")]
pub use grants::Challenge;
pub use grants::Grant;
#[cfg(feature = "sealed")]
pub use jose::SealingKeys;
#[cfg(feature = "signing")]
pub use jose::SigningKey;
pub use jose::{Alg, DroppedKey, UsableKey};
#[cfg(feature = "sealed")]
pub use login::SessionSeal;
#[cfg(feature = "signing")]
pub use login::{Access, ApiRequest, ApiResponse, Call, Proving, Push, RequestObject, SignedCallback};
pub use login::{
    Authorization, AuthorizationCode, AuthorizeRequest, CallbackParams, Exchange, Held, LoginCookie,
    LoginCookies, PendingLogin, Refresh, RefreshedGrant, ResponseMode, Restoration, Session, TokenRefresh,
    TokenRequest, UserInfo, UserInfoFetch, Verification, clear_cookie,
};
pub use logout::EndSessionRequest;
#[cfg(feature = "logout")]
pub use logout::{
    FrontChannelLogout, Logout, LogoutVerification, Revocable, Revocation, Revoked, logged_out,
    logout_token_in,
};
#[cfg(feature = "std")]
pub use machine::Coalescer;
pub use machine::{Answered, Asked, Observed, observed, observed_async};
#[cfg(feature = "signing")]
pub use machine::{AssertionRequest, SignRequest};
pub use machine::{
    Cache, CacheAccess, Endpoint, Flow, HttpRequest, HttpResponse, Limits, Method, Policy, Profile, Reply,
    Request, Signatures, Step, VerifyRequest, WaitRequest, drive, drive_async,
};
#[cfg(feature = "site")]
pub use machine::{Sequence, StoreEntry, StoreRequest, Stored};
pub use provider::{Discovery, Issuer, KeyRefresh, KeyReport, Metadata, Provider};
pub use report::{Category, Decision, Error, ErrorKind, LoginMissing, ServerError};
#[cfg(feature = "setup")]
pub use setup::{Finding, SetupCheck, SetupReport, Verdict};
#[cfg(feature = "site")]
pub use site::{
    Answer, Event, Handled, Handling, Incoming, MemorySessionStore, Site, SitePolicy, SiteProvider, Visit,
    Visiting,
};
pub use text::{Entropy, Secret, Timestamp};
#[cfg(feature = "logout")]
pub use token::LogoutToken;
pub use token::{Address, Expectations, IdTokenClaims};

//! How long sessions last, what browsers may carry, and what the host's store is for.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};

use crate::login::{id, usable_return_to};
use crate::report::{Error, ErrorKind};
use crate::text::config::{Config, invalid};

/// How long the sessions of a [`Site`](crate::Site) last, and where they are kept. Times are in seconds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SitePolicy {
    /// Whether the host answers [`Request::Store`](crate::Request::Store) with a store that all its processes share. Default:
    /// false: sessions live in cookies alone, without refresh tokens, and nobody but their browser can end them: a copy of the cookies, or
    /// an answer that comes late, brings one back until it expires.
    pub store: bool,
    /// A session that nobody used for this long is over. Default: 28800 (8 hours); from 60 to 2592000.
    pub idle_secs: u32,
    /// A session is over this long after its login, whatever it was used for, and at the `session_expiry` of its ID token (OpenID
    /// Connect Enterprise Extensions) where that comes first. Default: 604800 (7 days); from 60 to 31536000.
    pub absolute_secs: u32,
    /// How long before the access token expires it is refreshed. Default: 60; from 0 to 3600.
    pub refresh_margin_secs: u32,
    /// How long a refresh may hold its lock: at least as long as a refresh may take by the policy of the provider. A process that dies
    /// holds others up for so long. Default: 60; from 5 to 300.
    pub lock_secs: u32,
    /// How long a request waits for the refresh of another one. Default: 15; from 0 to 60.
    pub lock_wait_secs: u32,
    /// Bytes that all cookies of the site may take together, names included. Proxies refuse longer headers. Default: 6000;
    /// from 1000 to 16000.
    pub cookie_budget_bytes: u32,
    /// The name of the session's cookie, for sites of one host that must not share it. Over https `__Host-` stands before it.
    /// Default: `rp-session`; 1 to 32 letters, digits, `-` and `_`.
    pub cookie_name: String,
    /// Where a login leads that names no page. Default: `/`.
    pub after_login: String,
    /// Where a logout leads that names no page. Default: `/`.
    pub after_logout: String,
    /// Whether a logout revokes the refresh token and the access token (RFC 7009), before the browser is sent to the provider. What
    /// cannot be revoked stops no logout. Default: false.
    pub revoke_at_logout: bool,
    /// Whether `logout` can be a link. Then any page can log a visitor out. Default: false.
    pub logout_by_get: bool,
}

impl Default for SitePolicy {
    fn default() -> SitePolicy {
        SitePolicy {
            store: false,
            idle_secs: 28_800,
            absolute_secs: 604_800,
            refresh_margin_secs: 60,
            lock_secs: 60,
            lock_wait_secs: 15,
            cookie_budget_bytes: 6_000,
            cookie_name: "rp-session".to_owned(),
            after_login: "/".to_owned(),
            after_logout: "/".to_owned(),
            revoke_at_logout: false,
            logout_by_get: false,
        }
    }
}

/// What the name of the cookie of a logout ends with.
pub(super) const LOGOUT_SUFFIX: &str = "-out";

/// The longest page that a configuration names, in bytes.
const LONGEST_PAGE: usize = 4_096;

impl SitePolicy {
    /// The usual policy with a store.
    pub fn stored() -> SitePolicy {
        SitePolicy { store: true, ..SitePolicy::default() }
    }

    /// Reads a policy from a JSON object; what it does not name keeps its default.
    ///
    /// # Errors
    /// `invalid_configuration`: an unknown member, or a value of the wrong type.
    pub fn from_json(text: &str) -> Result<SitePolicy, Error> {
        let mut given = Config::parse(text, "site policy")?;
        let mut policy = SitePolicy::default();
        for (name, number) in policy.numbers() {
            *number = given.number(name).unwrap_or(*number);
        }
        policy.store = given.bool("store").unwrap_or(policy.store);
        policy.revoke_at_logout = given.bool("revoke_at_logout").unwrap_or(policy.revoke_at_logout);
        policy.logout_by_get = given.bool("logout_by_get").unwrap_or(policy.logout_by_get);
        policy.cookie_name = given.text("cookie_name").unwrap_or(policy.cookie_name);
        policy.after_login = given.text("after_login").unwrap_or(policy.after_login);
        policy.after_logout = given.text("after_logout").unwrap_or(policy.after_logout);
        given.end(policy)
    }

    /// The numbers by their names, in the order of [`BOUNDS`].
    fn numbers(&mut self) -> [(&'static str, &mut u32); 6] {
        [
            ("idle_secs", &mut self.idle_secs),
            ("absolute_secs", &mut self.absolute_secs),
            ("refresh_margin_secs", &mut self.refresh_margin_secs),
            ("lock_secs", &mut self.lock_secs),
            ("lock_wait_secs", &mut self.lock_wait_secs),
            ("cookie_budget_bytes", &mut self.cookie_budget_bytes),
        ]
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        for ((name, actual), (minimum, maximum)) in self.clone().numbers().into_iter().zip(BOUNDS) {
            if !(minimum..=maximum).contains(actual) {
                let [minimum, maximum, actual] = [minimum, maximum, *actual].map(|number| number.to_string());
                return Err(ErrorKind::PolicyOutOfRange.with([name, &minimum, &maximum, &actual]));
            }
        }
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !(1..=32).contains(&self.cookie_name.len()) || !self.cookie_name.bytes().all(letter) {
            return Err(invalid("cookie_name", "is not 1 to 32 letters, digits, - and _"));
        }
        // Such a name could be that of a login's cookie.
        let logout_name = [&self.cookie_name, LOGOUT_SUFFIX].concat();
        if [&self.cookie_name, &logout_name].iter().any(|name| id::is_login_cookie(name, true)) {
            return Err(invalid("cookie_name", "is like that of a login"));
        }
        for (name, page) in [("after_login", &self.after_login), ("after_logout", &self.after_logout)] {
            usable_return_to(page, LONGEST_PAGE).map_err(|reason| invalid(name, reason))?;
        }
        Ok(())
    }
}

const BOUNDS: [(u32, u32); 6] =
    [(60, 2_592_000), (60, 31_536_000), (0, 3_600), (5, 300), (0, 60), (1_000, 16_000)];

//! The cookies of logins in progress: which there may be, and which are to go.
//!
//! A page of another site can begin any number of logins in a browser. Each leaves a cookie, and a server refuses requests
//! whose headers grow past some kilobytes. So the newest eight stay, within 6,000 bytes, and the others are cleared with the
//! next answer.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::client::Client;
use crate::login::callback::CallbackParams;
use crate::login::id;
use crate::login::pending::{PendingLogin, ResponseMode};
use crate::report::{Error, LoginMissing};
use crate::text::secret::Secret;

/// Logins in progress in one browser.
const MOST_LOGINS: usize = 8;

/// Bytes that their cookies may take in a `Cookie` header.
const BUDGET: usize = 6_000;

/// What stands between two cookies, and between name and value.
const SEPARATORS: usize = 3;

/// The login cookies that a browser sent.
pub struct LoginCookies {
    /// Those whose names begin with `__Host-`, in the order of the header: browsers send older cookies first (RFC 6265 5.4).
    hosts: Vec<(String, String)>,
    /// Those of logins at http loopback. They never take the place of the others: any site can plant them.
    local: Vec<(String, String)>,
}

impl LoginCookies {
    /// Reads the value of the `Cookie` header. Join several headers with `"; "`. Other cookies are ignored.
    pub fn parse(header: &str) -> LoginCookies {
        let pairs = header.split(';').filter_map(|pair| pair.trim().split_once('='));
        LoginCookies::of(pairs)
    }

    /// The same for names and values that a framework has parsed.
    pub fn of<'a>(cookies: impl IntoIterator<Item = (&'a str, &'a str)>) -> LoginCookies {
        let mut found = LoginCookies { hosts: Vec::new(), local: Vec::new() };
        for (name, value) in cookies {
            match id::recognise(name, value) {
                Some(false) => found.hosts.push((name.to_owned(), value.to_owned())),
                Some(true) => found.local.push((name.to_owned(), value.to_owned())),
                None => {}
            }
        }
        found
    }

    /// The id of the login that the response belongs to. `None` if this browser has no such login;
    /// [`Client::login_id`] says why.
    pub fn id(&self, response: &CallbackParams) -> Option<&str> {
        let handle = response.handle()?;
        let id = self.value(&handle, false).or_else(|| self.value(&handle, true))?;
        id::is_id(id).then_some(id)
    }

    /// The names of the cookies to clear with the response that starts another login: all but the newest seven, those
    /// beyond the limit in bytes, and those that hold no id.
    pub fn surplus(&self) -> Vec<String> {
        self.beyond(MOST_LOGINS.saturating_sub(1), None)
    }

    /// The names of the cookies to clear with the response to a callback, whether the login succeeded or failed: the
    /// cookie of that login, and the [surplus](LoginCookies::surplus).
    pub fn ended(&self, response: &CallbackParams) -> Vec<String> {
        self.beyond(MOST_LOGINS, response.handle().as_deref())
    }

    fn beyond(&self, most: usize, ended: Option<&str>) -> Vec<String> {
        let ended = ended.map(|handle| [id::cookie_name(handle, false), id::cookie_name(handle, true)]);
        let (mut kept, mut bytes, mut cleared) = (0_usize, 0_usize, Vec::new());
        for (name, value) in self.hosts.iter().rev().chain(self.local.iter().rev()) {
            let size = name.len().saturating_add(value.len()).saturating_add(SEPARATORS);
            let fits = kept < most && bytes.saturating_add(size) <= BUDGET;
            let over = ended.as_ref().is_some_and(|ended| ended.contains(name));
            if fits && !over && id::is_id(value) {
                kept = kept.saturating_add(1);
                bytes = bytes.saturating_add(size);
            } else {
                cleared.push(name.clone());
            }
        }
        cleared
    }

    fn value(&self, handle: &str, local: bool) -> Option<&str> {
        let wanted = id::cookie_name(handle, local);
        let cookies = if local { &self.local } else { &self.hosts };
        cookies.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for LoginCookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LoginCookies({})", self.hosts.len().saturating_add(self.local.len()))
    }
}

/// What the browser of a callback holds: the id of a login, or its login cookies. With the cookies an error can say more.
/// `Option<&str>` and `&LoginCookies` convert into it.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Held<'a> {
    /// The id, wherever the browser kept it.
    Id(Option<&'a str>),
    /// The cookies.
    Cookies(&'a LoginCookies),
}

impl fmt::Debug for Held<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Held::Id(id) => f.write_str(if id.is_some() { "Held(an id)" } else { "Held(no id)" }),
            Held::Cookies(cookies) => write!(f, "Held({cookies:?})"),
        }
    }
}

impl<'a> From<Option<&'a str>> for Held<'a> {
    fn from(id: Option<&'a str>) -> Self {
        Held::Id(id)
    }
}

impl<'a> From<&'a LoginCookies> for Held<'a> {
    fn from(cookies: &'a LoginCookies) -> Self {
        Held::Cookies(cookies)
    }
}

impl Client {
    /// The id to look up in the store: that of the login that the response claims to belong to, if this browser holds it.
    ///
    /// # Errors
    /// `state_missing`, `no_pending_login`
    pub fn login_id<'a>(
        &self,
        response: &CallbackParams,
        held: impl Into<Held<'a>>,
    ) -> Result<&'a str, Error> {
        response.login_id(held, &self.registration().redirect_uri).map_err(|cause| response.unclaimed(cause))
    }
}

impl CallbackParams {
    /// The id to look up in the store, for a client with this redirect URI. If your store remembers what became of its
    /// logins, ask it before you make an [error](CallbackParams::unclaimed) of the cause.
    ///
    /// # Errors
    /// The cause, also for a response without a `state`.
    pub fn login_id<'a>(
        &self,
        held: impl Into<Held<'a>>,
        redirect_uri: &str,
    ) -> Result<&'a str, LoginMissing> {
        let local = id::is_local(redirect_uri);
        let nothing = |cause: LoginMissing| {
            let dropped = self.is_plain_http() && redirect_uri.starts_with("https:");
            if dropped { LoginMissing::PlainHttp } else { cause }
        };
        let state = self.claimed_state().ok_or(LoginMissing::IdMissing)?;
        let id = match held.into() {
            Held::Id(None | Some("")) => return Err(nothing(LoginMissing::IdMissing)),
            Held::Id(Some(id)) => id,
            Held::Cookies(cookies) => {
                let handle = id::handle(&state);
                // The release before this one gave logins at loopback the other name too.
                let id = if local { cookies.value(&handle, true) } else { None };
                match id.or_else(|| cookies.value(&handle, false)) {
                    Some(id) => id,
                    None if cookies.hosts.is_empty() && (!local || cookies.local.is_empty()) => {
                        return Err(nothing(LoginMissing::NoCookie));
                    }
                    None => return Err(LoginMissing::OtherCookies),
                }
            }
        };
        let fits = id::is_id(id) && (local || !id::is_local_id(id));
        if fits { Ok(id) } else { Err(LoginMissing::IdMalformed) }
    }
}

/// The cookie that ties a login to its browser. Set it with these attributes, `HttpOnly` and `Path=/`, without `Domain`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LoginCookie {
    /// The name: see [`PendingLogin::cookie_name`].
    pub name: String,
    /// The id of the login.
    pub value: Secret,
    /// How long it lives, in seconds.
    pub max_age: u32,
    /// Whether to set `Secure`: always, except if the redirect URI is http on this machine, where Safari would not keep
    /// the cookie.
    pub secure: bool,
    /// `Lax`, or `None` if the response is posted. Browsers reject `SameSite=None` without `Secure`: then there is no
    /// `SameSite`.
    pub same_site: Option<&'static str>,
}

impl PendingLogin {
    /// The cookie that ties the login to its browser.
    pub fn cookie(&self) -> LoginCookie {
        Tie::of(self).cookie()
    }

    /// The value of the `Set-Cookie` header that ties the login to its browser.
    pub fn set_cookie(&self) -> String {
        set_cookie(&self.cookie())
    }
}

/// For the bindings: what ties a login to its browser, also of a login that is used up.
#[derive(Debug)]
pub struct Tie {
    state: Secret,
    id: Secret,
    lifetime: u32,
    response_mode: ResponseMode,
    local: bool,
}

impl Tie {
    /// That of this login.
    pub fn of(login: &PendingLogin) -> Tie {
        let (state, id) = (login.state.clone(), login.id.clone());
        let (lifetime, response_mode) = (login.lifetime, login.response_mode);
        Tie { state, id, lifetime, response_mode, local: id::is_local(&login.redirect_uri) }
    }

    /// See [`PendingLogin::handle`]: a hash, made each time.
    pub fn handle(&self) -> String {
        id::handle(self.state.expose())
    }

    /// See [`PendingLogin::id`].
    pub fn id(&self) -> &str {
        self.id.expose()
    }

    /// How long the login may take, in seconds.
    pub fn lifetime(&self) -> u32 {
        self.lifetime
    }

    /// See [`PendingLogin::cookie_name`].
    pub fn cookie_name(&self) -> String {
        id::cookie_name(&self.handle(), self.local)
    }

    /// See [`PendingLogin::cookie`].
    pub fn cookie(&self) -> LoginCookie {
        self.cookie_of(&self.handle())
    }

    /// The same, of a login with this handle.
    pub fn cookie_of(&self, handle: &str) -> LoginCookie {
        // A form that comes back is posted by a page of the provider's.
        let same_site = if self.response_mode.is_posted() { "None" } else { "Lax" };
        LoginCookie {
            name: id::cookie_name(handle, self.local),
            value: self.id.clone(),
            max_age: self.lifetime,
            secure: !self.local,
            same_site: (!self.local || same_site == "Lax").then_some(same_site),
        }
    }
}

/// See [`PendingLogin::set_cookie`].
pub fn set_cookie(cookie: &LoginCookie) -> String {
    let LoginCookie { name, value, max_age, secure, same_site } = cookie;
    header(name, value.expose(), *secure, *same_site, *max_age)
}

pub(crate) fn header(name: &str, value: &str, secure: bool, same_site: Option<&str>, max_age: u32) -> String {
    let secure = if secure { "; Secure" } else { "" };
    let (attribute, same_site) = same_site.map_or(("", ""), |same_site| ("; SameSite=", same_site));
    [
        name,
        "=",
        value,
        "; Path=/",
        secure,
        "; HttpOnly",
        attribute,
        same_site,
        "; Max-Age=",
        &max_age.to_string(),
    ]
    .concat()
}

/// The value of the `Set-Cookie` header that deletes the login cookie of this name. Characters that could end a header
/// are left out.
pub fn clear_cookie(name: &str) -> String {
    let own: String =
        name.chars().filter(|letter| letter.is_ascii_alphanumeric() || "-_".contains(*letter)).collect();
    header(&own, "", id::is_secure(&own), Some("Lax"), 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::login::id::handle;

    fn id(number: usize) -> String {
        format!("{number:043}")
    }

    fn name(number: usize) -> String {
        id::cookie_name(&handle(&number.to_string()), false)
    }

    fn cookie(number: usize) -> String {
        format!("{}={}", name(number), id(number))
    }

    fn jar(numbers: impl IntoIterator<Item = usize>) -> LoginCookies {
        let cookies: Vec<String> = numbers.into_iter().map(cookie).collect();
        LoginCookies::parse(&cookies.join("; "))
    }

    #[test]
    fn u2_however_often_a_page_begins_a_login_eight_cookies_stay() {
        let mut browser: Vec<usize> = Vec::new();
        for number in 0..1_000 {
            let cleared = jar(browser.iter().copied()).surplus();
            browser.push(number);
            browser.retain(|number| !cleared.contains(&name(*number)));
            assert!(browser.len() <= MOST_LOGINS && browser.last() == Some(&number));
        }
        assert_eq!(browser, (992..1_000).collect::<Vec<_>>());
    }

    #[test]
    fn u2_a_browser_that_comes_with_a_hundred_is_relieved_of_all_but_the_newest() {
        assert_eq!(jar(0..105).surplus().len(), 98);
        let response = CallbackParams::parse("state=3&code=x").unwrap();
        let cleared = jar(0..105).ended(&response);
        assert!(cleared.contains(&name(3)) && !cleared.contains(&name(104)));
        assert_eq!(cleared.len(), 97);
    }

    #[test]
    fn u2_what_holds_no_id_is_cleared_and_takes_no_place() {
        let (long, short) = ("x".repeat(7_000), id(1));
        let header = format!("a=b; {}={long}; {}={short}; session=1; {}=", name(0), name(1), name(2));
        let jar = LoginCookies::parse(&header);
        assert_eq!(jar.surplus(), [name(2), name(0)]);
        // A name that is none of ours is nobody's to clear, and can end no header.
        assert!(LoginCookies::parse("__Host-rp-\r\nX: y=1; __Host-rp-other=2").surplus().is_empty());
    }

    #[test]
    fn u2_what_clears_a_cookie_is_one_header_whatever_its_name() {
        assert_eq!(clear_cookie("a\r\nX: y; b"), "aXyb=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
        assert!(clear_cookie(&name(1)).starts_with(&[&name(1), "=;"].concat()));
    }

    #[test]
    fn u2_cookies_of_others_take_no_place_whatever_their_names_begin_with() {
        let others: Vec<String> =
            (0..20).map(|number| format!("__Host-rp-app{number}={}", id(number))).collect();
        let header = [cookie(1), others.join("; ")].join("; ");
        assert!(LoginCookies::parse(&header).surplus().is_empty());
    }

    #[test]
    fn a_callback_of_no_login_of_this_browser_ends_none() {
        for response in ["error=1", "state=9&error=access_denied", "code=x"] {
            let response = CallbackParams::parse(response).unwrap();
            assert_eq!((jar(0..3).ended(&response), jar(0..3).id(&response)), (vec![], None));
        }
        let response = CallbackParams::parse("state=1&error=access_denied").unwrap();
        assert_eq!((jar(0..3).ended(&response), jar(0..3).id(&response)), (vec![name(1)], Some(&*id(1))));
    }

    #[test]
    fn u7_an_id_is_43_characters_of_base64url() {
        let response = CallbackParams::parse("state=1&code=x").unwrap();
        for id in ["", "session:alice", "*", "../../x", &"a".repeat(100_000), &format!("{}=", id(1))] {
            let jar = LoginCookies::of([(name(1).as_str(), id)]);
            assert_eq!(jar.id(&response), None);
        }
    }

    #[test]
    fn a_cookie_is_cleared_with_the_attributes_that_it_was_set_with() {
        let cleared = clear_cookie(&name(1));
        assert_eq!(cleared, format!("{}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0", name(1)));
    }
}

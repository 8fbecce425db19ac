//! The cookies of a site: what a browser sent, what it is to keep, and how much that may be.
//!
//! A value that is longer than a browser keeps is spread over several cookies. The first says how many there are; the seal
//! over the whole binds them together. All of ours stay within one budget: the session comes first, then the newest logins.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::login::{id, set_cookie_header};
use crate::report::{Error, ErrorKind};

/// Bytes of one cookie, name and attributes included: browsers keep 4,096 (RFC 6265 6.1).
const LONGEST: usize = 3_900;

/// Parts of one value.
const MOST_PARTS: usize = 4;

/// What stands between two cookies, and between name and value.
pub(super) const SEPARATORS: usize = 3;

/// The cookies that a browser sent, in the order of the header: older ones first (RFC 6265 5.4).
#[derive(Clone, Default)]
pub(super) struct Cookies(Vec<(String, String)>);

impl Cookies {
    pub(super) fn read(&mut self, header: &str) {
        let pairs = header.split(';').filter_map(|pair| pair.trim().split_once('='));
        self.0.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    /// The value of a cookie. If another page put one of the same name before it, the browser sends both: then neither counts.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str());
        let value = values.next()?;
        values.next().is_none().then_some(value)
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(own, _)| own == name)
    }

    /// A value that may have been spread.
    pub(super) fn joined(&self, name: &str) -> Option<String> {
        let (count, first) = self.get(name)?.split_once('~')?;
        let count: usize = count.parse().ok().filter(|count| (1..=MOST_PARTS).contains(count))?;
        let mut whole = first.to_owned();
        for part in 1..count {
            whole.push_str(self.get(&part_name(name, part))?);
        }
        Some(whole)
    }

    /// The names of the cookies that a value was spread over, as far as they are here.
    pub(super) fn parts(&self, name: &str) -> Vec<String> {
        let parts = (1..MOST_PARTS).map(|part| part_name(name, part));
        [name.to_owned()].into_iter().chain(parts).filter(|name| self.has(name)).collect()
    }

    /// The names of the logins' cookies that do not fit into `budget` bytes, oldest first, and of one that is over.
    pub(super) fn surplus_logins(&self, local: bool, mut budget: usize, over: Option<&str>) -> Vec<String> {
        let mut cleared = Vec::new();
        for (name, value) in self.0.iter().rev().filter(|(name, _)| id::is_login_cookie(name, local)) {
            let size = name.len().saturating_add(value.len()).saturating_add(SEPARATORS);
            match budget.checked_sub(size) {
                Some(rest) if over != Some(name) => budget = rest,
                _ => cleared.push(name.clone()),
            }
        }
        cleared.reverse();
        cleared
    }

    /// Whether there is a cookie of any login.
    pub(super) fn has_logins(&self, local: bool) -> bool {
        self.0.iter().any(|(name, _)| id::is_login_cookie(name, local))
    }

    /// Bytes that a value takes, under a name of ours.
    pub(super) fn size(&self, name: &str) -> usize {
        let parts = self.parts(name);
        parts.iter().fold(0, |sum, name| {
            let value = self.get(name).map_or(0, str::len);
            sum.saturating_add(name.len()).saturating_add(value).saturating_add(SEPARATORS)
        })
    }
}

/// How a cookie is to be set.
#[derive(Clone, Copy)]
pub(super) struct Attributes {
    /// Whether the site is at http loopback.
    pub(super) local: bool,
    /// Whether a page of another site may post with it.
    pub(super) cross_site: bool,
    /// In seconds.
    pub(super) max_age: u32,
}

impl Attributes {
    pub(super) fn set(self, name: &str, value: &str) -> String {
        let same_site = if self.cross_site { "None" } else { "Lax" };
        // Browsers reject `SameSite=None` without `Secure`.
        let same_site = (!self.local || !self.cross_site).then_some(same_site);
        set_cookie_header(name, value, !self.local, same_site, self.max_age)
    }
}

/// Bytes that the cookies of these headers take when they come back.
pub(super) fn taken<'a>(set_cookies: impl Iterator<Item = &'a str>) -> usize {
    let kept = set_cookies.filter(|header| !header.ends_with("; Max-Age=0"));
    let pair = |header: &str| header.split(';').next().map_or(0, str::len).saturating_add(SEPARATORS);
    kept.map(pair).fold(0, usize::saturating_add)
}

/// The header that deletes a cookie.
pub(super) fn clear(name: &str, local: bool) -> String {
    Attributes { local, cross_site: false, max_age: 0 }.set(name, "")
}

/// The headers that set a value, over several cookies if need be, and delete what an earlier value leaves over.
///
/// # Errors
/// `cookie_too_large` if it takes more than `budget` bytes.
pub(super) fn spread(
    name: &str,
    value: &str,
    attributes: Attributes,
    budget: usize,
    sent: &Cookies,
) -> Result<Vec<String>, Error> {
    let most = LONGEST.saturating_sub(name.len());
    let mut chunks = Vec::new();
    let mut rest = value;
    while let Some((chunk, behind)) = rest.split_at_checked(most).filter(|(_, behind)| !behind.is_empty()) {
        chunks.push(chunk);
        rest = behind;
    }
    chunks.push(rest);
    let overhead = chunks.len().saturating_mul(name.len().saturating_add(SEPARATORS).saturating_add(2));
    let size = value.len().saturating_add(overhead);
    if size > budget || chunks.len() > MOST_PARTS {
        return Err(ErrorKind::CookieTooLarge.with([&size.to_string(), &budget.to_string()]));
    }
    let count = chunks.len();
    let mut headers = Vec::new();
    for (part, chunk) in chunks.into_iter().enumerate() {
        headers.push(match part {
            0 => attributes.set(name, &format!("{count}~{chunk}")),
            _ => attributes.set(&part_name(name, part), chunk),
        });
    }
    let left_over = sent.parts(name).into_iter().filter(|old| {
        let new = (1..count).any(|part| part_name(name, part) == *old);
        old != name && !new
    });
    headers.extend(left_over.map(|old| clear(&old, attributes.local)));
    Ok(headers)
}

fn part_name(name: &str, part: usize) -> String {
    format!("{name}.{part}")
}

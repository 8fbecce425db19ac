//! Whose request it is.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use crate::machine::{Host, StoreEntry};
use crate::report::{Error, ErrorKind};
use crate::site::answer::Visit;
use crate::site::cookies::{Attributes, Cookies, clear, spread};
use crate::site::keeper::Purpose;
use crate::site::record::{Record, session_key};
use crate::site::shelf::Shelf;
use crate::site::{Site, SitePolicy};
use crate::text::limits::size;
use crate::text::{Entropy, Timestamp};

/// A record with the version of its entry.
pub(super) struct Kept {
    pub(super) record: Record,
    pub(super) version: String,
}

impl Site {
    pub(super) async fn visitor(
        &self,
        host: &Host,
        cookies: &Cookies,
        entropy: &Entropy,
    ) -> Result<Visit, Error> {
        host.now().plausible()?;
        if self.0.policy.store {
            self.stored_visitor(host, cookies, entropy).await
        } else {
            self.sealed_visitor(host.now(), cookies, entropy)
        }
    }

    /// A session in the store.
    async fn stored_visitor(
        &self,
        host: &Host,
        cookies: &Cookies,
        entropy: &Entropy,
    ) -> Result<Visit, Error> {
        // A cookie that leads nowhere stays: it may be newer than what this process knows, or than this request.
        let Some(key) = self.key_of(cookies) else { return Ok(Visit::default()) };
        let Some(kept) = self.kept(host, &key).await? else { return Ok(Visit::default()) };
        let (record, now) = (&kept.record, host.now());
        if record.is_due(self.policy(), now) {
            return self.refreshed_visitor(host, cookies, &key, kept, entropy).await;
        }
        if record.is_stale(self.policy(), now) {
            let entry = self.entry(&key, &record.seen(now), entropy.part("seen"))?;
            // Whoever changed it meanwhile used it, too.
            Shelf(host).put(entry, kept.version).await?;
        }
        Ok(visit_of(&kept.record, now))
    }

    /// A session that is in the browser's cookies alone.
    fn sealed_visitor(&self, now: Timestamp, cookies: &Cookies, entropy: &Entropy) -> Result<Visit, Error> {
        let Some(record) = self.record_in(cookies) else { return Ok(Visit::default()) };
        if record.expires_at(self.policy()) <= now {
            return Ok(Visit { set_cookies: self.clear_session(cookies), ..Visit::default() });
        }
        let mut visit = visit_of(&record, now);
        if record.is_stale(self.policy(), now) {
            visit.set_cookies = self.sealed_cookies(&record.seen(now), now, cookies, entropy.part("seen"))?;
        }
        Ok(visit)
    }

    pub(super) fn clear_session(&self, cookies: &Cookies) -> Vec<String> {
        cookies.parts(&self.cookie_name()).iter().map(|name| clear(name, self.0.local)).collect()
    }

    /// The session in the cookies of a site without a store, be it over or not.
    pub(super) fn record_in(&self, cookies: &Cookies) -> Option<Record> {
        let name = self.cookie_name();
        let text = self.open(Purpose::Session, &name, &cookies.joined(&name)?)?;
        Record::decode(self, &text)
    }

    /// The session in the store under a key, unless it is over.
    pub(super) async fn kept(&self, host: &Host, key: &str) -> Result<Option<Kept>, Error> {
        let Some(found) = Shelf(host).get(key).await? else { return Ok(None) };
        let record = self.read(key, &found.value, host.now());
        Ok(record.map(|record| Kept { record, version: found.version }))
    }

    pub(super) fn read(&self, key: &str, value: &str, now: Timestamp) -> Option<Record> {
        let text = self.open(Purpose::Stored, key, value)?;
        Record::decode(self, &text).filter(|record| now < record.expires_at(self.policy()))
    }

    /// Where the session of these cookies is kept.
    pub(super) fn key_of(&self, cookies: &Cookies) -> Option<String> {
        let id = cookies.get(&self.cookie_name())?;
        let fits =
            id.len() == 43 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        fits.then(|| session_key(id))
    }

    /// What the store is to keep.
    pub(super) fn entry(&self, key: &str, record: &Record, entropy: Entropy) -> Result<StoreEntry, Error> {
        let value = self.seal(Purpose::Stored, key, &record.encode(), entropy)?;
        let expires_at = record.expires_at(self.policy());
        Ok(StoreEntry { key: key.into(), value, expires_at, labels: record.labels() })
    }

    /// The cookies of a session that is kept in them.
    pub(super) fn sealed_cookies(
        &self,
        record: &Record,
        now: Timestamp,
        sent: &Cookies,
        entropy: Entropy,
    ) -> Result<Vec<String>, Error> {
        let name = self.cookie_name();
        let value = self.seal(Purpose::Session, &name, &record.encode(), entropy)?;
        spread(
            &name,
            &value,
            self.session_attributes(record, now),
            size(self.policy().cookie_budget_bytes),
            sent,
        )
    }

    /// The cookie of a session that is in the store.
    pub(super) fn id_cookies(&self, id: &str, record: &Record, now: Timestamp) -> Vec<String> {
        vec![self.session_attributes(record, now).set(&self.cookie_name(), id)]
    }

    fn session_attributes(&self, record: &Record, now: Timestamp) -> Attributes {
        let max_age = u32::try_from(record.ends_at(self.policy()).since(now)).unwrap_or_default();
        Attributes { local: self.0.local, cross_site: false, max_age }
    }

    pub(super) fn cookie_name(&self) -> String {
        [if self.0.local { "" } else { "__Host-" }, &self.policy().cookie_name].concat()
    }

    pub(super) fn policy(&self) -> &SitePolicy {
        &self.0.policy
    }
}

/// A visitor with this session. One that has to be refreshed first is nobody's for now.
pub(super) fn visit_of(record: &Record, now: Timestamp) -> Visit {
    if record.session.refresh_token().is_some() && !record.lives(now) {
        let pause = record.retry_at.since(now).max(0);
        let error = ErrorKind::RefreshPending.with([&pause.to_string()]);
        return Visit { error: Some(error), ..Visit::default() };
    }
    Visit {
        session: Some(record.session.clone()),
        provider: Some(record.provider.clone()),
        ..Visit::default()
    }
}

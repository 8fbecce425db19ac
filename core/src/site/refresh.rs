//! A refresh that nobody loses, however many processes have the session: due, lock, read again, refresh, put, unlock.
//!
//! * Whoever gets the lock reads again: if somebody else refreshed meanwhile, theirs is used.
//! * Whoever does not get it in time reads again, too, and goes on with a token that still lives.
//! * What is written names the version that was read. A logout in between wins, and so does a refresh of somebody else's who took
//!   the lock when it had expired.
//! * `invalid_grant` is believed after one more look. Then the session's entry says that it is over, and one process tells.
//! * Any other failure is written down with the time of the next attempt, so that nobody asks the provider again and again.
//! * A process that dies holds the lock for as long as it lives. If it died between the response and the write, the provider has
//!   spent the refresh token, and the next refresh ends the session.

use crate::login::Session;
use crate::machine::{Host, StoreEntry};
use crate::report::{Category, Error, ErrorKind};
use crate::site::Site;
use crate::site::answer::{Event, Visit};
use crate::site::cookies::Cookies;
use crate::site::keeper::Purpose;
use crate::site::record::{ENDED, Record, lock_key};
use crate::site::shelf::Shelf;
use crate::site::visit::{Kept, visit_of};
use crate::text::Entropy;

impl Site {
    /// The visitor whose session is due.
    pub(super) async fn refreshed_visitor(
        &self,
        host: &Host,
        cookies: &Cookies,
        key: &str,
        kept: Kept,
        entropy: &Entropy,
    ) -> Result<Visit, Error> {
        let (lock, owner) = (lock_key(key), entropy.keyed().split("site/owner"));
        let (lifetime, wait) = (self.policy().lock_secs, self.policy().lock_wait_secs);
        if Shelf(host).lock(&lock, owner.expose(), lifetime, wait).await? {
            let visit = self.locked_refresh(host, cookies, key, entropy).await;
            Shelf(host).unlock(&lock, owner.expose()).await;
            return visit;
        }
        let record = match self.kept(host, key).await? {
            Some(now_kept) if now_kept.version != kept.version => now_kept.record,
            Some(_) if kept.record.lives(host.now()) => kept.record,
            Some(_) => return Ok(unusable(ErrorKind::RefreshBusy.into())),
            None => return Ok(self.nobody(cookies)),
        };
        Ok(visit_of(&record))
    }

    /// What the holder of the lock does.
    async fn locked_refresh(
        &self,
        host: &Host,
        cookies: &Cookies,
        key: &str,
        entropy: &Entropy,
    ) -> Result<Visit, Error> {
        let Some(kept) = self.kept(host, key).await? else { return Ok(self.nobody(cookies)) };
        if !kept.record.is_due(self.policy(), host.now()) {
            return Ok(visit_of(&kept.record));
        }
        match self.new_tokens(host, &kept.record, entropy.part("refresh")).await {
            Ok(session) => {
                let record = kept.record.refreshed(session.clone(), host.now());
                let entry = self.entry(key, &record, entropy.part("refreshed"))?;
                if Shelf(host).put(entry, kept.version).await? {
                    return Ok(Visit { event: Some(Event::SessionChanged { session }), ..visit_of(&record) });
                }
                self.overtaken(host, cookies, key).await
            }
            Err(error) if error.category() == Category::Misuse => Err(error),
            Err(error) if is_final(&error) => self.ended(host, cookies, key, kept, error, entropy).await,
            Err(error) => {
                let record = kept.record.failed(host.now());
                let entry = self.entry(key, &record, entropy.part("failed"))?;
                if !Shelf(host).put(entry, kept.version).await? {
                    return self.overtaken(host, cookies, key).await;
                }
                if record.lives(host.now()) {
                    return Ok(Visit { error: Some(error), ..visit_of(&record) });
                }
                Ok(unusable(error))
            }
        }
    }

    async fn new_tokens(&self, host: &Host, record: &Record, entropy: Entropy) -> Result<Session, Error> {
        let provider = self.chosen(Some(&record.provider))?;
        let client = provider.client(host).await?;
        let now = host.now();
        let step = host.cache(|cache| client.proving(entropy, cache, now).refresh(&record.session));
        host.run(step).await
    }

    /// Somebody else changed the entry first: a logout, or a refresh by whoever had the lock next.
    async fn overtaken(&self, host: &Host, cookies: &Cookies, key: &str) -> Result<Visit, Error> {
        Ok(match self.kept(host, key).await? {
            Some(kept) => visit_of(&kept.record),
            None => self.nobody(cookies),
        })
    }

    /// The provider takes the refresh token no longer. The entry is changed, not deleted: so it is told once.
    async fn ended(
        &self,
        host: &Host,
        cookies: &Cookies,
        key: &str,
        kept: Kept,
        error: Error,
        entropy: &Entropy,
    ) -> Result<Visit, Error> {
        match self.kept(host, key).await? {
            None => return Ok(self.nobody(cookies)),
            Some(other) if other.version != kept.version => return Ok(visit_of(&other.record)),
            Some(_) => {}
        }
        let value = self.seal(Purpose::Stored, key, ENDED, entropy.part("ended"))?;
        let expires_at = kept.record.expires_at(self.policy());
        let entry = StoreEntry { key: key.into(), value, expires_at, labels: kept.record.labels() };
        if !Shelf(host).put(entry, kept.version).await? {
            return self.overtaken(host, cookies, key).await;
        }
        Ok(Visit { event: Some(Event::SessionEnded { error }), ..self.nobody(cookies) })
    }
}

/// A session whose token is dead and cannot be renewed now. Its cookie stays.
fn unusable(error: Error) -> Visit {
    Visit { error: Some(error), ..Visit::default() }
}

/// Whether the refresh token is of no use any more (RFC 6749 5.2).
fn is_final(error: &Error) -> bool {
    error.server_error().is_some_and(|server| server.error == "invalid_grant")
}

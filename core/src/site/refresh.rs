//! A refresh that nobody loses, however many processes have the session: due, lock, read again, refresh, put, unlock.
//!
//! * Whoever gets the lock reads again: if somebody else refreshed meanwhile, theirs is used.
//! * Whoever does not get it in time reads again, too, and goes on with a token that still lives.
//! * What is written names the version that was read. A logout in between wins, and so does a refresh of somebody else's who took
//!   the lock when it had expired.
//! * A mere use of the session that is written meanwhile changes no tokens, and loses none.
//! * `invalid_grant` is believed unless other tokens came meanwhile. Then the session's entry says that it is over, and one process tells.
//! * Any other failure is written down with the time of the next attempt, so that nobody asks the provider again and again.
//! * A process that dies holds the lock for as long as it lives. If it died between the response and the write, the provider has
//!   spent the refresh token, and the next refresh ends the session.

use crate::client::Client;
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
use crate::text::{Entropy, Timestamp};

/// What became of a change to a session's entry.
enum Changed {
    /// It is as it was to be.
    Done(Record),
    /// Somebody else brought other tokens first.
    Overtaken(Record),
    /// Somebody else ended it.
    Gone,
}

/// How often a write is repeated that the store did not answer.
const REPEATS: u8 = 2;

/// How often a change is tried that a mere use of the session gets in the way of.
const TRIES: u8 = 8;

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
        // Nothing that takes long is done under the lock but the refresh.
        let client = match self.chosen(Some(&kept.record.provider))?.client(host).await {
            Ok(client) => client,
            Err(error) if error.category() == Category::Misuse => return Err(error),
            Err(error) => return Ok(put_off(&kept.record, error, host.now())),
        };
        let (lock, owner) = (lock_key(key), entropy.keyed().split("site/owner"));
        let (lifetime, wait) = (self.policy().lock_secs, self.policy().lock_wait_secs);
        if Shelf(host).lock(&lock, owner.expose(), lifetime, wait).await? {
            let visit = self.locked_refresh(host, &client, cookies, key, entropy).await;
            Shelf(host).unlock(&lock, owner.expose()).await;
            return visit;
        }
        Ok(match self.kept(host, key).await? {
            Some(now) => visit_of(&now.record, host.now()),
            None => Visit::default(),
        })
    }

    /// What the holder of the lock does.
    async fn locked_refresh(
        &self,
        host: &Host,
        client: &Client,
        cookies: &Cookies,
        key: &str,
        entropy: &Entropy,
    ) -> Result<Visit, Error> {
        let Some(kept) = self.kept(host, key).await? else { return Ok(Visit::default()) };
        if !kept.record.is_due(self.policy(), host.now()) {
            return Ok(visit_of(&kept.record, host.now()));
        }
        let (now, draw) = (host.now(), entropy.part("refresh"));
        let step = host.cache(|cache| client.proving(draw, cache, now).refresh(&kept.record.session));
        match host.run(step).await {
            Ok(session) => {
                let new = |record: &Record, now| Some(record.refreshed(session.clone(), now));
                let changed = self.change(host, key, kept, "refreshed", entropy, new).await?;
                Ok(match changed {
                    Changed::Done(record) => {
                        let event = Some(Event::SessionChanged { session });
                        Visit { event, ..visit_of(&record, host.now()) }
                    }
                    Changed::Overtaken(record) => visit_of(&record, host.now()),
                    Changed::Gone => Visit::default(),
                })
            }
            Err(error) if error.category() == Category::Misuse => Err(error),
            Err(error) => {
                let is_over = is_final(&error);
                let new = |record: &Record, now| (!is_over).then(|| record.failed(now));
                Ok(match self.change(host, key, kept, "failed", entropy, new).await? {
                    Changed::Done(_) if is_over => {
                        let event = Some(Event::SessionEnded { error });
                        Visit { event, set_cookies: self.clear_session(cookies), ..Visit::default() }
                    }
                    Changed::Done(record) => put_off(&record, error, host.now()),
                    Changed::Overtaken(record) => visit_of(&record, host.now()),
                    Changed::Gone => Visit::default(),
                })
            }
        }
    }

    /// Writes what `new` makes of the record, or its end, over the tokens that were read and no others. A mere use of the session in
    /// between, by whoever has not seen that it is due, does not stand in the way.
    async fn change(
        &self,
        host: &Host,
        key: &str,
        kept: Kept,
        name: &str,
        entropy: &Entropy,
        new: impl Fn(&Record, Timestamp) -> Option<Record>,
    ) -> Result<Changed, Error> {
        let spent = kept.record.session.clone();
        let Kept { mut record, mut version } = kept;
        for attempt in 0..TRIES {
            let draw = entropy.part(&alloc::format!("{name} {attempt}"));
            let after = new(&record, host.now());
            let entry = match &after {
                Some(after) => self.entry(key, after, draw)?,
                None => self.end_entry(key, &record, draw)?,
            };
            match Shelf(host).put(entry, version.clone()).await {
                Ok(true) => return Ok(Changed::Done(after.unwrap_or(record))),
                Ok(false) => {}
                // Tokens that are not written are lost. If it was written all the same, this finds it changed.
                Err(error) if attempt < REPEATS && error.code() == "store_unavailable" => {
                    continue;
                }
                Err(error) => return Err(error),
            }
            match self.kept(host, key).await? {
                None => return Ok(Changed::Gone),
                Some(other) if !has_tokens_of(&other.record.session, &spent) => {
                    return Ok(Changed::Overtaken(other.record));
                }
                Some(other) => Kept { record, version } = other,
            }
        }
        Err(ErrorKind::StoreUnavailable.with(["the session is written again and again"]))
    }

    /// What the store holds of a session whose refresh token is gone. It is changed, not deleted: so its end is told once.
    fn end_entry(&self, key: &str, record: &Record, entropy: Entropy) -> Result<StoreEntry, Error> {
        let value = self.seal(Purpose::Stored, key, ENDED, entropy)?;
        let expires_at = record.expires_at(self.policy());
        Ok(StoreEntry { key: key.into(), value, expires_at, labels: record.labels() })
    }
}

fn has_tokens_of(one: &Session, other: &Session) -> bool {
    one.access_token() == other.access_token() && one.refresh_token() == other.refresh_token()
}

/// A session that could not be refreshed now: with its token, if that still lives.
fn put_off(record: &Record, error: Error, now: Timestamp) -> Visit {
    if record.lives(now) {
        return Visit { error: Some(error), ..visit_of(record, now) };
    }
    Visit { error: Some(error), ..Visit::default() }
}

/// Whether the refresh token is of no use any more (RFC 6749 5.2).
fn is_final(error: &Error) -> bool {
    error.server_error().is_some_and(|server| server.error == "invalid_grant")
}

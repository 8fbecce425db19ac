//! Sessions in PostgreSQL.

mod statements;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::tokio_postgres::error::SqlState;
use deadpool_postgres::tokio_postgres::types::{ToSql, Type};
use deadpool_postgres::tokio_postgres::{self, IsolationLevel, Row};
use deadpool_postgres::{Object, Pool, PoolError};
use relyingparty::StoreEntry;
use tokio::time::{Instant, sleep, timeout_at};

use self::statements::{PREFIX, PURGED, Statements};
use super::naps::{Naps, uneven};
use super::{SessionStore, Versioned};
use crate::error::invalid;
use crate::{BoxFuture, Error, StoreError};

/// Sessions in PostgreSQL, for all processes of an application. It needs tokio.
///
/// The tables are made by your own migration: [`TABLES`](PostgresSessionStore::TABLES). They are those of the Python package's
/// `SqlSessionStore`: processes of both languages can share them, where their sites have the same sealing keys.
///
/// Entries and locks expire by the clock of the database. Rows that have expired are deleted bit by bit when others are added, and by
/// [`purge`](PostgresSessionStore::purge). What the database refuses because of somebody else's transaction (a deadlock, a
/// serialization failure) is tried again. Ask the primary: a replica lags behind.
#[derive(Clone)]
pub struct PostgresSessionStore {
    pool: Pool,
    statements: Arc<Statements>,
}

/// How long PostgreSQL may take, a connection included: an answer that nobody waits for can be that tokens were written.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often a step is tried that somebody else's stands in the way of, and the pause before the second time.
const ATTEMPTS: u32 = 8;
const PAUSE: Duration = Duration::from_millis(8);

/// One in so many entries that are added has some of those deleted that have expired.
const PURGE_EVERY: u8 = 64;

/// What a statement is given, each with its type: so it takes one round trip, and no prepared statement that a pool in between
/// (PgBouncer) would have to know.
type Given<'a> = [(&'a (dyn ToSql + Sync), Type)];

/// Why an attempt came to nothing.
enum Failure {
    Refused(tokio_postgres::Error),
    Pool(PoolError),
    Late,
}

impl PostgresSessionStore {
    /// The statements that make the tables, for your migration.
    pub const TABLES: &'static str = include_str!("tables.sql");

    /// A store whose connections are of this pool, which is yours: its size, its TLS, its timeouts. PostgreSQL may take 5 seconds for
    /// an answer; a connection that takes longer is closed.
    #[must_use]
    pub fn new(pool: Pool) -> PostgresSessionStore {
        PostgresSessionStore { pool, statements: Arc::new(Statements::new(PREFIX)) }
    }

    /// The same store, whose tables have names that begin with this instead of `relyingparty_`: up to 32 letters from `a` to `z`,
    /// digits and `_`, a letter first.
    ///
    /// # Errors
    /// `invalid_configuration`
    pub fn with_prefix(mut self, prefix: &str) -> Result<PostgresSessionStore, Error> {
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let begins = prefix.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        if !begins || prefix.len() > 32 || !prefix.bytes().all(is_name) {
            return Err(invalid(
                "prefix",
                "is not up to 32 letters from a to z, digits and _, a letter first",
            ));
        }
        self.statements = Arc::new(Statements::new(prefix));
        Ok(self)
    }

    /// Deletes all entries and locks that have expired, and says how many entries there were. A site needs nobody who calls it.
    ///
    /// # Errors
    /// What PostgreSQL or the pool fails with.
    pub async fn purge(&self) -> Result<u64, StoreError> {
        let mut purged: u64 = 0;
        loop {
            let (entries, locks) = self.purge_some().await?;
            purged = purged.saturating_add(entries);
            if entries < PURGED && locks < PURGED {
                return Ok(purged);
            }
        }
    }

    async fn purge_some(&self) -> Result<(u64, u64), StoreError> {
        let entries = self.change(&self.statements.purge, &[], &[]).await?.len();
        let locks = self.ask(&self.statements.purge_locks, &[]).await?.len();
        Ok((entries.try_into()?, locks.try_into()?))
    }

    async fn keep(&self, entry: StoreEntry, version: Option<String>) -> Result<bool, StoreError> {
        let StoreEntry { key, value, expires_at, labels, .. } = &entry;
        let (expires_at, spaced) = (expires_at.as_unix(), format!(" {} ", labels.join("  ")));
        let next = drawn()?;
        let mut given: Vec<(&(dyn ToSql + Sync), Type)> = vec![
            (key, Type::TEXT),
            (value, Type::TEXT),
            (&next, Type::TEXT),
            (&expires_at, Type::INT8),
            (&spaced, Type::TEXT),
        ];
        let mut statement = &self.statements.add;
        if let Some(version) = &version {
            statement = &self.statements.put;
            given.push((version, Type::TEXT));
        }
        Ok(!self.change(statement, &given, labels).await?.is_empty())
    }

    async fn added(&self, entry: StoreEntry) -> Result<bool, StoreError> {
        let is_added = self.keep(entry, None).await?;
        let mut byte = [0];
        let _ = getrandom::fill(&mut byte);
        if is_added && byte[0].is_multiple_of(PURGE_EVERY) {
            // Whoever adds the next one may have better luck: this one is added.
            let _ = self.purge_some().await;
        }
        Ok(is_added)
    }

    async fn taken(&self, key: &str) -> Result<Option<Versioned>, StoreError> {
        let rows = self.change(&self.statements.take, &[(&key, Type::TEXT)], &[]).await?;
        match rows.first() {
            Some(row) if row.try_get("lives")? => versioned(row).map(Some),
            _ => Ok(None),
        }
    }

    async fn wait_for(&self, key: &str, owner: &str, lifetime: u32, wait: u32) -> Result<bool, StoreError> {
        let lifetime = f64::from(lifetime);
        let given: &Given = &[(&key, Type::TEXT), (&owner, Type::TEXT), (&lifetime, Type::FLOAT8)];
        let mut naps = Naps::new(wait);
        loop {
            if !self.ask(&self.statements.lock, given).await?.is_empty() {
                return Ok(true);
            }
            if !naps.take().await {
                return Ok(false);
            }
        }
    }

    /// One statement, which is an atomic step of its own.
    async fn ask(&self, statement: &str, given: &Given<'_>) -> Result<Vec<Row>, StoreError> {
        self.tried(statement, given, None).await
    }

    /// A statement that returns the keys of those entries that it changed or deleted, which have these labels from then on, in one
    /// transaction.
    async fn change(
        &self,
        statement: &str,
        given: &Given<'_>,
        labels: &[String],
    ) -> Result<Vec<Row>, StoreError> {
        self.tried(statement, given, Some(labels)).await
    }

    async fn tried(
        &self,
        statement: &str,
        given: &Given<'_>,
        labels: Option<&[String]>,
    ) -> Result<Vec<Row>, StoreError> {
        let mut pause = PAUSE;
        for _ in 1..ATTEMPTS {
            match self.once(statement, given, labels).await {
                Err(Failure::Refused(error)) if is_conflict(&error) => {}
                outcome => return outcome.map_err(Failure::into),
            }
            sleep(uneven(pause)).await;
            pause = pause.saturating_mul(2);
        }
        self.once(statement, given, labels).await.map_err(Failure::into)
    }

    async fn once(
        &self,
        statement: &str,
        given: &Given<'_>,
        labels: Option<&[String]>,
    ) -> Result<Vec<Row>, Failure> {
        let until = Instant::now() + PATIENCE;
        let mut client =
            timeout_at(until, self.pool.get()).await.map_err(|_| Failure::Late)?.map_err(Failure::Pool)?;
        let work = async {
            match labels {
                None => client.query_typed(statement, given).await,
                Some(labels) => self.transact(&mut client, statement, given, labels).await,
            }
        };
        match timeout_at(until, work).await {
            Ok(outcome) => outcome.map_err(Failure::Refused),
            Err(_) => {
                // Nobody knows what it still waits for.
                drop(Object::take(client));
                Err(Failure::Late)
            }
        }
    }

    async fn transact(
        &self,
        client: &mut Object,
        statement: &str,
        given: &Given<'_>,
        labels: &[String],
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        // What the statements are written for, whatever the database is set to.
        let begun = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted);
        let transaction = begun.start().await?;
        let rows = transaction.query_typed(statement, given).await?;
        let keys = rows.iter().map(|row| row.try_get("key")).collect::<Result<Vec<String>, _>>()?;
        if !keys.is_empty() {
            let given: &Given = &[(&keys, Type::TEXT_ARRAY)];
            transaction.execute_typed(&self.statements.unlabel, given).await?;
        }
        if let ([key], false) = (keys.as_slice(), labels.is_empty()) {
            let given: &Given = &[(key, Type::TEXT), (&labels, Type::TEXT_ARRAY)];
            transaction.execute_typed(&self.statements.label, given).await?;
        }
        transaction.commit().await?;
        Ok(rows)
    }
}

/// Whether it says that somebody else stood in the way, and that nothing was done.
fn is_conflict(error: &tokio_postgres::Error) -> bool {
    let code = error.code();
    code == Some(&SqlState::T_R_SERIALIZATION_FAILURE) || code == Some(&SqlState::T_R_DEADLOCK_DETECTED)
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> StoreError {
        match failure {
            // Without the details, which can be a whole row.
            Failure::Refused(error) => match error.as_db_error() {
                Some(said) => format!("PostgreSQL: {} {}", said.code().code(), said.message()).into(),
                None => error.into(),
            },
            Failure::Pool(error) => error.into(),
            Failure::Late => "PostgreSQL did not answer in 5 seconds".into(),
        }
    }
}

fn versioned(row: &Row) -> Result<Versioned, StoreError> {
    Ok(Versioned { value: row.try_get("value")?, version: row.try_get("version")? })
}

/// A version that no entry had before.
fn drawn() -> Result<String, StoreError> {
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

impl SessionStore for PostgresSessionStore {
    fn get(&self, key: String) -> BoxFuture<'_, Result<Option<Versioned>, StoreError>> {
        Box::pin(async move {
            let rows = self.ask(&self.statements.get, &[(&key, Type::TEXT)]).await?;
            rows.first().map(versioned).transpose()
        })
    }

    fn add(&self, entry: StoreEntry) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(self.added(entry))
    }

    fn put(&self, entry: StoreEntry, version: String) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(self.keep(entry, Some(version)))
    }

    fn take(&self, key: String) -> BoxFuture<'_, Result<Option<Versioned>, StoreError>> {
        Box::pin(async move { self.taken(&key).await })
    }

    fn delete(&self, key: String) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { self.taken(&key).await.map(drop) })
    }

    fn delete_labelled(&self, label: String) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let spaced = format!(" {label} ");
            let given: &Given = &[(&label, Type::TEXT), (&spaced, Type::TEXT)];
            self.change(&self.statements.delete_labelled, given, &[]).await.map(drop)
        })
    }

    fn lock(
        &self,
        key: String,
        owner: String,
        lifetime: u32,
        wait: u32,
    ) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(async move { self.wait_for(&key, &owner, lifetime, wait).await })
    }

    fn unlock(&self, key: String, owner: String) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let given: &Given = &[(&key, Type::TEXT), (&owner, Type::TEXT)];
            self.ask(&self.statements.unlock, given).await.map(drop)
        })
    }
}

impl fmt::Debug for PostgresSessionStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresSessionStore")
    }
}

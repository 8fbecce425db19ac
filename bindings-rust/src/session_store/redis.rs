//! Sessions in Redis.

use std::fmt;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, FromRedisValue, RedisError, Script, cmd};
use relyingparty::bindings::refused;
use relyingparty::{ErrorKind, StoreEntry};

use super::naps::Naps;
use super::{SessionStore, Versioned};
use crate::{BoxFuture, Error, StoreError};

/// Sessions in Redis (or Valkey), for all processes of an application. It needs tokio.
///
/// Every question is one script, and so one atomic step. A value is its own version. Entries, labels and locks expire by themselves,
/// by the clock of Redis. Let Redis evict nothing (`maxmemory-policy noeviction`): what it drops, somebody is logged out by. Replicas
/// are not asked.
#[derive(Clone)]
pub struct RedisSessionStore {
    connection: ConnectionManager,
    script: Script,
    prefix: String,
}

/// How long Redis may take to answer: an answer that nobody waits for can be that tokens were written.
const PATIENCE: Duration = Duration::from_secs(5);

impl RedisSessionStore {
    /// A store at this address, `redis://host:port/database`, which is connected to now and again whenever the connection is lost. For
    /// `rediss://` switch on one of the TLS features of the crate `redis`. Redis may take 5 seconds for an answer.
    ///
    /// # Errors
    /// `store_unavailable`
    pub async fn connect(url: &str) -> Result<RedisSessionStore, Error> {
        let patient = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let connected = async { ConnectionManager::new_with_config(Client::open(url)?, patient).await };
        Ok(RedisSessionStore::new(connected.await.map_err(unavailable)?))
    }

    /// A store behind this connection.
    #[must_use]
    pub fn new(connection: ConnectionManager) -> RedisSessionStore {
        let (script, prefix) = (Script::new(include_str!("redis.lua")), "relyingparty:".into());
        RedisSessionStore { connection, script, prefix }
    }

    /// The same store, whose keys begin with this instead of `relyingparty:`.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> RedisSessionStore {
        self.prefix = prefix.into();
        self
    }

    fn key(&self, room: &str, name: &str) -> String {
        [&self.prefix, room, name].concat()
    }

    async fn ask<T: FromRedisValue>(
        &self,
        (question, room, name): (&str, &str, &str),
        further: &[&str],
    ) -> Result<T, StoreError> {
        let mut script = self.script.key(self.key(room, name));
        script.arg(question).arg(&self.prefix).arg(name).arg(further);
        Ok(script.invoke_async(&mut self.connection.clone()).await?)
    }

    async fn keep(
        &self,
        question: &str,
        entry: StoreEntry,
        version: Option<&str>,
    ) -> Result<bool, StoreError> {
        let StoreEntry { key, value, expires_at, labels, .. } = &entry;
        let (expires_at, labels) = (expires_at.as_unix().to_string(), labels.join(" "));
        let mut further = vec![value.as_str(), &expires_at, &labels];
        further.extend(version);
        self.ask((question, ENTRY, key), &further).await
    }

    async fn wait_for(&self, key: &str, owner: &str, lifetime: u32, wait: u32) -> Result<bool, StoreError> {
        let lifetime = u64::from(lifetime).saturating_mul(1_000).to_string();
        let mut naps = Naps::new(wait);
        loop {
            if self.ask(("lock", LOCK, key), &[owner, &lifetime]).await? {
                return Ok(true);
            }
            if !naps.take().await {
                return Ok(false);
            }
        }
    }
}

const ENTRY: &str = "entry:";
const LABEL: &str = "label:";
const LOCK: &str = "lock:";

fn versioned(value: Option<String>) -> Option<Versioned> {
    value.map(|value| Versioned { version: value.clone(), value })
}

fn unavailable(cause: RedisError) -> Error {
    let error = refused(ErrorKind::StoreUnavailable, ["Redis cannot be reached"]);
    Error::SessionStore { error, cause: std::sync::Arc::new(cause) }
}

impl SessionStore for RedisSessionStore {
    fn get(&self, key: String) -> BoxFuture<'_, Result<Option<Versioned>, StoreError>> {
        Box::pin(async move {
            let mut get = cmd("HGET");
            get.arg(self.key(ENTRY, &key)).arg("value");
            Ok(versioned(get.query_async(&mut self.connection.clone()).await?))
        })
    }

    fn add(&self, entry: StoreEntry) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(self.keep("add", entry, None))
    }

    fn put(&self, entry: StoreEntry, version: String) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(async move { self.keep("put", entry, Some(&version)).await })
    }

    fn take(&self, key: String) -> BoxFuture<'_, Result<Option<Versioned>, StoreError>> {
        Box::pin(async move { self.ask(("take", ENTRY, &key), &[]).await.map(versioned) })
    }

    fn delete(&self, key: String) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { self.ask(("delete", ENTRY, &key), &[]).await })
    }

    fn delete_labelled(&self, label: String) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { self.ask(("delete_labelled", LABEL, &label), &[]).await })
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
        Box::pin(async move { self.ask(("unlock", LOCK, &key), &[&owner]).await })
    }
}

impl fmt::Debug for RedisSessionStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisSessionStore({})", self.prefix)
    }
}

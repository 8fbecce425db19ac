//! What a site may rely on, of each store that the crate has: in memory, in a real Redis and in a real PostgreSQL.

#[cfg(feature = "postgres")]
#[path = "stores/postgres.rs"]
mod postgres_server;
#[allow(dead_code, reason = "Redis is for its feature")]
mod stores;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use relyingparty_host::{MemorySessionStore, SessionStore, blocking};
use stores::entry;
use tokio::task::JoinSet;
use tokio::time::sleep;

type Shared = Arc<dyn SessionStore>;

fn on_tokio<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

fn text(text: &str) -> String {
    text.to_owned()
}

/// The value under a key.
async fn value(store: &Shared, key: &str) -> Option<String> {
    store.get(text(key)).await.unwrap().map(|found| found.value)
}

async fn version(store: &Shared, key: &str) -> String {
    store.get(text(key)).await.unwrap().unwrap().version
}

/// How many of sixteen who do it at once are told yes.
async fn told_yes<F>(store: &Shared, ask: impl Fn(Shared, u32) -> F) -> usize
where
    F: Future<Output = bool> + Send + 'static,
{
    let mut asking = JoinSet::new();
    (0..16).for_each(|one| drop(asking.spawn(ask(store.clone(), one))));
    asking.join_all().await.into_iter().filter(|yes| *yes).count()
}

async fn entries_are_added_changed_taken_and_deleted(store: &Shared) {
    assert!(store.add(entry("a", "one", 60, &[])).await.unwrap());
    assert!(!store.add(entry("a", "two", 60, &[])).await.unwrap(), "there is one");
    assert_eq!(value(store, "a").await.as_deref(), Some("one"));
    let first = version(store, "a").await;
    assert!(store.put(entry("a", "two", 60, &[]), first.clone()).await.unwrap());
    assert!(!store.put(entry("a", "three", 60, &[]), first).await.unwrap(), "it is of another version");
    let second = version(store, "a").await;
    assert_eq!(store.take(text("a")).await.unwrap().unwrap().value, "two");
    assert_eq!(store.take(text("a")).await.unwrap(), None);
    assert!(!store.put(entry("a", "three", 60, &[]), second.clone()).await.unwrap(), "it is gone");
    assert_eq!(value(store, "a").await, None);
    assert!(store.add(entry("a", "four", 60, &[])).await.unwrap());
    assert!(!store.put(entry("a", "five", 60, &[]), second).await.unwrap(), "this is a later one");
    store.delete(text("a")).await.unwrap();
    store.delete(text("a")).await.unwrap();
    assert_eq!(value(store, "a").await, None);
}

async fn a_label_leads_to_the_entries_that_have_it_now(store: &Shared) {
    store.add(entry("l1", "one", 60, &["sub.x", "sid.1"])).await.unwrap();
    store.add(entry("l2", "two", 60, &["sub.x", "sid.2"])).await.unwrap();
    store.add(entry("l3", "three", 60, &["sub.xy"])).await.unwrap();
    store.add(entry("l4", "four", 60, &["sub.x"])).await.unwrap();
    let seen = version(store, "l4").await;
    assert!(store.put(entry("l4", "another", 60, &["sub.y"]), seen).await.unwrap());
    store.delete_labelled(text("sid.2")).await.unwrap();
    assert_eq!(value(store, "l2").await, None);
    store.add(entry("l2", "again", 60, &["sub.z"])).await.unwrap();
    store.delete_labelled(text("sub.x")).await.unwrap();
    let mut left = Vec::new();
    for key in ["l1", "l2", "l3", "l4"] {
        left.push(value(store, key).await);
    }
    assert_eq!(left, [None, Some(text("again")), Some(text("three")), Some(text("another"))]);
    store.delete_labelled(text("nobody")).await.unwrap();
}

async fn what_has_expired_is_gone_with_its_labels(store: &Shared) {
    assert!(store.add(entry("e", "one", 1, &["short"])).await.unwrap());
    let seen = version(store, "e").await;
    sleep(Duration::from_millis(2_100)).await;
    assert_eq!(value(store, "e").await, None);
    assert!(!store.put(entry("e", "late", 60, &[]), seen).await.unwrap());
    assert_eq!(store.take(text("e")).await.unwrap(), None);
    assert!(store.add(entry("e", "two", 60, &["long"])).await.unwrap());
    store.delete_labelled(text("short")).await.unwrap();
    assert_eq!(value(store, "e").await.as_deref(), Some("two"));
}

async fn of_those_who_race_one_is_told_yes(store: &Shared) {
    let made: Vec<_> = (0..16).map(|one| entry("race", &one.to_string(), 60, &[])).collect();
    let entries = made.clone();
    let added = told_yes(store, move |store, one| {
        let entry = entries[one as usize].clone();
        async move { store.add(entry).await.unwrap() }
    });
    assert_eq!(added.await, 1);
    let seen = version(store, "race").await;
    let put = told_yes(store, move |store, one| {
        let (mut entry, seen) = (made[one as usize].clone(), seen.clone());
        entry.value.push('!');
        async move { store.put(entry, seen).await.unwrap() }
    });
    assert_eq!(put.await, 1);
    let taken = told_yes(store, |store, _| async move { store.take(text("race")).await.unwrap().is_some() });
    assert_eq!(taken.await, 1);
}

async fn a_lock_has_one_owner_who_may_ask_again(store: &Shared) {
    let lock = |owner: &str, lifetime, wait| store.lock(text("lock"), text(owner), lifetime, wait);
    assert!(lock("a", 60, 0).await.unwrap());
    assert!(lock("a", 60, 0).await.unwrap(), "its own");
    assert!(!lock("b", 60, 0).await.unwrap());
    store.unlock(text("lock"), text("b")).await.unwrap();
    let began = Instant::now();
    assert!(!lock("b", 60, 1).await.unwrap());
    let waited = began.elapsed();
    assert!((Duration::from_millis(900)..Duration::from_millis(2_500)).contains(&waited), "{waited:?}");
    // Given back while somebody waits.
    let freed = async {
        sleep(Duration::from_millis(300)).await;
        store.unlock(text("lock"), text("a")).await.unwrap();
    };
    let began = Instant::now();
    let (got, ()) = tokio::join!(lock("b", 60, 10), freed);
    assert!(got.unwrap() && began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    // Whoever dies holds it for its lifetime.
    assert!(lock("b", 1, 0).await.unwrap());
    assert!(lock("c", 1, 5).await.unwrap());
    // It is a key of its own.
    assert!(store.add(entry("lock", "an entry", 60, &[])).await.unwrap());
}

async fn everything(store: Shared) {
    entries_are_added_changed_taken_and_deleted(&store).await;
    a_label_leads_to_the_entries_that_have_it_now(&store).await;
    what_has_expired_is_gone_with_its_labels(&store).await;
    of_those_who_race_one_is_told_yes(&store).await;
    a_lock_has_one_owner_who_may_ask_again(&store).await;
}

/// Several add one to a number, each under the lock, and would lose some without it.
async fn counts_under_a_lock(store: Shared, tag: &'static str, begun: Arc<AtomicU32>) {
    let mut counting = JoinSet::new();
    for one in 0..10 {
        let (store, begun) = (store.clone(), begun.clone());
        let owner = format!("{tag}{one}");
        counting.spawn(async move {
            assert!(store.lock(text("count"), owner.clone(), 60, 30).await.unwrap());
            let seen = begun.load(Ordering::SeqCst);
            sleep(Duration::from_millis(3)).await;
            begun.store(seen + 1, Ordering::SeqCst);
            store.unlock(text("count"), owner).await.unwrap();
        });
    }
    counting.join_all().await;
}

#[test]
fn a_store_in_memory_keeps_its_word() {
    on_tokio(everything(Arc::new(MemorySessionStore::new())));
}

#[test]
fn tasks_and_threads_share_the_locks_of_a_store_in_memory() {
    let (store, count) = (MemorySessionStore::new(), Arc::new(AtomicU32::new(0)));
    let threads: Vec<_> = (0..4)
        .map(|one| {
            let (store, count) = (store.clone(), count.clone());
            std::thread::spawn(move || {
                let owner = format!("thread{one}");
                assert!(blocking::SessionStore::lock(&store, text("count"), owner.clone(), 60, 30).unwrap());
                let seen = count.load(Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(3));
                count.store(seen + 1, Ordering::SeqCst);
                blocking::SessionStore::unlock(&store, text("count"), owner).unwrap();
            })
        })
        .collect();
    on_tokio(counts_under_a_lock(Arc::new(store), "task", count.clone()));
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(count.load(Ordering::SeqCst), 14);
}

#[cfg(feature = "redis")]
mod redis {
    use super::*;
    use relyingparty_host::{Error, RedisSessionStore};
    use stores::Redis;

    async fn connect(redis: &Redis) -> RedisSessionStore {
        RedisSessionStore::connect(&redis.url).await.unwrap()
    }

    #[test]
    fn a_store_in_redis_keeps_its_word_and_nothing_behind() {
        let Some(redis) = Redis::start() else { return };
        on_tokio(async {
            everything(Arc::new(connect(&redis).await)).await;
            // Another prefix is another store.
            let other: Shared = Arc::new(connect(&redis).await.with_prefix("other:"));
            assert_eq!(value(&other, "l3").await, None);
            everything(other.clone()).await;
            // What remains when everything is deleted or over.
            for key in ["a", "l1", "l2", "l3", "l4", "e", "lock"] {
                other.delete(text(key)).await.unwrap();
            }
            sleep(Duration::from_secs(1)).await;
            let client = ::redis::Client::open(redis.url.as_str()).unwrap();
            let mut connection = client.get_multiplexed_async_connection().await.unwrap();
            let left: Vec<String> =
                ::redis::cmd("KEYS").arg("other:*").query_async(&mut connection).await.unwrap();
            assert_eq!(left, [""; 0]);
        });
    }

    #[test]
    fn two_runtimes_share_the_locks_of_one_redis() {
        let Some(redis) = Redis::start() else { return };
        let count = Arc::new(AtomicU32::new(0));
        std::thread::scope(|scope| {
            for tag in ["one", "two"] {
                let (redis, count) = (&redis, count.clone());
                scope.spawn(move || {
                    on_tokio(async {
                        counts_under_a_lock(Arc::new(connect(redis).await), tag, count).await;
                    });
                });
            }
        });
        assert_eq!(count.load(Ordering::SeqCst), 20);
    }

    #[test]
    fn a_redis_that_is_gone_is_an_error_and_found_again_when_it_is_back() {
        let Some(redis) = Redis::start() else { return };
        on_tokio(async {
            let store = connect(&redis).await;
            assert!(store.add(entry("a", "one", 60, &[])).await.unwrap());
            let (url, port) = (redis.url.clone(), redis.port);
            drop(redis);
            assert!(store.get(text("a")).await.is_err());
            let refused = RedisSessionStore::connect(&url.replace("127.0.0.1", "no-such-host.invalid")).await;
            let error: Error = refused.unwrap_err();
            assert_eq!(error.code(), "store_unavailable");
            assert!(std::error::Error::source(&error).is_some());
            let _redis = Redis::start_at(port).unwrap();
            for _ in 0..100 {
                if store.add(entry("b", "two", 60, &[])).await.is_ok() {
                    return;
                }
                sleep(Duration::from_millis(50)).await;
            }
            panic!("it is not found again");
        });
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use super::*;
    use postgres_server::{Postgres, pool};
    use relyingparty_host::PostgresSessionStore;
    use std::env;
    use std::path::Path;
    use std::process::Command;

    /// Where the other process finds the database.
    const URL: &str = "RP_TEST_POSTGRES";

    fn connect(url: &str) -> PostgresSessionStore {
        PostgresSessionStore::new(pool(url))
    }

    async fn count(url: &str, table: &str) -> i64 {
        let client = pool(url).get().await.unwrap();
        client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap().get(0)
    }

    #[test]
    fn a_store_in_postgresql_keeps_its_word_and_purges_what_is_over() {
        on_tokio(async {
            let Some(postgres) = Postgres::start().await else { return };
            let store = connect(&postgres.url);
            everything(Arc::new(store.clone())).await;
            // Another prefix is another store.
            let tables = PostgresSessionStore::TABLES.replace("relyingparty_", "other_");
            pool(&postgres.url).get().await.unwrap().batch_execute(&tables).await.unwrap();
            let other: Shared = Arc::new(store.clone().with_prefix("other_").unwrap());
            assert_eq!(value(&other, "l3").await, None);
            entries_are_added_changed_taken_and_deleted(&other).await;
            a_label_leads_to_the_entries_that_have_it_now(&other).await;
            // More than one purge takes at once.
            for one in 0..300 {
                assert!(store.add(entry(&format!("p{one}"), "one", -1, &["over"])).await.unwrap());
            }
            assert_eq!(value(&(Arc::new(store.clone()) as Shared), "p1").await, None);
            sleep(Duration::from_millis(1_100)).await;
            store.purge().await.unwrap();
            assert_eq!(store.purge().await.unwrap(), 0);
            let key = "relyingparty_entries WHERE key LIKE 'p%'";
            assert_eq!(count(&postgres.url, key).await, 0);
            assert_eq!(count(&postgres.url, "relyingparty_labels WHERE label = 'over'").await, 0);
            let over = "relyingparty_locks WHERE expires_at < extract(epoch from now()) - 1";
            assert_eq!(count(&postgres.url, over).await, 0);
            assert_eq!(value(&(Arc::new(store) as Shared), "l3").await.as_deref(), Some("three"));
        });
    }

    #[test]
    fn a_prefix_is_a_name_and_nothing_else() {
        let store = connect("postgresql://tester@127.0.0.1:1/postgres");
        for prefix in ["", "1_", "a b", "A_", "x; DROP TABLE y; --", "\"", &"a".repeat(33)] {
            let refused = store.clone().with_prefix(prefix).unwrap_err();
            assert_eq!(refused.code(), "invalid_configuration", "{prefix}");
        }
    }

    /// One process's share: eight tasks that add one to what a file says, under the lock, and to an entry by its version.
    async fn counts(url: &str, file: &Path) {
        let store = connect(url);
        let mut counting = JoinSet::new();
        for one in 0..8 {
            let (store, file) = (store.clone(), file.to_owned());
            let owner = format!("{}-{one}", std::process::id());
            counting.spawn(async move {
                for _ in 0..5 {
                    assert!(store.lock(text("file"), owner.clone(), 60, 60).await.unwrap());
                    let seen: u32 = std::fs::read_to_string(&file).unwrap().parse().unwrap();
                    sleep(Duration::from_millis(2)).await;
                    std::fs::write(&file, (seen + 1).to_string()).unwrap();
                    store.unlock(text("file"), owner.clone()).await.unwrap();
                    loop {
                        let found = store.get(text("count")).await.unwrap().unwrap();
                        let next = found.value.parse::<u32>().unwrap() + 1;
                        let next = entry("count", &next.to_string(), 600, &["counted"]);
                        if store.put(next, found.version).await.unwrap() {
                            break;
                        }
                    }
                }
            });
        }
        counting.join_all().await;
    }

    #[test]
    fn two_processes_lose_nothing_to_each_other() {
        on_tokio(async {
            let Some(postgres) = Postgres::start().await else { return };
            let file = env::temp_dir().join(format!("relyingparty-count-{}", std::process::id()));
            std::fs::write(&file, "0").unwrap();
            let store: Shared = Arc::new(connect(&postgres.url));
            assert!(store.add(entry("count", "0", 600, &["counted"])).await.unwrap());
            let mut other = Command::new(env::current_exe().unwrap())
                .args(["--ignored", "--exact", "postgres::the_other_process"])
                .env(URL, &postgres.url)
                .env("RP_TEST_FILE", &file)
                .spawn()
                .unwrap();
            counts(&postgres.url, &file).await;
            assert!(other.wait().unwrap().success());
            assert_eq!(std::fs::read_to_string(&file).unwrap(), "80");
            assert_eq!(value(&store, "count").await.as_deref(), Some("80"));
            assert_eq!(count(&postgres.url, "relyingparty_labels WHERE label = 'counted'").await, 1);
            std::fs::remove_file(file).unwrap();
        });
    }

    #[test]
    #[ignore = "two_processes_lose_nothing_to_each_other starts it"]
    fn the_other_process() {
        let (url, file) = (env::var(URL).unwrap(), env::var_os("RP_TEST_FILE").unwrap());
        on_tokio(counts(&url, Path::new(&file)));
    }

    #[test]
    fn sessions_that_end_while_they_are_changed_do_not_come_back() {
        on_tokio(async {
            let Some(postgres) = Postgres::start().await else { return };
            let store: Shared = Arc::new(connect(&postgres.url));
            for round in 0..20 {
                let key = format!("r{round}");
                assert!(store.add(entry(&key, "0", 600, &["user", "sid"])).await.unwrap());
                let mut racing = JoinSet::new();
                for one in 0..6 {
                    let (changed, key) = (store.clone(), key.clone());
                    racing.spawn(async move {
                        let Some(found) = changed.get(key.clone()).await.unwrap() else { return };
                        let next = entry(&key, &format!("{one}"), 600, &["user", "sid"]);
                        changed.put(next, found.version).await.unwrap();
                    });
                    if one == 3 {
                        let store = store.clone();
                        racing.spawn(async move { store.delete_labelled(text("sid")).await.unwrap() });
                    }
                }
                racing.join_all().await;
                assert_eq!(value(&store, &key).await, None);
            }
            assert_eq!(count(&postgres.url, "relyingparty_entries").await, 0);
            assert_eq!(count(&postgres.url, "relyingparty_labels").await, 0);
        });
    }

    #[test]
    fn s24_what_postgresql_refuses_is_told_without_keys_and_values() {
        on_tokio(async {
            let Some(postgres) = Postgres::start().await else { return };
            let check = "ALTER TABLE relyingparty_entries ADD CHECK (value <> 'the-value')";
            pool(&postgres.url).get().await.unwrap().batch_execute(check).await.unwrap();
            let store = connect(&postgres.url);
            let error = store.add(entry("the-key", "the-value", 60, &["the-label"])).await.unwrap_err();
            let told = format!("{error} {error:?} {:?}", error.source());
            assert!(told.contains("23514") && !told.contains("the-"), "{told}");
        });
    }

    #[test]
    fn a_postgresql_that_is_gone_is_an_error_and_found_again_when_it_is_back() {
        on_tokio(async {
            let Some(postgres) = Postgres::start().await else { return };
            let store = connect(&postgres.url);
            assert!(store.add(entry("a", "one", 60, &[])).await.unwrap());
            postgres.stop();
            assert!(store.get(text("a")).await.is_err());
            postgres.begin();
            assert_eq!(store.get(text("a")).await.unwrap().unwrap().value, "one");
        });
    }
}

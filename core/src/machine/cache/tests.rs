use super::*;
use crate::jose::MOST_KEYS;
use crate::text::json::Object;

const URI: &str = "https://op.example/jwks";
const KEYS: &str =
    r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
const START: Timestamp = Timestamp::from_unix(1_800_000_000);

const EMPTY: &str = r#"{"keys":[]}"#;

fn cache() -> Cache {
    let mut cache = Cache::default();
    store(&mut cache, KEYS, None, START);
    cache
}

/// Stores what was asked for and answered at once.
fn store(cache: &mut Cache, document: &str, max_age: Option<u32>, now: Timestamp) {
    let seen = cache.keys_version(URI);
    cache.store_keys(URI, set(document), max_age, seen, &Policy::default(), now);
}

fn attempt(cache: &mut Cache, seconds: u32) {
    cache.keys_attempted(URI, &Policy::default(), START.plus(seconds));
}

fn set(document: &str) -> Arc<KeySet> {
    Arc::new(KeySet::parse(&Object::parse(document.as_bytes()).unwrap(), MOST_KEYS).unwrap())
}

fn look_up(cache: &Cache, kid: &str, seconds: i64) -> &'static str {
    let now = Timestamp::from_unix(START.as_unix() + seconds);
    match cache.keys(URI, (Some(kid), Alg::EdDsa), &Policy::default(), now) {
        LookUp::Use(set, _) if matches!(set.choose(Some(kid), Alg::EdDsa), Choice::One(_)) => "found",
        LookUp::Use(..) => "unknown",
        LookUp::Fetch => "fetch",
        LookUp::Wait(_) => "wait",
    }
}

#[test]
fn without_an_entry_the_keys_are_fetched() {
    assert_eq!(look_up(&Cache::default(), "a", 0), "fetch");
}

#[test]
fn a_known_key_is_used_until_the_fresh_age() {
    assert_eq!(look_up(&cache(), "a", 0), "found");
    assert_eq!(look_up(&cache(), "a", 599), "found");
    assert_eq!(look_up(&cache(), "a", 600), "fetch");
}

#[test]
fn an_unknown_key_is_asked_for_once_a_cooldown() {
    let mut cache = cache();
    assert_eq!(look_up(&cache, "b", 29), "unknown");
    assert_eq!(look_up(&cache, "b", 30), "fetch");
    attempt(&mut cache, 30);
    assert_eq!(look_up(&cache, "b", 31), "unknown");
    assert_eq!(look_up(&cache, "a", 31), "found");
}

#[test]
fn a_failed_refresh_keeps_the_last_good_set_until_the_hard_age() {
    let mut cache = cache();
    attempt(&mut cache, 700);
    assert_eq!(look_up(&cache, "a", 701), "found");
    assert_eq!(look_up(&cache, "a", 730), "fetch");
    attempt(&mut cache, 86_399);
    assert_eq!(look_up(&cache, "a", 86_399), "found");
    assert_eq!(look_up(&cache, "a", 86_400), "wait");
    assert!(cache.stale_keys(URI, &Policy::default(), START.plus(86_400)).is_none());
}

#[test]
fn an_entry_from_the_future_is_stale() {
    assert_eq!(look_up(&cache(), "a", -1), "fetch");
}

#[test]
fn u19_a_set_gives_way_to_the_answer_of_a_later_request_whatever_the_clocks_say() {
    for seconds in [-86_400, -59, -1, 0, 1, 59, 86_400] {
        let mut cache = cache();
        let now = Timestamp::from_unix(START.as_unix() + seconds);
        store(&mut cache, EMPTY, None, now);
        assert_eq!(look_up(&cache, "a", seconds), "unknown", "{seconds}");
    }
}

#[test]
fn u19_an_answer_that_was_overtaken_is_not_kept_and_not_reported() {
    let (mut cache, policy) = (cache(), Policy::default());
    let early = cache.keys_version(URI);
    store(&mut cache, KEYS, None, START);
    let late = cache.keys_version(URI);
    let held = cache.store_keys(URI, set(EMPTY), None, late, &policy, START.plus(2));
    assert_eq!((held.len(), look_up(&cache, "a", 2)), (0, "unknown"));
    let held = cache.store_keys(URI, set(KEYS), None, early, &policy, START.plus(3));
    assert_eq!((held.len(), look_up(&cache, "a", 3)), (0, "unknown"));
    let held = cache.store_keys(URI, set(KEYS), None, Version::LATEST, &policy, START);
    assert_eq!((held.len(), look_up(&cache, "a", 0)), (1, "found"));
}

#[test]
fn u19_the_order_survives_a_trip_through_json() {
    let mut cache = cache();
    store(&mut cache, EMPTY, None, START);
    let mut copy = Cache::from_json(&cache.to_json()).unwrap();
    copy.store_keys(URI, set(KEYS), None, Version::default(), &Policy::default(), START.plus(9));
    assert_eq!(look_up(&copy, "a", 9), "unknown");
}

#[test]
fn u6_what_is_too_old_to_serve_gives_way_to_what_is_new() {
    let (mut cache, policy) = (cache(), Policy::default());
    let day = START.plus(86_400);
    cache.store_keys("https://op.example/other", set(KEYS), None, Version::default(), &policy, day);
    assert!(cache.keys.get(URI).is_none());
    assert_eq!(cache.keys.0.len(), 1);
}

#[test]
fn u6_a_shelf_has_an_end_and_keeps_what_holds_something() {
    let (mut cache, policy) = (cache(), Policy::default());
    for number in 0..3_000 {
        cache.metadata_attempted(&format!("https://{number}.example"), &policy, START.plus(number));
        cache.keys_attempted(&format!("https://{number}.example/keys"), &policy, START.plus(1));
    }
    assert!(cache.metadata.0.len() <= MOST_ENTRIES && cache.keys.0.len() == MOST_ENTRIES);
    assert_eq!(look_up(&cache, "a", 1), "found");
}

#[test]
fn u15_metadata_that_are_not_there_are_asked_for_once_a_cooldown() {
    let (mut cache, policy) = (Cache::default(), Policy::default());
    let state = |cache: &Cache, seconds| match cache.metadata("i", &policy, START.plus(seconds)) {
        LookUp::Use(..) => "use",
        LookUp::Fetch => "fetch",
        LookUp::Wait(_) => "wait",
    };
    assert_eq!(state(&cache, 0), "fetch");
    cache.metadata_attempted("i", &policy, START);
    assert_eq!([0, 29, 30].map(|seconds| state(&cache, seconds)), ["wait", "wait", "fetch"]);
    cache.store_metadata("i", "{}", None, Version::default(), &policy, START);
    cache.metadata_attempted("i", &policy, START.plus(86_390));
    assert_eq!([86_399, 86_400, 86_420].map(|seconds| state(&cache, seconds)), ["use", "wait", "fetch"]);
}

#[test]
fn max_age_decides_within_bounds() {
    let mut cache = cache();
    store(&mut cache, KEYS, Some(3_600), START);
    assert_eq!(look_up(&cache, "a", 3_599), "found");
    assert_eq!(look_up(&cache, "a", 3_600), "fetch");
}

#[test]
fn whatever_was_accepted_survives_a_trip_through_json() {
    let deep = ["[".repeat(15), "]".repeat(15)].concat();
    let mut cache = cache();
    for number in 0..600 {
        let issuer = format!("https://{number}.example");
        let document = format!(r#"{{"issuer":"{issuer}", "jwks_uri":"{issuer}/keys","x":{deep}}}"#);
        cache.store_metadata(&issuer, &document, None, Version::default(), &Policy::default(), START);
    }
    let copy = Cache::from_json(&cache.to_json()).unwrap();
    assert_eq!(copy.to_json(), cache.to_json());
    let LookUp::Use(stored, 0) = copy.metadata("https://599.example", &Policy::default(), START) else {
        panic!("it is there")
    };
    assert!(stored.document().contains(r#""https://599.example/keys""#));
}

#[test]
fn a_snapshot_stays_as_it_is() {
    let mut cache = cache();
    let snapshot = cache.clone();
    store(&mut cache, EMPTY, None, START.plus(1));
    assert_eq!((look_up(&snapshot, "a", 1), look_up(&cache, "a", 1)), ("found", "unknown"));
}

#[test]
fn it_survives_a_trip_through_json() {
    let copy = Cache::from_json(&cache().to_json()).unwrap();
    assert_eq!(look_up(&copy, "a", 10), "found");
    assert_eq!(copy.to_json(), cache().to_json());
    let through_serde = serde_json::to_string(&copy).unwrap();
    assert_eq!(serde_json::from_str::<Cache>(&through_serde).unwrap().to_json(), copy.to_json());
    for bad in [
        "",
        "{}",
        "[]",
        r#"{"metadata":[]}"#,
        r#"{"metadata":{},"keys":[]}"#,
        r#"{"metadata":[],"keys":[1]}"#,
        r#"{"metadata":[],"keys":[],"more":1}"#,
        r#"{"metadata":[],"keys":[{"of":"u"}]}"#,
        r#"{"metadata":[],"keys":[{"of":"u","attempted_at":1,"fetched_at":1}]}"#,
        r#"{"metadata":[],"keys":[{"of":"u","attempted_at":1,"fetched_at":1,"document":{}}]}"#,
    ] {
        assert_eq!(Cache::from_json(bad).unwrap_err().code(), "unreadable_cache", "{bad}");
    }
}

use super::*;

const URI: &str = "https://op.example/jwks";
const KEYS: &str =
    r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
const START: Timestamp = Timestamp::from_unix(1_800_000_000);

fn cache() -> Cache {
    let mut cache = Cache::default();
    cache.store_keys(URI, &set(KEYS), None, START);
    cache
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
    cache.keys_attempted(URI, START.plus(30));
    assert_eq!(look_up(&cache, "b", 31), "unknown");
    assert_eq!(look_up(&cache, "a", 31), "found");
}

#[test]
fn a_failed_refresh_keeps_the_last_good_set_until_the_hard_age() {
    let mut cache = cache();
    cache.keys_attempted(URI, START.plus(700));
    assert_eq!(look_up(&cache, "a", 701), "found");
    assert_eq!(look_up(&cache, "a", 730), "fetch");
    cache.keys_attempted(URI, START.plus(86_399));
    assert_eq!(look_up(&cache, "a", 86_399), "found");
    assert_eq!(look_up(&cache, "a", 86_400), "wait");
    assert!(cache.stale_keys(URI, &Policy::default(), START.plus(86_400)).is_none());
}

#[test]
fn an_entry_from_the_future_is_stale() {
    assert_eq!(look_up(&cache(), "a", -1), "fetch");
}

#[test]
fn a_set_is_replaced_whole_and_only_by_a_later_one() {
    let mut cache = cache();
    let empty = set(r#"{"keys":[]}"#);
    cache.store_keys(URI, &empty, None, Timestamp::from_unix(START.as_unix() - 1));
    cache.keys_attempted(URI, START);
    assert_eq!(look_up(&cache, "a", 0), "found");
    cache.store_keys(URI, &empty, None, START);
    assert_eq!(look_up(&cache, "a", 0), "unknown");
}

#[test]
fn max_age_decides_within_bounds() {
    let mut cache = cache();
    cache.store_keys(URI, &set(KEYS), Some(3_600), START);
    assert_eq!(look_up(&cache, "a", 3_599), "found");
    assert_eq!(look_up(&cache, "a", 3_600), "fetch");
}

#[test]
fn whatever_was_accepted_survives_a_trip_through_json() {
    let deep = ["[".repeat(15), "]".repeat(15)].concat();
    let mut cache = cache();
    for number in 0..600 {
        let issuer = Issuer::parse(&format!("https://{number}.example")).unwrap();
        let document = format!(r#"{{"issuer":"{issuer}", "jwks_uri":"{issuer}/keys","x":{deep}}}"#);
        let metadata = Metadata::parse(&issuer, document.as_bytes()).unwrap();
        cache.store_metadata(&metadata, None, START);
    }
    let copy = Cache::from_json(&cache.to_json()).unwrap();
    assert_eq!(copy.to_json(), cache.to_json());
    let issuer = Issuer::parse("https://599.example").unwrap();
    let LookUp::Use(stored, 0) = copy.metadata(issuer.as_str(), &Policy::default(), START) else {
        panic!("it is there")
    };
    assert_eq!(stored.metadata(&issuer).unwrap().jwks_uri(), "https://599.example/keys");
    let other = Issuer::parse("https://1.example").unwrap();
    assert_eq!(stored.metadata(&other).unwrap_err().code(), "metadata_issuer_mismatch");
}

#[test]
fn a_snapshot_stays_as_it_is() {
    let mut cache = cache();
    let snapshot = cache.clone();
    cache.store_keys(URI, &set(r#"{"keys":[]}"#), None, START.plus(1));
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

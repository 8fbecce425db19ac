//! A stored session that is sealed outlives the key that signed its ID token, and opens for nobody else.
#![cfg(feature = "sealed")]

mod support;

use relyingparty::{
    Alg, AuthorizeRequest, Cache, Client, Endpoint, Entropy, Error, Issuer, Policy, SealingKeys, Session,
    SessionSeal, Signatures, Step,
};
use serde_json::{Value, json};
use support::{START, World, code, entropy, typed_response};

fn keys(of: &[u8]) -> SealingKeys {
    SealingKeys::new(of.iter().map(|key| (0..32).map(|byte| byte ^ key).collect::<Vec<u8>>())).unwrap()
}

/// The client of a world, with the keys of these numbers.
fn client(world: &World, of: &[u8]) -> Client {
    world.client().with_sealing_keys(keys(of))
}

/// What can be restored with no request, and nothing in the cache.
fn open(client: &Client, text: &str) -> Result<Session, Error> {
    match client.restore(text, &Cache::default(), START)? {
        Step::Done(session) => Ok(session),
        Step::Pending(flow) => panic!("it asks: {flow:?}"),
    }
}

fn sealed() -> (World, Session, String) {
    let mut world = World::new();
    let session = world.login();
    let text = client(&world, &[1]).seal(&session, entropy(77)).unwrap();
    (world, session, text)
}

/// Why a text is refused: always with the same code.
fn refusal(client: &Client, text: &str) -> String {
    let error = open(client, text).unwrap_err();
    assert_eq!(error.code(), "unreadable_session");
    error.detail("reason").unwrap().to_owned()
}

const FOREIGN: &str = "not sealed for this client by any of its keys";

#[test]
fn u14_a_sealed_session_outlives_the_key_that_signed_it() {
    let mut world = World::new();
    world.op.member("session_state", "x.y");
    world.op.member("scope", "openid email");
    let mut request = AuthorizeRequest::default();
    request.return_to = Some("/orders?page=2#%C3%A9".into());
    let session = world.try_login_with(&request).unwrap();
    let text = client(&world, &[1]).seal(&session, entropy(77)).unwrap();

    world.op.rotate("k2");
    world.op.unreachable(Endpoint::Jwks);
    world.op.log.clear();
    for years in [0, 1, 50] {
        let now = START.plus(years * 31_536_000);
        let Step::Done(again) = client(&world, &[1]).restore(&text, &Cache::default(), now).unwrap() else {
            panic!("it asks")
        };
        assert_eq!(again.encode(), session.encode());
        assert_eq!(again.claims().as_json(), session.claims().as_json());
        assert_eq!((again.claims().iss(), again.claims().sub()), ("https://op.example", "subject-1"));
        assert_eq!(again.grant().access_token(), Some("access-1"));
        assert_eq!(
            (again.return_to(), again.expires_at()),
            (Some("/orders?page=2#%C3%A9"), session.expires_at())
        );
        assert_eq!(again.get("session_state"), Some(&json!("x.y")));
        let checks: Vec<_> = again.decisions().iter().map(|decision| decision.check).collect();
        assert_eq!(checks, ["sealed"]);
    }
    assert!(world.op.log.is_empty());
    assert_eq!(
        code(&world.client().restore(&session.encode(), &world.cache, START)),
        "ok",
        "the key is held"
    );
    world.cache = Cache::default();
    let step = world.client().restore(&session.encode(), &world.cache, START).unwrap();
    assert_ne!(code(&world.run(step)), "ok", "in the clear it needs the key");
}

#[test]
fn a_session_that_was_sealed_goes_on() {
    let (mut world, session, text) = sealed();
    let restored = open(&client(&world, &[1]), &text).unwrap();
    let refreshed = world.refresh(&restored).unwrap();
    assert_eq!(refreshed.access_token(), Some("access-2"));
    world.op.claim("sub", "another");
    assert_eq!(code(&world.refresh(&restored)), "refreshed_claim_changed");
    world.op.userinfo = json!({ "sub": "another" });
    let step = world.client().userinfo(&restored).unwrap();
    assert_eq!(code(&world.run(step)), "userinfo_sub_mismatch");
    let again = client(&world, &[1]).seal(&restored, entropy(78)).unwrap();
    assert_eq!(open(&client(&world, &[1]), &again).unwrap().encode(), session.encode());
}

#[test]
fn it_is_restored_whoever_checks_signatures_and_whatever_signed() {
    for alg in [Alg::EdDsa, Alg::Hs256] {
        let mut world = World::with_alg(alg);
        let session = world.login();
        let text = client(&world, &[1]).seal(&session, entropy(77)).unwrap();
        world.policy.signatures = Signatures::Host;
        world.policy.record_decisions = false;
        // What a token may be is judged when it is received.
        world.policy.max_token_bytes = 512;
        world.policy.max_sub_bytes = 1;
        let restored = open(&client(&world, &[1]), &text).unwrap();
        assert_eq!(restored.claims().sub(), "subject-1");
        assert!(restored.decisions().is_empty());
    }
}

#[test]
fn keys_change_one_after_the_other() {
    let (world, session, old) = sealed();
    let both = client(&world, &[2, 1]);
    assert_eq!(open(&both, &old).unwrap().encode(), session.encode());
    let new = both.seal(&session, entropy(78)).unwrap();
    assert_eq!(open(&client(&world, &[2]), &new).unwrap().encode(), session.encode());
    assert_eq!(refusal(&client(&world, &[1]), &new), FOREIGN, "the first key seals");
    assert_eq!(refusal(&client(&world, &[2]), &old), FOREIGN, "an old key that was given up");
}

#[test]
fn u14_it_opens_for_no_other_key_client_issuer_purpose_or_version_and_does_not_say_which() {
    let (world, session, text) = sealed();
    let mut other_client = World::new();
    other_client.registration.client_id = "another".into();
    let other_issuer = World::at("https://op.example.org", Alg::EdDsa);
    let mut shifted = World::at("https://op.example/c", Alg::EdDsa);
    shifted.registration.client_id = "lient".into();
    for stranger in [&other_client, &other_issuer, &shifted] {
        assert_eq!(refusal(&client(stranger, &[1]), &text), FOREIGN);
        assert_eq!(code(&client(stranger, &[1]).seal(&session, entropy(1))), "session_mismatch");
    }
    assert_eq!(refusal(&client(&world, &[3, 2]), &text), FOREIGN);
    let body = text.strip_prefix("v1.").unwrap();
    for version in ["v2.", "V1.", "v1", "", ".", "v1 .", " v1.", "v01."] {
        let other = format!("{version}{body}");
        assert!(
            ["not sealed", FOREIGN].contains(&refusal(&client(&world, &[1]), &other).as_str()),
            "{version}"
        );
    }
    // A text that this library made with the same key for something else: there is no other way to seal but for a session, so
    // the cipher's own tests show that a purpose is bound.
}

/// In the version, the nonce and the tag every other character; between them every flip of a bit.
#[test]
fn u20_what_is_opened_names_the_issuer_as_configured() {
    let mut world = World::new();
    world.registration.issuer_aliases = vec!["accounts.google.com".into()];
    world.op.claim("iss", "accounts.google.com");
    let session = world.login();
    let text = client(&world, &[1]).seal(&session, entropy(77)).unwrap();
    let again = open(&client(&world, &[1]), &text).unwrap();
    assert_eq!(again.claims().get("iss").unwrap(), "https://op.example");
    assert_eq!(again.claims().as_json(), session.claims().as_json());
}

#[test]
fn u14_every_change_of_a_single_byte_is_refused() {
    let (world, _, text) = sealed();
    let client = client(&world, &[1]);
    let mut bytes = text.clone().into_bytes();
    for place in 0..bytes.len() {
        let good = bytes[place];
        let inside = (36..text.len() - 24).contains(&place);
        let others =
            (0..128_u8).filter(|other| *other != good && (!inside || (other ^ good).is_power_of_two()));
        for other in others {
            bytes[place] = other;
            let changed = std::str::from_utf8(&bytes).unwrap();
            assert_eq!(code(&open(&client, changed)), "unreadable_session", "{place} {other}");
        }
        bytes[place] = good;
    }
    assert_eq!(code(&open(&client, &text)), "ok");
}

#[test]
fn u14_every_truncation_and_every_addition_is_refused() {
    let (world, session, text) = sealed();
    let with_keys = client(&world, &[1]);
    for place in 0..text.len() {
        assert_eq!(code(&open(&with_keys, &text[..place])), "unreadable_session", "up to {place}");
        if place > 0 {
            assert_eq!(code(&open(&with_keys, &text[place..])), "unreadable_session", "from {place}");
            let without = format!("{}{}", &text[..place], &text[place + 1..]);
            assert_eq!(code(&open(&with_keys, &without)), "unreadable_session", "without {place}");
        }
    }
    for more in ["A", "AAAA", "=", "==", "\n", " ", "\0", "."] {
        assert_eq!(code(&open(&with_keys, &format!("{text}{more}"))), "unreadable_session", "{more:?}");
    }
    let other = with_keys.seal(&session, entropy(78)).unwrap();
    let spliced = format!("{}{}", &text[..text.len() / 2], &other[text.len() / 2..]);
    assert_eq!(refusal(&with_keys, &spliced), FOREIGN);
}

#[test]
fn u14_what_is_not_sealed_is_refused_unless_the_policy_takes_it() {
    let (mut world, session, text) = sealed();
    let clear = session.encode();
    assert_eq!(refusal(&client(&world, &[1]), &clear), "not sealed");
    assert_eq!(refusal(&client(&world, &[1]), ""), "not sealed");
    world.policy.accept_unsealed_sessions = true;
    let accepting = client(&world, &[1]);
    assert_eq!(code(&open(&accepting, &text)), "ok");
    let step = accepting.restore(&clear, &world.cache, world.now).unwrap();
    let restored = world.run(step).unwrap();
    assert_eq!(restored.decisions().last().unwrap().check, "signature", "it is verified again");

    let mut claims = world.claims();
    claims["sub"] = "admin".into();
    let forged = support::Key::seeded(Alg::EdDsa, "k1", "forger").token(&claims);
    let mut stored: Value = serde_json::from_str(&clear).unwrap();
    stored["id_token"] = forged.into();
    let step = accepting.restore(&stored.to_string(), &world.cache, world.now);
    assert_eq!(code(&step), "bad_signature");
}

#[test]
fn a_client_without_keys_neither_seals_nor_opens_and_says_so() {
    let (world, session, text) = sealed();
    let error = world.client().seal(&session, entropy(1)).unwrap_err();
    assert_eq!((error.code(), error.detail("member")), ("invalid_configuration", Some("sealing_keys")));
    assert_eq!(refusal(&world.client(), &text), "sealed, and the client has no sealing keys");
}

#[test]
fn a_seal_needs_nothing_of_the_provider() {
    let (mut world, session, text) = sealed();
    let seal = |client_id: &str, world: &World| {
        SessionSeal::new(keys(&[1]), world.client().provider().issuer(), client_id, &world.policy)
    };
    let client_id = world.client().registration().client_id.clone();
    let ours = seal(&client_id, &world);
    let opened = ours.open(&text).unwrap().expect("it is sealed");
    assert_eq!(opened.encode(), session.encode());
    assert_eq!(opened.decisions().last().unwrap().check, "sealed");
    let again = ours.seal(&opened, entropy(3)).unwrap();
    assert_eq!(code(&open(&client(&world, &[1]), &again)), "ok", "it is the client's own");

    let others = seal("another", &world);
    assert_eq!(others.open(&text).unwrap_err().detail("reason"), Some(FOREIGN));
    assert_eq!(code(&others.seal(&session, entropy(3))), "session_mismatch");

    assert_eq!(ours.open(&session.encode()).unwrap_err().detail("reason"), Some("not sealed"));
    world.policy.accept_unsealed_sessions = true;
    assert!(seal(&client_id, &world).open(&session.encode()).unwrap().is_none(), "a client reads it");
    assert!(!format!("{ours:?}").contains("\\x"), "no key is shown");
}

#[test]
fn a_client_with_keys_leaves_the_one_it_was_made_of_as_it_was() {
    let (world, session, _) = sealed();
    let plain = world.client();
    let with_keys = plain.clone().with_sealing_keys(keys(&[1]));
    assert_eq!(code(&plain.seal(&session, entropy(1))), "invalid_configuration");
    assert_eq!(code(&with_keys.clone().seal(&session, entropy(1))), "ok");
    let replaced = with_keys.with_sealing_keys(keys(&[2]));
    assert_eq!(refusal(&client(&world, &[1]), &replaced.seal(&session, entropy(1)).unwrap()), FOREIGN);
}

#[test]
fn u5_a_stored_text_is_bounded_before_it_is_read() {
    let (mut world, _, text) = sealed();
    let client = client(&world, &[1]);
    for filler in ["A", "{", " "] {
        for head in ["v1.", "", &text] {
            let longest = format!("{head}{}", filler.repeat(262_144 - head.len()));
            assert!(!refusal(&client, &longest).contains("longer"));
            assert_eq!(refusal(&client, &format!("{longest}{filler}")), "longer than 262144 bytes");
            let in_the_clear = world.client().restore(&format!("{longest}{filler}"), &world.cache, START);
            assert_eq!(code(&in_the_clear), "unreadable_session");
        }
    }
    world.policy.max_response_bytes = 1_048_576;
    world.op.member("padding", "x".repeat(190_000));
    let session = world.login();
    let text = client.seal(&session, entropy(1)).unwrap();
    assert_eq!(open(&client, &text).unwrap().encode(), session.encode());
    world.op.member("padding", "x".repeat(200_000));
    let session = world.login();
    let error = client.seal(&session, entropy(1)).unwrap_err();
    assert_eq!(error.detail("reason"), Some("longer than 262144 bytes"), "it could not be restored");
}

#[test]
fn f7_a_refusal_shows_nothing_of_the_text() {
    let (world, _, text) = sealed();
    let words: Vec<&str> = text.as_bytes().chunks(8).map(|word| std::str::from_utf8(word).unwrap()).collect();
    for client in [world.client(), client(&world, &[9])] {
        let error = open(&client, &text).unwrap_err();
        let shown = format!("{error} {error:?} {:?}", error.decisions());
        assert!(!words.iter().any(|word| word.len() == 8 && shown.contains(word)));
    }
}

/// Numbers that look random and are the same every time (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }

    /// A text of these characters.
    fn text(&mut self, alphabet: &str, longest: usize) -> String {
        let characters: Vec<char> = alphabet.chars().collect();
        (0..=self.below(longest)).map(|_| characters[self.below(characters.len())]).collect()
    }

    fn entropy(&mut self) -> Entropy {
        Entropy::new((0..32 + self.below(40)).map(|_| self.below(256) as u8).collect::<Vec<_>>()).unwrap()
    }
}

#[test]
fn a_thousand_generated_sessions_come_back_as_they_were() {
    let visible: String = ('!'..='~').collect();
    let anything = "aé€😀\"\\/\u{1}\n\t\u{7f} {}[]:,";
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut world = World::new();
    let client = client(&world, &[7, 8]);
    let mut texts = std::collections::BTreeSet::new();
    for number in 0..1_000 {
        world.draw_again();
        world.op.claims.clear();
        world.op.tokens.clear();
        world.op.without_claim("at_hash");
        world.op.member("access_token", random.text(&visible, 90));
        world.op.claim("name", random.text(anything, 30));
        world.op.claim("sub", random.text(&visible, 60));
        match random.below(3) {
            0 => world.op.without_member("refresh_token"),
            _ => world.op.member("refresh_token", random.text(&visible, 300)),
        }
        match random.below(3) {
            0 => world.op.without_member("expires_in"),
            _ => world.op.member("expires_in", random.below(315_360_000)),
        }
        if random.below(2) == 0 {
            world.op.member("scope", random.text("abc.:/é\"\\ ", 60));
        }
        for _ in 0..random.below(4) {
            let name = format!("m{}", random.text(anything, 8));
            let value = match random.below(3) {
                0 => json!(random.text(anything, 200)),
                1 => json!({ "a": [random.below(9), null, true, { "b": -1.5e300 }] }),
                _ => json!(random.below(1 << 40)),
            };
            world.op.member(&name, value);
        }
        let mut request = AuthorizeRequest::default();
        if random.below(2) == 0 {
            request.return_to = Some(format!("/{}", random.text("abcé-_?=&2", 40)));
        }
        let session = match world.try_login_with(&request) {
            Ok(session) => session,
            Err(error) => panic!("{number}: {error}"),
        };
        let text = client.seal(&session, random.entropy()).unwrap();
        let again = open(&client, &text).unwrap();
        assert_eq!(again.encode(), session.encode(), "{number}");
        assert_eq!(again.claims().as_map(), session.claims().as_map(), "{number}");
        assert_eq!(again.other_members(), session.other_members(), "{number}");
        assert!(texts.insert(text), "{number} gave a text that was there");
    }
    let same = world.login();
    let twice = [1, 2].map(|draw| client.seal(&same, entropy(draw)).unwrap());
    assert_ne!(twice[0], twice[1], "one session, two texts");
}

/// Sealed texts are the value of no other option.
#[test]
fn a_sealed_session_is_not_taken_for_a_pending_login_or_a_cache() {
    let (mut world, _, text) = sealed();
    assert_eq!(code(&relyingparty::PendingLogin::decode(Some(&text))), "unreadable_pending_login");
    assert_eq!(code(&Cache::from_json(&text)), "unreadable_cache");
    world.op.answer_with(Endpoint::Jwks, typed_response(200, "application/json", text.clone()));
    let token = world.op.key.token(&world.claims());
    world.cache = Cache::default();
    assert_eq!(code(&world.verify(&token)), "malformed_json");
}

/// A session that another implementation sealed, which the tests of the other packages open too: that every package seals
/// it to the same text shows that the three write for each other.
#[test]
fn u14_a_session_is_sealed_and_opened_as_elsewhere() {
    let vector: Value = serde_json::from_str(include_str!("data/sealed_session.json")).unwrap();
    let text = |member: &str| vector[member].as_str().unwrap();
    let of = vector["keys"].as_array().unwrap();
    let issuer = Issuer::parse(text("issuer")).unwrap();
    let seal = |keys: Vec<Vec<u8>>| {
        SessionSeal::new(SealingKeys::new(keys).unwrap(), &issuer, text("client_id"), &Policy::default())
    };
    let both = seal(of.iter().map(octets).collect());
    let session = both.open(text("sealed")).unwrap().unwrap();
    assert_eq!(session.encode(), text("session"));
    assert_eq!(session.claims().sub(), "subject-1");
    let again = both.seal(&session, Entropy::new(octets(&vector["entropy"])).unwrap()).unwrap();
    assert_eq!(again, text("sealed"));
    let wrong = seal(vec![octets(&of[1])]).open(text("sealed")).unwrap_err();
    assert_eq!(wrong.code(), "unreadable_session");
}

fn octets(hex: &Value) -> Vec<u8> {
    let pairs = hex.as_str().unwrap().as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

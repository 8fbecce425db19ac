//! Every good login with one thing changed: a member dropped, doubled, retyped, renamed, moved, a byte flipped. The
//! outcome is the code that this change has in its place, or the same login as before.

#[path = "../support/mod.rs"]
mod support;

mod login;
mod mutate;
mod places;

use std::sync::LazyLock;

use login::{Facts, Texts};
use mutate::{Document, Draw, one_other_character};
use places::Place;

/// Other texts for a member's value; orders of all members; bytes of the text that are flipped.
const CHANGES: usize = 40;
const ORDERS: usize = 20;
const FLIPS: usize = 400;

static GOOD: LazyLock<Facts> = LazyLock::new(|| Texts::good().login().unwrap());

/// One place of a login under mutation, and how much was tried.
struct Bench {
    place: Place,
    good: Document,
    mutants: usize,
    wrong: Vec<String>,
}

impl Bench {
    fn new(place: Place) -> Bench {
        let mut texts = Texts::good();
        let good = Document::of((place.text)(&mut texts));
        let named: Vec<&str> = place.rows.iter().map(|row| row.member).collect();
        for (member, _) in &good.0 {
            assert!(named.contains(&member.as_str()), "no row for {member}");
        }
        Bench { place, good, mutants: 0, wrong: Vec::new() }
    }

    /// Every mutant of the place, and at least so many.
    fn run(mut self, at_least: usize) {
        self.expect(self.good.text(), &["ok"], "nothing changed");
        self.members();
        self.values();
        self.order();
        self.text();
        println!("{} mutants", self.mutants);
        assert!(
            self.wrong.is_empty(),
            "{} wrong: {:#?}",
            self.wrong.len(),
            &self.wrong[..self.wrong.len().min(20)]
        );
        assert!(self.mutants >= at_least, "{} mutants", self.mutants);
    }

    fn members(&mut self) {
        for row in self.place.rows {
            let (member, good) = (row.member, self.good.clone());
            self.expect(good.without(member), &[row.dropped], &format!("{member} dropped"));
            self.expect(good.with(member, "null"), &[row.null], &format!("{member} null"));
            for text in good.renamed(member) {
                self.expect(text, &[row.dropped], &format!("{member} renamed"));
            }
            for text in good.duplicates(member) {
                self.expect(text, &[self.place.malformed], &format!("{member} twice"));
            }
            for value in ["true", "0", "\"text\"", "[]", "{}", &format!("[{}]", good.value(member))] {
                let known = self.place.values.iter().any(|(own, other, _)| (*own, *other) == (member, value));
                if kind(value) != kind(good.value(member)) && !known {
                    self.expect(good.with(member, value), &[row.retyped], &format!("{member}: {value}"));
                }
            }
            let own = good.value(member).to_owned();
            let Some(own) = own.strip_prefix('"').and_then(|own| own.strip_suffix('"')) else { continue };
            let mut draw = Draw::new(1);
            for _ in 0..CHANGES {
                let other = format!("\"{}\"", one_other_character(own, &mut draw));
                self.expect(good.with(member, &other), row.changed, &format!("{member}: {other}"));
            }
        }
    }

    fn values(&mut self) {
        for (member, value, code) in self.place.values {
            self.expect(self.good.with(member, value), &[code], &format!("{member}: {value}"));
        }
        for (member, moves) in self.place.numbers {
            for (by, code) in *moves {
                let value = (login::NOW + by).to_string();
                self.expect(self.good.with(member, &value), &[code], &format!("{member} moved by {by}"));
            }
        }
    }

    fn order(&mut self) {
        let mut draw = Draw::new(2);
        for _ in 0..ORDERS {
            self.expect(self.good.shuffled(&mut draw), &["ok"], "members in another order");
        }
    }

    /// The text itself: a flipped byte leads to what can become of the member that it is in.
    fn text(&mut self) {
        let good = self.good.text();
        let malformed = [self.place.malformed];
        for end in 1..good.len() {
            self.expect(good[..end].to_owned(), &malformed, "cut short");
        }
        for (before, after) in [("\u{feff}", ""), ("", "{}"), ("", "x"), ("", ","), ("\0", "")] {
            self.expect(format!("{before}{good}{after}"), &malformed, "more than an object");
        }
        self.expect(format!(" \r\n{good}\t"), &["ok"], "white space around it");
        let spans: Vec<_> =
            self.good.spans().into_iter().map(|(name, span)| (name.to_owned(), span)).collect();
        let mut draw = Draw::new(3);
        for _ in 0..FLIPS {
            // Not the bit that tells capitals: some texts are compared without it.
            let (place, bit) = (draw.below(good.len()), [0, 1, 2, 3, 4, 6][draw.below(6)]);
            let mut bytes = good.clone().into_bytes();
            bytes[place] ^= 1 << bit;
            let text = String::from_utf8(bytes).unwrap();
            let within = spans.iter().find(|(_, span)| span.contains(&place));
            let row = within.and_then(|(name, _)| self.place.rows.iter().find(|row| row.member == name));
            let codes = row.map_or_else(Vec::new, |row| {
                let number = kind(self.good.value(row.member)) == "number";
                [row.changed, &[row.dropped, row.retyped][..if number { 2 } else { 1 }]].concat()
            });
            let what = format!("bit {bit} of byte {place} flipped: {text}");
            self.expect(text, &[&codes[..], &malformed].concat(), &what);
        }
    }

    fn expect(&mut self, text: String, outcomes: &[&str], what: &str) {
        let mut texts = Texts::good();
        *(self.place.text)(&mut texts) = text;
        self.mutants += 1;
        let outcome = outcome(&texts);
        if !outcomes.contains(&outcome) {
            self.wrong.push(format!("{what}: {outcome}, not {outcomes:?}"));
        }
    }
}

/// The code that a login ends with; `ok` is the good login and no other.
fn outcome(texts: &Texts) -> &'static str {
    match texts.login() {
        Ok(facts) if facts == *GOOD => "ok",
        Ok(_) => "another login",
        Err(code) => code,
    }
}

fn expect(texts: &Texts, outcomes: &[&str], what: &str) {
    let outcome = outcome(texts);
    assert!(outcomes.contains(&outcome), "{what}: {outcome}, not {outcomes:?}");
}

fn kind(value: &str) -> &'static str {
    match value.as_bytes()[0] {
        b'"' => "string",
        b'[' => "array",
        b'{' => "object",
        b't' | b'f' => "boolean",
        b'n' => "null",
        _ => "number",
    }
}

#[test]
fn one_change_to_signed_claims_is_found_by_its_check() {
    Bench::new(places::CLAIMS).run(1_300);
}

#[test]
fn one_change_to_refreshed_claims_is_found_by_its_check() {
    Bench::new(places::REFRESHED_CLAIMS).run(1_300);
}

#[test]
fn one_change_to_a_signed_header_is_found_by_its_check() {
    Bench::new(places::HEADER).run(600);
}

#[test]
fn one_change_to_a_token_response_is_found_by_its_check() {
    Bench::new(places::TOKENS).run(850);
}

#[test]
fn one_change_to_a_refreshed_token_response_is_found_by_its_check() {
    Bench::new(places::REFRESHED_TOKENS).run(850);
}

#[test]
fn one_change_to_userinfo_is_found_by_its_check() {
    Bench::new(places::USERINFO).run(500);
}

#[test]
fn one_change_to_metadata_is_found_by_its_check() {
    Bench::new(places::METADATA).run(1_400);
}

#[test]
fn one_change_to_the_signing_key_is_found_by_its_check() {
    Bench::new(places::KEY).run(850);
}

/// What becomes of a login without this parameter, and with another value for it.
const PARAMETERS: [(&str, &str, &str); 4] = [
    ("code", "code_missing", "provider_error"),
    ("state", "state_missing", "state_mismatch"),
    ("iss", "response_issuer_missing", "response_issuer_mismatch"),
    ("session_state", "ok", "ok"),
];

fn expect_query(query: String, outcomes: &[&str]) {
    let what = query.clone();
    expect(&Texts { query, ..Texts::good() }, outcomes, &what);
}

#[test]
fn one_change_to_a_callback_parameter_is_found_by_its_check() {
    let good = Texts::good().query;
    let pairs: Vec<(&str, &str)> = good.split('&').map(|pair| pair.split_once('=').unwrap()).collect();
    let joined = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    };
    for (place, (member, dropped, changed)) in PARAMETERS.into_iter().enumerate() {
        assert_eq!(pairs[place].0, member);
        let with = |name: &str, value: &str| {
            let mut pairs = pairs.clone();
            pairs[place] = (name, value);
            joined(&pairs)
        };
        let own = pairs[place].1;
        expect_query(joined(&[&pairs[..place], &pairs[place + 1..]].concat()), &[dropped]);
        expect_query(with(&member.to_uppercase(), own), &[dropped]);
        expect_query(with(member, ""), &[if member == "code" { dropped } else { changed }]);
        for twin in [own, "", "another"] {
            expect_query(format!("{good}&{member}={twin}"), &["callback_duplicate"]);
            expect_query(format!("{member}={twin}&{good}"), &["callback_duplicate"]);
        }
        for spoilt in ["%", "%1", "%zz", "%ff"] {
            expect_query(with(member, &format!("{own}{spoilt}")), &["callback_malformed"]);
        }
        let mut draw = Draw::new(4);
        for _ in 0..CHANGES {
            expect_query(with(member, &one_other_character(own, &mut draw)), &[changed]);
        }
    }
    for (more, code) in [
        ("error=access_denied", "callback_unexpected"),
        ("access_token=a", "callback_unexpected"),
        ("id_token=a", "callback_unexpected"),
        ("token_type=Bearer", "callback_unexpected"),
        ("x=y", "ok"),
        ("Code=2", "ok"),
    ] {
        expect_query(format!("{good}&{more}"), &[code]);
        expect_query(format!("{more}&{good}"), &[code]);
    }
    let mut order = pairs;
    for turn in 0..order.len() {
        order.rotate_left(1);
        order.swap(0, turn);
        expect_query(joined(&order), &["ok"]);
    }
}

#[test]
fn one_flipped_byte_of_a_callback_reaches_no_other_login() {
    let good = Texts::good().query;
    let last = good.find("session_state").unwrap();
    let refusals: Vec<&str> =
        PARAMETERS[..3].iter().flat_map(|(_, dropped, changed)| [*dropped, *changed]).collect();
    for (place, bit) in (0..good.len()).flat_map(|place| (0..7).map(move |bit| (place, bit))) {
        let mut bytes = good.clone().into_bytes();
        bytes[place] ^= 1 << bit;
        let more: &[&str] =
            if place >= last { &["callback_malformed", "ok"] } else { &["callback_malformed"] };
        expect_query(String::from_utf8(bytes).unwrap(), &[&refusals[..], more].concat());
    }
}

/// What a token may be refused for before its signature is looked at.
const HEADER_CODES: [&str; 6] =
    ["malformed_token", "alg_refused", "typ_refused", "header_refused", "unknown_key", "bad_signature"];

#[test]
fn one_flipped_byte_of_a_token_is_never_accepted() {
    let token = Texts::good().id_token();
    let dots: Vec<usize> = (0..token.len()).filter(|place| token[*place] == b'.').collect();
    let claims: Vec<&str> = places::CLAIMS
        .rows
        .iter()
        .flat_map(|row| [&[row.dropped, row.retyped], row.changed].concat())
        .filter(|code| *code != "ok")
        .chain(["malformed_token", "bad_signature"])
        .collect();
    for (place, octet) in token.iter().enumerate() {
        for other in [octet ^ 1, octet ^ 4, b'A', b'_', b'=', b'.', b' '] {
            if other == *octet {
                continue;
            }
            let codes: &[&str] = match dots.iter().filter(|dot| **dot < place).count() {
                _ if !other.is_ascii_graphic() => &["malformed_token", "response_member_invalid"],
                _ if dots.contains(&place) => &["malformed_token"],
                0 => &HEADER_CODES,
                1 => &claims,
                _ => &["malformed_token", "bad_signature"],
            };
            let texts = Texts { flip: Some((place, other)), ..Texts::good() };
            // A quote ends the text that the token is in.
            let codes = if matches!(other, b'"' | b'\\') { &["malformed_json"] } else { codes };
            expect(&texts, codes, &format!("octet {place} is {:?}", char::from(other)));
        }
    }
}

//! No text opens as a sealed session but one that the keys sealed: of a good one, whatever is changed in it is refused with
//! one code, and the refusal shows none of it.

#![no_main]

use std::str;
use std::sync::LazyLock;

use fuzz::silence;
use fuzz::world::{CACHE, CLIENT, NOW, SESSION};
use libfuzzer_sys::fuzz_target;
use relyingparty::{Client, Entropy, SealingKeys, Step};

/// In a seed stands for the text that the client sealed.
const PLACEHOLDER: &str = "SEALED";

static SEALING: LazyLock<Client> = LazyLock::new(|| {
    let keys = [1, 2].map(|key: u8| (0..32).map(|byte| byte ^ key).collect::<Vec<u8>>());
    CLIENT.clone().with_sealing_keys(SealingKeys::new(keys).expect("they are keys"))
});

static SEALED: LazyLock<String> = LazyLock::new(|| {
    let entropy = Entropy::new((0..32).collect::<Vec<u8>>()).expect("it is long enough");
    SEALING.seal(&SESSION, entropy).expect("it is short enough")
});

fuzz_target!(|data: &[u8]| {
    refused_unless_it_is_the_one(data);
    // The same data as changes: a place and what is put there, three bytes each.
    let mut changed = SEALED.clone().into_bytes();
    for change in data.chunks_exact(3) {
        let place = usize::from(u16::from_be_bytes([change[0], change[1]])) % changed.len();
        changed[place] = change[2];
    }
    refused_unless_it_is_the_one(&changed);
    if let Some(length) = data.first_chunk().map(|length| usize::from(u16::from_be_bytes(*length))) {
        changed.truncate(length);
        refused_unless_it_is_the_one(&changed);
    }
});

fn refused_unless_it_is_the_one(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let text = text.replacen(PLACEHOLDER, &SEALED, 1);
    match SEALING.restore(&text, &CACHE, NOW) {
        Ok(Step::Done(session)) => {
            assert_eq!(text, *SEALED, "a text that was not sealed");
            assert_eq!(session.encode(), SESSION.encode());
        }
        Ok(Step::Pending(_)) => panic!("what is sealed needs no request"),
        Err(error) => {
            assert_eq!(error.code(), "unreadable_session");
            assert_ne!(text, *SEALED, "what was sealed is refused");
            silence::echoes_nothing(&error, text.as_bytes());
        }
    }
}

//! Assertions that somebody else keeps fresh in a file.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use relyingparty::{AssertionRequest, Secret};

use crate::Unreachable;

/// Bytes of an assertion that the core takes, and some that show that there are more.
const MOST: u64 = 65_536 + 3;

/// What a file holds that somebody else keeps fresh, such as the token of a Kubernetes service account. It is read for each request,
/// without the line end at its end. For [`blocking::Builder::assertions`](crate::blocking::Builder::assertions); for
/// [`Builder::assertions`](crate::Builder::assertions) it is wrapped:
///
/// ```
/// # use relyingparty_host::*;
/// # fn party(builder: Builder) -> Builder {
/// let token = token_file("/var/run/secrets/tokens/op");
/// builder.assertions(move |request| std::future::ready(token(request)))
/// # }
/// ```
pub fn token_file(
    path: impl Into<PathBuf>,
) -> impl Fn(AssertionRequest) -> Result<Secret, Unreachable> + Send + Sync + 'static {
    let path = path.into();
    move |_| {
        let refused = |reason: &str| Unreachable::new(format!("{}: {reason}", path.display()));
        let mut text = Vec::new();
        File::open(&path)
            .and_then(|file| file.take(MOST).read_to_end(&mut text))
            .map_err(|error| refused(&error.kind().to_string()))?;
        let text = text.strip_suffix(b"\n").unwrap_or(&text);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.is_empty() {
            return Err(refused("the file is empty"));
        }
        match std::str::from_utf8(text) {
            Ok(text) if text.is_ascii() => Ok(Secret::new(text)),
            _ => Err(refused("the file holds no token")),
        }
    }
}

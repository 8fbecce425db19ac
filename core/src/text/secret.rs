//! Text that must not be seen: redacted, compared in constant time, zeroed on drop.

use alloc::string::String;
use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A secret in text form. It has no `Display`, no `Serialize` and no `==`.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(Zeroizing::new(text.into()))
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `other` is the same text, in time that depends on the length alone.
    pub(crate) fn matches(&self, other: &str) -> bool {
        constant_time_eq(self.0.as_bytes(), other.as_bytes())
    }
}

/// Equality in time that depends on the lengths alone.
pub(crate) fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Secret::new(text)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Secret::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f7_a_secret_does_not_show() {
        assert_eq!(format!("{:?}", Secret::new("canary")), "[secret]");
    }

    #[test]
    fn a25_only_the_whole_secret_matches() {
        assert!(Secret::new("abc").matches("abc"));
        assert!(!Secret::new("abc").matches("ab"));
        assert!(!Secret::new("abc").matches("abd"));
    }
}

//! Time is an argument.

use alloc::string::ToString;

use crate::report::{Error, ErrorKind, MILLISECONDS};
use serde::{Deserialize, Serialize};

/// Seconds since 1970-01-01T00:00:00Z, as JWT's NumericDate counts them.
///
/// Not required to be monotonic: a clock that jumps costs a fetch or a login, never a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// No clock that is set shows a time before this library was written (2026-01-01T00:00:00Z).
const EARLIEST: Timestamp = Timestamp(1_767_225_600);

impl Timestamp {
    /// A moment in Unix seconds.
    pub const fn from_unix(seconds: i64) -> Timestamp {
        Timestamp(seconds)
    }

    /// The moment in Unix seconds.
    pub const fn as_unix(self) -> i64 {
        self.0
    }

    /// This moment and `seconds` more.
    pub const fn plus(self, seconds: u32) -> Timestamp {
        Timestamp(self.0.saturating_add(seconds as i64))
    }

    /// Seconds from `earlier` to this moment; negative when `earlier` is later.
    pub const fn since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// This moment, unless the clock it came from is visibly not set, or tells milliseconds.
    pub(crate) fn plausible(self) -> Result<Timestamp, Error> {
        if self < EARLIEST || self.0 > MILLISECONDS {
            return Err(ErrorKind::ImplausibleClock.with([&self.0.to_string()]));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(Timestamp::from_unix(i64::MAX).plus(1), Timestamp::from_unix(i64::MAX));
        assert_eq!(Timestamp::from_unix(i64::MAX).since(Timestamp::from_unix(i64::MIN)), i64::MAX);
    }

    #[test]
    fn b8_a_clock_at_zero_is_refused() {
        assert_eq!(Timestamp::from_unix(0).plausible().unwrap_err().code(), "implausible_clock");
        assert!(EARLIEST.plausible().is_ok());
    }

    #[test]
    fn first_use_a_clock_in_milliseconds_is_refused_by_name() {
        assert!(Timestamp::from_unix(MILLISECONDS).plausible().is_ok());
        let error = Timestamp::from_unix(1_800_000_000_000).plausible().unwrap_err();
        assert_eq!(error.code(), "implausible_clock");
        let advice = error.to_string().ends_with("this one tells milliseconds: divide by 1000");
        assert_eq!(advice, cfg!(feature = "setup"), "{error}");
    }
}

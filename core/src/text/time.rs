//! Time is an argument.

use alloc::string::ToString;
use core::fmt;
#[cfg(feature = "std")]
use std::time::{Duration, SystemTime, UNIX_EPOCH};

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

/// The number of seconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// In whole seconds. A time before 1970 is a negative number.
#[cfg(feature = "std")]
impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Timestamp {
        let seconds = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
        Timestamp(match time.duration_since(UNIX_EPOCH) {
            Ok(since) => seconds(since),
            Err(before) => {
                let before = before.duration();
                let begun = i64::from(before.subsec_nanos() > 0);
                seconds(before).saturating_add(begun).saturating_neg()
            }
        })
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

    #[cfg(feature = "std")]
    #[test]
    fn a_system_time_is_whole_seconds_on_both_sides_of_1970() {
        let span = Duration::from_millis(1_500);
        assert_eq!(Timestamp::from(UNIX_EPOCH + span), Timestamp::from_unix(1));
        assert_eq!(Timestamp::from(UNIX_EPOCH - span), Timestamp::from_unix(-2));
        assert_eq!(Timestamp::from(UNIX_EPOCH - Duration::from_secs(2)).to_string(), "-2");
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

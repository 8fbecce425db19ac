//! How those who wait for a lock sleep before they ask again.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long a nap is: at first, and at most.
const NAPS: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(200));

/// The naps of one who waits.
pub(super) struct Naps {
    until: Instant,
    nap: Duration,
}

impl Naps {
    /// For so many seconds in all.
    pub(super) fn new(wait: u32) -> Naps {
        Naps { until: Instant::now() + Duration::from_secs(wait.into()), nap: NAPS.0 }
    }

    /// Sleeps. `false`, at once, when the time is over.
    pub(super) async fn take(&mut self) -> bool {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        sleep(uneven(self.nap).min(left)).await;
        self.nap = self.nap.saturating_mul(2).min(NAPS.1);
        true
    }
}

/// Somewhere between the half and the whole of it, so that those who wait do not come together.
pub(super) fn uneven(nap: Duration) -> Duration {
    let mut byte = [0];
    let _ = getrandom::fill(&mut byte);
    nap.mul_f64(0.5 + f64::from(byte[0]) / 510.0)
}

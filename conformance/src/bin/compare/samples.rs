//! What a runner prints, line by line, and what is made of it.

use serde::Deserialize;

/// One row: microseconds per call (of threads the gain, of servers what the row says), round by round.
#[derive(Debug, Deserialize)]
pub(crate) struct Sample {
    pub(crate) group: String,
    pub(crate) row: String,
    #[serde(default)]
    ours: Vec<f64>,
    #[serde(default)]
    theirs: Vec<f64>,
    pub(crate) allocations: Option<usize>,
    /// Why the row was not measured.
    pub(crate) skipped: Option<String>,
    #[serde(default)]
    pub(crate) sites: Vec<Site>,
}

/// Where allocations come from.
#[derive(Debug, Deserialize, serde::Serialize)]
pub(crate) struct Site {
    pub(crate) site: String,
    pub(crate) calls: usize,
    pub(crate) bytes: usize,
}

/// The least, the median and the quartiles around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) least: f64,
    pub(crate) lower: f64,
    pub(crate) median: f64,
    pub(crate) upper: f64,
}

impl Sample {
    /// A row that was measured here.
    pub(crate) fn new(group: &str, row: String, ours: Vec<f64>, theirs: Vec<f64>) -> Sample {
        let (allocations, skipped, sites) = (None, None, Vec::new());
        Sample { group: group.into(), row, ours, theirs, allocations, skipped, sites }
    }

    /// A row that was not measured.
    pub(crate) fn skipped(group: &str, row: String, reason: &str) -> Sample {
        Sample { skipped: Some(reason.into()), ..Sample::new(group, row, Vec::new(), Vec::new()) }
    }

    pub(crate) fn ours(&self) -> Option<Spread> {
        Spread::of(self.ours.iter().copied())
    }

    pub(crate) fn theirs(&self) -> Option<Spread> {
        Spread::of(self.theirs.iter().copied())
    }

    /// Our time over theirs, round by round: what disturbed a round disturbed both.
    pub(crate) fn ratio(&self) -> Option<Spread> {
        Spread::of(self.ours.iter().zip(&self.theirs).map(|(ours, theirs)| ours / theirs))
    }
}

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Option<Spread> {
        let mut sorted: Vec<f64> = values.collect();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        let at = |quarters: usize| sorted[(last * quarters + 2) / 4];
        Some(Spread { least: at(0), lower: at(1), median: at(2), upper: at(3) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(line: &str) -> Sample {
        serde_json::from_str(line).unwrap()
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        let sample = sample(r#"{"group":"g","row":"r","ours":[1,20,3],"theirs":[2,40,4]}"#);
        assert_eq!(sample.ratio(), Some(Spread { least: 0.5, lower: 0.5, median: 0.5, upper: 0.75 }));
        assert_eq!(sample.ours().map(|ours| ours.median), Some(3.0));
    }

    #[test]
    fn one_side_alone_has_no_ratio() {
        assert_eq!(sample(r#"{"group":"g","row":"r","ours":[1,2]}"#).ratio(), None);
    }

    #[test]
    fn the_quartiles_of_five_are_the_second_and_the_fourth() {
        let spread = Spread::of([5.0, 1.0, 4.0, 2.0, 3.0].into_iter());
        assert_eq!(spread, Some(Spread { least: 1.0, lower: 2.0, median: 3.0, upper: 4.0 }));
    }
}

//! How much of a load fits into a memory limit, by the range of its estimate.

use super::estimate::{Range, resident};
use super::load::Load;
use super::model::CostModel;
use super::settings::ServerSettings;
use super::terms::page_bytes;
use crate::units::Bytes;

/// No multiple of a load is searched beyond this; a limit that holds more is no limit.
const LARGEST_FACTOR: f64 = 1e6;

/// Halvings of the search: a factor is exact to less than a millionth of itself.
const HALVINGS: u32 = 60;

/// Whether the anonymous resident memory of a load stays below a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// All of its range lies below.
    Fits,
    /// The limit lies within its range.
    Uncertain,
    /// All of its range lies above: the server is killed.
    Exceeds,
}

/// A number of series or targets that reach a limit, at each end of the estimate's range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fitting {
    /// So many fit even at the high end of memory.
    pub low: u64,
    /// So many fit by what the model expects.
    pub expected: u64,
    /// More than so many do not fit even at the low end.
    pub high: u64,
}

/// A load against a memory limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fit {
    /// Whether it stays below.
    pub verdict: Verdict,
    /// Series of the same kind, on as many more or fewer targets, that fit.
    pub series: Fitting,
    /// Targets of the same kind that fit.
    pub targets: Fitting,
}

/// Sets a load against a limit of anonymous resident memory.
pub fn fit(load: &Load, model: &CostModel, settings: &ServerSettings, limit: Bytes) -> Fit {
    // Targets of the same kind have pages of the same size, however many there are.
    let page = page_bytes(load);
    let rss = resident(load, page, model, settings);
    let verdict = if rss.high <= limit {
        Verdict::Fits
    } else if rss.low <= limit {
        Verdict::Uncertain
    } else {
        Verdict::Exceeds
    };
    let largest = |end: fn(Range) -> Bytes| {
        largest_factor(|factor| {
            end(resident(&load.multiplied(factor), page, model, settings)) <= limit
        })
    };
    let factors = [largest(|rss| rss.high), largest(|rss| rss.expected), largest(|rss| rss.low)];
    Fit { verdict, series: fitting(load.series, factors), targets: fitting(load.targets, factors) }
}

/// The largest factor for which `holds`, which must not hold again once it fails.
fn largest_factor(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, LARGEST_FACTOR);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

fn fitting(count: u64, factors: [f64; 3]) -> Fitting {
    #[expect(clippy::cast_sign_loss, reason = "factors are not negative")]
    let [low, expected, high] = factors.map(|factor| (count as f64 * factor).floor() as u64);
    Fitting { low, expected, high }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;
    use crate::server::Server;

    fn load(series: u64, targets: u64) -> Load {
        Load {
            series,
            label_pairs: series * 12,
            label_bytes: series * 240,
            exposed_bytes: series * 170,
            unique_pairs: series / 9,
            targets,
            dropped_series: series / 4,
            dropped_bytes: series * 40,
            metric_families: targets * 30,
            ..Load::default()
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..<_>::default()
        })]

        #[test]
        fn what_fits_is_what_the_estimate_says(
            series in 1_000u64..3_000_000, targets in 1u64..2_000, limit in 20_000_000u64..1 << 35,
        ) {
            let model = CostModel::embedded(&Server::default()).0;
            let (load, settings) = (load(series, targets), ServerSettings::default());
            let fit = fit(&load, &model, &settings, Bytes(limit));
            let rss = |count: u64| {
                let many = load.multiplied(count as f64 / series as f64);
                resident(&many, page_bytes(&load), &model, &settings)
            };
            // Targets are whole.
            let slack = limit / 50 + 2_000_000;
            for (count, end) in [
                (fit.series.low, rss(fit.series.low).high.0),
                (fit.series.expected, rss(fit.series.expected).expected.0),
                (fit.series.high, rss(fit.series.high).low.0),
            ] {
                // Nothing at all fits into less than the idle server needs.
                prop_assert!(count == 0 || end.abs_diff(limit) <= slack, "{count} {end} {limit}");
            }
            prop_assert!(fit.series.low <= fit.series.expected);
            prop_assert!(fit.series.expected <= fit.series.high);
            let verdict = if series <= fit.series.low {
                Verdict::Fits
            } else if series <= fit.series.high {
                Verdict::Uncertain
            } else {
                Verdict::Exceeds
            };
            // Where the limit is the range's very end, rounding may decide.
            let ends = [rss(series).low.0, rss(series).high.0];
            let close = ends.iter().any(|end| end.abs_diff(limit) <= slack);
            prop_assert!(close || verdict == fit.verdict, "{fit:?} {series}");
        }
    }

    #[test]
    fn no_series_at_all_fit_anywhere_or_nowhere() {
        let model = CostModel::embedded(&Server::default()).0;
        let of =
            |limit| fit(&Load::default(), &model, &ServerSettings::default(), Bytes(limit)).verdict;
        assert_eq!(of(1 << 30), Verdict::Fits);
        assert_eq!(of(1 << 20), Verdict::Exceeds);
    }
}

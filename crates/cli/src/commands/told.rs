//! What `estimate` is told that no page shows.

use promsieve_core::cost::{Beside, DiscoveredLoad};
use promsieve_core::relabel::target::TargetOutcome;

use crate::input::config::Loaded;
use crate::input::fleet::{FILE_LABEL, written};

/// More than any server holds; bytes of so many things can still be added up.
const MOST: u64 = 1_000_000_000_000;

/// More than a native histogram of any schema is let grow to.
const MOST_BUCKETS: u64 = 10_000;

/// More labels, and bytes of them, than any service discovery gives a target.
const MOST_LABELS: u64 = 1000;
const MOST_LABEL_BYTES: u64 = 1_000_000;

/// What the server keeps beside float series that it scrapes; its own heap has it already.
#[derive(Debug, Clone, Copy, clap::Args)]
#[group(multiple = true, conflicts_with = "live")]
pub(crate) struct BesideArgs {
    /// So many of the series are native histograms
    #[arg(long, value_name = "SERIES", default_value_t = 0, value_parser = count())]
    native_histograms: u64,

    /// Buckets that each of them has
    #[arg(
        long, value_name = "N", default_value_t = 100, requires = "native_histograms",
        value_parser = clap::value_parser!(u64).range(..=MOST_BUCKETS),
    )]
    native_buckets: u64,

    /// Exemplars that the server keeps, where it does
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = count())]
    exemplars: u64,

    /// Series of rules that are not among the inputs, beside those given
    #[arg(long, value_name = "SERIES", default_value_t = 0, value_parser = count())]
    recorded_series: u64,

    /// So many of the series have samples that come out of order
    #[arg(long, value_name = "SERIES", default_value_t = 0, value_parser = count())]
    late_series: u64,

    /// Series that range queries read at once
    #[arg(long, value_name = "SERIES", default_value_t = 0, value_parser = count())]
    queried_series: u64,
}

/// Targets that service discovery finds and relabeling drops.
#[derive(Debug, Clone, Copy, clap::Args)]
#[group(multiple = true, conflicts_with = "live")]
pub(crate) struct DiscoveredArgs {
    /// Targets that service discovery finds and relabeling drops; those of static and file discovery
    /// are counted where it is not said
    #[arg(long = "dropped-targets", id = "dropped_targets", value_name = "N", value_parser = count())]
    targets: Option<u64>,

    /// Labels that each of them has as discovered
    #[arg(
        long = "dropped-target-labels", value_name = "N", default_value_t = 30,
        requires = "dropped_targets", value_parser = clap::value_parser!(u64).range(..=MOST_LABELS),
    )]
    labels: u64,

    /// Bytes of the names and values of these labels, of one target
    #[arg(
        long = "dropped-target-bytes", value_name = "BYTES", default_value_t = 1500,
        requires = "dropped_targets",
        value_parser = clap::value_parser!(u64).range(..=MOST_LABEL_BYTES),
    )]
    bytes: u64,
}

impl DiscoveredArgs {
    /// What was told, else what the configuration says.
    pub(crate) fn of(self, config: Option<&Loaded>) -> DiscoveredLoad {
        if let Some(dropped_targets) = self.targets {
            return DiscoveredLoad {
                dropped_targets,
                discovered_labels: dropped_targets * self.labels,
                discovered_bytes: dropped_targets * self.bytes,
            };
        }
        let found = config.map(written).unwrap_or_default();
        found.iter().fold(DiscoveredLoad::default(), |load, target| {
            let dropped = matches!(target.outcome, TargetOutcome::Dropped { .. });
            let labels = target.discovered.iter().filter(|(name, _)| name != FILE_LABEL);
            load.with(dropped, labels.map(|(name, value)| (name.as_str(), value.as_str())))
        })
    }
}

impl BesideArgs {
    pub(crate) fn of(self, series: u64) -> Beside {
        Beside {
            native_histograms: self.native_histograms,
            native_buckets: self.native_histograms * self.native_buckets,
            exemplars: self.exemplars,
            exemplar_series: self.exemplars.min(series),
            recorded_series: self.recorded_series,
            recorded_known: 0,
            recorded_label_bytes: 0,
            late_series: self.late_series,
            queried_series: self.queried_series,
        }
    }
}

/// How many there are of something.
fn count() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(..=MOST)
}

//! What a server keeps beside the float series that it scrapes.

use serde::{Deserialize, Serialize};

use super::load::Load;
use super::recorded::Recorded;
use super::terms::{Situation, Term};

/// How much of it there is. Pages show none of it: what rules record is worked out
/// ([`super::recorded()`]), the rest is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Beside {
    /// Series that are native histograms.
    pub native_histograms: u64,
    /// Buckets of all of them.
    pub native_buckets: u64,
    /// Exemplars that are kept: `storage.exemplars.max_exemplars`, 100,000 by default.
    pub exemplars: u64,
    /// Series that have some.
    pub exemplar_series: u64,
    /// Series that rules record, with labels like the mean.
    pub recorded_series: u64,
    /// Those that rules record beside them, whose labels are known.
    pub recorded_known: u64,
    /// Bytes of their labels, as they are.
    pub recorded_label_bytes: u64,
    /// Series with samples that come out of order, within the window for them.
    pub late_series: u64,
    /// Series that range queries read at once.
    pub queried_series: u64,
}

impl Beside {
    /// Whether there is nothing of it.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

impl Load {
    /// With so many series that rules record, with labels like the mean of those that are there.
    #[must_use]
    pub fn with_recorded(self, series: u64) -> Self {
        let scraped = self.series.saturating_sub(self.gone_series);
        let recorded = self.scaled(series as f64 / self.series.max(1) as f64);
        Self {
            unique_pairs: self.unique_pairs + u64::from(scraped > 0 && series > 0),
            unique_pair_bytes: self.unique_pair_bytes,
            exposed_bytes: self.exposed_bytes,
            gone_series: self.gone_series,
            ..self + recorded
        }
    }
}

impl Recorded {
    /// A load with the most series that the rules record, and what is kept for them.
    pub fn on(&self, load: Load, beside: Beside) -> (Load, Beside) {
        let recorded_series = beside.recorded_series + self.unlabelled;
        let recorded_known = beside.recorded_known + self.load.series;
        let recorded_label_bytes = beside.recorded_label_bytes + self.load.label_bytes;
        let load = load.with_recorded(recorded_series) + self.load;
        (load, Beside { recorded_series, recorded_known, recorded_label_bytes, ..beside })
    }
}

/// Live heap on top of that of the series: the sum of these.
pub const BESIDE: [Term; 7] = [
    Term {
        key: "native_histogram",
        part: "native histograms",
        unit: "bytes per native histogram, on top of a series",
        meaning: "its last value, spans and what its appender holds (tsdb/head.go, tsdb/chunkenc/histogram.go)",
        quantity: |it| it.settings.beside.native_histograms as f64,
    },
    Term {
        key: "native_bucket",
        part: "native histograms",
        unit: "bytes per bucket of a native histogram",
        meaning: "the last value's 8, the appender's 16, and their share of the open chunk (tsdb/chunkenc/histogram.go)",
        quantity: |it| it.settings.beside.native_buckets as f64,
    },
    Term {
        key: "exemplar",
        part: "exemplars",
        unit: "bytes per exemplar that is kept",
        meaning: "a place of the ring, and the exemplar's labels (tsdb/exemplar.go)",
        quantity: |it| it.settings.beside.exemplars as f64,
    },
    Term {
        key: "exemplar_line",
        part: "exemplars",
        unit: "bytes per byte of the series' text of an exemplar that is kept",
        meaning: "with slicelabels, an exemplar's labels look to hold all of its line; with stringlabels they are a copy",
        quantity: |it| it.settings.beside.exemplars as f64 * it.line_bytes(),
    },
    Term {
        key: "exemplar_byte",
        part: "exemplars",
        unit: "bytes per label byte of a series with exemplars",
        meaning: "key and slot of the ring's index (tsdb/exemplar.go)",
        quantity: |it| it.settings.beside.exemplar_series as f64 * it.label_bytes(),
    },
    Term {
        key: "recorded_byte",
        part: "rules",
        unit: "bytes per label byte of a series that a rule records, on top of a series",
        meaning: "key and label set of what the rule gave last, which tell it what is stale (rules/group.go)",
        quantity: |it| {
            let beside = &it.settings.beside;
            beside.recorded_label_bytes as f64 + beside.recorded_series as f64 * it.label_bytes()
        },
    },
    Term {
        key: "late_byte",
        part: "out of order",
        unit: "bytes per byte of an open chunk of samples out of order",
        meaning: "the chunk, whose 32-byte samples double in room up to 32, and what holds it (tsdb/ooo_head.go)",
        quantity: |it| it.settings.beside.late_series as f64 * LATE_SAMPLE * it.late_room(),
    },
];

/// Anonymous resident memory on top of that: the sum of these.
pub const BESIDE_RESIDENT: [Term; 3] = [
    Term {
        key: "native_cut",
        part: "",
        unit: "bytes per bucket of a native histogram's sample in a minute, and as much as GOGC allows for them",
        meaning: "full chunks before they are mapped (tsdb/head_append.go)",
        quantity: |it| {
            let buckets = it.settings.beside.native_buckets as f64;
            buckets * it.samples_unmapped() * (1.0 + it.allowed())
        },
    },
    Term {
        key: "queried_series",
        part: "",
        unit: "bytes of resident memory per series that range queries read at once",
        meaning: "samples and points of a query while it runs, and the garbage that they allow (promql/engine.go)",
        quantity: |it| it.settings.beside.queried_series as f64,
    },
    Term {
        key: "recorded_series",
        part: "",
        unit: "bytes of resident memory per series that rules record",
        meaning: "samples and points of a rule while it is evaluated, and the garbage that they allow (promql/engine.go)",
        quantity: |it| {
            let beside = &it.settings.beside;
            (beside.recorded_series + beside.recorded_known) as f64
        },
    },
];

/// Bytes of a sample out of order in its open chunk (`tsdb/ooo_head.go`).
const LATE_SAMPLE: f64 = 32.0;

/// Most of them in an open chunk (`storage.tsdb.out-of-order-cap-max`).
const LATE_MOST: u64 = 32;

impl Situation<'_> {
    /// Samples that an open chunk of them has room for, where every second sample is out of order.
    fn late_room(&self) -> f64 {
        (self.samples() / 2).next_power_of_two().min(LATE_MOST) as f64
    }

    /// Bytes of the text of a mean series that is still exposed.
    fn line_bytes(&self) -> f64 {
        let exposed = self.load.series.saturating_sub(self.load.gone_series);
        self.load.exposed_bytes as f64 / exposed.max(1) as f64
    }

    /// Bytes of a mean series' labels.
    pub(super) fn label_bytes(&self) -> f64 {
        self.load.label_bytes as f64 / self.load.series.max(1) as f64
    }
}

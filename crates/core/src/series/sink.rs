//! What a reader tells and whom: samples as they stand in the input, without allocation.

use std::ops::Range;

/// A metric family's type, as exposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum MetricType {
    /// A count that only grows.
    Counter,
    /// A value that goes up and down.
    Gauge,
    /// A classic or native histogram.
    Histogram,
    /// A histogram of the current state (`OpenMetrics`).
    GaugeHistogram,
    /// Quantiles computed by the application.
    Summary,
    /// Constant labels with the value 1 (`OpenMetrics`).
    Info,
    /// A set of states (`OpenMetrics`).
    StateSet,
    /// None given.
    #[default]
    Unknown,
}

impl MetricType {
    /// The word in a `# TYPE` line; `untyped` is the text format's word for unknown.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "counter" => Self::Counter,
            "gauge" => Self::Gauge,
            "histogram" => Self::Histogram,
            "gaugehistogram" => Self::GaugeHistogram,
            "summary" => Self::Summary,
            "info" => Self::Info,
            "stateset" => Self::StateSet,
            "unknown" | "untyped" => Self::Unknown,
            _ => return None,
        })
    }

    /// The word of `OpenMetrics`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::GaugeHistogram => "gaugehistogram",
            Self::Summary => "summary",
            Self::Info => "info",
            Self::StateSet => "stateset",
            Self::Unknown => "unknown",
        }
    }
}

/// Where a label of a sample lies. Values with escapes lie in the sample's scratch text.
#[derive(Debug, Clone, Default)]
pub struct SampleLabel {
    /// Bytes of the name, in the line or in the scratch text.
    pub name: Range<usize>,
    /// Bytes of the value, in the line or in the scratch text.
    pub value: Range<usize>,
    /// The name had escapes and lies in the scratch text.
    pub name_unescaped: bool,
    /// The value had escapes and lies in the scratch text.
    pub value_unescaped: bool,
    /// Name and value are those of the label at this position of the sample with the number before
    /// ([`Sample::number`]). Saying so is a reader's choice: false claims nothing.
    pub repeated: bool,
}

/// One sample as a reader hands it over; borrows the input.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a> {
    /// Counts the samples of one reader: a sink that was told the number before knows what
    /// [`SampleLabel::repeated`] labels repeat.
    pub number: u64,
    /// The metric's name.
    pub metric: &'a str,
    /// The text that plain label ranges point into.
    pub line: &'a str,
    /// The text that unescaped label ranges point into.
    pub scratch: &'a str,
    /// The labels, in the order of the input, `__name__` excluded; no name stands twice.
    pub labels: &'a [SampleLabel],
    /// Bytes of the series as exposed: name, braces, labels. The key of Prometheus's scrape cache.
    pub series_bytes: usize,
    /// The value.
    pub value: f64,
    /// Milliseconds since the epoch, if the input gives them.
    pub timestamp: Option<i64>,
    /// Whether an exemplar follows.
    pub exemplar: bool,
}

impl<'a> Sample<'a> {
    /// The name of `label`.
    pub fn name(&self, label: &SampleLabel) -> &'a str {
        let text = if label.name_unescaped { self.scratch } else { self.line };
        &text[label.name.clone()]
    }

    /// The value of `label`, without escapes.
    pub fn value(&self, label: &SampleLabel) -> &'a str {
        let text = if label.value_unescaped { self.scratch } else { self.line };
        &text[label.value.clone()]
    }

    /// Names and values, in the order of the input.
    pub fn pairs(&self) -> impl Iterator<Item = (&'a str, &'a str)> + '_ {
        self.labels.iter().map(|label| (self.name(label), self.value(label)))
    }
}

/// Whoever wants what a reader reads.
pub trait Sink {
    /// A metric family is of this type.
    fn family(&mut self, name: &str, kind: MetricType);

    /// A sample was read.
    fn sample(&mut self, sample: &Sample<'_>);
}

//! One metric of a family: its labels as text, its values, and whether it is a native histogram.

use super::wire::{Cursor, Stop, Value};
use crate::series::{MetricType, SampleLabel};

/// The type of a family, by its number on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Kind {
    #[default]
    Counter,
    Gauge,
    Summary,
    Untyped,
    Histogram,
    GaugeHistogram,
}

impl Kind {
    pub(super) fn of(number: u64) -> Option<Self> {
        Some(match number {
            0 => Self::Counter,
            1 => Self::Gauge,
            2 => Self::Summary,
            3 => Self::Untyped,
            4 => Self::Histogram,
            5 => Self::GaugeHistogram,
            _ => return None,
        })
    }

    pub(super) fn metric_type(self) -> MetricType {
        match self {
            Self::Counter => MetricType::Counter,
            Self::Gauge => MetricType::Gauge,
            Self::Summary => MetricType::Summary,
            Self::Untyped => MetricType::Unknown,
            Self::Histogram => MetricType::Histogram,
            Self::GaugeHistogram => MetricType::GaugeHistogram,
        }
    }

    pub(super) fn is_histogram(self) -> bool {
        matches!(self, Self::Histogram | Self::GaugeHistogram)
    }

    /// The suffix of the samples that stand for buckets and quantiles, and the label with their
    /// bound; `None` where a type has none.
    pub(super) fn bound(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Counter | Self::Gauge | Self::Untyped => None,
            Self::Summary => Some(("", "quantile")),
            Self::Histogram | Self::GaugeHistogram => Some(("_bucket", "le")),
        }
    }

    /// The number of the field that holds the values of this type.
    fn field(self) -> u32 {
        match self {
            Self::Gauge => 2,
            Self::Counter => 3,
            Self::Summary => 4,
            Self::Untyped => 5,
            Self::Histogram | Self::GaugeHistogram => 7,
        }
    }
}

/// A bucket or a quantile.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bound {
    pub(super) at: f64,
    pub(super) value: f64,
    pub(super) exemplar: bool,
}

/// What a metric holds; used again for the next one.
#[derive(Debug, Default)]
pub(super) struct Metric {
    /// Names and values of the labels.
    pub(super) text: String,
    /// Where they lie in the text.
    pub(super) labels: Vec<SampleLabel>,
    /// The value of a plain metric, or the count of a histogram or summary.
    pub(super) value: f64,
    pub(super) sum: f64,
    pub(super) bounds: Vec<Bound>,
    /// As a server tells that a histogram is a native one: by spans, a zero bucket's breadth or its
    /// count (protobufparse.go, `isNativeHistogram` at 3.5).
    pub(super) native: bool,
    /// Milliseconds since the epoch.
    pub(super) timestamp: Option<i64>,
    pub(super) exemplar: bool,
}

impl Metric {
    /// Reads a `Metric` message of a family of type `kind`.
    pub(super) fn read(&mut self, message: &[u8], kind: Kind) -> Result<(), Stop> {
        self.clear();
        let mut fields = Cursor::new(message);
        while let Some((number, value)) = fields.field()? {
            match number {
                1 => self.label(value.bytes()?)?,
                // Zero, which is not told from none, is none.
                6 => self.timestamp = Some(value.varint()?.cast_signed()).filter(|&at| at != 0),
                number if number == kind.field() => self.values(value.bytes()?, kind)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn clear(&mut self) {
        self.text.clear();
        self.labels.clear();
        self.bounds.clear();
        (self.value, self.sum) = (0.0, 0.0);
        (self.native, self.exemplar) = (false, false);
        self.timestamp = None;
    }

    /// `LabelPair`
    fn label(&mut self, message: &[u8]) -> Result<(), Stop> {
        let (mut name, mut value) = ("", "");
        let mut fields = Cursor::new(message);
        while let Some((number, field)) = fields.field()? {
            match number {
                1 => name = field.text()?,
                2 => value = field.text()?,
                _ => {}
            }
        }
        if name.is_empty() {
            return Err(Stop::Wrong("a label has no name"));
        }
        self.push_label(name, value);
        Ok(())
    }

    /// Adds a label behind the others.
    pub(super) fn push_label(&mut self, name: &str, value: &str) {
        let start = self.text.len();
        self.text.push_str(name);
        let middle = self.text.len();
        self.text.push_str(value);
        let (name, value) = (start..middle, middle..self.text.len());
        self.labels.push(SampleLabel { name, value, ..SampleLabel::default() });
    }

    /// Takes the last label away.
    pub(super) fn pop_label(&mut self) {
        if let Some(label) = self.labels.pop() {
            self.text.truncate(label.name.start);
        }
    }

    fn values(&mut self, message: &[u8], kind: Kind) -> Result<(), Stop> {
        let mut fields = Cursor::new(message);
        while let Some((number, value)) = fields.field()? {
            match kind {
                Kind::Summary => self.summary(number, value)?,
                Kind::Histogram | Kind::GaugeHistogram => self.histogram(number, value)?,
                Kind::Counter if number == 2 => self.exemplar = true,
                Kind::Counter | Kind::Gauge | Kind::Untyped if number == 1 => {
                    self.value = value.double()?;
                }
                Kind::Counter | Kind::Gauge | Kind::Untyped => {}
            }
        }
        Ok(())
    }

    /// A field of `Summary`.
    fn summary(&mut self, number: u32, value: Value<'_>) -> Result<(), Stop> {
        match number {
            1 => self.value = value.varint()? as f64,
            2 => self.sum = value.double()?,
            3 => {
                let mut quantile = Bound::default();
                let mut fields = Cursor::new(value.bytes()?);
                while let Some((number, value)) = fields.field()? {
                    match number {
                        1 => quantile.at = value.double()?,
                        2 => quantile.value = value.double()?,
                        _ => {}
                    }
                }
                self.bounds.push(quantile);
            }
            _ => {}
        }
        Ok(())
    }

    /// A field of `Histogram`. Counts as floats stand instead of integers where they are not 0.
    fn histogram(&mut self, number: u32, value: Value<'_>) -> Result<(), Stop> {
        match number {
            1 if self.value == 0.0 => self.value = value.varint()? as f64,
            4 => self.value = Some(value.double()?).filter(|&v| v != 0.0).unwrap_or(self.value),
            2 => self.sum = value.double()?,
            3 => self.bounds.push(bucket(value.bytes()?)?),
            6 => self.native |= value.double()? > 0.0,
            7 => self.native |= value.varint()? > 0,
            9 | 12 => {
                value.bytes()?;
                self.native = true;
            }
            _ => {}
        }
        Ok(())
    }
}

/// `Bucket`
fn bucket(message: &[u8]) -> Result<Bound, Stop> {
    let mut bucket = Bound::default();
    let mut fields = Cursor::new(message);
    while let Some((number, value)) = fields.field()? {
        match number {
            1 if bucket.value == 0.0 => bucket.value = value.varint()? as f64,
            4 => bucket.value = Some(value.double()?).filter(|&v| v != 0.0).unwrap_or(bucket.value),
            2 => bucket.at = value.double()?,
            3 => bucket.exemplar = true,
            _ => {}
        }
    }
    Ok(bucket)
}

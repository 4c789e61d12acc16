//! The push reader: cuts bytes into families and metrics, names the series of each as a server
//! does, remembers what is bad.

use super::metric::{Bound, Kind, Metric};
use super::wire::{Cursor, Stop, Value};
use crate::ingest::{Report, names};
use crate::series::{Sample, SampleLabel, Sink};
use crate::server::Server;
use crate::text::open_metrics_float;

/// A metric, or a family's help, that takes more bytes than this is given up.
const LONGEST_FIELD: usize = 16 << 20;

/// Bytes of the longest length before a message (`binary.MaxVarintLen32`).
const LONGEST_LENGTH: usize = 5;

const TWICE: &str = "a label of a metric stands twice";

/// What a server stores of histograms that are shown as native ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Histograms {
    /// One series each, as a server does that asks for this format.
    #[default]
    Native,
    /// That, and those of the classic buckets where a page shows them too:
    /// `always_scrape_classic_histograms`, until 2.x `scrape_classic_histograms`.
    Both,
    /// Those of the classic buckets alone, as a server stores that asks for text.
    Classic,
}

impl std::str::FromStr for Histograms {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Ok(match word {
            "native" => Self::Native,
            "both" => Self::Both,
            "classic" => Self::Classic,
            _ => return Err("it is `native`, `both` or `classic`".to_owned()),
        })
    }
}

/// Reads a page pushed in pieces.
#[derive(Debug)]
pub struct Reader {
    histograms: Histograms,
    /// Whether a family's first metric tells for all whether they are native histograms.
    first_tells: bool,
    carry: Vec<u8>,
    family: Family,
    metric: Metric,
    /// Names and values of the labels of the metric before.
    before: (String, Vec<SampleLabel>),
    bounds: Bounds,
    /// The length of a message was no length: no more can be read.
    lost: bool,
    report: Report,
}

/// The family that is read.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, told nowhere else")]
struct Family {
    /// Bytes of its message that are not yet read; `None` between two families.
    left: Option<usize>,
    /// Bytes that are read.
    read: usize,
    name: String,
    kind: Kind,
    unit: String,
    /// Its message is broken: the rest of it is skipped.
    given_up: bool,
    /// Told to the sink, before its first metric.
    announced: bool,
    /// Whether its next histogram counts as a native one.
    native: bool,
    first_is_native: bool,
}

/// The last text of the bound at each position, as bounds repeat from metric to metric.
#[derive(Debug, Default)]
struct Bounds(Vec<(u64, String)>);

impl Bounds {
    fn text(&mut self, at: usize, bound: f64) -> &str {
        let bits = bound.to_bits();
        if at == self.0.len() {
            self.0.push((bits, open_metrics_float(bound)));
        } else if self.0[at].0 != bits {
            self.0[at] = (bits, open_metrics_float(bound));
        }
        &self.0[at].1
    }
}

impl Reader {
    /// A reader of one page, as `server` would read it.
    pub fn new(histograms: Histograms, server: Server) -> Self {
        Self {
            histograms,
            first_tells: !server.tells_each_native_histogram(),
            carry: Vec::new(),
            family: Family::default(),
            metric: Metric::default(),
            before: (String::new(), Vec::new()),
            bounds: Bounds::default(),
            lost: false,
            report: Report::default(),
        }
    }

    /// Reads the next piece, which may end anywhere.
    pub fn feed(&mut self, piece: &[u8], sink: &mut impl Sink) {
        self.report.bytes += piece.len() as u64;
        self.carry.extend_from_slice(piece);
        let bytes = std::mem::take(&mut self.carry);
        let mut at = 0;
        while let Some(read) = self.step(&bytes[at..], sink) {
            at += read;
        }
        self.carry = bytes;
        self.carry.drain(..at);
    }

    /// Says what was read.
    pub fn finish(mut self) -> Report {
        if self.family.left.is_some() || !self.carry.is_empty() {
            self.bad("the page ends inside of a metric family");
        }
        self.report
    }

    /// Reads a family's length, a field of it, or its end; gives how many bytes that took, or
    /// `None` when more are needed.
    fn step(&mut self, bytes: &[u8], sink: &mut impl Sink) -> Option<usize> {
        if self.lost {
            return Some(bytes.len()).filter(|&length| length > 0);
        }
        let Some(left) = self.family.left else { return self.begin(bytes) };
        if left == 0 {
            self.end();
            return Some(0);
        }
        let ours = &bytes[..left.min(bytes.len())];
        if self.family.given_up {
            self.family.left = Some(left - ours.len());
            return Some(ours.len()).filter(|&length| length > 0);
        }
        let mut fields = Cursor::new(ours);
        let stop = match fields.field() {
            Ok(None) => return None,
            Ok(Some((number, value))) => match self.field(number, value, sink) {
                Ok(()) => {
                    self.family.left = Some(left - fields.position());
                    self.family.read += fields.position();
                    return Some(fields.position());
                }
                Err(stop) => stop,
            },
            Err(Stop::Incomplete) if ours.len() < left.min(LONGEST_FIELD) => return None,
            Err(Stop::Incomplete) if ours.len() < left => Stop::Wrong("it is longer than 16 MiB"),
            Err(stop) => stop,
        };
        self.bad(describe(stop));
        self.family.given_up = true;
        Some(0)
    }

    fn begin(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut cursor = Cursor::new(bytes);
        let length = cursor.varint();
        if length == Err(Stop::Incomplete) && bytes.len() < LONGEST_LENGTH {
            return None;
        }
        self.report.lines += 1;
        match length {
            Ok(length) if cursor.position() <= LONGEST_LENGTH => {
                let Family { mut name, mut unit, .. } = std::mem::take(&mut self.family);
                name.clear();
                unit.clear();
                self.family =
                    Family { left: Some(length as usize), name, unit, ..Family::default() };
                Some(cursor.position())
            }
            _ => {
                self.bad("expected the length of a metric family: no more of the page can be read");
                self.lost = true;
                Some(0)
            }
        }
    }

    /// What can be said of a family only when all of it was seen.
    fn end(&mut self) {
        self.family.left = None;
        let Family { name, unit, announced, kind, .. } = &self.family;
        let name = name.strip_suffix("_total").filter(|_| *kind == Kind::Counter).unwrap_or(name);
        let fits = name.strip_suffix(&**unit).is_some_and(|start| start.ends_with('_'));
        if *announced && !unit.is_empty() && !fits {
            let message = format!("the unit `{unit}` does not end the name `{name}`");
            self.bad(message);
        }
    }

    fn field(&mut self, number: u32, value: Value<'_>, sink: &mut impl Sink) -> Result<(), Stop> {
        let family = &mut self.family;
        match number {
            1 | 3 if family.announced => {
                return Err(Stop::Wrong("its name or type stands behind a metric of it"));
            }
            1 => value.text()?.clone_into(&mut family.name),
            2 => _ = value.text()?,
            3 => {
                let kind = Kind::of(value.varint()?);
                family.kind = kind.ok_or(Stop::Wrong("it is of no type that there is"))?;
            }
            4 => self.metric(value.bytes()?, sink)?,
            5 => value.text()?.clone_into(&mut family.unit),
            _ => {}
        }
        Ok(())
    }

    /// Reads a metric and tells its samples. A bad one is only counted.
    fn metric(&mut self, message: &[u8], sink: &mut impl Sink) -> Result<(), Stop> {
        let family = &mut self.family;
        if family.name.is_empty() {
            return Err(Stop::Wrong("it has no name"));
        }
        if !family.announced {
            sink.family(&family.name, family.kind.metric_type());
        }
        std::mem::swap(&mut self.before.0, &mut self.metric.text);
        std::mem::swap(&mut self.before.1, &mut self.metric.labels);
        let read = self.metric.read(message, family.kind);
        if !family.announced {
            family.announced = true;
            family.native = self.metric.native;
            family.first_is_native = self.metric.native;
        }
        let told = self.report.samples;
        match read.and_then(|()| self.check_names()) {
            Ok(()) => self.tell(sink),
            Err(stop) => self.bad(describe(stop)),
        }
        if self.report.samples == told {
            // The next metric repeats nothing that was told.
            self.metric.labels.clear();
        }
        Ok(())
    }

    /// Finds the labels that repeat those of the metric before, and refuses names that stand twice.
    fn check_names(&mut self) -> Result<(), Stop> {
        let Metric { text, labels, .. } = &mut self.metric;
        let (text_before, before) = &self.before;
        let mut new_names = false;
        for (at, label) in labels.iter_mut().enumerate() {
            let known = before.get(at);
            let same_name =
                known.is_some_and(|b| text_before[b.name.clone()] == text[label.name.clone()]);
            new_names |= !same_name;
            label.repeated = same_name
                && known.is_some_and(|b| text_before[b.value.clone()] == text[label.value.clone()]);
        }
        let twice = new_names && names::repeat(labels, |label| text[label.name.clone()].as_bytes());
        if twice {
            return Err(Stop::Wrong(TWICE));
        }
        Ok(())
    }

    /// Tells a metric's samples, in a server's order.
    fn tell(&mut self, sink: &mut impl Sink) {
        let kind = self.family.kind;
        let native =
            kind.is_histogram() && self.family.native && self.histograms != Histograms::Classic;
        if native {
            self.native(sink);
            if self.histograms == Histograms::Native || self.metric.bounds.is_empty() {
                return;
            }
        }
        match kind.bound() {
            None => self.sample("", self.metric.value, self.metric.exemplar, sink),
            Some((suffix, label)) => self.parts(suffix, label, sink),
        }
        // After classic samples a server looks anew what the family's histograms are.
        self.family.native =
            if self.first_tells { self.family.first_is_native } else { self.metric.native };
    }

    /// Tells a native histogram.
    fn native(&mut self, sink: &mut impl Sink) {
        let Metric { native, value, sum, .. } = self.metric;
        // A server takes it for a native one whose buckets do not add up.
        if !native && value > 0.0 && !sum.is_nan() {
            self.bad("a histogram without native buckets stands behind a native one of its family");
            return;
        }
        self.sample("", value, self.metric.exemplar, sink);
    }

    /// Count, sum, and a sample a bucket or quantile; buckets end with an infinite one.
    fn parts(&mut self, suffix: &str, label: &str, sink: &mut impl Sink) {
        let Metric { value: count, text, labels, bounds, .. } = &self.metric;
        let (count, mut open) = (*count, self.family.kind.is_histogram());
        let mut names = labels.iter().map(|label| &text[label.name.clone()]);
        if (open || !bounds.is_empty()) && names.any(|name| name == label) {
            self.bad(TWICE);
            return;
        }
        self.sample("_count", count, false, sink);
        self.sample("_sum", self.metric.sum, false, sink);
        for at in 0..self.metric.bounds.len() {
            let Bound { at: bound, value, exemplar } = self.metric.bounds[at];
            self.metric.push_label(label, self.bounds.text(at, bound));
            self.sample(suffix, value, exemplar, sink);
            self.metric.pop_label();
            if open && bound == f64::INFINITY {
                open = false;
                break;
            }
        }
        if open {
            self.metric.push_label(label, "+Inf");
            self.sample(suffix, count, false, sink);
            self.metric.pop_label();
        }
    }

    fn sample(&mut self, suffix: &str, value: f64, exemplar: bool, sink: &mut impl Sink) {
        let (name, metric) = (&mut self.family.name, &mut self.metric);
        let length = name.len();
        name.push_str(suffix);
        self.report.samples += 1;
        sink.sample(&Sample {
            number: self.report.samples,
            metric: name,
            line: &metric.text,
            scratch: "",
            labels: &metric.labels,
            // The server's key: two separators a label (protobufparse.go).
            series_bytes: name.len() + metric.text.len() + 2 * metric.labels.len(),
            value,
            timestamp: metric.timestamp,
            exemplar,
        });
        name.truncate(length);
        metric.labels.iter_mut().for_each(|label| label.repeated = true);
    }

    /// Counts a bad place, in the family that is read.
    fn bad(&mut self, message: impl Into<String>) {
        self.report.add(self.report.lines, self.family.read, message);
    }
}

fn describe(stop: Stop) -> &'static str {
    match stop {
        Stop::Incomplete => "a field is longer than its message",
        Stop::Wrong(what) => what,
    }
}

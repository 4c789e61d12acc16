//! The push reader: cuts bytes into lines, tells each series once, remembers bad lines.

use rapidhash::v3::{RapidSecrets, rapidhash_v3_seeded};

use super::line::{Line, Stop};
use super::point::Point;
use crate::ingest::Report;
use crate::series::{MetricType, Sample, Sink};
use crate::sketch::{DistinctSet, mix};

/// A line longer than this that is still open (a quote that never closes) is given up.
const LONGEST_LINE: usize = 1 << 20;

/// What series are told apart with.
static SECRETS: RapidSecrets = RapidSecrets::seed(0x696e_666c_7578);

/// Reads points pushed in pieces.
#[derive(Debug, Default)]
pub struct Reader {
    point: Point,
    /// The name of the metric that is told.
    name: String,
    carry: Vec<u8>,
    /// Hashes of the series that were told.
    told: DistinctSet,
    report: Report,
}

impl Reader {
    /// Reads the next piece, which may end anywhere.
    pub fn feed(&mut self, piece: &[u8], sink: &mut impl Sink) {
        self.report.bytes += piece.len() as u64;
        self.carry.extend_from_slice(piece);
        let mut bytes = std::mem::take(&mut self.carry);
        let read = self.read(&bytes, sink);
        bytes.drain(..read);
        self.carry = bytes;
    }

    /// Reads what is left and says what was read.
    pub fn finish(mut self, sink: &mut impl Sink) -> Report {
        let mut bytes = std::mem::take(&mut self.carry);
        if !bytes.is_empty() && bytes.last() != Some(&b'\n') {
            bytes.push(b'\n');
        }
        let mut read = self.read(&bytes, sink);
        while read < bytes.len() {
            let first = line_end(&bytes[read..]);
            self.bad(0, "the quoted text never ends", &bytes[read..read + first]);
            read += first;
            read += self.read(&bytes[read..], sink);
        }
        self.report
    }

    /// Reads whole lines; gives how many bytes were read.
    fn read(&mut self, bytes: &[u8], sink: &mut impl Sink) -> usize {
        let mut done = 0;
        loop {
            let error = match std::str::from_utf8(&bytes[done..]) {
                Ok(text) => return done + self.read_text(text, sink),
                Err(error) => done + error.valid_up_to(),
            };
            let text = std::str::from_utf8(&bytes[done..error]).unwrap_or_default();
            done += self.read_text(text, sink);
            let Some(end) = memchr::memchr(b'\n', &bytes[error..]) else { return done };
            let end = error + end + 1;
            // A text left open before the bad bytes is lost with them.
            self.bad(error - done, "invalid UTF-8", &bytes[done..end]);
            done = end;
        }
    }

    fn read_text(&mut self, text: &str, sink: &mut impl Sink) -> usize {
        let mut done = 0;
        while done < text.len() {
            let rest = &text[done..];
            let first = line_end(rest.as_bytes());
            // What is wrong with a line is said when it is whole.
            let whole = rest.as_bytes()[first - 1] == b'\n';
            if !whole && rest.len() <= LONGEST_LINE {
                break;
            }
            done += match Line::new(rest).read(&mut self.point) {
                Ok(length) => {
                    self.tell(sink);
                    self.count_lines(&rest.as_bytes()[..length]);
                    length
                }
                Err(Stop::Incomplete) if rest.len() <= LONGEST_LINE => break,
                Err(Stop::Incomplete) => {
                    self.bad(0, "the line is longer than 1 MiB", &rest.as_bytes()[..first]);
                    first
                }
                // Of a point over several lines, the last one is still to come.
                Err(Stop::Wrong(at, _))
                    if rest.len() <= LONGEST_LINE && !rest.as_bytes()[at..].contains(&b'\n') =>
                {
                    break;
                }
                Err(Stop::Wrong(at, what)) => {
                    self.bad(at, what, &rest.as_bytes()[..first]);
                    first
                }
            };
        }
        done
    }

    /// Tells the series of the point that were not yet told.
    fn tell(&mut self, sink: &mut impl Sink) {
        let Self { point, name, told, report, .. } = self;
        let hash = |text: &str| rapidhash_v3_seeded(text.as_bytes(), &SECRETS);
        let parts = point.labels.iter().flat_map(|label| [&label.name, &label.value]);
        let labels = parts.fold(0, |all, part| mix(all ^ hash(&point.text[part.clone()])));
        for (field, value) in &point.fields {
            if !point.metric(field, name) || !told.insert(mix(labels ^ hash(name))) {
                continue;
            }
            report.samples += 1;
            sink.family(name, MetricType::Unknown);
            sink.sample(&Sample {
                number: report.samples,
                metric: name,
                line: &point.text,
                scratch: "",
                labels: &point.labels,
                series_bytes: exposed_bytes(name, point),
                value: *value,
                timestamp: None,
                exemplar: false,
            });
        }
    }

    /// Counts a bad line or several, which are skipped.
    fn bad(&mut self, column: usize, message: &str, skipped: &[u8]) {
        self.report.add(self.report.lines + 1, column, message);
        self.count_lines(skipped);
    }

    fn count_lines(&mut self, read: &[u8]) {
        self.report.lines += memchr::memchr_iter(b'\n', read).count() as u64;
    }
}

/// Bytes of the series as Telegraf will show it: quotes, `=` and a comma or brace around each label.
fn exposed_bytes(name: &str, point: &Point) -> usize {
    let labels = point.labels.iter().map(|label| label.name.len() + label.value.len() + 4);
    name.len() + labels.sum::<usize>() + usize::from(!point.labels.is_empty())
}

/// Length of the first line of `bytes`, its end included.
fn line_end(bytes: &[u8]) -> usize {
    memchr::memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1)
}

//! The workloads a cost model is measured on: label shapes, values and targets, and pages.

use super::discovered::Discovered;
use super::with::With;

/// Where the value of a label comes from.
#[derive(Debug, Clone, Copy)]
pub enum Values {
    /// The same for all series of a target, another for each target.
    PerTarget,
    /// This many values, the same ones on every target.
    Shared(usize),
    /// Another for each series of each target.
    Unique,
}

/// A label of a group of series.
#[derive(Debug, Clone, Copy)]
pub struct LabelShape {
    /// Bytes of the label's name.
    pub name_len: usize,
    /// Bytes of each value.
    pub value_len: usize,
    /// How many values there are.
    pub values: Values,
}

/// How the value of a series moves from scrape to scrape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    /// Never.
    Constant,
    /// An integer counter with a rate of its own and jitter.
    Counter,
    /// A random float with all its digits: the worst case of the chunk encoding.
    Noise,
}

impl Motion {
    /// Bytes that a sample takes in a chunk: the size of full chunks on disk (`chunks_head`), less 30
    /// of their heads, over 120.
    pub(super) fn sample_bytes(self) -> f64 {
        match self {
            Self::Constant => 0.3,
            Self::Counter => 2.4,
            Self::Noise => 7.7,
        }
    }
}

/// What series a group has.
#[derive(Debug, Clone)]
pub enum Source {
    /// So many series of one metric name; `drop_…` is dropped by the server's metric relabel config.
    Shaped {
        /// The metric name.
        metric: String,
        /// Series on each target.
        series: usize,
        /// Labels as exposed (the server adds `instance` and `job`).
        labels: Vec<LabelShape>,
    },
    /// Series as a page has them, without values.
    Page(Vec<String>),
}

/// Series of every target that move alike.
#[derive(Debug, Clone)]
pub struct Group {
    /// Which series.
    pub source: Source,
    /// How the values move.
    pub motion: Motion,
    /// Scrapes after which a series goes and another comes in its place; 0 where they stay.
    pub lifetime: u64,
}

/// What one measured server scrapes.
#[derive(Debug, Clone)]
pub struct Workload {
    /// Its name in the tables.
    pub name: String,
    /// Targets, all with the same groups.
    pub targets: usize,
    /// Scrape interval in milliseconds.
    pub interval: u64,
    /// Seconds from start to the reading.
    pub seconds: u64,
    /// Remote-write queues, to a receiver that refuses for good, so that nothing piles up.
    pub remote_writes: u32,
    /// Seconds that a block holds, where it is not two hours: with two minutes, a server behaves as
    /// one with a scrape interval 60 times as long.
    pub blocks: Option<u64>,
    /// GOMEMLIMIT in bytes, where it is set.
    pub gomemlimit: Option<u64>,
    /// What the server does beside scraping floats.
    pub with: Option<With>,
    /// Whether it is an agent.
    pub agent: bool,
    /// Targets that it finds and drops, where there are some.
    pub discovered: Option<Discovered>,
    /// Metrics of each target.
    pub groups: Vec<Group>,
}

impl Workload {
    /// The series of a target, in order.
    pub fn series(&self, target: usize) -> Vec<Exposed> {
        let mut all = Vec::new();
        for group in &self.groups {
            let of = |text| Exposed { text, motion: group.motion, lifetime: group.lifetime };
            match &group.source {
                Source::Page(texts) => all.extend(texts.iter().cloned().map(of)),
                Source::Shaped { metric, series, labels } => {
                    all.extend((0..*series).map(|at| of(series_text(metric, labels, target, at))));
                }
            }
        }
        all
    }

    /// Scrapes of each target over the whole run.
    pub fn scrapes(&self) -> u64 {
        (self.seconds * 1000 / self.interval).max(1)
    }

    /// Bytes that a sample takes in a chunk, the mean over the series.
    pub fn sample_bytes(&self) -> f64 {
        let of = |group: &Group| match &group.source {
            Source::Page(texts) => (texts.len() as f64, group.motion.sample_bytes()),
            Source::Shaped { series, .. } => (*series as f64, group.motion.sample_bytes()),
        };
        let weighed: Vec<(f64, f64)> = self.groups.iter().map(of).collect();
        let series: f64 = weighed.iter().map(|(series, _)| series).sum();
        weighed.iter().map(|(series, bytes)| series * bytes).sum::<f64>() / series.max(1.0)
    }
}

/// A series as its target exposes it.
#[derive(Debug, Clone)]
pub struct Exposed {
    /// Name and labels.
    pub text: String,
    /// How its value moves.
    pub motion: Motion,
    /// Scrapes after which another comes in its place; 0 where it stays.
    pub lifetime: u64,
}

impl Exposed {
    /// How often the series at a place of its page has made way for another by a scrape.
    pub fn generation(&self, at: u64, scrape: u64) -> u64 {
        (scrape + at % self.lifetime.max(1)).checked_div(self.lifetime).unwrap_or(0)
    }

    /// Whether the series at a place of its page was not there a scrape before.
    pub fn is_new(&self, at: u64, scrape: u64) -> bool {
        scrape > 0 && self.generation(at, scrape) > self.generation(at, scrape - 1)
    }

    /// Writes the series at a place of its page as it is at a scrape, without a value. Those of one
    /// page don't all change at the same scrape.
    pub fn write(&self, out: &mut String, at: u64, scrape: u64) {
        if self.lifetime == 0 {
            out.push_str(&self.text);
            return;
        }
        let generation = self.generation(at, scrape);
        let open = self.text.strip_suffix('}');
        out.push_str(open.unwrap_or(&self.text));
        out.push_str(if open.is_some() { ",generation=\"" } else { "{generation=\"" });
        out.push_str(&format!("{generation:012}\"}}"));
    }
}

/// The `instance` of a target.
pub fn instance(target: usize) -> String {
    format!("target-{target:04}")
}

/// Writes the value of a series at a scrape.
pub fn write_value(out: &mut String, motion: Motion, series: u64, scrape: u64) {
    let seed = mix(series);
    match motion {
        Motion::Constant => out.push_str(&(seed % 1000).to_string()),
        Motion::Counter => {
            let rate = 1 + seed % 50;
            let value = seed % 10_000 + rate * scrape + mix(seed ^ scrape) % rate;
            out.push_str(&value.to_string());
        }
        Motion::Noise => out.push_str(&(mix(seed ^ scrape) as f64 / 1e15).to_string()),
    }
}

fn series_text(metric: &str, labels: &[LabelShape], target: usize, series: usize) -> String {
    let mut text = metric.to_owned();
    for (at, (name, value)) in labels_of(labels, target, series).iter().enumerate() {
        let before = if at == 0 { "{" } else { "," };
        text.extend([before.to_owned(), format!("{name}=\"{value}\"")]);
    }
    if !labels.is_empty() {
        text.push('}');
    }
    text
}

fn labels_of(labels: &[LabelShape], target: usize, series: usize) -> Vec<(String, String)> {
    let mut rest = series;
    let label = |(at, shape): (usize, &LabelShape)| {
        let code = match shape.values {
            Values::PerTarget => target,
            Values::Unique => target * 1_000_000 + series,
            Values::Shared(count) => {
                let code = rest % count;
                rest /= count;
                code
            }
        };
        let name = padded(&format!("l{at}"), shape.name_len, 'n');
        (name, padded(&format!("{code}"), shape.value_len, 'v'))
    };
    labels.iter().enumerate().map(label).collect()
}

fn padded(start: &str, len: usize, fill: char) -> String {
    let mut text = start.to_owned();
    while text.len() < len {
        text.push(fill);
    }
    text
}

/// `SplitMix64`: the same values on every run.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

//! The workloads a cost model is measured on: label shapes, values and targets, and their exact load.

use std::collections::HashSet;

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

/// Series of one metric name on every target.
#[derive(Debug, Clone)]
pub struct Group {
    /// The metric name; `drop_…` is dropped by the measured server's metric relabel config.
    pub metric: String,
    /// Series on each target.
    pub series: usize,
    /// Labels as exposed (the server adds `instance` and `job`).
    pub labels: Vec<LabelShape>,
    /// How the values move.
    pub motion: Motion,
}

/// What one measured server scrapes.
#[derive(Debug, Clone)]
pub struct Workload {
    /// Its name in the tables.
    pub name: &'static str,
    /// Targets, all with the same groups.
    pub targets: usize,
    /// Scrape interval in seconds.
    pub interval: u64,
    /// Seconds from start to the reading.
    pub seconds: u64,
    /// Remote-write queues, to a receiver that refuses for good, so that nothing piles up.
    pub remote_writes: usize,
    /// Metrics of each target.
    pub groups: Vec<Group>,
}

/// Sums over all series of a workload, as the cost model takes them.
#[derive(Debug, Clone, Default)]
pub struct Sums {
    /// Series stored.
    pub series: u64,
    /// Labels of those series, `__name__`, `instance` and `job` among them.
    pub label_pairs: u64,
    /// Bytes of names and values and two for each pair.
    pub label_bytes: u64,
    /// Bytes of exposed series text without values.
    pub exposed_bytes: u64,
    /// Distinct label pairs.
    pub unique_pairs: u64,
    /// Bytes of the distinct label pairs.
    pub unique_pair_bytes: u64,
    /// Series that metric relabeling drops.
    pub dropped_series: u64,
    /// Their exposed text.
    pub dropped_bytes: u64,
    /// Families over all targets.
    pub metric_families: u64,
}

impl Workload {
    /// The exposed series texts of a target, in order, each with its motion.
    pub fn texts(&self, target: usize) -> Vec<(String, Motion)> {
        let mut texts = Vec::new();
        for group in &self.groups {
            for series in 0..group.series {
                texts.push((series_text(group, target, series), group.motion));
            }
        }
        texts
    }

    /// The load that the workload is, counted series by series.
    pub fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        let mut pairs: HashSet<(String, String)> = HashSet::new();
        for target in 0..self.targets {
            sums.metric_families += self.groups.len() as u64;
            for group in &self.groups {
                for series in 0..group.series {
                    let text = series_text(group, target, series);
                    if group.metric.starts_with("drop_") {
                        sums.dropped_series += 1;
                        sums.dropped_bytes += text.len() as u64;
                        continue;
                    }
                    sums.series += 1;
                    sums.exposed_bytes += text.len() as u64;
                    let mut labels = labels_of(group, target, series);
                    labels.push(("__name__".into(), group.metric.clone()));
                    labels.push(("instance".into(), instance(target)));
                    labels.push(("job".into(), "measured".into()));
                    for pair in labels {
                        let bytes = (pair.0.len() + pair.1.len() + 2) as u64;
                        sums.label_pairs += 1;
                        sums.label_bytes += bytes;
                        if pairs.insert(pair) {
                            sums.unique_pairs += 1;
                            sums.unique_pair_bytes += bytes;
                        }
                    }
                }
            }
        }
        sums
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

fn series_text(group: &Group, target: usize, series: usize) -> String {
    let mut text = group.metric.clone();
    for (at, (name, value)) in labels_of(group, target, series).iter().enumerate() {
        let before = if at == 0 { "{" } else { "," };
        text.extend([before.to_owned(), format!("{name}=\"{value}\"")]);
    }
    if !group.labels.is_empty() {
        text.push('}');
    }
    text
}

fn labels_of(group: &Group, target: usize, series: usize) -> Vec<(String, String)> {
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
    group.labels.iter().enumerate().map(label).collect()
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

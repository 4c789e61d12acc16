//! Pages as they change from round to round, with timestamps and values that follow from
//! series and round alone: every server that scrapes them stores the same.

use std::collections::hash_map::DefaultHasher;
use std::fmt::Write as _;
use std::fs;
use std::hash::{Hash, Hasher};

use xtask::workspace;

/// Between the timestamps of two rounds, in milliseconds.
pub(crate) const MINUTE: u64 = 60_000;

/// A sample of a page, as it is to be changed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample<'a> {
    /// Name and labels, as they stand there.
    pub(crate) series: &'a str,
    pub(crate) value: f64,
    pub(crate) is_gauge: bool,
}

impl Sample<'_> {
    /// Its value in a round: counters and histograms grow, each at its pace, gauges move.
    pub(crate) fn moved(&self, round: u64) -> f64 {
        // All parts of a histogram grow alike, so that its buckets stay in order.
        let (name, labels) = self.series.split_once('{').unwrap_or((self.series, ""));
        let suffixes = ["_bucket", "_sum", "_count", "_total"];
        let family = suffixes.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        let labels = labels.trim_end_matches('}');
        let labels: Vec<&str> = labels.split(',').filter(|it| !it.starts_with("le=")).collect();
        let mut hasher = DefaultHasher::new();
        (family, labels).hash(&mut hasher);
        let pace = hasher.finish() % 5 + 1;
        if self.is_gauge {
            self.value + ((pace + round) % 4) as f64
        } else {
            self.value * (10 + pace * round) as f64
        }
    }
}

/// The pages of the newest snapshot of the mesh: job, address of the target, text.
pub(crate) fn mesh() -> Vec<(String, String, String)> {
    let mut pages = Vec::new();
    for job in fs::read_dir(workspace().join("fixtures/mesh/scrapes")).unwrap() {
        let job = job.unwrap();
        for file in fs::read_dir(job.path()).unwrap() {
            let path = file.unwrap().path();
            let address = path.file_stem().unwrap().to_str().unwrap().replace("%3A", ":");
            let text = fs::read_to_string(&path).unwrap();
            pages.push((job.file_name().into_string().unwrap(), address, text));
        }
    }
    pages
}

/// A page whose samples are at `time` and have the values that `value` gives, with a gauge `round`.
pub(crate) fn page(text: &str, round: u64, time: u64, value: impl Fn(Sample<'_>) -> f64) -> String {
    let mut out = format!("# TYPE round gauge\nround {round} {time}\n");
    let mut is_gauge = true;
    for line in text.lines() {
        if let Some(kind) = line.strip_prefix("# TYPE ") {
            is_gauge = kind.ends_with(" gauge");
        }
        match split(line) {
            Some((series, number)) => {
                let sample = Sample { series, value: number.parse().unwrap(), is_gauge };
                writeln!(out, "{series} {} {time}", value(sample)).unwrap();
            }
            None => writeln!(out, "{line}").unwrap(),
        }
    }
    out
}

/// The series and the value of a sample, which may have a timestamp of its own.
fn split(line: &str) -> Option<(&str, &str)> {
    let end = line.rfind('}').map(|at| at + 1).or_else(|| line.find(' '))?;
    let (series, rest) = line.split_at(end);
    let value = rest.split_whitespace().next().filter(|_| !line.starts_with('#'))?;
    Some((series, value))
}

//! What a server does beside scraping floats, and how a workload has it do so.

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use promsieve_core::cost::{Beside, Load};

use super::pages::render;
use super::workload::{Exposed, Motion, Workload, instance, write_value};
use crate::protobuf::{self, Kind, Message};
use crate::real::{Server, percent_encode};

/// Samples that come late lie so many halves of an interval back, which keeps them apart from those
/// in order.
const LATE: u64 = 7;

/// Exemplars that a server keeps by default (`config/config.go`).
const EXEMPLARS: u64 = 100_000;

/// Between two queries of a run with queries.
const BETWEEN_QUERIES: Duration = Duration::from_secs(1);

/// Something that a server does beside scraping floats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum With {
    /// Each series is a native histogram of so many buckets.
    NativeHistograms(u64),
    /// Each sample has an exemplar, which is kept.
    Exemplars,
    /// A rule a target stores the rate of each of its series.
    Rules,
    /// Range queries over all series, a second after each other.
    Queries,
    /// Every second sample is older than the one before.
    OutOfOrder,
}

impl With {
    /// Flags of the server.
    pub(super) fn flags(self) -> Vec<String> {
        let feature = match self {
            Self::NativeHistograms(_) => "native-histograms",
            Self::Exemplars => "exemplar-storage",
            Self::Rules | Self::Queries | Self::OutOfOrder => return Vec::new(),
        };
        vec![format!("--enable-feature={feature}")]
    }

    /// More lines of the configuration.
    pub(super) fn config(self) -> &'static str {
        match self {
            Self::Rules => "rule_files: [rules.yml]\n",
            Self::OutOfOrder => "storage: {tsdb: {out_of_order_time_window: 10m}}\n",
            Self::NativeHistograms(_) | Self::Exemplars | Self::Queries => "",
        }
    }

    /// Files beside the configuration.
    pub(super) fn files(self, workload: &Workload) -> Vec<(String, String)> {
        if self != Self::Rules {
            return Vec::new();
        }
        let mut rules =
            format!("groups:\n- name: g\n  interval: {}ms\n  rules:\n", workload.interval);
        for target in 0..workload.targets {
            let of = format!("zone_requests_total{{instance=\"{}\"}}[1m]", instance(target));
            let _ = writeln!(rules, "  - {{record: {RECORDED}, expr: 'rate({of})'}}");
        }
        vec![("rules.yml".to_owned(), rules)]
    }

    /// The load with what it stores on top as series.
    pub(super) fn load(self, scraped: Load) -> Load {
        if self == Self::Rules { scraped.with_recorded(scraped.series) } else { scraped }
    }

    /// What the server keeps for it, of so many series that are scraped.
    pub(super) fn beside(self, scraped: u64) -> Beside {
        let none = Beside::default();
        match self {
            Self::NativeHistograms(buckets) => {
                Beside { native_histograms: scraped, native_buckets: scraped * buckets, ..none }
            }
            Self::Exemplars => Beside { exemplars: EXEMPLARS, exemplar_series: scraped, ..none },
            Self::Rules => Beside { recorded_series: scraped, ..none },
            Self::OutOfOrder => Beside { late_series: scraped, ..none },
            Self::Queries => Beside { queried_series: scraped, ..none },
        }
    }

    /// Bytes that a sample takes in a chunk, where those of the scraped series take so many: rates have
    /// all their digits.
    pub(super) fn sample_bytes(self, scraped: f64) -> f64 {
        if self == Self::Rules {
            f64::midpoint(scraped, Motion::Noise.sample_bytes())
        } else {
            scraped
        }
    }

    /// The range query of a run with queries over the last five minutes.
    fn query(self, interval: u64) -> Option<String> {
        let now = now().as_secs();
        let step = interval.div_ceil(1000);
        (self == Self::Queries).then(|| {
            let asked = "sum by (instance) (rate(zone_requests_total[1m]))";
            let query = percent_encode(asked);
            format!("/api/v1/query_range?query={query}&start={}&end={now}&step={step}", now - 300)
        })
    }
}

/// Does `work` while the queries of a workload are asked, each a second after the one before.
pub(super) fn asking<T>(
    server: &Server,
    workload: &Workload,
    work: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let done = AtomicBool::new(false);
    let ask = || {
        while !done.load(Ordering::Relaxed) {
            let Some(query) = workload.with.and_then(|with| with.query(workload.interval)) else {
                return Ok(());
            };
            server.api(&query)?;
            thread::sleep(BETWEEN_QUERIES);
        }
        Ok(())
    };
    thread::scope(|scope| {
        let asked = scope.spawn(ask);
        let worked = work();
        done.store(true, Ordering::Relaxed);
        asked.join().expect("asking returns its failures").and(worked)
    })
}

/// What the rules record; as long as the name of what they read, so that the label bytes are the same.
const RECORDED: &str = "rate_requests_total";

/// A page as a target of this kind serves it: content type and body.
pub(super) fn page(
    with: Option<With>,
    series: &[Exposed],
    scrape: u64,
    interval: u64,
) -> (&'static str, Vec<u8>) {
    const TEXT: &str = "text/plain; version=0.0.4";
    match with {
        Some(With::NativeHistograms(buckets)) => {
            (protobuf::CONTENT_TYPE, histograms(series, scrape, buckets))
        }
        Some(With::Exemplars) => (
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            exemplars(series, scrape).into_bytes(),
        ),
        Some(With::OutOfOrder) => (TEXT, timed(series, scrape, interval).into_bytes()),
        Some(With::Rules | With::Queries) | None => (TEXT, render(series, scrape).into_bytes()),
    }
}

/// One family of all series.
fn histograms(series: &[Exposed], scrape: u64, buckets: u64) -> Vec<u8> {
    let name = |one: &Exposed| one.text.split('{').next().unwrap_or_default().to_owned();
    let metric = |(at, one): (usize, &Exposed)| {
        let pairs = pairs(&one.text);
        let rate = |bucket: u64| 1 + (at as u64 + bucket * 7) % 11;
        let counts = (0..buckets).map(|bucket| rate(bucket) * (scrape + bucket % 3));
        let counts: Vec<u64> = counts.collect();
        protobuf::labels(&pairs).message(7, &protobuf::native_buckets(&counts, scrape as f64))
    };
    let metrics: Vec<Message> = series.iter().enumerate().map(metric).collect();
    let name = series.first().map(name).unwrap_or_default();
    protobuf::page([protobuf::family(&name, Kind::Histogram, metrics)])
}

/// The labels of a series whose values hold neither quotes nor commas.
fn pairs<'a>(text: &'a str) -> Vec<(&'a str, &'a str)> {
    let inside = text.split_once('{').map_or("", |(_, rest)| rest.trim_end_matches('}'));
    let pair = |pair: &'a str| {
        let (name, value) = pair.split_once("=\"")?;
        Some((name, value.trim_end_matches('"')))
    };
    inside.split(',').filter_map(pair).collect()
}

/// As [`render`], with an exemplar that is another one for each sample.
fn exemplars(series: &[Exposed], scrape: u64) -> String {
    let mut page = String::new();
    for line in render(series, scrape).lines() {
        if line.starts_with("# HELP") {
            continue;
        }
        if line.starts_with('#') {
            page += &line.replace("_total counter", " counter");
        } else {
            let at = page.len() as u64;
            let _ = write!(page, "{line} # {{trace_id=\"{scrape:016x}{at:016x}\"}} 1");
        }
        page.push('\n');
    }
    page + "# EOF\n"
}

/// As [`render`], with times: every second scrape's lie before the one before.
fn timed(series: &[Exposed], scrape: u64, interval: u64) -> String {
    let back = if scrape % 2 == 1 { interval * LATE / 2 } else { 0 };
    let time = now().as_millis() - u128::from(back);
    let mut page = String::new();
    for (at, one) in series.iter().enumerate() {
        one.write(&mut page, at as u64, scrape);
        page.push(' ');
        write_value(&mut page, one.motion, at as u64, scrape);
        let _ = writeln!(page, " {time}");
    }
    page
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

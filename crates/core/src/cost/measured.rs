//! The model against every measured run: the error tables of the decision pages, and the ranges.

use std::time::Duration;

use serde_json::Value;

use super::{CostModel, Load, Range, ServerSettings, estimate};
use crate::units::Bytes;

/// The free runs, and those under a GOMEMLIMIT.
const PAGES: &str = concat!(
    include_str!("../../../../docs/decisions/0005-first-cost-model.md"),
    include_str!("../../../../docs/decisions/0028-memory-limits.md"),
);

/// What `small-noise` measured a sample to take in a chunk; all other runs have counters.
const NOISE_SAMPLE_BYTES: f64 = 7.7;

#[track_caller]
fn number(run: &Value, key: &str) -> u64 {
    run[key].as_u64().unwrap_or_else(|| panic!("no {key} in {run}"))
}

fn load(run: &Value) -> Load {
    Load {
        series: number(run, "series"),
        label_pairs: number(run, "label_pairs"),
        label_bytes: number(run, "label_bytes"),
        exposed_bytes: number(run, "exposed_bytes"),
        unique_pairs: number(run, "unique_pairs"),
        unique_pair_bytes: number(run, "unique_pair_bytes"),
        targets: number(run, "targets"),
        dropped_series: number(run, "dropped_series"),
        dropped_bytes: number(run, "dropped_bytes"),
        metric_families: number(run, "metric_families"),
    }
}

/// Cells of a range against a measured value, and whether it holds it.
fn cells(measured: u64, range: Range) -> (String, bool) {
    let mb = |bytes: u64| bytes as f64 / 1e6;
    let ratio = measured as f64 / range.expected.0 as f64;
    let text = format!("{:.1} | {:.1} | {ratio:.3}", mb(measured), mb(range.expected.0));
    (text, (range.low.0..=range.high.0).contains(&measured))
}

#[test]
fn every_run_lies_in_its_range_and_the_page_shows_it() {
    let mut wrong = Vec::new();
    for (model, runs) in promsieve_rules::cost::MODELS.iter().zip(promsieve_rules::cost::RUNS) {
        let model = CostModel::read(model).unwrap();
        for line in runs.lines() {
            let run: Value = serde_json::from_str(line).unwrap();
            let name = run["workload"].as_str().unwrap();
            let gomemlimit = run["gomemlimit"].as_u64().map(Bytes);
            let settings = ServerSettings {
                server: model.server.parse().unwrap(),
                scrape_interval: Duration::from_secs(number(&run, "interval")),
                uptime: Duration::from_secs(number(&run, "seconds")),
                remote_writes: u32::from(name.starts_with("remote-")),
                gomemlimit,
                sample_bytes: (name == "small-noise").then_some(NOISE_SAMPLE_BYTES),
                ..ServerSettings::default()
            };
            let estimate = estimate(&load(&run), &model, &settings);
            let (live, live_in) = cells(number(&run, "live_heap"), estimate.live_heap);
            let (peak, peak_in) = cells(number(&run, "next_gc"), estimate.memory);
            let (rss, rss_in) = cells(number(&run, "rss_anon_peak"), estimate.rss);
            let (wal, wal_in) = cells(number(&run, "wal"), estimate.wal);
            let label =
                gomemlimit.map_or(String::new(), |limit| format!(" at {} MB", limit.0 / 1_000_000));
            let row = format!("| {name}{label} | {live} | {peak} | {rss} | {wal} |");
            // The WAL of an idle server is all page padding and the server's own start.
            let inside = live_in && peak_in && rss_in && (wal_in || name == "idle");
            if !inside || !PAGES.contains(&row) {
                wrong.push(format!("{row} {} {inside}", model.server));
            }
        }
    }
    assert!(wrong.is_empty(), "not in the pages, or outside the ranges:\n{}", wrong.join("\n"));
}

//! The tables of what a start over a log takes.

use std::fmt::Write;

use promsieve_core::cost::{CostModel, Replay, Role, Run, estimate};

/// What they are called.
const TITLES: [(&str, &[Role]); 3] = [
    ("Start over a log, held out", &[Role::Fresh, Role::HeldOut]),
    ("Start over a log, fitted", &[Role::Replayed]),
    ("Start over a log, with more than float series", &[Role::Beside, Role::BesideHeldOut]),
];

/// A table for each role that has runs.
pub(super) fn tables(model: &CostModel, runs: &[Run]) -> String {
    let mut text = String::new();
    for (title, roles) in TITLES {
        let started: Vec<(&Run, Replay)> = runs
            .iter()
            .filter(|run| roles.contains(&run.role()))
            .filter_map(|run| Some((run, run.read.replay?)))
            .collect();
        if !started.is_empty() {
            table(&mut text, title, model, &started);
        }
    }
    text
}

fn table(text: &mut String, title: &str, model: &CostModel, started: &[(&Run, Replay)]) {
    let _ = write!(
        text,
        "\n### {title}\n\n| workload | samples | resident before | until ready | start | expected \
         | ratio | in range | seconds until ready |\n|---|"
    );
    text.push_str(&"---|".repeat(8));
    text.push('\n');
    let mut off: Vec<f64> = started.iter().map(|it| row(text, model, *it)).collect();
    off.sort_by(f64::total_cmp);
    let percent = |off: f64| off * 100.0;
    let (median, worst) = (off[off.len() / 2], off[off.len() - 1]);
    let _ = writeln!(
        text,
        "\n* start: off by {:.1} % at the median, {:.1} % at the worst",
        percent(median),
        percent(worst)
    );
}

/// Writes a row; the relative error.
fn row(text: &mut String, model: &CostModel, (run, replay): (&Run, Replay)) -> f64 {
    let expected =
        estimate(&run.load, model, &run.settings(model)).start.expect("no agent is started again");
    let mb = |bytes: u64| bytes as f64 / 1e6;
    let ratio = replay.start_peak as f64 / expected.expected.0.max(1) as f64;
    let inside = (expected.low.0..=expected.high.0).contains(&replay.start_peak);
    let _ = writeln!(
        text,
        "| {} | {} | {:.1} | {:.1} | {:.1} | {:.1} | {ratio:.3} | {} | {:.1} |",
        run.workload,
        run.read.samples,
        mb(run.read.rss_anon_peak),
        mb(replay.replay_peak),
        mb(replay.start_peak),
        mb(expected.expected.0),
        if inside { "yes" } else { "no" },
        replay.ready as f64 / 1e3,
    );
    (ratio - 1.0).abs()
}

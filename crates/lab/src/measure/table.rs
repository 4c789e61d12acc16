//! The tables of `docs/cost-model.md`: what each coefficient pays for, and the error of every run.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use promsieve_core::cost::{CostModel, Estimate, Range, Role, Run, estimate};

use xtask::workspace;

use super::fit::has_wal;
use super::start_table;
use crate::real::Version;

/// Marks in the page between which the tables stand.
const BEGIN: &str = "<!-- tables -->\n";
const END: &str = "<!-- end of tables -->";

/// The model file of a server.
pub fn model_file(version: Version) -> PathBuf {
    beside(version, "yml")
}

/// The runs of a server, one a line.
pub fn runs_file(version: Version) -> PathBuf {
    beside(version, "runs.jsonl")
}

fn beside(version: Version, end: &str) -> PathBuf {
    let name = version.name().replace('@', "-");
    workspace().join(format!("rules/cost/{name}.{end}"))
}

/// Reads runs.
///
/// # Errors
/// When the file can't be read, or a line is no run.
pub fn read_runs(path: &Path) -> Result<Vec<Run>> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// Puts the tables of the files as they are into the page.
///
/// # Errors
/// When a file can't be read, or the page has no place for tables.
pub fn write() -> Result<()> {
    Ok(fs::write(page_file(), current()?.1)?)
}

fn page_file() -> PathBuf {
    workspace().join("docs/cost-model.md")
}

/// The page as it is, and as it should be.
fn current() -> Result<(String, String)> {
    let models: Result<Vec<_>> = Version::ALL.iter().map(|version| model(*version)).collect();
    let page = fs::read_to_string(page_file())?;
    let wanted = put(&page, &models?).context("docs/cost-model.md has no marks for tables")?;
    Ok((page, wanted))
}

fn model(version: Version) -> Result<(CostModel, Vec<Run>)> {
    let text = fs::read_to_string(model_file(version))?;
    let model = CostModel::read(&text).map_err(anyhow::Error::msg)?;
    Ok((model, read_runs(&runs_file(version))?))
}

/// The memory of a server by a published rule of thumb.
type Rule = fn(&Run) -> f64;

/// Published rules of thumb, in the order of their columns.
const RULES: [(&str, Rule); 3] = [
    // 732 bytes a series, 32 a label and 120 a distinct value, twice for the collector.
    ("structs", |run| {
        let load = &run.load;
        let series = 732 * load.series + 32 * load.label_pairs + 120 * load.unique_pairs;
        2.0 * series as f64
    }),
    ("3 kB", |run| 3000.0 * run.load.series as f64),
    ("8 KiB", |run| 8192.0 * run.load.series as f64),
];

/// What the tables of runs are called.
const TITLES: [(&str, Role); 12] = [
    ("Held out, made when the model was done", Role::Fresh),
    ("Held out, seen while the model was made", Role::HeldOut),
    ("Fitted", Role::Fitted),
    ("A block's cut in real time, fitted to a price of its own", Role::BlockCut),
    ("For a start over a log, not fitted to memory", Role::Replayed),
    ("More than float series, held out", Role::BesideHeldOut),
    ("More than float series, fitted to prices of its own", Role::Beside),
    ("Agents, held out", Role::AgentHeldOut),
    ("Agents, fitted to prices of their own", Role::Agent),
    ("Discovered and dropped targets, held out", Role::DiscoveredHeldOut),
    ("Discovered and dropped targets, fitted to prices of their own", Role::Discovered),
    ("In short time, neither fitted nor counted", Role::Shortened),
];

/// The page with the tables of these models and runs in place of those it has.
fn put(page: &str, models: &[(CostModel, Vec<Run>)]) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    let mut tables = coefficients(models);
    for (model, runs) in models {
        let _ = write!(tables, "\n## {}: {}\n", model.server, model.build);
        for (title, role) in TITLES {
            let runs: Vec<&Run> = runs.iter().filter(|run| run.role() == role).collect();
            if runs.is_empty() {
                continue;
            }
            let _ = write!(tables, "\n### {title}\n\n{}", errors(model, &runs));
        }
        tables += &start_table::tables(model, runs);
    }
    Some(format!("{before}{BEGIN}{tables}{END}{after}"))
}

fn coefficients(models: &[(CostModel, Vec<Run>)]) -> String {
    let mut text = "\n## Coefficients\n\n| coefficient |".to_owned();
    for (model, _) in models {
        let _ = write!(text, " {} |", model.server);
    }
    text += " unit | where from |\n|---|";
    text += &"---|".repeat(models.len() + 2);
    text.push('\n');
    let Some((first, _)) = models.first() else { return text };
    for (key, coefficient) in &first.coefficients {
        let _ = write!(text, "| `{key}` |");
        for (model, _) in models {
            let _ = write!(text, " {} |", model.value(key));
        }
        let _ = writeln!(text, " {} | {} |", coefficient.unit, coefficient.source);
    }
    text
}

/// A row a run, and below them the medians, the worst, and how many lie in their ranges.
fn errors(model: &CostModel, runs: &[&Run]) -> String {
    let mut text =
        "| workload | series | live heap | expected | ratio | resident | expected | ratio \
                    | in range | WAL ratio |"
            .to_owned();
    for (name, _) in RULES {
        let _ = write!(text, " rule: {name} |");
    }
    text += "\n|---|";
    text += &"---|".repeat(9 + RULES.len());
    text.push('\n');
    let (mut off, mut inside): (Vec<[f64; 5]>, usize) = (Vec::new(), 0);
    for run in runs {
        let expected = estimate(&run.load, model, &run.settings(model));
        inside += usize::from(is_inside(run, &expected));
        off.push(row(&mut text, run, &expected));
    }
    summary(&mut text, &mut off, inside);
    text
}

/// Writes a row; the relative errors of live heap, resident memory and the rules.
fn row(text: &mut String, run: &Run, expected: &Estimate) -> [f64; 5] {
    let (live, resident) = (run.read.live_heap, run.read.rss_anon_peak);
    let (mb, ratio) = (|bytes: u64| bytes as f64 / 1e6, |range| self::ratio(resident, range));
    let rules = RULES.map(|(_, rule)| resident as f64 / rule(run));
    let wal = if has_wal(run) {
        format!("{:.2}", self::ratio(run.read.wal, expected.wal))
    } else {
        String::new()
    };
    let _ = write!(
        text,
        "| {} | {} | {:.1} | {:.1} | {:.3} | {:.1} | {:.1} | {:.3} | {} | {wal} |",
        run.workload,
        run.load.series,
        mb(live),
        mb(expected.live_heap.expected.0),
        self::ratio(live, expected.live_heap),
        mb(resident),
        mb(expected.rss.expected.0),
        ratio(expected.rss),
        if is_inside(run, expected) { "yes" } else { "no" },
    );
    for rule in rules {
        let _ = write!(text, " {rule:.2} |");
    }
    text.push('\n');
    let off = |ratio: f64| (ratio - 1.0).abs();
    let [structs, three, eight] = rules.map(off);
    [off(self::ratio(live, expected.live_heap)), off(ratio(expected.rss)), structs, three, eight]
}

fn summary(text: &mut String, off: &mut [[f64; 5]], inside: usize) {
    let runs = off.len();
    if runs == 0 {
        return;
    }
    text.push('\n');
    let names = ["live heap", "resident", "rule: structs", "rule: 3 kB", "rule: 8 KiB"];
    for (at, name) in names.iter().enumerate() {
        off.sort_by(|a, b| a[at].total_cmp(&b[at]));
        let (median, worst) = (off[runs / 2][at], off[runs - 1][at]);
        let _ = writeln!(
            text,
            "* {name}: off by {:.1} % at the median, {:.1} % at the worst",
            median * 100.0,
            worst * 100.0
        );
    }
    let _ = writeln!(
        text,
        "* live heap and resident memory lie in their ranges in {inside} of {runs} runs"
    );
}

fn ratio(measured: u64, range: Range) -> f64 {
    measured as f64 / range.expected.0.max(1) as f64
}

fn is_inside(run: &Run, expected: &Estimate) -> bool {
    let inside = |measured: u64, range: Range| (range.low.0..=range.high.0).contains(&measured);
    inside(run.read.live_heap, expected.live_heap) && inside(run.read.rss_anon_peak, expected.rss)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::fit::{fit, yaml};

    #[test]
    fn generated_cost_models_are_current() {
        let update = std::env::var_os("UPDATE").is_some();
        for version in Version::ALL {
            let runs = read_runs(&runs_file(version)).unwrap();
            let wanted = yaml(&fit(version, &runs), &runs);
            if update {
                fs::write(model_file(version), &wanted).unwrap();
            }
            let file = fs::read_to_string(model_file(version)).unwrap();
            assert_eq!(wanted, file, "{version:?}: run `cargo xtask bless`");
        }
        if update {
            write().unwrap();
        }
        let (page, wanted) = current().unwrap();
        assert!(page == wanted, "docs/cost-model.md is stale: run `cargo xtask bless`");
    }
}

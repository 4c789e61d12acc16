//! A review for people, on a screen or two; the page and the JSON have the rest.

use std::io::Write;

use promsieve_core::units::SeriesCount;

use super::{Columns, census, estimate, optimize, shard, signals, usage};
use crate::output::view::census::CensusView;
use crate::output::view::lint::{FindingView, LintView};
use crate::output::view::review::{InputsView, JobView, ReviewView};

/// Metrics, actions of a list, and errors shown.
const METRICS: usize = 10;
const ACTIONS: usize = 6;
const ERRORS: usize = 12;

pub(crate) fn write(out: &mut impl Write, view: &ReviewView) -> std::io::Result<()> {
    writeln!(out, "{}: {}, read as {}", view.title, inputs(&view.inputs), view.server)?;
    for note in &view.notes {
        writeln!(out, "  note: {note}")?;
    }
    jobs(out, view)?;
    writeln!(out)?;
    // What a server tells of itself and what came and went is on the page; here it would hide the
    // review.
    let census = CensusView { status: Vec::new(), over_time: None, ..view.census.clone() };
    census::write(out, &census, METRICS, "")?;
    writeln!(out)?;
    estimate::write(out, &view.estimate)?;
    writeln!(out)?;
    findings(out, &view.lint)?;
    writeln!(out)?;
    usage::summary(out, &view.usage)?;
    signals::summary(out, &view.signals)?;
    if let Some(plan) = &view.optimize {
        writeln!(out)?;
        optimize::summary(out, plan, ACTIONS)?;
    }
    if let Some(plan) = &view.shard {
        writeln!(out)?;
        shard::summary(out, plan)?;
    }
    Ok(())
}

fn inputs(inputs: &InputsView) -> String {
    let counts = [
        (inputs.configs as u64, "configuration"),
        (inputs.rule_files as u64, "rule file"),
        (inputs.dashboards as u64, "dashboard"),
        (inputs.scrapes as u64, "scrape"),
        (inputs.snapshots as u64, "snapshot"),
        (inputs.bad_lines, "bad line"),
    ];
    let texts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|&(n, name)| counted(n, name)).collect();
    texts.join(", ")
}

fn counted(count: u64, name: &str) -> String {
    format!("{} {name}{}", SeriesCount(count), if count == 1 { "" } else { "s" })
}

fn jobs(out: &mut impl Write, view: &ReviewView) -> std::io::Result<()> {
    writeln!(
        out,
        "{} series exposed, {} stored\n",
        SeriesCount(view.exposed_series),
        SeriesCount(view.census.series)
    )?;
    let headings = [">targets", ">exposed", ">stored", ">merged", ">failing", "why"];
    let mut columns = Columns::new(&[&["job"], headings.as_slice()].concat());
    for job in &view.jobs {
        columns.row(cells(job));
    }
    columns.write(out)
}

fn cells(job: &JobView) -> [String; 7] {
    let counts = [job.targets, job.exposed, job.stored, job.merged, job.failing_targets];
    let [targets, exposed, stored, merged, failing] = counts.map(|n| SeriesCount(n).to_string());
    let failure = job.failure.clone().unwrap_or_default();
    [job.job.clone(), targets, exposed, stored, merged, failing, failure]
}

fn findings(out: &mut impl Write, lint: &LintView) -> std::io::Result<()> {
    let summary = &lint.summary;
    writeln!(
        out,
        "Findings: {}, {}, {} in {}",
        counted(summary.errors as u64, "error"),
        counted(summary.warnings as u64, "warning"),
        counted(summary.infos as u64, "hint"),
        counted(summary.files as u64, "file"),
    )?;
    let errors: Vec<&FindingView> =
        lint.findings.iter().filter(|finding| finding.severity == "error").collect();
    for error in errors.iter().take(ERRORS) {
        writeln!(out, "  {}{} {}", place(error), error.id, error.message)?;
    }
    match errors.len().checked_sub(ERRORS) {
        Some(rest) if rest > 0 => {
            writeln!(out, "  … and {rest} more error{}", if rest == 1 { "" } else { "s" })
        }
        _ => Ok(()),
    }
}

fn place(finding: &FindingView) -> String {
    match (&finding.path, finding.line) {
        (Some(path), Some(line)) => format!("{path}:{line}: "),
        (Some(path), None) => format!("{path}: "),
        (None, _) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::html::sample;

    fn text(view: &ReviewView) -> String {
        let mut out = Vec::new();
        write(&mut out, view).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_part_is_told_in_its_order() {
        let text = text(&sample::review("thing"));
        let parts = [
            "thing: 1 configuration, 3 rule files",
            "1,100 series exposed, 1,000 stored",
            "1,000 series of 4 metrics",
            "1,000 series on thing need 100 MiB",
            "Findings: 1 error, 1 warning, 1 hint in 4 files",
            "thing:3: RL001 thing",
            "Usage: 1 metrics used, 1 unused, 1 unknown by 30 queries",
            "The plan: 1,000 series, 100 MiB resident → 800 series, 80.0 MiB resident (20.0 %",
            "Shards: 2 by thing",
        ];
        let mut rest = text.as_str();
        for part in parts {
            let (_, after) = rest.split_once(part).unwrap_or_else(|| panic!("{part:?} in {text}"));
            rest = after;
        }
    }

    #[test]
    fn long_lists_are_cut() {
        let mut view = sample::review("thing");
        let error = view.lint.findings[2].clone();
        view.lint.findings = vec![error; 100];
        let plan = view.optimize.as_mut().unwrap();
        plan.actions = vec![plan.actions[0].clone(); 100];
        view.census.metrics = vec![view.census.metrics[0].clone(); 500];
        let text = text(&view);
        assert!(text.lines().count() <= 80, "{text}");
        assert!(text.contains("and 88 more errors") && text.contains("and 94 more"), "{text}");
    }
}

//! Relabel tests for people: a line a file, and of a case that failed its labels and its steps.

use std::io::Write;

use super::count;
use crate::output::view::test::{CaseView, OutcomeView, StepView, TestView};

/// Writes what became of every case.
pub(crate) fn write(out: &mut impl Write, view: &TestView) -> std::io::Result<()> {
    let mut files: Vec<&str> = view.cases.iter().map(|case| &*case.path).collect();
    files.dedup();
    for file in files {
        let cases: Vec<&CaseView> = view.cases.iter().filter(|case| case.path == file).collect();
        let failed: Vec<&&CaseView> = cases.iter().filter(|case| !case.passed).collect();
        let passed = cases.len() - failed.len();
        let word = if failed.is_empty() { "ok  " } else { "FAIL" };
        writeln!(out, "{word} {file}: {passed} of {}", count(cases.len(), "case"))?;
        failed.iter().try_for_each(|case| write_failure(out, case))?;
        if !failed.is_empty() {
            writeln!(out)?;
        }
    }
    let summary = &view.summary;
    let mut parts = vec![format!("{} passed", summary.passed)];
    let others = [
        (summary.failed, "failed"),
        (summary.updated, "updated"),
        (summary.filtered_out, "filtered out"),
    ];
    parts.extend(others.iter().filter(|it| it.0 > 0).map(|(n, word)| format!("{n} {word}")));
    if summary.errors > 0 {
        parts.push(count(summary.errors, "error"));
    }
    writeln!(out, "{} in {}", parts.join(", "), count(summary.files, "file"))
}

fn write_failure(out: &mut impl Write, case: &CaseView) -> std::io::Result<()> {
    writeln!(out, "\n{}:{}: {} ({})", case.path, case.line, case.name, case.server)?;
    out.write_all(explanation(case).as_bytes())
}

/// Why a case failed: what differs, and what each step did.
pub(crate) fn explanation(case: &CaseView) -> String {
    let mut text = format!("  {}\n", headline(case));
    for it in &case.differences {
        let by = it.step.map_or_else(String::new, |step| format!("   (step {step})"));
        if let Some(expected) = &it.expected {
            text += &format!("  - {}: {expected:?}\n", it.label);
        }
        if let Some(actual) = &it.actual {
            text += &format!("  + {}: {actual:?}{by}\n", it.label);
        } else if !by.is_empty() {
            text += &format!("  + {} is removed{by}\n", it.label);
        }
    }
    if case.differences.is_empty()
        && let Some(labels) = &case.actual.labels
    {
        for (name, value) in labels {
            text += &format!("  + {name}: {value:?}\n");
        }
    }
    let place = case
        .chain
        .as_ref()
        .map_or_else(|| case.chain_path.clone(), |chain| format!("{chain} in {}", case.chain_path));
    text += &format!("  steps of {place}:\n");
    for step in &case.trace {
        text += &format!("    {}\n", step_line(step));
    }
    text
}

/// One line on why it failed.
pub(crate) fn headline(case: &CaseView) -> String {
    let actual = match (case.actual.outcome, case.actual.step) {
        ("dropped", Some(step)) => format!("it is dropped by step {step}"),
        ("dropped", None) => "no label is left of it".to_owned(),
        ("refused", _) => {
            let words = case.actual.error.as_deref().unwrap_or_default();
            format!("the server refuses the target: {words}")
        }
        _ => "it is kept".to_owned(),
    };
    match &case.expected {
        None => format!("nothing is expected yet, and {actual}: `--update` writes that"),
        Some(_) if !case.differences.is_empty() => {
            let wrong: Vec<&str> = case.differences.iter().map(|it| &*it.label).collect();
            format!("other labels than expected: {}", wrong.join(", "))
        }
        Some(expected) => format!("expected {}, but {actual}", expectation(expected)),
    }
}

fn expectation(expected: &OutcomeView) -> String {
    match (expected.outcome, expected.step) {
        ("dropped", Some(step)) => format!("step {step} to drop it"),
        ("dropped", None) => "it to be dropped".to_owned(),
        ("refused", _) => {
            let words = expected.error.as_deref().unwrap_or_default();
            format!("the server to refuse the target with {words:?}")
        }
        _ => "it to be kept".to_owned(),
    }
}

fn step_line(step: &StepView) -> String {
    let changes: Vec<String> = step
        .changes
        .iter()
        .filter(|change| change.before != change.after)
        .map(|change| match (&change.before, &change.after) {
            (None, Some(after)) => format!("{}: {after:?}", change.label),
            (_, None) => format!("{} removed", change.label),
            (Some(before), Some(after)) => format!("{}: {before:?} → {after:?}", change.label),
        })
        .collect();
    let result =
        if changes.is_empty() { step.result.replace('_', " ") } else { changes.join(", ") };
    format!("{} {} {}:{}: {result}", step.step, step.action, step.path, step.line)
}

//! A gate's verdict in every format.

use std::collections::BTreeSet;
use std::io::Write;

use promsieve_core::units::{Bytes, SeriesCount};

use super::compare::{cause, first, in_markdown, text};
use super::junit::{self, Case, Problem, Suite};
use super::view::gate::{BudgetView, ExcessView, GateView};
use super::{github, json, markdown};

/// Annotations of a budget: GitHub shows no more of a step.
const MOST: usize = 10;

/// A format of a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum GateFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// Tables, such as for a comment on a pull request
    Markdown,
    /// `JUnit` XML: a case a budget
    Junit,
    /// Annotations of GitHub Actions
    Github,
}

/// Writes a verdict, of each list `top` lines; 0 for all.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write(
    format: GateFormat,
    view: &GateView,
    top: usize,
    out: &mut Vec<u8>,
) -> anyhow::Result<()> {
    match format {
        GateFormat::Json => return json::write(out, view),
        GateFormat::Text => in_text(out, view, top)?,
        GateFormat::Markdown => write_markdown(out, view, top)?,
        GateFormat::Junit => junit::write(out, "promsieve gate", &[suite(view)])?,
        GateFormat::Github => annotations(out, view)?,
    }
    Ok(())
}

/// Where GitHub runs us, people read annotations and the step's summary: both are added.
///
/// # Errors
/// When one cannot be written.
pub(crate) fn in_ci(
    view: &GateView,
    on_stdout: GateFormat,
    top: usize,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    if !markdown::is_github() {
        return Ok(());
    }
    // Annotations are lines of the log: they would break what programs read from stdout.
    if on_stdout == GateFormat::Text {
        annotations(out, view)?;
    }
    let mut summary = Vec::new();
    write_markdown(&mut summary, view, top)?;
    markdown::add_to_summary(&summary)
}

fn in_text(out: &mut impl Write, view: &GateView, top: usize) -> std::io::Result<()> {
    // What makes several budgets too small is said once.
    let mut told = BTreeSet::new();
    for budget in &view.budgets {
        let shown = first(budget.excesses.len(), top);
        for excess in &budget.excesses[..shown] {
            writeln!(out, "{}: {}: {}", excess.level, budget.name, message(excess))?;
            for cause in causes(excess) {
                if told.insert(cause.clone()) {
                    writeln!(out, "  {cause}")?;
                }
            }
        }
        if budget.excesses.len() > shown {
            writeln!(out, "{}: and {} more", budget.name, budget.excesses.len() - shown)?;
        }
    }
    if view.budgets.iter().any(|budget| !budget.excesses.is_empty()) {
        writeln!(out)?;
    }
    text(out, &view.change, top)?;
    writeln!(out, "\n{}", verdict(view))
}

fn write_markdown(out: &mut impl Write, view: &GateView, top: usize) -> std::io::Result<()> {
    writeln!(out, "### promsieve gate: {}\n", view.level)?;
    let exceeded: Vec<&BudgetView> =
        view.budgets.iter().filter(|budget| !budget.excesses.is_empty()).collect();
    if !exceeded.is_empty() {
        writeln!(out, "| | budget | what is too much | why |\n|---|---|---|---|")?;
        for budget in exceeded {
            let shown = first(budget.excesses.len(), top);
            for excess in &budget.excesses[..shown] {
                let why = causes(excess).join("; ");
                markdown::row(out, [excess.level, &*budget.name, &*message(excess), &*why])?;
            }
            if budget.excesses.len() > shown {
                let more = format!("and {} more", budget.excesses.len() - shown);
                markdown::row(out, [budget.level, &*budget.name, &*more, ""])?;
            }
        }
        writeln!(out)?;
    }
    in_markdown(out, &view.change, top)
}

fn annotations(out: &mut impl Write, view: &GateView) -> std::io::Result<()> {
    for budget in &view.budgets {
        for excess in &budget.excesses[..first(budget.excesses.len(), MOST)] {
            let command = if excess.level == "fail" { "error" } else { "warning" };
            let lines = [vec![message(excess)], causes(excess)].concat();
            let title = format!("promsieve gate: {}", budget.name);
            github::command(out, command, &[("title", title)], &lines.join("\n"))?;
        }
    }
    Ok(())
}

/// A case a budget; a warning passes, with what it says in its name.
fn suite(view: &GateView) -> Suite {
    let case = |budget: &BudgetView| {
        let lines: Vec<String> = budget
            .excesses
            .iter()
            .flat_map(|excess| [vec![message(excess)], causes(excess)].concat())
            .collect();
        let name = match budget.level {
            "warn" => format!("{} (warning: {})", budget.name, lines[0]),
            _ => budget.name.clone(),
        };
        let problem = (budget.level == "fail").then(|| Problem {
            is_error: false,
            kind: "budget".to_owned(),
            message: lines[0].clone(),
            text: lines.join("\n"),
        });
        Case { name, class: "promsieve gate".to_owned(), problem, ..Case::default() }
    };
    Suite { name: view.change.new.clone(), cases: view.budgets.iter().map(case).collect() }
}

/// What is too much, in one line.
fn message(excess: &ExcessView) -> String {
    let subject = match &*excess.subject {
        "" => String::new(),
        subject => format!("{subject}: "),
    };
    if let Some(reason) = &excess.reason {
        return format!("{subject}{reason}");
    }
    let shown = |number: Option<f64>| {
        #[expect(clippy::cast_sign_loss, reason = "what is measured is not negative")]
        let whole = number.unwrap_or_default().round() as u64;
        match excess.measure {
            Some("memory") => Bytes(whole).to_string(),
            Some("disk_per_day") => format!("{} a day", Bytes(whole)),
            Some("samples_per_second") => format!("{} samples a second", SeriesCount(whole)),
            _ => format!("{} series", SeriesCount(whole)),
        }
    };
    let what = if excess.measure == Some("memory") { " of memory" } else { "" };
    format!(
        "{subject}{}{what}, {} before; {} are allowed",
        shown(excess.after),
        shown(excess.before),
        shown(excess.allowed),
    )
}

/// The changes that made it so: metric, job, the label that drives it, and the price.
fn causes(excess: &ExcessView) -> Vec<String> {
    // A check's reason names its metric.
    excess.causes.iter().map(cause).collect()
}

fn verdict(view: &GateView) -> String {
    let of = |level: &str| view.budgets.iter().filter(|budget| budget.level == level).count();
    let (failed, warned) = (of("fail"), of("warn"));
    format!(
        "{}: of {} budgets and checks {failed} failed and {warned} warned",
        view.level,
        view.budgets.len()
    )
}

//! `promsieve gate`: whether a change keeps to its budgets, and loses nothing.

use std::io::Write;

use promsieve_core::compare::{BudgetOutcome, Level, judge};

use super::lint::settings::ProjectSettings;
use super::sides::{Sides, SidesArgs};
use crate::Status;
use crate::common::Common;
use crate::output::gate::{GateFormat, in_ci, write};
use crate::output::outputs::{Output, write_all};
use crate::output::view::compare::ComparisonView;
use crate::output::view::gate::GateView;

/// Arguments of `gate`.
#[derive(Debug, clap::Args)]
pub(crate) struct GateArgs {
    #[command(flatten)]
    sides: SidesArgs,

    /// What makes the exit status 1
    #[arg(long, value_enum, default_value_t = FailOn::Fail)]
    fail_on: FailOn,

    /// How many lines of each list to show in text and Markdown; 0 for all
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,

    /// How to print the result
    #[arg(
        id = "format", long = "format", value_name = "FORMAT",
        value_parser = ["text", "json", "markdown", "junit", "github"]
    )]
    format: Option<String>,

    /// Another format, to a file or to stdout instead of the text: `junit=gate.xml`; repeatable
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = Output::<GateFormat>::parse)]
    output: Vec<Output<GateFormat>>,
}

/// What makes the exit status 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum FailOn {
    /// What fails
    Fail,
    /// Warnings, too
    Warn,
    /// Nothing
    Never,
}

pub(crate) fn run(
    args: &GateArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let newest = args.sides.paths.last().map_or(".", String::as_str);
    let settings = ProjectSettings::find(newest)?;
    settings.check()?;
    let sides = Sides::of(&args.sides, &settings.common(common))?;
    let (view, level) = sides.compare(|revisions, comparison| {
        let outcomes =
            judge(revisions, comparison, &settings.gate.budgets(), &settings.gate.checks);
        let worst = outcomes.iter().map(BudgetOutcome::level).max().unwrap_or_default();
        let notes = sides.notes().to_vec();
        let change = ComparisonView { notes, ..ComparisonView::of(&sides.names, comparison) };
        (GateView::of(worst, &outcomes, change), worst)
    });
    let default = args.format.as_deref().map_or(GateFormat::Text, |name| {
        // The argument's parser has checked the name.
        <GateFormat as clap::ValueEnum>::from_str(name, true).unwrap_or(GateFormat::Text)
    });
    write_all(&args.output, default, out, |format, _, out| write(*format, &view, args.top, out))?;
    let to_stdout = args.output.iter().find(|it| it.is_stdout()).map(|it| it.format);
    in_ci(&view, to_stdout.unwrap_or(default), args.top, out)?;
    let fails = match args.fail_on {
        FailOn::Fail => level == Level::Fail,
        FailOn::Warn => level >= Level::Warn,
        FailOn::Never => false,
    };
    Ok(sides.status().max(if fails { Status::Findings } else { Status::Clean }))
}

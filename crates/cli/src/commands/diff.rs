//! `promsieve diff`: what a change of configuration, rules or applications costs.

use std::io::Write;

use super::sides::{Sides, SidesArgs};
use crate::Status;
use crate::common::Common;
use crate::output::compare::{self, DiffFormat};
use crate::output::outputs::{Output, write_all};
use crate::output::view::compare::ComparisonView;

/// Arguments of `diff`.
#[derive(Debug, clap::Args)]
pub(crate) struct DiffArgs {
    #[command(flatten)]
    sides: SidesArgs,

    /// How many lines of each list to show in text and Markdown; 0 for all
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,

    /// How to print the result
    #[arg(
        id = "format", long = "format", value_name = "FORMAT",
        value_parser = ["text", "json", "markdown"]
    )]
    format: Option<String>,

    /// Another format, to a file or to stdout instead of the text: `markdown=comment.md`; repeatable
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = Output::<DiffFormat>::parse)]
    output: Vec<Output<DiffFormat>>,
}

pub(crate) fn run(
    args: &DiffArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let sides = Sides::of(&args.sides, common)?;
    let view = sides.compare(|_, comparison| ComparisonView::of(&sides.names, comparison));
    let view = ComparisonView { notes: sides.notes().to_vec(), ..view };
    let default = match args.format.as_deref() {
        Some("json") => DiffFormat::Json,
        Some("markdown") => DiffFormat::Markdown,
        _ => DiffFormat::Text,
    };
    write_all(&args.output, default, out, |format, _, out| {
        compare::write_diff(*format, &view, args.top, out)
    })?;
    Ok(sides.status())
}

//! `promsieve merge`: saved censuses put together, in any order.

use std::io::Write;

use anyhow::Context;

use super::counting::{CountingArgs, Read};
use crate::Status;
use crate::common::Common;
use crate::input::Source;
use crate::input::collect::Collector;
use crate::input::kinds::saved::read_saved;
use crate::output::view::census::CensusView;
use crate::stderr::warn;

/// Arguments of `merge`.
#[derive(Debug, clap::Args)]
pub(crate) struct MergeArgs {
    /// Censuses that `census --save` or `merge --save` wrote, or globs of them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,

    #[command(flatten)]
    counting: CountingArgs,
}

pub(crate) fn run(
    args: &MergeArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let mut series = Collector::new(args.counting.memory).changed(args.counting.changes()?);
    let mut status = Status::Clean;
    for spec in &args.files {
        for source in Source::resolve(spec)? {
            let read = read_saved(&source, &common.access);
            let added = read.and_then(|saved| series.add(saved).with_context(|| source.name()));
            if let Err(error) = added {
                warn(&format!("error: {error:#}"));
                status = Status::Incomplete;
            }
        }
    }
    anyhow::ensure!(!series.is_empty(), "nothing could be read");
    let series = args.counting.prepare(series.finish())?;
    let census = series.as_ref().map(|series| args.counting.census(series));
    let view = CensusView::of(census.as_ref(), Vec::new());
    args.counting.write(Read { view, series, status }, common, out)
}

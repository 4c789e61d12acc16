//! `promsieve-engine parquet`: the series as Parquet, for other engines.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use datafusion::arrow::array::AsArray;
use futures::StreamExt;
use promsieve_cli::Status;
use promsieve_core::series::Target;
use promsieve_core::units::{Bytes, SeriesCount};

use crate::input::Input;
use crate::parquet::{Partitioning, Writer};
use crate::part::Part;
use crate::scan::{JOB, Rows, SHORTEST};
use crate::session::{bounded, register};

/// Arguments of `parquet`.
#[derive(Debug, clap::Args)]
pub(crate) struct ParquetArgs {
    /// Files, directories, globs or URLs
    #[arg(required = true, value_name = "SOURCE")]
    sources: Vec<String>,

    /// The directory to write, which must not be there yet
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Into which files series go: one a `metric`, or N by their hash
    #[arg(long, value_name = "metric|hash:N")]
    partition_by: Option<Partitioning>,

    /// Sort in no more than this, and beyond it on disk; each source is read whole beside it
    #[arg(long, value_name = "SIZE", default_value = "1GiB")]
    memory: Bytes,
}

/// Writes the series of all sources.
///
/// # Errors
/// When a source cannot be read, or the directory cannot be written.
pub(crate) async fn run(args: &ParquetArgs, out: &mut impl Write) -> anyhow::Result<Status> {
    let inputs = Input::parts(&args.sources)?;
    let mut writer = Writer::new(&args.out, args.partition_by)?;
    let session = bounded(args.memory.0)?;
    let scraped = inputs.iter().filter(|input| input.has_targets()).cloned().collect();
    register(&session, "parts", Rows::Parts { top: SHORTEST }, scraped)?;
    register(&session, "series", Rows::Series, inputs)?;
    let sorted = session.sql("SELECT * FROM series ORDER BY metric, hash").await?;
    let mut batches = sorted.execute_stream().await?;
    while let Some(batch) = batches.next().await {
        writer.add(&batch?)?;
    }
    let sql = format!("SELECT part FROM parts WHERE kind = '{JOB}'");
    let mut targets = BTreeSet::new();
    for batch in session.sql(&sql).await?.collect().await? {
        for bytes in batch.column(0).as_binary::<i64>().iter().flatten() {
            let part = Part::decode(bytes)?;
            targets.extend(part.table.targets.into_iter().map(|it| (it.job, it.labels)));
        }
    }
    let targets: Vec<Target> =
        targets.into_iter().map(|(job, labels)| Target { job, labels }).collect();
    let series = writer.finish(&targets)?;
    writeln!(out, "{} in `{}`", SeriesCount(series), args.out.display())?;
    Ok(Status::Clean)
}

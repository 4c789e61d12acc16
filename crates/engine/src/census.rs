//! `promsieve-engine census`: the census of the command line, as a plan.

use std::io::Write;

use anyhow::Context;
use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::prelude::SessionContext;
use promsieve_cli::Status;
use promsieve_cli::embed::{self, Told};
use promsieve_core::census::Census;
use promsieve_core::saved::{self, Saved};

use crate::counted::{Assembly, Counted};
use crate::input::Input;
use crate::scan::{Heard, Rows, SOURCE};
use crate::session::{Place, register};

/// Arguments of `census`.
#[derive(Debug, clap::Args)]
pub(crate) struct CensusArgs {
    /// Files, directories, globs or URLs; also what `parquet` wrote
    #[arg(required = true, value_name = "SOURCE")]
    sources: Vec<String>,

    /// Count by sketches, in bounded memory; the census tells its error
    #[arg(long)]
    sketch: bool,

    /// How to print the census
    #[arg(long, value_parser = ["text", "json"], default_value = "text")]
    format: String,

    /// How many metrics to list as text; 0 for all
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,

    #[command(flatten)]
    place: Place,
}

/// Counts the sources as one, and writes the census.
///
/// # Errors
/// When a source cannot be read, or the plan fails.
pub(crate) async fn run(args: &CensusArgs, out: &mut impl Write) -> anyhow::Result<Status> {
    let inputs = Input::parts(&args.sources)?;
    let top = args.top;
    let rows = if args.sketch { Rows::Sketches { top } } else { Rows::Parts { top } };
    let session = args.place.session(rows, &inputs).await?;
    register(&session, "parts", rows, inputs.clone())?;
    let (census, mut heard) =
        if args.sketch { sketched(&session).await? } else { exact(&session).await? };
    heard.sort_by_key(|it| inputs.iter().position(|input| *input == it.source));
    let (mut told, mut status) = (Told::default(), Status::Clean);
    for Heard { source, incomplete, told: next } in heard {
        told.append(next);
        if incomplete {
            status = Status::Incomplete;
            embed::warn(&format!("{source}: some of it could not be read; the rest was counted"));
        }
    }
    embed::write(out, &census, told, args.format == "json", top)?;
    Ok(status)
}

/// The exact census of the table `parts`, and what is heard of each source.
async fn exact(session: &SessionContext) -> anyhow::Result<(Census, Vec<Heard>)> {
    let sql = format!(
        "SELECT name, census(part) FILTER (WHERE kind <> '{SOURCE}'), \
         array_agg(part) FILTER (WHERE kind = '{SOURCE}') FROM parts GROUP BY kind, name"
    );
    let mut assembly = Assembly::default();
    let mut heard = Vec::new();
    for batch in session.sql(&sql).await?.collect().await? {
        let names = texts(&batch, 0)?;
        let counts = batch.column(1).as_binary::<i64>();
        for (name, counted) in names.into_iter().zip(counts) {
            if let Some(bytes) = counted {
                let counted: Counted = serde_json::from_slice(bytes)?;
                assembly.add(name, counted)?;
            }
        }
        heard.extend(hear(&batch, 2)?);
    }
    let census = assembly.finish();
    anyhow::ensure!(census.samples > 0 || census.targets > 0, "nothing could be read");
    Ok((census, heard))
}

/// The sketched census of the table `parts`, and what is heard of each source.
async fn sketched(session: &SessionContext) -> anyhow::Result<(Census, Vec<Heard>)> {
    let sql = "SELECT merge(census), array_agg(heard) FROM parts";
    let batches = session.sql(sql).await?.collect().await?;
    let batch = batches.iter().find(|batch| batch.num_rows() > 0).context("nothing was counted")?;
    let censuses = batch.column(0).as_binary::<i64>();
    let bytes = censuses.iter().next().flatten().context("nothing could be read")?;
    let Saved::Sketched(census) = saved::read(bytes)? else {
        anyhow::bail!("a sketched census was expected, and these are series");
    };
    Ok((census.census(), hear(batch, 1)?))
}

/// What lists in a column tell.
fn hear(batch: &RecordBatch, column: usize) -> anyhow::Result<Vec<Heard>> {
    let lists = batch.column(column).as_list::<i32>().iter().flatten();
    let mut heard = Vec::new();
    for list in lists {
        for bytes in list.as_binary::<i64>().iter().flatten() {
            heard.push(serde_json::from_slice(bytes)?);
        }
    }
    Ok(heard)
}

/// A column of texts.
fn texts(batch: &RecordBatch, column: usize) -> anyhow::Result<Vec<String>> {
    let texts = batch.column(column).as_string_opt::<i32>().context("a column of texts")?;
    Ok(texts.iter().map(|text| text.unwrap_or_default().to_owned()).collect())
}

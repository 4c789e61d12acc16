//! `promsieve-engine census`: the census of the command line, as a plan.

use std::io::Write;

use anyhow::Context;
use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::prelude::SessionContext;
use promsieve_cli::{Status, embed};
use promsieve_core::census::Census;
use promsieve_core::saved::{self, Saved};

use crate::counted::{Assembly, Counted};
use crate::input::Input;
use crate::scan::{INCOMPLETE, Rows};
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
    let rows = if args.sketch { Rows::Sketches } else { Rows::Parts };
    let session = args.place.session(rows, &inputs).await?;
    register(&session, "parts", rows, inputs)?;
    let (census, unread) =
        if args.sketch { sketched(&session).await? } else { exact(&session).await? };
    embed::write(out, &census, args.format == "json", args.top)?;
    for source in &unread {
        embed::warn(&format!("{source}: some of it could not be read; the rest was counted"));
    }
    Ok(if unread.is_empty() { Status::Clean } else { Status::Incomplete })
}

/// The exact census of the table `parts`, and what could not be read whole.
async fn exact(session: &SessionContext) -> anyhow::Result<(Census, Vec<String>)> {
    let sql = "SELECT kind, name, census(part) FROM parts GROUP BY kind, name";
    let mut assembly = Assembly::default();
    let mut unread = Vec::new();
    for batch in session.sql(sql).await?.collect().await? {
        let (kinds, names) = (texts(&batch, 0)?, texts(&batch, 1)?);
        let counts = batch.column(2).as_binary::<i64>();
        for row in 0..batch.num_rows() {
            if kinds[row] == INCOMPLETE {
                unread.push(names[row].clone());
                continue;
            }
            let counted: Counted = serde_json::from_slice(counts.value(row))?;
            assembly.add(names[row].clone(), counted)?;
        }
    }
    unread.sort();
    let census = assembly.finish();
    anyhow::ensure!(census.samples > 0 || census.targets > 0, "nothing could be read");
    Ok((census, unread))
}

/// The sketched census of the table `parts`, and what could not be read whole.
async fn sketched(session: &SessionContext) -> anyhow::Result<(Census, Vec<String>)> {
    let sql = "SELECT merge(census), array_agg(DISTINCT incomplete) FROM parts";
    let batches = session.sql(sql).await?.collect().await?;
    let batch = batches.iter().find(|batch| batch.num_rows() > 0).context("nothing was counted")?;
    let censuses = batch.column(0).as_binary::<i64>();
    let bytes = censuses.iter().next().flatten().context("nothing could be read")?;
    let Saved::Sketched(census) = saved::read(bytes)? else {
        anyhow::bail!("a sketched census was expected, and these are series");
    };
    let names = batch.column(1).as_list::<i32>().value(0);
    let mut unread: Vec<String> =
        names.as_string::<i32>().iter().flatten().map(str::to_owned).collect();
    unread.retain(|name| !name.is_empty());
    unread.sort();
    Ok((census.census(), unread))
}

/// A column of texts.
fn texts(batch: &RecordBatch, column: usize) -> anyhow::Result<Vec<String>> {
    let texts = batch.column(column).as_string_opt::<i32>().context("a column of texts")?;
    Ok(texts.iter().map(|text| text.unwrap_or_default().to_owned()).collect())
}

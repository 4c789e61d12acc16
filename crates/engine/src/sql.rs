//! `promsieve-engine sql`: one's own questions.

use std::collections::BTreeMap;
use std::io::Write;

use datafusion::arrow::json::ArrayWriter;
use datafusion::arrow::util::pretty::pretty_format_batches;
use promsieve_cli::Status;

use crate::input::Input;
use crate::scan::Rows;
use crate::session::{Place, register};

/// Arguments of `sql`.
#[derive(Debug, clap::Args)]
pub(crate) struct SqlArgs {
    /// The query, over the table `series` or over one of those that it is made of: `blocks`, `logs`,
    /// `scrapes`, `saved`, `parquet`
    query: String,

    /// Files, directories, globs or URLs; also what `parquet` wrote
    #[arg(required = true, value_name = "SOURCE")]
    sources: Vec<String>,

    /// How to print the answer
    #[arg(long, value_parser = ["text", "json"], default_value = "text")]
    format: String,

    #[command(flatten)]
    place: Place,
}

/// Answers the query.
///
/// # Errors
/// When it is wrong, or a source cannot be read.
pub(crate) async fn run(args: &SqlArgs, out: &mut impl Write) -> anyhow::Result<Status> {
    let inputs = Input::parts(&args.sources)?;
    let session = args.place.session(Rows::Series, &inputs).await?;
    let mut tables: BTreeMap<&str, Vec<Input>> = BTreeMap::new();
    for input in &inputs {
        tables.entry(input.table()).or_default().push(input.clone());
    }
    for (name, inputs) in tables {
        register(&session, name, Rows::Series, inputs)?;
    }
    register(&session, "series", Rows::Series, inputs)?;
    let batches = session.sql(&args.query).await?.collect().await?;
    if args.format == "json" {
        let mut json = ArrayWriter::new(&mut *out);
        json.write_batches(&batches.iter().collect::<Vec<_>>())?;
        json.finish()?;
    } else {
        write!(out, "{}", pretty_format_batches(&batches)?)?;
    }
    writeln!(out)?;
    Ok(Status::Clean)
}

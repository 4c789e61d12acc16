//! The census on Apache `DataFusion` and Ballista, and the series as Parquet.
//!
//! Sources become tables (`scan`): of series, for SQL and Parquet, or of parts of a census, which
//! an aggregate function merges (`merge`). Its states are parts again, so they travel, and the same
//! plan runs here or on a cluster (`cluster`).

mod census;
mod cluster;
mod counted;
mod distinct;
mod export;
mod input;
mod merge;
mod parquet;
mod part;
mod rows;
mod scan;
mod session;
mod sql;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use promsieve_cli::{Status, embed};

/// Exit status when the job could not be done.
const FAILED: u8 = 2;

/// Bytes of a thread's stack: plans are trees that are walked by recursion.
const STACK: usize = 8 << 20;

/// The census of Prometheus's series on an engine
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Count the series of sources as `promsieve census` does
    Census(census::CensusArgs),
    /// Ask one's own questions in SQL
    Sql(sql::SqlArgs),
    /// Write the series as Parquet
    Parquet(export::ParquetArgs),
    /// Run the scheduler of a cluster
    Scheduler(cluster::SchedulerArgs),
    /// Run an executor of a cluster
    Executor(cluster::ExecutorArgs),
}

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(status) => status.into(),
        Err(error) => {
            embed::warn(&format!("error: {error:#}"));
            ExitCode::from(FAILED)
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<Status> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(STACK)
        .build()
        .context("cannot start threads")?;
    let mut out = BufWriter::new(io::stdout());
    let status = runtime.block_on(async {
        match &cli.command {
            Command::Census(args) => census::run(args, &mut out).await,
            Command::Sql(args) => sql::run(args, &mut out).await,
            Command::Parquet(args) => export::run(args, &mut out).await,
            Command::Scheduler(args) => cluster::scheduler(args).await.map(|()| Status::Clean),
            Command::Executor(args) => cluster::executor(args).await.map(|()| Status::Clean),
        }
    })?;
    out.flush()?;
    Ok(status)
}

//! One file a subcommand; here they are told apart, and errors become exit statuses.

pub(crate) mod analysis;
pub(crate) mod census;
mod counting;
pub(crate) mod diff;
pub(crate) mod estimate;
pub(crate) mod explain;
pub(crate) mod gate;
pub(crate) mod init;
pub(crate) mod lint;
pub(crate) mod merge;
pub(crate) mod optimize;
pub(crate) mod relabel;
pub(crate) mod review;
pub(crate) mod rules;
pub(crate) mod shard;
pub(crate) mod shell;
mod sides;
pub(crate) mod signals;
pub(crate) mod simulate;
pub(crate) mod targets;
pub(crate) mod test;
mod told;
pub(crate) mod usage;
pub(crate) mod verify;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use crate::Status;
use crate::args::{Cli, Command};
use crate::stderr::warn;

/// Exit status when the job could not be done.
const FAILED: u8 = 2;

pub(crate) fn run() -> ExitCode {
    let cli = Cli::read();
    // Not locked: the language server writes to it from a thread of its own.
    let mut out = BufWriter::new(io::stdout());
    let result = dispatch(&cli, &mut out).and_then(|status| {
        out.flush()?;
        Ok(status)
    });
    match result {
        Ok(status) => status.into(),
        // Whoever read us has had enough, as `head` does: no error of ours.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            warn(&format!("error: {error:#}"));
            ExitCode::from(FAILED)
        }
    }
}

fn dispatch(cli: &Cli, out: &mut impl Write) -> anyhow::Result<Status> {
    match &cli.command {
        Command::Review(args) => review::run(args, &cli.common, out),
        Command::Estimate(args) => estimate::run(args, &cli.common, out),
        Command::Usage(args) => usage::run(args, &cli.common, out),
        Command::Optimize(args) => optimize::run(args, &cli.common, out),
        Command::Diff(args) => diff::run(args, &cli.common, out),
        Command::Gate(args) => gate::run(args, &cli.common, out),
        Command::Verify(args) => verify::run(args, &cli.common, out),
        Command::Shard(args) => shard::run(args, &cli.common, out),
        Command::Signals(args) => signals::run(args, &cli.common, out),
        Command::Targets(args) => targets::run(args, &cli.common, out),
        Command::Census(args) => census::run(args, &cli.common, out),
        Command::Merge(args) => merge::run(args, &cli.common, out),
        Command::Lint(args) => lint::run(args, &cli.common, out),
        Command::Explain(args) => explain::run(args, out),
        Command::Rules => rules::run(&cli.common, out),
        Command::Relabel(args) => relabel::run(args, &cli.common, out),
        Command::Init(args) => init::run(args),
        Command::Lsp => crate::lsp::run(&cli.common),
        Command::Completions(args) => shell::completions(args, out),
        Command::Man(args) => shell::man(args, out),
        Command::Test(args) => test::run(args, &cli.common, out),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json =
            cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        kind.or(json) == Some(io::ErrorKind::BrokenPipe)
    })
}

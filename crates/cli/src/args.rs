//! Every flag; the help text is the doc comment.

use clap::{Parser, Subcommand};
use promsieve_core::server::{GoRelease, Server};

use crate::commands::census::CensusArgs;
use crate::commands::estimate::EstimateArgs;
use crate::commands::explain::ExplainArgs;
use crate::commands::lint::LintArgs;
use crate::commands::optimize::OptimizeArgs;
use crate::commands::relabel::RelabelArgs;
use crate::commands::review::ReviewArgs;
use crate::commands::shard::ShardArgs;
use crate::commands::usage::UsageArgs;
use crate::input::http::Access;

/// Prometheus cardinality optimizer and relabel-rule linter.
#[derive(Debug, Parser)]
#[command(name = "promsieve", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    #[command(flatten)]
    pub(crate) common: Common,
}

/// What every command takes.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Common {
    /// The server that reads the configuration and stores the series: prometheus@3.5,
    /// operator@0.93, vmagent@1.150, otel@0.153, alloy@1.18 and their older releases
    #[arg(long, value_name = "PRODUCT@VERSION", default_value_t, global = true)]
    pub(crate) server: Server,

    /// The Go that the server was built with, which decides the regular expressions it reads; by
    /// default that of the official builds
    #[arg(long, value_name = "RELEASE", global = true)]
    go: Option<GoRelease>,

    /// How to print the result
    #[arg(long, value_enum, default_value_t, global = true)]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) access: Access,
}

impl Cli {
    /// Reads the process's arguments; what changes the server is put into it.
    pub(crate) fn read() -> Self {
        let mut cli = Self::parse();
        if let Some(go) = cli.common.go {
            cli.common.server = cli.common.server.with_go(go);
        }
        cli
    }
}

/// A format of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs; the keys are documented in schema/
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lint, count, cost, plan and shard: the main job, all in one, with a page
    Review(ReviewArgs),
    /// Count series by metric and label, and what each label makes of them
    Census(CensusArgs),
    /// Find mistakes in configurations and rule files, with proof; mend those that can be
    Lint(LintArgs),
    /// Show a lint rule's page
    Explain(ExplainArgs),
    /// List the lint rules
    Rules,
    /// Apply a chain of relabel configs to label sets: JSON lines from stdin to stdout
    Relabel(RelabelArgs),
    /// Estimate memory, disk and samples a second
    Estimate(EstimateArgs),
    /// Tell which metrics and labels are used, unused or unknown, and by whom
    Usage(UsageArgs),
    /// Plan what can be dropped without anybody missing it, with a proof
    Optimize(OptimizeArgs),
    /// Spread targets over servers by what they store
    Shard(ShardArgs),
}

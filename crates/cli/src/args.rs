//! Every flag; the help text is the doc comment.

use clap::{Parser, Subcommand};
use promsieve_core::server::{GoRelease, Server};

use crate::commands::census::CensusArgs;
use crate::commands::estimate::EstimateArgs;
use crate::commands::explain::ExplainArgs;
use crate::commands::init::InitArgs;
use crate::commands::lint::LintArgs;
use crate::commands::optimize::OptimizeArgs;
use crate::commands::relabel::RelabelArgs;
use crate::commands::review::ReviewArgs;
use crate::commands::shard::ShardArgs;
use crate::commands::shell::{CompletionsArgs, ManArgs};
use crate::commands::test::TestArgs;
use crate::commands::usage::UsageArgs;
use crate::input::http::Access;

/// Prometheus cardinality optimizer and relabel-rule linter.
#[derive(Debug, Parser)]
#[command(name = "promsieve", version, max_term_width = 100)]
struct Parsed {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    common: CommonArgs,
}

/// What every command takes, as it is written.
#[derive(Debug, clap::Args)]
struct CommonArgs {
    /// The server that reads the configuration and stores the series: prometheus@3.5,
    /// operator@0.93, vmagent@1.150, otel@0.153, alloy@1.18 and their older releases
    /// [default: prometheus@3.5]
    #[arg(long, value_name = "PRODUCT@VERSION", global = true)]
    server: Option<Server>,

    /// The Go that the server was built with, which decides the regular expressions it reads; by
    /// default that of the official builds
    #[arg(long, value_name = "RELEASE", global = true)]
    go: Option<GoRelease>,

    /// How to print the result; the keys of `json` are documented in schema/
    // A command with more formats has an argument of this name and type of its own.
    #[arg(long, value_name = "FORMAT", value_parser = ["text", "json"], default_value = "text", global = true)]
    format: String,

    #[command(flatten)]
    access: Access,
}

/// The command and what goes for all of them.
#[derive(Debug)]
pub(crate) struct Cli {
    pub(crate) command: Command,
    pub(crate) common: Common,
}

/// What every command takes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Common {
    /// The server that reads the configuration and stores the series.
    pub(crate) server: Server,
    server_given: bool,
    /// The Go that servers were built with, where it is given.
    go: Option<GoRelease>,
    /// How to print the result, of a command that has these formats only.
    pub(crate) format: Format,
    /// How to reach URLs.
    pub(crate) access: Access,
}

/// A format of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

impl Cli {
    /// Reads the process's arguments; ends the process where they are wrong or ask for help.
    pub(crate) fn read() -> Self {
        let Parsed { command, common } = Parsed::parse();
        let CommonArgs { server, go, format, access } = common;
        let format = if format == "json" { Format::Json } else { Format::Text };
        let server_given = server.is_some();
        let server = server.unwrap_or_default();
        let mut common = Common { server, server_given, go, format, access };
        common.server = common.built(server);
        Self { command, common }
    }
}

impl Common {
    /// Whether no server was asked for.
    pub(crate) fn is_default_server(&self) -> bool {
        !self.server_given
    }

    /// A server with the Go that it was built with, where that is given.
    pub(crate) fn built(&self, server: Server) -> Server {
        self.go.map_or(server, |go| server.with_go(go))
    }
}

/// The definition of every command and flag.
pub(crate) fn definition() -> clap::Command {
    <Parsed as clap::CommandFactory>::command()
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lint, count, cost, plan and shard: the main job, all in one, with a page
    Review(ReviewArgs),
    /// Count series by metric and label, and what each label makes of them
    Census(CensusArgs),
    /// Find mistakes in configurations and rule files, with proof; mend those that can be
    Lint(LintArgs),
    /// Write a promsieve.toml to start with
    Init(InitArgs),
    /// Show a lint rule's page
    Explain(ExplainArgs),
    /// List the lint rules
    Rules,
    /// Apply a chain of relabel configs to label sets: JSON lines from stdin to stdout
    Relabel(RelabelArgs),
    /// Run unit tests of relabel chains, written in YAML
    Test(TestArgs),
    /// Estimate memory, disk and samples a second
    Estimate(EstimateArgs),
    /// Tell which metrics and labels are used, unused or unknown, and by whom
    Usage(UsageArgs),
    /// Plan what can be dropped without anybody missing it, with a proof
    Optimize(OptimizeArgs),
    /// Spread targets over servers by what they store
    Shard(ShardArgs),
    /// Serve an editor: diagnostics, fixes and explanations over the language server protocol
    Lsp,
    /// Print completions for a shell
    Completions(CompletionsArgs),
    /// Print the manual page, or write that of every command into a directory
    Man(ManArgs),
}

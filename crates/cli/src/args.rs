//! The commands and their flags; the help text is the doc comment.

use clap::{Parser, Subcommand};

use crate::commands::census::CensusArgs;
use crate::commands::diff::DiffArgs;
use crate::commands::estimate::EstimateArgs;
use crate::commands::explain::ExplainArgs;
use crate::commands::gate::GateArgs;
use crate::commands::init::InitArgs;
use crate::commands::lint::LintArgs;
use crate::commands::merge::MergeArgs;
use crate::commands::optimize::OptimizeArgs;
use crate::commands::relabel::RelabelArgs;
use crate::commands::review::ReviewArgs;
use crate::commands::shard::ShardArgs;
use crate::commands::shell::{CompletionsArgs, ManArgs};
use crate::commands::signals::SignalsArgs;
use crate::commands::targets::TargetsArgs;
use crate::commands::test::TestArgs;
use crate::commands::usage::UsageArgs;
use crate::commands::verify::VerifyArgs;
use crate::common::{Common, CommonArgs};

/// Prometheus cardinality optimizer and relabel-rule linter.
#[derive(Debug, Parser)]
#[command(name = "promsieve", version, max_term_width = 100)]
struct Parsed {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    common: CommonArgs,
}

/// The command and what goes for all of them.
#[derive(Debug)]
pub(crate) struct Cli {
    pub(crate) command: Command,
    pub(crate) common: Common,
}

impl Cli {
    /// Reads the process's arguments; ends the process where they are wrong or ask for help.
    pub(crate) fn read() -> Self {
        let Parsed { command, common } = Parsed::parse();
        Self { command, common: common.into() }
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
    /// Put saved censuses together
    Merge(MergeArgs),
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
    /// Tell what a running server makes of a plan: series, memory, alerts, merges
    Verify(VerifyArgs),
    /// Compare two configurations, scrapes or revisions: what a change costs, and which label drives it
    Diff(DiffArgs),
    /// Say whether a change keeps to the budgets of promsieve.toml, and breaks no query
    Gate(GateArgs),
    /// Spread targets over servers by what they store
    Shard(ShardArgs),
    /// Tell which signals the data gives, layer by layer, and which a configuration loses
    Signals(SignalsArgs),
    /// Take the targets of dead machines out of file discovery, and put them back
    Targets(TargetsArgs),
    /// Serve an editor: diagnostics, fixes and explanations over the language server protocol
    Lsp,
    /// Print completions for a shell
    Completions(CompletionsArgs),
    /// Print the manual page, or write that of every command into a directory
    Man(ManArgs),
}

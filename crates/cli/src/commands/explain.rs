//! `promsieve explain`: a rule's page.

use std::io::Write;

use promsieve_core::lint::rules;

use crate::Status;

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// A rule's code or name
    #[arg(value_name = "RULE")]
    rule: String,
}

pub(crate) fn run(args: &ExplainArgs, out: &mut impl Write) -> anyhow::Result<Status> {
    let Some(entry) = rules::find(&args.rule) else {
        anyhow::bail!("no rule is called `{}`: see `promsieve rules`", args.rule);
    };
    write!(out, "{}", entry.page())?;
    Ok(Status::Clean)
}

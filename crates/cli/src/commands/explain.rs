//! `promsieve explain`: a rule's page, or what is known of a label of service discovery.

use std::io::Write;

use promsieve_core::lint::{counterparts, offering, rules};

use crate::Status;

/// How the labels of service discoveries begin.
const META: &str = "__meta_";

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// A rule's code or name, or a label of service discovery such as `__meta_marathon_app`
    #[arg(value_name = "RULE")]
    rule: String,
}

pub(crate) fn run(args: &ExplainArgs, out: &mut impl Write) -> anyhow::Result<Status> {
    if args.rule.starts_with(META) {
        return label(&args.rule, out);
    }
    let Some(entry) = rules::find(&args.rule) else {
        anyhow::bail!("no rule is called `{}`: see `promsieve rules`", args.rule);
    };
    write!(out, "{}", entry.page())?;
    Ok(Status::Clean)
}

/// Which discoveries have a label, and what others call the same.
fn label(label: &str, out: &mut impl Write) -> anyhow::Result<Status> {
    let offers = offering(label);
    anyhow::ensure!(!offers.is_empty(), "no service discovery is known to have `{label}`");
    writeln!(out, "`{label}` is a label of:")?;
    for offer in offers {
        writeln!(out, "- {}", offer.title())?;
    }
    for same in counterparts(label) {
        writeln!(out, "\nIt tells {}, as do:", same.tells)?;
        for other in same.labels {
            let mut kinds: Vec<&str> =
                offering(&other).into_iter().map(|offer| offer.kind.as_str()).collect();
            kinds.dedup();
            writeln!(out, "- `{other}` of `{}`", kinds.join("`, `"))?;
        }
    }
    Ok(Status::Clean)
}

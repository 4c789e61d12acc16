//! What a rule is: an id, how bad it is, what it looks at, and the page in its file.

use super::{At, Context};
use crate::config::{Chain, Job};
use crate::finding::{RuleId, Severity};
use crate::flow::FlowReport;
use crate::series::Table;
use crate::usage::Usage;

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its code and name.
    pub id: RuleId,
    /// How bad its findings are, unless one says otherwise.
    pub severity: Severity,
    /// Which kind of fix it may attach.
    pub fix: FixKind,
    /// The release that brought it.
    pub since: &'static str,
    /// What it looks at.
    pub check: Check,
}

/// Which kind of fix a rule may attach to its findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixKind {
    /// Never any.
    None,
    /// One that leaves the relabeling of every series as it is.
    Safe,
    /// One that changes what is stored.
    Unsafe,
}

impl FixKind {
    /// The word in listings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
        }
    }
}

/// What a rule looks at; take the narrowest that does.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// Nothing: its findings come from reading the files.
    Reading,
    /// Each chain that the server accepts as a whole.
    Chain(fn(&mut Context<'_>, &Chain)),
    /// Each step that the server accepts.
    Step(fn(&mut Context<'_>, At<'_>)),
    /// Each scrape config.
    Job(fn(&mut Context<'_>, &Job)),
    /// The project as a whole.
    Project(fn(&mut Context<'_>)),
    /// What chains did to samples; not run without.
    Flow(fn(&mut Context<'_>, &FlowReport)),
    /// Samples with their targets' labels, before the metric chains; not run without.
    Samples(fn(&mut Context<'_>, &Table)),
    /// What rules and dashboards need; not run without.
    Usage(fn(&mut Context<'_>, &Usage)),
}

impl Check {
    /// Whether it looks at no more than a chain.
    pub(super) fn is_local(&self) -> bool {
        matches!(self, Self::Chain(_) | Self::Step(_))
    }
}

/// A rule with the file that it is.
#[derive(Debug)]
pub struct Entry {
    /// The module's name: the rule's name with `_`.
    pub module: &'static str,
    /// The module's source; its header is the rule's page.
    pub(super) source: &'static str,
    /// The rule.
    pub rule: &'static Rule,
}

impl Entry {
    /// The rule's name.
    pub fn name(&self) -> &'static str {
        self.rule.id.name
    }

    /// The rule's code.
    pub fn code(&self) -> &'static str {
        self.rule.id.code
    }

    /// One sentence on what is wrong, without its full stop.
    pub fn summary(&self) -> String {
        let first = self.header().next().unwrap_or_default();
        first.trim_end_matches('.').to_owned()
    }

    /// The rule's page in Markdown.
    pub fn page(&self) -> String {
        let Rule { id, severity, fix, since, .. } = self.rule;
        let mut page = format!("# {} (`{}`)\n\n", id.name, id.code);
        for line in self.header() {
            // Only the harness needs to know which block is which.
            let line = if line.starts_with("```yaml ") { "```yaml" } else { line };
            page.push_str(line);
            page.push('\n');
        }
        let (severity, fix) = (severity.as_str(), fix.as_str());
        page + &format!("\n---\nSeverity: {severity}. Fix: {fix}. Since {since}.\n")
    }

    /// The lines of the file's `//!` header.
    pub(super) fn header(&self) -> impl Iterator<Item = &'static str> {
        let lines = self.source.lines().take_while(|line| line.starts_with("//!"));
        lines.map(|line| line.trim_start_matches("//!").strip_prefix(' ').unwrap_or_default())
    }
}

//! Findings as diagnostics.

use std::collections::BTreeMap;

use promsieve_core::finding::{Finding, Severity};
use promsieve_core::text::Sources;

use super::check::Checked;
use super::protocol::{Diagnostic, Location, Related};
use super::{position, uri};

/// What every diagnostic is from.
const SOURCE: &str = "promsieve";

/// The diagnostics of every file that was looked at, by the name of its text.
pub(super) fn all(checked: &Checked) -> BTreeMap<String, Vec<Diagnostic>> {
    let mut all: BTreeMap<String, Vec<Diagnostic>> = BTreeMap::new();
    for file in checked.files() {
        let found = all.entry(file.source().name().to_owned()).or_default();
        for finding in file.findings() {
            let diagnostic = diagnostic(file.sources, finding);
            // A rule file that two configurations name is looked at with each.
            if !found.contains(&diagnostic) {
                found.push(diagnostic);
            }
        }
    }
    all
}

/// A finding that is somewhere.
pub(super) fn diagnostic(sources: &Sources, finding: &Finding) -> Diagnostic {
    let at = finding.location.unwrap_or_default();
    let related = finding.related.iter().map(|related| Related {
        location: location(sources, related.location),
        message: related.label.clone(),
    });
    Diagnostic {
        range: position::range(sources.file(at.file), at.span),
        severity: match finding.severity {
            Severity::Error => 1,
            Severity::Warning => 2,
            Severity::Info => 3,
        },
        code: finding.rule.name,
        source: SOURCE,
        message: message(finding),
        related_information: related.collect(),
    }
}

/// A place in one of the texts.
pub(super) fn location(sources: &Sources, at: promsieve_core::text::Location) -> Location {
    let source = sources.file(at.file);
    Location { uri: uri::of(source.name()), range: position::range(source, at.span) }
}

/// What, the consequence, and the remedy, a line each.
fn message(finding: &Finding) -> String {
    let mut message = finding.message.clone();
    for (mark, words) in [("", &finding.consequence), ("help: ", &finding.remedy)] {
        if let Some(words) = words {
            message.push_str(&format!("\n{mark}{words}"));
        }
    }
    message
}

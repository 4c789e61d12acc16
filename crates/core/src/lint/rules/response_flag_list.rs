//! A response flag is looked for by itself, though a call can have several.
//!
//! ## Why
//! Envoy joins the flags of a call by commas: `UF,URX` is a connection that failed until no retry was
//! left. A pattern for `UF` alone misses it, and one that should drop or keep such calls does so for
//! some of them.
//!
//! ## Bad
//! ```yaml bad
//! scrape_configs:
//!   - job_name: app
//!     static_configs:
//!       - targets: ['app:8080']
//! ---
//! groups:
//!   - name: app
//!     rules:
//!       - record: app:failed_connections:rate5m
//!         expr: sum(rate(istio_requests_total{response_flags="UF"}[5m])) # error
//! ```
//!
//! ## Bad
//! ```yaml bad
//! scrape_configs:
//!   - job_name: app
//!     static_configs:
//!       - targets: ['app:8080']
//! ---
//! groups:
//!   - name: app
//!     rules:
//!       - alert: FailedConnections
//!         expr: sum(rate(istio_requests_total{response_flags="UF"}[5m])) > 0 # error
//! ```
//!
//! ## Good
//! ```yaml good
//! scrape_configs:
//!   - job_name: app
//!     static_configs:
//!       - targets: ['app:8080']
//! ---
//! groups:
//!   - name: app
//!     rules:
//!       - record: app:failed_connections:rate5m
//!         expr: sum(rate(istio_requests_total{response_flags=~"(.+,)?UF(,.+)?"}[5m]))
//! ```
//!
//! ## Fix
//! None. Match the flag wherever it stands in the list: `(.+,)?UF(,.+)?`.

use std::collections::BTreeSet;

use crate::config::Chain;
use crate::finding::{Evidence, Finding, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule};
use crate::packs::flags;
use crate::relabel::{Action, StepField};
use crate::text::Location;
use crate::usage::Selects;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "SG003", name: "response-flag-list" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Project(check),
};

/// The label that holds the flags of a call.
const LABEL: &str = "response_flags";

fn check(context: &mut Context<'_>) {
    let mut findings = Vec::new();
    for (_, chain) in context.project.chains() {
        findings.extend(in_chain(context, chain));
    }
    findings.extend(in_queries(context));
    context.report_all(findings);
}

/// Filters that see a flag alone and miss it in a list.
fn in_chain(context: &Context<'_>, chain: &Chain) -> Vec<Finding> {
    let steps = (0..chain.steps.len()).filter_map(|index| At::new(chain, index));
    let of_flags = steps.filter(|at| {
        let sources = at.step.source_labels();
        matches!(at.step.action(), Action::Keep | Action::Drop)
            && sources.len() == 1
            && &*sources[0] == LABEL
    });
    let told = of_flags.filter_map(|at| {
        let missed = missed(|value| at.step.pattern().is_match(value))?;
        Some(told(context, at.value(StepField::Regex), &missed))
    });
    told.collect()
}

/// The same of queries, each flag once a query, however many selectors it has.
fn in_queries(context: &Context<'_>) -> Vec<Finding> {
    let Some(usage) = context.facts.usage else { return Vec::new() };
    let mut seen = BTreeSet::new();
    let told = usage.selectors().iter().filter_map(|selector| {
        let missed = missed(|value| selector.selects_value(LABEL, value) == Selects::Yes)?;
        let place = usage.queries().get(selector.query)?.origin.location?;
        seen.insert((place, missed.flag)).then(|| told(context, place, &missed))
    });
    told.collect()
}

/// A flag that a pattern tells from none, and a list with it that the pattern does not.
struct Missed {
    flag: &'static str,
    list: String,
}

fn missed(takes: impl Fn(&str) -> bool) -> Option<Missed> {
    // `=~"UF"` takes what has the flag, `!~"UF"` what has none.
    let none = takes("-");
    let names = || flags().iter().map(|flag| flag.flag.as_str());
    let (told, others): (Vec<&str>, Vec<&str>) = names().partition(|flag| takes(flag) != none);
    let other = others.first()?;
    let lists = told.into_iter().flat_map(|flag| {
        [format!("{flag},{other}"), format!("{other},{flag}")].map(|list| Missed { flag, list })
    });
    lists.into_iter().find(|missed| takes(&missed.list) == none)
}

fn told(context: &Context<'_>, place: Location, Missed { flag, list }: &Missed) -> Finding {
    context
        .finding(place, format!("`{flag}` is found by itself and missed in `{list}`"))
        .evidence(Evidence::Proof(format!("a call with {LABEL}=\"{list}\" has the flag, too")))
        .consequence("calls with more than one flag are treated as if they had none")
        .remedy(format!("match the flag anywhere in the list: `(.+,)?{flag}(,.+)?`"))
}

#[cfg(test)]
mod tests {
    use crate::regexp::{Dialect, Pattern};
    use crate::server::Server;

    #[track_caller]
    fn check(regex: &str, expected: Option<&str>) {
        let pattern = Pattern::parse(regex, Dialect::of(Server::default())).unwrap();
        let positive = super::missed(|value| pattern.is_match(value));
        let negative = super::missed(|value| !pattern.is_match(value));
        for missed in [positive, negative] {
            assert_eq!(missed.map(|missed| missed.list).as_deref(), expected, "{regex}");
        }
    }

    #[test]
    fn a_flag_must_be_found_wherever_it_stands() {
        check("UF", Some("UF,UH"));
        check("UF.*", Some("UH,UF"));
        check(".*UF", Some("UF,UH"));
        check("UH|UF.*|UO", Some("UH,NR"));
        check("(.+,)?UF(,.+)?", None);
        check("(.+,)?(UF|DC)(,.+)?", None);
        check(".*(UF|DC).*", None);
        check("-", None);
        check(".*", None);
        check("[^-].*", None);
    }
}

//! `promsieve rules`: every lint rule in a line.

use std::io::Write;

use promsieve_core::lint::rules;
use serde::Serialize;

use crate::Status;
use crate::common::{Common, Format};
use crate::output::json;
use crate::output::text::Columns;

#[derive(Serialize)]
struct RulesView {
    rules: Vec<RuleView>,
}

#[derive(Serialize)]
struct RuleView {
    id: &'static str,
    rule: &'static str,
    severity: &'static str,
    fix: &'static str,
    since: &'static str,
    summary: String,
}

pub(crate) fn run(common: &Common, out: &mut impl Write) -> anyhow::Result<Status> {
    let rules = rules::entries().iter().map(|entry| RuleView {
        id: entry.code(),
        rule: entry.name(),
        severity: entry.rule.severity.as_str(),
        fix: entry.rule.fix.as_str(),
        since: entry.rule.since,
        summary: entry.summary(),
    });
    let view = RulesView { rules: rules.collect() };
    if common.format == Format::Json {
        json::write(out, &view)?;
        return Ok(Status::Clean);
    }
    let mut columns = Columns::new(&["code", "name", "severity", "fix", "finds"]);
    for rule in view.rules {
        let cells = [rule.id, rule.rule, rule.severity, rule.fix, &rule.summary];
        columns.row(cells.map(str::to_owned));
    }
    columns.write(out)?;
    Ok(Status::Clean)
}

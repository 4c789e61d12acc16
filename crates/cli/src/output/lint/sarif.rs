//! SARIF 2.1.0, which GitHub's code scanning and many others read.

use std::collections::BTreeSet;
use std::io::Write;

use promsieve_core::lint::rules;
use serde_json::{Value, json};

use crate::output::view::lint::{FindingView, LintView};

/// Writes a log with one run.
pub(super) fn write(out: &mut impl Write, view: &LintView) -> std::io::Result<()> {
    let rules = described_rules(view);
    let index = |id: &str| rules.iter().position(|rule| rule["id"] == id);
    let results: Vec<Value> =
        view.findings.iter().map(|finding| result(finding, index(finding.id))).collect();
    let unread = view.bare().any(|finding| finding.rule == "unreadable-input");
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "promsieve",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{"executionSuccessful": !unread}],
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

/// Every rule that can find something, and those of inputs that are no configuration.
fn described_rules(view: &LintView) -> Vec<Value> {
    let mut known = BTreeSet::new();
    let mut described = Vec::new();
    for entry in rules::entries() {
        known.insert(entry.code());
        let page = entry.page();
        described.push(json!({
            "id": entry.code(),
            "name": entry.name(),
            "shortDescription": {"text": format!("{}.", entry.summary())},
            "help": {"text": page, "markdown": page},
            "helpUri": format!("{}/blob/main/rules/lint/{}.md", env!("CARGO_PKG_REPOSITORY"), entry.name()),
            "defaultConfiguration": {"level": level(entry.rule.severity.as_str())},
        }));
    }
    for finding in &view.findings {
        if known.insert(finding.id) {
            described.push(json!({
                "id": finding.id,
                "name": finding.rule,
                "shortDescription": {"text": format!("{}.", finding.rule.replace('-', " "))},
                "defaultConfiguration": {"level": level(finding.severity)},
            }));
        }
    }
    described
}

fn level(severity: &str) -> &'static str {
    match severity {
        "error" => "error",
        "warning" => "warning",
        _ => "note",
    }
}

fn result(finding: &FindingView, rule: Option<usize>) -> Value {
    let mut result = json!({
        "ruleId": finding.id,
        "level": level(finding.severity),
        "message": {"text": super::github::message(finding)},
        "partialFingerprints": {"promsieve/v1": finding.fingerprint},
    });
    if let Some(rule) = rule {
        result["ruleIndex"] = json!(rule);
    }
    if let Some(path) = &finding.path {
        let mut location = json!({
            "physicalLocation": {"artifactLocation": {"uri": uri(path)}, "region": region(finding)},
        });
        if let Some(chain) = &finding.chain {
            let step = finding.step.map_or_else(String::new, |step| format!("[{step}]"));
            location["logicalLocations"] =
                json!([{"fullyQualifiedName": format!("{chain}{step}")}]);
        }
        result["locations"] = json!([location]);
    }
    let properties = [
        ("evidence", finding.evidence.as_deref()),
        ("evidenceKind", finding.evidence_kind),
        ("job", finding.job.as_deref()),
    ];
    for (key, text) in properties {
        if let Some(text) = text {
            result["properties"][key] = json!(text);
        }
    }
    result
}

fn region(finding: &FindingView) -> Value {
    let mut region = json!({"startLine": finding.line.unwrap_or(1)});
    let rest = [
        ("startColumn", finding.column),
        ("endLine", finding.end_line),
        ("endColumn", finding.end_column),
    ];
    for (key, at) in rest {
        if let Some(at) = at {
            region[key] = json!(at);
        }
    }
    region
}

/// A path as a URI reference: relative ones stay relative to the repository.
fn uri(path: &str) -> String {
    let mut out = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.strip_prefix("./").unwrap_or(path).replace('\\', "/").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(byte as char);
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

//! Every format on hostile texts: it parses, and says what the view says.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::Value;

use super::*;
use crate::output::view::lint::{FindingView, SummaryView};
use crate::output::xml::shown;

fn view(message: &str, path: &str) -> LintView {
    let finding = |id, severity| FindingView {
        id,
        rule: "an-example",
        severity,
        message: message.to_owned(),
        consequence: Some(message.to_owned()),
        path: Some(path.to_owned()),
        line: Some(3),
        column: Some(5),
        end_line: Some(4),
        end_column: Some(1),
        fingerprint: "00ff".to_owned(),
        chain: Some(message.to_owned()),
        step: Some(0),
        ..FindingView::default()
    };
    LintView {
        findings: vec![
            finding("RL002", "error"),
            finding("XX001", "warning"),
            finding("XX001", "info"),
        ],
        summary: SummaryView { errors: 1, warnings: 1, infos: 1, files: 2 },
        files: vec![path.to_owned(), "clean.yml".to_owned()],
    }
}

fn written(format: LintFormat, view: &LintView) -> String {
    let mut out = Vec::new();
    write(format, view, &[], false, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The value is an object with the required keys, and no key that is not allowed.
fn keys(value: &Value, allowed: &[&str], required: &[&str]) {
    let object = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    let known = |key: &String| allowed.contains(&key.as_str());
    assert!(object.keys().all(known), "{:?} of {allowed:?}", object.keys());
    assert!(required.iter().all(|key| object.contains_key(*key)), "{required:?}: {value}");
}

fn message(value: &Value) {
    keys(value, &["text", "markdown"], &["text"]);
    assert!(value["text"].is_string());
}

/// What the schema of SARIF 2.1.0 demands of the parts that are written: required keys, types,
/// allowed words, and no key that it does not know.
fn check_sarif(log: &Value) {
    keys(log, &["$schema", "version", "runs"], &["version", "runs"]);
    assert_eq!(log["version"], "2.1.0");
    for run in log["runs"].as_array().unwrap() {
        keys(run, &["tool", "columnKind", "invocations", "results"], &["tool"]);
        assert_eq!(run["columnKind"], "unicodeCodePoints");
        for invocation in run["invocations"].as_array().unwrap() {
            keys(invocation, &["executionSuccessful"], &["executionSuccessful"]);
            assert!(invocation["executionSuccessful"].is_boolean());
        }
        keys(&run["tool"], &["driver"], &["driver"]);
        let driver = &run["tool"]["driver"];
        check_driver(driver);
        for result in run["results"].as_array().unwrap() {
            check_result(driver, result);
        }
    }
}

fn check_driver(driver: &Value) {
    let allowed = ["name", "version", "semanticVersion", "informationUri", "rules"];
    keys(driver, &allowed, &["name"]);
    let mut ids = BTreeSet::new();
    for rule in driver["rules"].as_array().unwrap() {
        let allowed = ["id", "name", "shortDescription", "help", "helpUri", "defaultConfiguration"];
        keys(rule, &allowed, &["id"]);
        assert!(ids.insert(rule["id"].as_str().unwrap()), "rules are unique");
        message(&rule["shortDescription"]);
        rule.get("help").into_iter().for_each(message);
        keys(&rule["defaultConfiguration"], &["level"], &["level"]);
    }
}

fn check_result(driver: &Value, result: &Value) {
    let allowed = [
        "ruleId",
        "ruleIndex",
        "level",
        "message",
        "locations",
        "partialFingerprints",
        "properties",
    ];
    keys(result, &allowed, &["message"]);
    message(&result["message"]);
    assert!(["none", "note", "warning", "error"].contains(&result["level"].as_str().unwrap()));
    let rule = &driver["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
    assert_eq!(rule["id"], result["ruleId"]);
    let prints = result["partialFingerprints"].as_object().unwrap();
    assert!(prints.values().all(Value::is_string));
    result["locations"].as_array().unwrap().iter().for_each(check_location);
}

fn check_location(location: &Value) {
    keys(location, &["physicalLocation", "logicalLocations"], &[]);
    let place = &location["physicalLocation"];
    keys(place, &["artifactLocation", "region"], &["artifactLocation"]);
    let uri = place["artifactLocation"]["uri"].as_str().unwrap();
    let fits = |byte: u8| byte.is_ascii_graphic() && !b"<>\"{}|\\^`".contains(&byte);
    assert!(uri.bytes().all(fits), "{uri}");
    let region = &place["region"];
    keys(region, &["startLine", "startColumn", "endLine", "endColumn"], &["startLine"]);
    assert!(region.as_object().unwrap().values().all(|at| at.as_u64().unwrap() >= 1));
    for logical in location["logicalLocations"].as_array().unwrap() {
        keys(logical, &["fullyQualifiedName"], &[]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(1), failure_persistence: None, cases: 200,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_format_holds_hostile_texts(
        message in "\\PC{0,20}|[<>&\"'%:,|`*_\\]\n\r\t\u{0}-\u{1f}]{0,20}",
        path in "[a-z &<\"%:,é]{1,12}",
    ) {
        let view = view(&message, &path);
        let sarif: Value = serde_json::from_str(&written(LintFormat::Sarif, &view)).unwrap();
        check_sarif(&sarif);
        let text = sarif["runs"][0]["results"][0]["message"]["text"].as_str().unwrap();
        prop_assert!(text.starts_with(&message));
        let gitlab: Value = serde_json::from_str(&written(LintFormat::Gitlab, &view)).unwrap();
        prop_assert_eq!(&gitlab[1]["description"], &message);
        let prints: BTreeSet<&str> =
            gitlab.as_array().unwrap().iter().map(|it| it["fingerprint"].as_str().unwrap()).collect();
        prop_assert_eq!(prints.len(), 3);
        let lines = written(LintFormat::Jsonl, &view);
        prop_assert_eq!(lines.lines().count(), 3);
        for line in lines.lines() {
            let finding: Value = serde_json::from_str(line).unwrap();
            prop_assert_eq!(&finding["path"], &path);
        }
        prop_assert_eq!(written(LintFormat::Github, &view).lines().count(), 3);
        prop_assert!(written(LintFormat::Github, &view).lines().all(|it| it.starts_with("::")));
        prop_assert_eq!(written(LintFormat::Concise, &view).lines().count(), 3);
        let table = written(LintFormat::Markdown, &view);
        prop_assert_eq!(table.lines().filter(|line| line.starts_with("| ")).count(), 4, "{}", table);
        for format in [LintFormat::Checkstyle, LintFormat::Junit] {
            let text = written(format, &view);
            let document = roxmltree::Document::parse(&text).unwrap();
            let messages = document.descendants().filter_map(|it| it.attribute("message"));
            prop_assert_eq!(messages.collect::<Vec<_>>(), vec![shown(&message); 3]);
            let clean = document.descendants().any(|it| it.attribute("name") == Some("clean.yml"));
            prop_assert!(clean, "a file without findings is there too");
        }
    }
}

//! The commands on the shipped mesh: the keys that others rely on, and the planted mistakes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Ended, run};

fn mesh() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/mesh")
}

fn on_mesh(args: &[&str]) -> Ended {
    let mesh = mesh();
    let mut all = args.to_vec();
    all.extend(["--format", "json", mesh.to_str().unwrap()]);
    run(&std::env::temp_dir(), &all, b"")
}

#[track_caller]
fn has_keys(value: &Value, keys: &[&str]) {
    for key in keys {
        assert!(value.get(key).is_some(), "`{key}` is missing in {value:.300}");
    }
}

#[test]
fn an_estimate_has_its_documented_keys() {
    let estimate = on_mesh(&["estimate", "--scrape-interval", "15s"]).json();
    has_keys(
        &estimate,
        &["schema", "series", "memory", "rss", "disk_per_day", "samples_per_second", "server"],
    );
    for range in ["memory", "rss"] {
        has_keys(&estimate[range], &["low", "expected", "high"]);
        let size = |key: &str| estimate[range][key].as_u64().unwrap();
        assert!(size("low") <= size("expected") && size("expected") <= size("high"));
    }
}

#[test]
fn a_plan_has_its_documented_keys_and_a_configuration_with_its_steps() {
    let ended = on_mesh(&["optimize"]);
    let plan: Value = serde_json::from_str(&ended.stdout).unwrap();
    has_keys(&plan, &["schema", "before", "during", "after", "actions", "config"]);
    let action = &plan["actions"][0];
    has_keys(
        action,
        &["kind", "metric", "labels", "steps", "series_saved", "bytes_saved", "proof"],
    );
    let series = |part: &str| plan[part]["series"].as_u64().unwrap();
    assert!(series("after") < series("before") && series("before") <= series("during"));
    let config = plan["config"].as_str().unwrap();
    let step = action["steps"][0].as_str().unwrap().lines().next().unwrap();
    assert!(config.contains(step), "{step}");
    assert!(plan["actions"].as_array().unwrap().iter().all(|action| action["proof"] == "proven"));
}

#[test]
fn a_shard_plan_has_its_documented_keys_and_every_target() {
    let plan = on_mesh(&["shard", "--shards", "3"]).json();
    has_keys(&plan, &["schema", "shards", "source_labels", "imbalance", "shards_detail", "rules"]);
    let detail = plan["shards_detail"].as_array().unwrap();
    assert_eq!(detail.len(), 3);
    has_keys(&detail[0], &["index", "targets", "series", "rss"]);
    // The one target of kube-state-metrics stores nothing, by a planted mistake.
    let targets: u64 = detail.iter().map(|shard| shard["targets"].as_u64().unwrap()).sum();
    assert_eq!(targets, 53);
    has_keys(&plan["rules"][0], &["name", "file", "verdict", "reason"]);
}

#[test]
fn a_review_finds_each_planted_mistake_on_its_line() {
    let page = std::env::temp_dir().join(format!("promsieve-{}.html", std::process::id()));
    let ended = on_mesh(&["review", "--html", page.to_str().unwrap()]);
    let _ = std::fs::remove_file(&page);
    let review: Value = serde_json::from_str(&ended.stdout).unwrap();
    let findings = review["lint"]["findings"].as_array().unwrap();
    let config = std::fs::read_to_string(mesh().join("prometheus.yml")).unwrap();
    let planted = std::fs::read_to_string(mesh().join("planted.yml")).unwrap();
    let wanted: Vec<&str> = planted
        .lines()
        .filter_map(|line| line.trim().strip_prefix("line: \"")?.strip_suffix('"'))
        .collect();
    assert_eq!(wanted.len(), 9);
    let loud: Vec<&Value> = findings.iter().filter(|found| found["severity"] != "info").collect();
    let mut lines = BTreeSet::new();
    for line in wanted {
        let number = config.lines().position(|found| found == line).unwrap() + 1;
        let found = loud.iter().any(|found| found["line"] == number);
        assert!(found, "nothing is found on line {number}: {line}");
        lines.insert(number as u64);
    }
    // What the first of the contradictory keeps takes away, a dashboard asks for. Both lose
    // signals, and so does the step that merges series.
    let first_keep = config.lines().position(|found| found.contains("kube_pod_.+")).unwrap() + 1;
    let other = loud.iter().filter(|found| !lines.contains(&found["line"].as_u64().unwrap()));
    let other: Vec<(&Value, &Value)> = other.map(|it| (&it["rule"], &it["line"])).collect();
    let at_first_keep = |rule: &str| (Value::from(rule), Value::from(first_keep));
    let expected = ["signal-lost", "dropped-metric-used"].map(at_first_keep);
    assert!(
        other.iter().copied().eq(expected.iter().map(|(rule, line)| (rule, line))),
        "{other:?}"
    );
    assert_eq!(loud.len(), 13, "and nothing else is");
}

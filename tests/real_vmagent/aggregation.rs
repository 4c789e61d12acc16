//! What a plan says to sum in front of the server, read by vmagent.

use std::process::Command;

use promsieve_lab::real::{TempDir, program};
use serde_json::Value;
use xtask::workspace;

use crate::cli::run;

#[test]
fn what_sums_in_front_is_taken() {
    let plan = run(workspace(), &["optimize", "fixtures/mesh", "--format", "json"], b"");
    let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
    let advice = plan["advice"].as_array().unwrap().iter();
    let sums = advice.filter(|advice| advice["kind"] == "aggregation");
    let mut rules = String::new();
    for sum in sums {
        let [before, after] = ["series_before", "series_after"].map(|it| sum[it].as_u64().unwrap());
        assert!(0 < after && after * 10 <= before * 9, "{sum}");
        let set = sum["set"].as_str().unwrap();
        if let Some((_, rule)) = set.split_once("streamAggr.config`: `") {
            rules += rule.trim_end_matches('`');
            rules.push('\n');
        }
    }
    assert!(rules.contains("without: [instance"), "{rules}");
    // The chain of today makes its duplicates one series already: there is nothing left to sum.
    assert!(!rules.contains("istio_requests_total"), "{rules}");
    let Some(vmagent) = program("vmagent") else { return };
    let dir = TempDir::new("aggregation").unwrap();
    let rules = dir.write("rules.yml", rules).unwrap();
    let config = dir.write("config.yml", "scrape_configs: []\n").unwrap();
    let checked = Command::new(vmagent)
        .args(["-dryRun", "-remoteWrite.url=http://127.0.0.1:1"])
        .arg(format!("-promscrape.config={}", config.display()))
        .arg(format!("-remoteWrite.streamAggr.config={}", rules.display()))
        .output()
        .unwrap();
    assert!(checked.status.success(), "{checked:?}");
}

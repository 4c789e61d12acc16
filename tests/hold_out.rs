//! What plans do to series that they have not seen: planned from the first moments of a mesh, replayed
//! over later ones with new pods, versions, paths and response flags.

use std::fs;
use std::path::Path;

use promsieve_lab::mesh::{Options, Plan, Size, generate};
use promsieve_lab::real::TempDir;
use serde_json::Value;

use crate::cli::run;

/// Moments that the plan is made from: the newest and the two before it.
const SEEN: u64 = 3;

/// A mesh up to a moment, in `dir`.
fn mesh(dir: &TempDir, seed: u64, moment: u64) {
    let plan = Plan { services: 120, seed };
    let options = Options { plan, size: Size::Sample, snapshots: moment };
    generate(&options, |path, text| dir.write(&format!("{moment}/{path}"), text).map(|_| ()))
        .unwrap();
}

/// The jobs of `config` with the targets that they have in another configuration.
fn with_targets_of(config: &str, other: &str) -> String {
    let [mut config, other]: [serde_yaml::Value; 2] =
        [config, other].map(|text| serde_yaml::from_str(text).unwrap());
    for job in config["scrape_configs"].as_sequence_mut().unwrap() {
        let jobs = other["scrape_configs"].as_sequence().unwrap();
        let same = jobs.iter().find(|it| it["job_name"] == job["job_name"]).unwrap();
        job["static_configs"] = same["static_configs"].clone();
    }
    serde_yaml::to_string(&config).unwrap()
}

fn optimize(dir: &Path) -> Value {
    run(dir, &["optimize", "3", "--format", "json"], b"").json()
}

/// How a configuration changes what a moment stores.
fn change(dir: &TempDir, moment: u64, config: &str) -> Value {
    let current = fs::read_to_string(dir.path().join(format!("{moment}/prometheus.yml"))).unwrap();
    let name = format!("{moment}/changed.yml");
    dir.write(&name, with_targets_of(config, &current)).unwrap();
    let (old, with) = (format!("{moment}/prometheus.yml"), moment.to_string());
    let arguments = ["diff", &old, &name, "--with", &with, "--format", "json"];
    let ended = run(dir.path(), &arguments, b"");
    assert!(ended.status < 2, "{ended:?}");
    serde_json::from_str(&ended.stdout).unwrap()
}

/// Whether a change makes series the same, or takes something from a query or a signal.
fn loses(change: &Value) -> bool {
    let some = |key: &str| !change[key].as_array().unwrap().is_empty();
    let merged = &change["merged"];
    merged["before"] != merged["after"] || ["scrapes", "signals", "queries"].into_iter().any(some)
}

#[test]
fn a_plan_holds_for_what_comes_later() {
    for seed in [11, 12] {
        let dir = TempDir::new("hold-out").unwrap();
        mesh(&dir, seed, SEEN);
        let plan = optimize(dir.path());
        let config = plan["config"].as_str().unwrap();
        for moment in SEEN + 1..=SEEN + 3 {
            mesh(&dir, seed, moment);
            let change = change(&dir, moment, config);
            assert!(!loses(&change), "seed {seed}, moment {moment}: {change}");
            // New pods and versions: what is left out is left out of them, too.
            let [before, after] = ["before", "after"].map(|at| &change[at]["series"]);
            assert!(after.as_u64().unwrap() * 10 < before.as_u64().unwrap() * 8, "{change}");
        }
    }
}

#[test]
fn what_only_seemed_superfluous_is_found_later() {
    let dir = TempDir::new("hold-out").unwrap();
    mesh(&dir, 11, SEEN);
    mesh(&dir, 11, SEEN + 1);
    let path = dir.path().join("3/prometheus.yml");
    let config = fs::read_to_string(path).unwrap();
    let key = "    metric_relabel_configs:\n";
    for step in [
        "{regex: destination_version, action: labeldrop}",
        "{source_labels: [response_flags], regex: UH, action: drop}",
    ] {
        let worse = config.replacen(key, &format!("{key}      - {step}\n"), 1);
        assert!(loses(&change(&dir, SEEN + 1, &worse)), "{step}");
    }
}

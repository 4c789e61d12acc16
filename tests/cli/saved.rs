//! Censuses that are saved, read again, and merged.

use std::path::Path;

use promsieve_lab::real::TempDir;
use serde_json::Value;

use super::{check_keys, run};

const MESH: &str = "fixtures/mesh";

/// Runs a command at the workspace's root and saves into `dir`.
fn save(dir: &TempDir, name: &str, args: &[&str]) -> (String, Value) {
    let path = dir.path().join(name).to_str().unwrap().to_owned();
    let args = [args, &["--format", "json", "--save", &path]].concat();
    let census = run(xtask::workspace(), &args, b"").json();
    (path, census)
}

fn json(args: &[&str]) -> Value {
    run(xtask::workspace(), &[args, &["--format", "json"]].concat(), b"").json()
}

#[test]
fn a_saved_census_is_a_source_like_its_scrapes() {
    let dir = TempDir::new("saved").unwrap();
    let (path, census) = save(&dir, "mesh.census", &["census", MESH]);
    let deep = json(&["census", &path, "--deep"]);
    for name in ["mesh.census.gz", "mesh.census.zst"] {
        let (packed, _) = save(&dir, name, &["census", MESH, "--summary"]);
        assert!(json(&["census", &packed, "--deep"]) == deep, "{name}");
    }
    assert!(json(&["census", &path]) == census);
    let (config, scrapes) = ("fixtures/mesh/prometheus.yml", "fixtures/mesh/scrapes");
    let used = ["fixtures/mesh/rules", "fixtures/mesh/dashboards/*"];
    for command in ["estimate", "optimize"] {
        let of = |series| {
            let mut found = json(&[&[command, config, series], &used[..]].concat());
            // Pages are no longer there to be weighed; the series stand for them.
            found.pointer_mut("/network/scraped").map(Value::take);
            found
        };
        assert!(of(&path) == of(scrapes), "{command}");
    }
}

#[test]
fn merging_gives_the_same_file_in_any_order() {
    let dir = TempDir::new("merged").unwrap();
    let whole = save(&dir, "whole", &["census", &format!("{MESH}/scrapes")]);
    let mut parts = Vec::new();
    for job in std::fs::read_dir(xtask::workspace().join(MESH).join("scrapes")).unwrap() {
        let job = job.unwrap().file_name().into_string().unwrap();
        let part = dir.path().join("part").join(&job);
        std::fs::create_dir_all(part.join("scrapes")).unwrap();
        let from = xtask::workspace().join(MESH).join("scrapes").join(&job);
        copy(&from, &part.join("scrapes").join(&job));
        parts.push(save(&dir, &job, &["census", part.to_str().unwrap(), "--summary"]).0);
    }
    assert!(parts.len() > 2);
    let forth: Vec<&str> = parts.iter().map(String::as_str).collect();
    let back: Vec<&str> = forth.iter().rev().copied().collect();
    let (one, census) = save(&dir, "one", &[&["merge"], &forth[..]].concat());
    let (two, _) = save(&dir, "two", &[&["merge"], &back[..]].concat());
    let read = |path: &str| std::fs::read(path).unwrap();
    assert!(census == whole.1);
    assert!(read(&one) == read(&whole.0) && read(&two) == read(&whole.0));
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

#[test]
fn past_the_memory_there_are_estimates_with_their_errors() {
    let dir = TempDir::new("sketched").unwrap();
    let args = ["census", MESH, "--memory", "100KiB"];
    let (path, census) = save(&dir, "all.sketch", &args);
    assert_eq!(census["exact"], false);
    check_keys(&census["error"], &["series", "values", "without"]);
    let (series, error) = (census["series"].as_f64().unwrap(), census["error"]["series"].as_f64());
    let exact = json(&["census", MESH, "--summary"])["series"].as_f64().unwrap();
    let off = (series / exact - 1.0).abs();
    assert!(off <= 4.0 * error.unwrap(), "{series} for {exact}, error {error:?}");
    let metric = &census["metrics"][0];
    assert!(metric["error"]["series"].as_f64().unwrap() > 0.0, "{metric}");
    assert_eq!(metric["labels"][0]["redundant"], Value::Null);
    // The files do not tell whether series were kept before, nor in which order they came.
    let (kept, _) = save(&dir, "kept", &["census", MESH, "--summary"]);
    let (late, _) = save(&dir, "late.sketch", &["census", &kept, "--memory", "100KiB"]);
    assert!(std::fs::read(&late).unwrap() == std::fs::read(&path).unwrap());
    let (a, _) = save(&dir, "a", &["merge", &kept, &path]);
    let (b, _) = save(&dir, "b", &["merge", &path, &kept]);
    assert!(std::fs::read(a).unwrap() == std::fs::read(b).unwrap());
}

#[test]
fn what_counts_cannot_tell_is_refused() {
    let dir = TempDir::new("refused").unwrap();
    let (path, _) = save(&dir, "counts", &["census", MESH, "--memory", "100KiB"]);
    let csv = dir.path().join("series.csv");
    let refused: [&[&str]; 4] = [
        &["census", &path, "--deep"],
        &["census", &path, "--by", "job"],
        &["census", &path, "--save", csv.to_str().unwrap()],
        &["optimize", "fixtures/mesh/prometheus.yml", &path],
    ];
    for args in refused {
        let ended = run(xtask::workspace(), args, b"");
        assert_eq!(ended.status, 2, "{args:?}");
        assert!(ended.stderr.contains("memory"), "{args:?}: {}", ended.stderr);
    }
    assert!(!csv.exists());
}

#[test]
fn a_file_that_was_cut_is_told_and_the_rest_is_merged() {
    let dir = TempDir::new("cut").unwrap();
    let (whole, census) = save(&dir, "whole", &["census", MESH, "--summary"]);
    let bytes = std::fs::read(&whole).unwrap();
    let cut = dir.write("cut", &bytes[..bytes.len() / 2]).unwrap();
    let args = ["merge", &whole, cut.to_str().unwrap(), "--summary", "--format", "json"];
    let ended = run(xtask::workspace(), &args, b"");
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("cut: byte "), "{}", ended.stderr);
    assert!(serde_json::from_str::<Value>(&ended.stdout).unwrap() == census);
}

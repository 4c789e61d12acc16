//! `DuckDB` and `PySpark` read the Parquet that is written, and repeat figures of the census.

use std::path::Path;
use std::process::Command;

use promsieve_lab::real::TempDir;
use serde_json::Value;
use xtask::python::{self, Library};

use crate::{engine, json, output, sources, wanted};

/// Runs a script of this directory with a library over series, and compares its figures.
fn check(library: &Library, script: &str) {
    let python = match python::install(library) {
        Ok(python) => python,
        Err(failure) => {
            eprintln!("SKIPPED: {failure}");
            return;
        }
    };
    let dir = TempDir::new("engine-readers").unwrap();
    let sources = sources::blocks(dir.path(), 3, 1500);
    let census = wanted(&sources, &[]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it").join(script);
    for partitioning in ["metric", "hash:3"] {
        let out = dir.path().join(partitioning);
        let mut write = engine();
        write.args(["parquet", "--partition-by", partitioning, "--out"]).arg(&out).args(&sources);
        output(&mut write);
        let figures = json(Command::new(&python).arg(&script).arg(out.join("series")));
        compare(&figures, &census);
    }
}

/// Series, samples, series of each metric, values of each label, and what is left without `pod`.
fn compare(figures: &Value, census: &Value) {
    assert_eq!(figures["series"], census["series"]);
    assert_eq!(figures["samples"], census["samples"]);
    for metric in census["metrics"].as_array().unwrap() {
        let name = metric["name"].as_str().unwrap();
        assert_eq!(figures["metrics"][name], metric["series"], "{name}");
        let labels = metric["labels"].as_array().unwrap();
        let pod = labels.iter().find(|label| label["name"] == "pod").unwrap();
        assert_eq!(figures["without_pod"][name], pod["without"], "{name}");
    }
    for label in census["labels"].as_array().unwrap() {
        let name = label["name"].as_str().unwrap();
        if name != "__name__" {
            assert_eq!(figures["values"][name], label["values"], "{name}");
        }
    }
}

#[test]
fn duckdb_repeats_the_census() {
    check(&python::DATABASE, "duckdb_figures.py");
}

#[test]
fn pyspark_repeats_the_census() {
    if Command::new("java").arg("-version").output().is_err() {
        eprintln!("SKIPPED: PySpark needs Java (on Debian: `sudo apt-get install default-jre`)");
        return;
    }
    check(&python::SPARK, "pyspark_figures.py");
}

//! The series that `census --save FILE.csv` writes, read by a database and counted there once more.

use std::process::Command;

use promsieve_lab::real::TempDir;
use serde_json::Value;

use crate::cli::run;
use crate::python;

#[test]
fn a_database_counts_what_the_census_counts() {
    let Some(python) = python::with(&xtask::python::DATABASE) else { return };
    let dir = TempDir::new("database").unwrap();
    for name in ["series.csv", "series.csv.gz", "series.csv.zst"] {
        let file = dir.path().join(name);
        let path = file.to_str().unwrap();
        let args = ["census", "fixtures/mesh", "--format", "json", "--save", path];
        let census = run(xtask::workspace(), &args, b"").json();
        let script = xtask::workspace().join("tests/database/count.py");
        let output = Command::new(&python).arg(script).arg(&file).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        let counted: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(counted["series"], census["series"], "{name}");
        compare(&counted, &census, name);
    }
}

/// Every metric's series, and every label's values, series and series that would be left.
fn compare(counted: &Value, census: &Value, name: &str) {
    let metrics = census["metrics"].as_array().unwrap();
    assert_eq!(counted["metrics"].as_object().unwrap().len(), metrics.len());
    for metric in metrics {
        let of_metric = &counted["metrics"][metric["name"].as_str().unwrap()];
        assert_eq!(of_metric["series"], metric["series"], "{name}: {}", metric["name"]);
        for label in metric["labels"].as_array().unwrap() {
            let of_label = &of_metric["labels"][label["name"].as_str().unwrap()];
            for key in ["values", "series", "without"] {
                assert_eq!(of_label[key], label[key], "{name}: {key} of {metric} {label}");
            }
        }
    }
}

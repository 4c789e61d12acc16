//! The engine's census is that of the command line, to the last figure, of sources and of Parquet.

use std::path::PathBuf;

use promsieve_lab::real::TempDir;
use serde_json::Value;

use crate::{counted, engine, output, promsieve, sources, wanted};

/// A census without what it tells of blocks and heads besides, which Parquet does not hold.
fn series_alone(mut census: Value) -> Value {
    for key in ["blocks", "heads"] {
        census.as_object_mut().unwrap().remove(key);
    }
    census
}

/// Compares the census of these sources here, by sketches, and by way of Parquet.
#[track_caller]
fn check(name: &str, sources: &[PathBuf]) {
    let exact = wanted(sources, &[]);
    assert!(exact["series"].as_u64().unwrap() > 0);
    assert_eq!(counted(sources, &[]), exact, "{name}");
    let sketched = wanted(sources, &["--memory", "0"]);
    assert_eq!(counted(sources, &["--sketch"]), sketched, "{name}, sketched");
    let exact = series_alone(exact);
    let dir = TempDir::new("engine-parquet").unwrap();
    for (place, partitioning) in
        [("one", None), ("hash", Some("hash:3")), ("metric", Some("metric"))]
    {
        let out = dir.path().join(place);
        let mut write = engine();
        write.arg("parquet").args(sources).arg("--out").arg(&out);
        if let Some(partitioning) = partitioning {
            write.args(["--partition-by", partitioning]);
        }
        output(&mut write);
        assert_eq!(counted(&[out], &[]), exact, "{name}, Parquet by {place}");
    }
}

#[test]
fn blocks_that_share_series() {
    let dir = TempDir::new("engine-blocks").unwrap();
    check("blocks", &sources::blocks(dir.path(), 5, 3000));
}

#[test]
fn a_label_with_more_values_than_are_looked_at() {
    let dir = TempDir::new("engine-values").unwrap();
    check("blocks", &sources::blocks(dir.path(), 2, 12_000));
}

#[test]
fn a_log_and_a_block() {
    let dir = TempDir::new("engine-log").unwrap();
    let mut sources = sources::blocks(dir.path(), 1, 500);
    sources.push(sources::log(dir.path()));
    check("log", &sources);
}

#[test]
fn scrapes_that_repeat_series() {
    let dir = TempDir::new("engine-scrapes").unwrap();
    check("scrapes", &[sources::scrapes(dir.path())]);
}

#[test]
fn the_mesh_and_what_was_saved_of_it() {
    let mesh = xtask::workspace().join("fixtures/mesh");
    check("mesh", std::slice::from_ref(&mesh));
    let dir = TempDir::new("engine-saved").unwrap();
    let saved = dir.path().join("mesh.census");
    output(promsieve().arg("census").arg(mesh).arg("--save").arg(&saved));
    check("saved", &[saved]);
}

#[test]
fn scrapes_and_blocks_are_not_counted_together() {
    let dir = TempDir::new("engine-stages").unwrap();
    let mut sources = sources::blocks(dir.path(), 1, 100);
    sources.push(sources::scrapes(dir.path()));
    for command in [&["census"][..], &["parquet", "--out", "never"]] {
        let output =
            engine().args(command).args(&sources).current_dir(dir.path()).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains("not of one stage"), "{errors}");
        assert!(!dir.path().join("never").exists());
    }
}

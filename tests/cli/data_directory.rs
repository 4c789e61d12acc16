//! A server's data directory: its blocks and its head, counted together.

use std::path::Path;

use promsieve_core::ingest::index::Version;
use promsieve_lab::block::{self, Series, write_small_block};
use promsieve_lab::real::TempDir;
use promsieve_lab::wal::{self, Packing, Segment};
use serde_json::Value;

use super::run;

/// `m` in two jobs in a block, then in one of these and another in the log behind it.
fn data() -> TempDir {
    let dir = TempDir::new("data-directory").unwrap();
    let labels =
        |job: &str| [("__name__", "m"), ("job", job)].map(|(n, v)| (n.to_owned(), v.to_owned()));
    let series = ["a", "b"]
        .map(|job| Series { labels: labels(job).into_iter().collect(), chunks: vec![(0, 90_000)] });
    write_small_block(&dir.path().join("data"), (0, 100_000), Version::V2, &series, 2).unwrap();
    let mut segment = Segment::new(Packing::Plain);
    let entries = [(1, labels("b").to_vec()), (2, labels("c").to_vec())];
    segment.record(&wal::series(&entries)).unwrap();
    segment.record(&wal::samples(&[(1, 110_000, 1.0), (2, 110_000, 1.0)])).unwrap();
    std::fs::create_dir_all(dir.path().join("data/wal")).unwrap();
    dir.write("data/wal/00000000", segment.padded()).unwrap();
    dir
}

fn census(dir: &Path, args: &[&str]) -> Value {
    run(dir, &[&["census", "data", "--format", "json"], args].concat(), b"").json()
}

#[test]
fn series_of_blocks_and_head_count_once() {
    let dir = data();
    for args in [&[][..], &["--summary"]] {
        let found = census(dir.path(), args);
        assert_eq!(found["series"], 3, "{args:?}");
        assert_eq!(found["blocks"][0]["series"], 2, "{args:?}");
        assert_eq!(found["heads"][0]["series"], 2, "{args:?}");
    }
}

#[test]
fn a_kind_names_one_of_both() {
    let dir = data();
    let block = census(dir.path(), &["--kind", "block"]);
    assert_eq!((&block["series"], &block["heads"]), (&Value::from(2), &Value::Null));
    let head = census(dir.path(), &["--kind", "wal"]);
    assert_eq!((&head["series"], &head["blocks"]), (&Value::from(2), &Value::Null));
}

#[test]
fn a_damaged_block_does_not_hide_the_head() {
    let dir = data();
    dir.write(&format!("data/{}/index", block::ULID), b"no index").unwrap();
    let ended = run(dir.path(), &["census", "data", "--format", "json"], b"");
    assert_eq!(ended.status, 2, "{ended:?}");
    assert!(ended.stderr.contains("too few for an index"), "{ended:?}");
    let found: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(
        (&found["series"], &found["heads"][0]["series"]),
        (&Value::from(2), &Value::from(2))
    );
}

//! The layouts of Thanos and Mimir, in a bucket that is a directory.

use std::fs;
use std::io::Write;
use std::path::Path;

use promsieve_core::ingest::index::Version;
use promsieve_lab::block::{Series, index_of};
use promsieve_lab::real::TempDir;
use serde_json::{Value, json};

use crate::bucket::promsieve;
use crate::census::census;

/// A ULID that ends so.
fn ulid(end: &str) -> String {
    format!("01M8E{end:0>21}")
}

/// Writes a block that was made of the blocks `sources`, of series of metric `m` with these values
/// of `n`.
fn block(folder: &Path, name: &str, sources: &[&str], thanos: &Value, values: &[&str]) {
    let directory = folder.join(ulid(name));
    fs::create_dir_all(&directory).unwrap();
    let meta = json!({
        "ulid": ulid(name), "minTime": 0, "maxTime": 7_200_000, "stats": {"numSeries": values.len()},
        "compaction": {"level": sources.len(), "sources": sources.iter().map(|it| ulid(it)).collect::<Vec<_>>()},
        "thanos": thanos,
    });
    fs::write(directory.join("meta.json"), meta.to_string()).unwrap();
    let series = values.iter().map(|value| Series {
        labels: [("__name__", "m"), ("n", *value)]
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .into(),
        chunks: vec![(0, 1000)],
    });
    let mut index = fs::File::create(directory.join("index")).unwrap();
    index_of(Version::V2, &series.collect::<Vec<_>>(), &mut index).unwrap();
}

/// How many series have a value of a label, each with its number.
fn by(view: &Value, label: &str) -> Vec<(String, u64)> {
    let groups = view["by"].as_array().unwrap().iter().find(|by| by["dimension"] == label).unwrap();
    let groups = groups["groups"].as_array().unwrap().iter();
    let mut groups: Vec<(String, u64)> = groups
        .map(|group| {
            (group["key"][label].as_str().unwrap().to_owned(), group["series"].as_u64().unwrap())
        })
        .collect();
    groups.sort();
    groups
}

fn groups<const N: usize>(wanted: [(&str, u64); N]) -> Vec<(String, u64)> {
    wanted.map(|(name, series)| (name.to_owned(), series)).into()
}

#[test]
fn thanos_marks_merges_and_downsamples() {
    let at = TempDir::new("thanos").unwrap();
    let eu = json!({"labels": {"cluster": "eu", "n": "external"}, "downsample": {"resolution": 0}});
    let us = json!({"labels": {"cluster": "us"}});
    block(at.path(), "A", &["A"], &us, &["1", "2"]);
    block(at.path(), "B", &["B"], &us, &["2", "3"]);
    block(at.path(), "C", &["A", "B"], &us, &["1", "2", "3"]);
    block(
        at.path(),
        "D",
        &["A", "B"],
        &json!({"labels": {"cluster": "us"}, "downsample": {"resolution": 300_000}}),
        &["1", "2", "3", "4"],
    );
    block(at.path(), "E", &["E"], &us, &["5"]);
    fs::write(at.path().join(ulid("E")).join("deletion-mark.json"), "{}").unwrap();
    block(at.path(), "F", &["F"], &eu, &["1", "2"]);
    fs::create_dir_all(at.path().join(ulid("G"))).unwrap();
    fs::write(at.path().join(ulid("G")).join("index"), "half of it").unwrap();
    let url = format!("file://{}", at.path().display());
    for source in [at.path().to_str().unwrap(), &url] {
        let (view, said) = census("", source, &["--by", "cluster"]);
        // An external label takes the place of that of a series.
        assert_eq!(by(&view, "cluster"), groups([("eu", 1), ("us", 3)]), "{source}");
        let left = format!(
            "{source}: of 6 blocks left out: 1 marked for deletion, 1 downsampled, 2 merged into others\n"
        );
        assert!(said.contains(&left), "{said}");
    }
}

#[test]
fn tenants_of_mimir_are_told_apart() {
    let at = TempDir::new("mimir").unwrap();
    let (one, two) = (at.path().join("one"), at.path().join("two"));
    let shard = |shard: &str| json!({"labels": {"__compactor_shard_id__": shard}});
    block(&one, "A", &["A"], &json!({"labels": null}), &["1", "2", "3"]);
    block(&one, "B", &["A"], &shard("1_of_2"), &["1", "2"]);
    block(&one, "C", &["A"], &shard("2_of_2"), &["3"]);
    block(&one, "D", &["D"], &shard(""), &["marked"]);
    block(&one, "E", &["E"], &shard(""), &["not in the index"]);
    block(&two, "F", &["F"], &shard(""), &["1"]);
    block(&two, "G", &["G"], &shard(""), &["marked"]);
    let named =
        |names: &[&str]| names.iter().map(|it| json!({"block_id": ulid(it)})).collect::<Value>();
    let index = json!({
        "version": 2, "updated_at": 1,
        "blocks": named(&["A", "B", "C", "D"]), "block_deletion_marks": named(&["D"]),
    });
    let file = fs::File::create(one.join("bucket-index.json.gz")).unwrap();
    let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    packed.write_all(index.to_string().as_bytes()).unwrap();
    packed.finish().unwrap();
    fs::create_dir_all(two.join("markers")).unwrap();
    fs::write(two.join("markers").join(format!("{}-deletion-mark.json", ulid("G"))), "{}").unwrap();
    let url = format!("file://{}", at.path().display());
    let (view, said) = census("", &url, &["--by", "__tenant_id__"]);
    assert_eq!(by(&view, "__tenant_id__"), groups([("one", 3), ("two", 1)]));
    assert!(
        said.contains("of 6 blocks left out: 2 marked for deletion, 1 merged into others"),
        "{said}"
    );
    let (view, _) = census("", &url, &["--by", "__tenant_id__", "--tenant", "two"]);
    assert_eq!(by(&view, "__tenant_id__"), groups([("two", 1)]));
    let output = promsieve("").args(["census", &url, "--tenant", "three"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("holds no blocks"), "{said}");
}

//! Blocks that a real Prometheus's `promtool` writes, in Thanos's layout with two replicas.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use promsieve_lab::random::Random;
use promsieve_lab::real::{TempDir, Version, dir, promtool};
use serde_json::{Value, json};

/// The start of the samples: 2023-11-14T22:00:00Z, where a block of two hours starts.
const START: u64 = 1_699_999_200;

/// Blocks of two hours that each replica has.
pub(crate) const BLOCKS: usize = 20;

/// Forty blocks in one directory, twenty of each replica; `None` without real servers.
pub(crate) fn two_replicas() -> Option<TempDir> {
    dir()?;
    let at = TempDir::new("replicas").unwrap();
    let samples = at.write("samples.om", samples()).unwrap();
    let bucket = at.path().join("bucket");
    for replica in ["a", "b"] {
        let out = at.path().join(replica);
        let output = Command::new(promtool(Version::V3).unwrap())
            .args(["tsdb", "create-blocks-from", "openmetrics"])
            .args([&samples, &out])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let blocks = blocks(&out);
        assert_eq!(blocks.len(), BLOCKS);
        for block in blocks {
            add_labels(&block, &json!({"cluster": "eu", "replica": replica}));
            fs::create_dir_all(&bucket).unwrap();
            fs::rename(&block, bucket.join(block.file_name().unwrap())).unwrap();
        }
    }
    Some(at)
}

/// Series that come and go over forty hours, as a scrape of `OpenMetrics`.
fn samples() -> String {
    let mut random = Random::new(5);
    let mut text = String::new();
    for series in 0..1200 {
        let metric = random.pick(&["requests_total", "errors_total", "latency_bucket"]);
        let (pod, zone) = (random.below(400), random.pick(&["eu-1", "eu-2", "é"]));
        let from = random.below(2 * BLOCKS);
        for hour in from..(from + 1 + random.below(30)).min(2 * BLOCKS) {
            let time = START + hour as u64 * 3600 + 60;
            writeln!(text, "{metric}{{n=\"{series}\",pod=\"api-{pod}\",zone=\"{zone}\"}} 1 {time}")
                .unwrap();
        }
    }
    // Every block has one.
    for hour in 0..2 * BLOCKS {
        writeln!(text, "up{{job=\"api\"}} 1 {}", START + hour as u64 * 3600).unwrap();
    }
    text + "# EOF\n"
}

/// Writes the section into `meta.json` that Thanos's sidecar does.
pub(crate) fn add_labels(block: &Path, labels: &Value) {
    let path = block.join("meta.json");
    let mut meta: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    meta["thanos"] = json!({
        "version": 1, "labels": labels, "downsample": {"resolution": 0}, "source": "sidecar",
    });
    fs::write(&path, meta.to_string()).unwrap();
}

/// The blocks in a directory, oldest first.
pub(crate) fn blocks(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = entries.filter(|path| path.join("index").is_file()).collect();
    found.sort();
    found
}

/// Bytes of the parts of the indexes that a census needs: symbols, series and postings offset
/// table, as their tables of contents have them.
pub(crate) fn needed(directory: &Path) -> u64 {
    let needed = |block: &PathBuf| {
        let index = fs::read(block.join("index")).unwrap();
        let toc = index.len() - 52;
        let starts = index[toc..toc + 48].chunks(8);
        let starts = starts.map(|start| u64::from_be_bytes(start.try_into().unwrap()));
        let [symbols, series, label_indices, _, _, table] =
            <[u64; 6]>::try_from(starts.collect::<Vec<u64>>()).unwrap();
        assert!(symbols < series && series < label_indices && label_indices < table);
        label_indices - symbols + toc as u64 - table
    };
    blocks(directory).iter().map(needed).sum()
}

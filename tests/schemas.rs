//! What commands write as JSON is valid against the schemas in schema/.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use promsieve_core::ingest::index::Version;
use promsieve_lab::block::{self, Series};
use promsieve_lab::real::TempDir;
use promsieve_lab::wal::{self, Packing, Segment};
use serde_json::{Value, json};

use crate::cli::run;
use crate::python;

/// The schema and the command line of each run, in the workspace; `DIR` holds a block, a log, a
/// chain and what the runs before have written.
const RUNS: [(&str, &str); 24] = [
    ("census", "census fixtures/mesh --deep --by job --by namespace"),
    ("census", "census fixtures/mesh --memory 0"),
    ("census", "census fixtures/mesh --over-time --every 1h"),
    ("census", "census fixtures/mesh/status-tsdb.json"),
    ("census", "census DIR/block --churn --summary"),
    ("census", "census DIR/block DIR/log"),
    ("diff", "diff fixtures/mesh/prometheus.yml fixtures/mesh/planted.yml --with fixtures/mesh"),
    ("estimate", "estimate fixtures/mesh --limit 2GiB"),
    ("gate", "gate fixtures/mesh/prometheus.yml fixtures/mesh/planted.yml --with fixtures/mesh"),
    ("lint", "lint fixtures"),
    ("lint-diff", "lint fixtures --diff --unsafe-fixes"),
    ("optimize", "optimize fixtures/mesh"),
    ("optimize", "optimize fixtures/mesh --series 2000 --allow-loss"),
    ("optimize-explain", "optimize fixtures/mesh --explain istio_requests_total"),
    ("relabel", "relabel --chain DIR/chain.yml --scrape DIR/page.prom"),
    ("review", "review fixtures/mesh --html DIR/a.html"),
    ("review", "review fixtures/mesh --today 2026-01-01 --html DIR/b.html"),
    ("shard", "shard fixtures/mesh --shards 2"),
    ("shard", "shard fixtures/mesh --shards 2 --replicas 2 --write DIR/fleet"),
    ("shard-check", "shard --check DIR/fleet"),
    ("signals", "signals fixtures/mesh"),
    ("signals", "signals fixtures/mesh --after fixtures/mesh/planted.yml"),
    ("test", "test fixtures/relabel_tests"),
    ("usage", "usage fixtures/mesh"),
];

/// Reads lines of a name, a schema and a document, and says what is not valid.
const CHECK: &str = "\
import json, sys
from jsonschema import Draft202012Validator
for line in sys.stdin:
    name, schema, document = json.loads(line)
    Draft202012Validator.check_schema(schema)
    for error in Draft202012Validator(schema).iter_errors(document):
        print(f'{name}: {error.json_path}: {error.message[:300]}')
";

#[test]
fn what_commands_write_is_valid() {
    let Some(python) = python::with(&xtask::python::CYCLONEDX) else { return };
    let dir = TempDir::new("schemas").unwrap();
    write_sources(dir.path());
    let mut lines = String::new();
    for (schema, command) in RUNS {
        lines += &line(schema, command, &written(command, dir.path()));
    }
    assert_eq!(invalid(&python, &lines), "");
    // The validator is asked: what lacks all keys is no census.
    let nothing = line("census", "nothing", &json!({}));
    assert!(invalid(&python, &nothing).contains("'series' is a required property"));
}

/// What a command writes as JSON, whatever it finds.
#[track_caller]
fn written(command: &str, dir: &Path) -> Value {
    let command = command.replace("DIR", dir.to_str().unwrap());
    let args: Vec<&str> = command.split(' ').chain(["--format", "json"]).collect();
    let ended = run(xtask::workspace(), &args, b"");
    serde_json::from_str(&ended.stdout)
        .unwrap_or_else(|error| panic!("{command}: {error}\n{ended:?}"))
}

fn line(schema: &str, name: &str, document: &Value) -> String {
    let path = xtask::workspace().join(format!("schema/{schema}.json"));
    let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    format!("{}\n", json!([name, schema, document]))
}

fn invalid(python: &Path, lines: &str) -> String {
    let dir = TempDir::new("schemas-lines").unwrap();
    let path = dir.path().join("lines");
    std::fs::write(&path, lines).unwrap();
    let stdin = Stdio::from(std::fs::File::open(path).unwrap());
    let output = Command::new(python).args(["-c", CHECK]).stdin(stdin).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A block, a log, a chain and a page.
fn write_sources(dir: &Path) {
    const TIMES: (i64, i64) = (1_700_000_000_000, 1_700_007_200_000);
    let labels = |at: usize| -> BTreeMap<String, String> {
        [("__name__", "up".to_owned()), ("pod", format!("p-{at}"))]
            .map(|(name, value)| (name.to_owned(), value))
            .into()
    };
    let series: Vec<Series> =
        (0..20).map(|at| Series { labels: labels(at), chunks: vec![TIMES] }).collect();
    block::write_small_block(&dir.join("block"), TIMES, Version::V2, &series, 20).unwrap();
    let mut segment = Segment::new(Packing::Snappy);
    let entries = [(1, labels(1).into_iter().collect::<Vec<_>>())];
    segment.record(&wal::series(&entries)).unwrap();
    segment.record(&wal::samples(&[(1, TIMES.0, 1.0)])).unwrap();
    std::fs::create_dir_all(dir.join("log/wal")).unwrap();
    std::fs::write(dir.join("log/wal/00000000"), segment.padded()).unwrap();
    std::fs::write(dir.join("chain.yml"), "- regex: pod\n  action: labeldrop\n").unwrap();
    std::fs::write(dir.join("page.prom"), "up{pod=\"a\"} 1\nup{pod=\"b\"} 1\n").unwrap();
}

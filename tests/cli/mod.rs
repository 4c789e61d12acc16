//! The built binary, run as a user runs it: what goes to stdout and stderr, and how it ends.
//!
//! `cases/*.yml` hold what a command line says; here is what needs more than a command line.

mod canaries;
mod cases;
mod data_directory;
mod hostile;
mod http;
mod http_limits;
#[cfg(unix)]
mod interrupted;
mod lint;
mod mesh;
mod redact;
mod revisions;
mod saved;
mod usage;

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use promsieve_lab::real::TempDir;
use serde_json::Value;

/// How a run ended and what it wrote.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    fn of(output: Output) -> Self {
        Self {
            status: output.status.code().expect("no signal ends it"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Its stdout as JSON, after checking that it did its job in silence.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!((self.status, self.stderr.as_str()), (0, ""), "{self:?}");
        serde_json::from_str(&self.stdout).unwrap()
    }
}

/// Starts the binary in `dir` with nothing in its environment.
pub(crate) fn spawn(dir: &Path, args: &[&str]) -> Child {
    spawn_with(dir, args, &[])
}

/// Starts the binary in `dir` with just these variables in its environment.
fn spawn_with(dir: &Path, args: &[&str], variables: &[(&str, &str)]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_promsieve"))
        .args(args)
        .current_dir(dir)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Runs the binary in `dir` to its end.
pub(crate) fn run(dir: &Path, args: &[&str], stdin: &[u8]) -> Ended {
    let mut child = spawn(dir, args);
    let mut input = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // A command that does not read its stdin closes it.
        scope.spawn(move || drop(input.write_all(stdin)));
        child.wait_with_output().unwrap()
    });
    Ended::of(output)
}

/// Runs the binary in `dir` to its end, with these variables in its environment.
fn run_with(dir: &Path, args: &[&str], variables: &[(&str, &str)]) -> Ended {
    Ended::of(spawn_with(dir, args, variables).wait_with_output().unwrap())
}

const SCRAPE: &str = "\
# TYPE app_requests_total counter
app_requests_total{code=\"200\",path=\"/a\"} 7
app_requests_total{code=\"500\",path=\"/a\"} 1
app_requests_total{code=\"200\",path=\"/b\"} 2
";

#[track_caller]
pub(crate) fn check_keys(value: &Value, expected: &[&str]) {
    let keys: Vec<&String> = value.as_object().expect("an object").keys().collect();
    assert_eq!(keys, expected);
}

#[test]
fn a_census_has_its_documented_keys() {
    let dir = TempDir::new("cli").unwrap();
    let census = run(dir.path(), &["census", "--format", "json", "-"], SCRAPE.as_bytes()).json();
    check_keys(
        &census,
        &[
            "schema",
            "series",
            "samples",
            "exact",
            "targets",
            "label_pairs",
            "label_bytes",
            "unique_pairs",
            "metrics",
            "labels",
        ],
    );
    assert_eq!((&census["schema"], &census["series"]), (&1.into(), &3.into()));
    let metric = &census["metrics"][0];
    check_keys(
        metric,
        &["name", "type", "layer", "series", "samples", "duplicates", "label_bytes", "labels"],
    );
    assert_eq!(
        (&metric["name"], &metric["type"]),
        (&"app_requests_total".into(), &"counter".into())
    );
    let label =
        &metric["labels"].as_array().unwrap().iter().find(|it| it["name"] == "path").unwrap();
    check_keys(
        label,
        &[
            "name",
            "values",
            "series",
            "bytes",
            "without",
            "redundant",
            "shape",
            "shape_share",
            "shapes",
        ],
    );
    assert_eq!((&label["values"], &label["without"]), (&2.into(), &2.into()));
}

#[test]
fn packed_files_are_unpacked() {
    let dir = TempDir::new("cli").unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(SCRAPE.as_bytes()).unwrap();
    let packed = [
        ("a.prom.gz", gzip.finish().unwrap()),
        ("b.prom.zst", zstd::encode_all(SCRAPE.as_bytes(), 1).unwrap()),
    ];
    for (name, bytes) in packed {
        dir.write(name, &bytes).unwrap();
        let from_file = run(dir.path(), &["census", "--format", "json", name], b"").json();
        assert_eq!(from_file["series"], 3, "{name}");
        let from_stdin = run(dir.path(), &["census", "--format", "json", "-"], &bytes).json();
        assert_eq!(from_stdin, from_file, "{name}");
    }
}

#[test]
fn a_reader_that_has_enough_ends_it_quietly() {
    let args = ["census", "--format", "json", "fixtures/mesh"];
    let mut child = spawn(xtask::workspace(), &args);
    let mut stdout = child.stdout.take().unwrap();
    let mut start = [0; 16];
    stdout.read_exact(&mut start).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success(), "{}", output.status);
}

/// `sort | uniq` would say the same: the sample lines of every scrape, told apart by their file.
#[test]
fn a_census_of_the_mesh_counts_its_lines() {
    let mut lines = std::collections::BTreeSet::new();
    let scrapes = xtask::workspace().join("fixtures/mesh/scrapes");
    for job in std::fs::read_dir(scrapes).unwrap() {
        for file in std::fs::read_dir(job.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            for line in std::fs::read_to_string(&path).unwrap().lines() {
                if let Some((series, _)) = line.rsplit_once(' ')
                    && !line.starts_with('#')
                {
                    lines.insert((path.clone(), series.to_owned()));
                }
            }
        }
    }
    let args = ["census", "--summary", "--format", "json", "fixtures/mesh"];
    let census = run(xtask::workspace(), &args, b"").json();
    assert!(lines.len() > 5_000, "{}", lines.len());
    assert_eq!(census["series"], lines.len());
    assert_eq!(census["samples"], lines.len());
}

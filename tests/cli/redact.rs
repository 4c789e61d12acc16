//! No label value comes out of `--redact`: values are planted in every kind of source, and no output
//! and no file holds one, nor what other commands make of such a file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use promsieve_core::ingest::index::Version;
use promsieve_lab::block::{Series, write_small_block};
use promsieve_lab::real::TempDir;
use promsieve_lab::wal::{self, Packing, Segment};
use serde_json::Value;

use super::{Ended, run};

const KEY: &str = "0123456789abcdef0123456789abcdef\n";

/// What every planted value holds.
const PLANTED: [&str; 9] = [
    "plantedjane.doe@example.org",
    "/planted/users/4711",
    "https://planted.example.org/x",
    "planted-5d9c7b8f6d-x7k2p",
    "planted.internal:9090",
    "select planted from secrets where a",
    "10.91.82.73",
    "9182736455",
    "c0ffee00-e29b-41d4-a716-446655440000",
];

/// A page with each planted value, in a label that any series has and in one of a metric's own.
fn page() -> String {
    let mut page = "# TYPE app_requests_total counter\n# TYPE wait histogram\n".to_owned();
    for (at, value) in PLANTED.iter().enumerate() {
        page += &format!("app_requests_total{{user=\"{value}\",code=\"{}\"}} 1\n", at % 2);
        page += &format!("wait_bucket{{le=\"0.5\",peer=\"{value}\"}} 1\n");
        page += &format!("wait_bucket{{le=\"+Inf\",peer=\"{value}\"}} 1\n");
    }
    page
}

/// Sources of every kind with planted values, and a key.
fn planted() -> TempDir {
    let dir = TempDir::new("redact").unwrap();
    dir.write("redact.key", KEY).unwrap();
    dir.write("page.prom", page()).unwrap();
    dir.write("bad.prom", page() + "up{a=\"planted\"b} 1\n").unwrap();
    for at in ["now", "then"] {
        dir.write(&format!("{at}/scrapes/j/i.prom"), page()).unwrap();
    }
    let pair = |value: &str| format!("{{\"name\":\"user={value}\",\"value\":3}}");
    let pairs: Vec<String> = PLANTED.iter().map(|value| pair(value)).collect();
    let pairs = pairs.join(",");
    let lists = format!("\"seriesCountByLabelValuePair\":[{pairs}]");
    dir.write("status.json", format!("{{\"status\":\"success\",\"data\":{{{lists}}}}}")).unwrap();
    let labels = |value: &str| {
        [("__name__", "m"), ("job", value)].map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let series = PLANTED.map(|value| Series {
        labels: labels(value).into_iter().collect(),
        chunks: vec![(0, 90_000)],
    });
    let data = dir.path().join("data");
    write_small_block(&data, (0, 100_000), Version::V2, &series, 2).unwrap();
    let mut segment = Segment::new(Packing::Plain);
    segment.record(&wal::series(&[(1, labels(PLANTED[0]).to_vec())])).unwrap();
    segment.record(&wal::samples(&[(1, 110_000, 1.0)])).unwrap();
    dir.write("data/wal/00000000", segment.padded()).unwrap();
    dir
}

#[track_caller]
fn check(ended: &Ended, what: &[&str]) {
    for text in [&ended.stdout, &ended.stderr] {
        check_text(text, what);
    }
    assert!(!ended.stderr.contains("Usage: "), "{what:?}: {}", ended.stderr);
}

#[track_caller]
fn check_text(text: &str, what: &[&str]) {
    let shown = PLANTED.into_iter().chain(["planted"]).find(|value| text.contains(value));
    assert_eq!(shown, None, "{what:?}: {text}");
}

/// No file that was written holds a value.
#[track_caller]
fn check_files(dir: &Path) {
    let mut seen = 0;
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            check_text(&text, &[path.to_str().unwrap()]);
            seen += 1;
        }
    }
    assert!(seen > 3, "only {seen} files were written in {}", dir.display());
}

const SOURCES: [&str; 6] = ["page.prom", "bad.prom", "now", "status.json", "data", "page.prom,now"];

#[test]
fn no_census_shows_or_saves_a_value() {
    let dir = planted();
    fs::create_dir(dir.path().join("out")).unwrap();
    let ways: [&[&str]; 8] = [
        &[],
        &["--format", "json"],
        &["--summary", "--format", "json"],
        &["--deep"],
        &["--deep", "--top", "0", "--format", "json"],
        &["--by", "job,target,namespace,user", "--format", "json"],
        &["--by", "peer"],
        &["--summary", "--churn", "--format", "json"],
    ];
    for sources in SOURCES {
        for way in ways {
            let mut args = vec!["census", "--redact", "redact.key"];
            args.extend(sources.split(','));
            args.extend(way);
            check(&run(dir.path(), &args, b""), &args);
        }
        for ending in ["census", "csv", "sketch"] {
            let file = format!("out/{}.{ending}", sources.replace([',', '.'], "-"));
            let mut args = vec!["census", "--redact", "redact.key", "--save", &file];
            args.extend(sources.split(','));
            if ending == "sketch" {
                args.extend(["--memory", "1KiB"]);
            }
            check(&run(dir.path(), &args, b""), &args);
        }
    }
    let args = ["census", "--over-time", "then", "now", "--redact", "redact.key"];
    check(&run(dir.path(), &args, b""), &args);
    check_files(&dir.path().join("out"));
}

/// What is planted is there to be found: without the flag each of these outputs has it.
#[test]
fn without_the_flag_values_are_shown() {
    let dir = planted();
    for source in SOURCES {
        let mut args = vec!["census", "--deep", "--format", "json"];
        args.extend(source.split(','));
        let ended = run(dir.path(), &args, b"");
        assert!(PLANTED.iter().any(|value| ended.stdout.contains(value)), "{args:?}: {ended:?}");
    }
}

#[test]
fn what_is_made_of_a_redacted_census_shows_none() {
    let dir = planted();
    let save = ["census", "now", "--redact", "redact.key", "--save", "now.census"];
    check(&run(dir.path(), &save, b""), &save);
    fs::create_dir(dir.path().join("out")).unwrap();
    let commands: [&[&str]; 9] = [
        &["review", "now.census", "--html", "out/page.html"],
        &["review", "now.census", "--format", "json"],
        &["census", "now.census", "--deep", "--format", "json", "--save", "out/again.csv"],
        &["merge", "now.census", "now.census", "--deep", "--save", "out/merged.census"],
        &["estimate", "now.census", "--format", "json"],
        &["optimize", "now.census", "--usage-complete", "--format", "json"],
        &["usage", "now.census", "--format", "json"],
        &["signals", "now.census", "--format", "json"],
        &["diff", "now.census", "now.census", "--format", "json"],
    ];
    for args in commands {
        let ended = run(dir.path(), args, b"");
        check(&ended, args);
        assert!(ended.stdout.len() > 20, "{args:?}: {ended:?}");
    }
    fs::copy(dir.path().join("now.census"), dir.path().join("out/now.census")).unwrap();
    check_files(&dir.path().join("out"));
}

fn json(dir: &TempDir, args: &[&str]) -> Value {
    run(dir.path(), &[args, &["--format", "json"]].concat(), b"").json()
}

/// Takes away what names have another length for.
fn without_bytes(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| name != "bytes" && name != "label_bytes");
            fields.values_mut().for_each(without_bytes);
        }
        Value::Array(items) => items.iter_mut().for_each(without_bytes),
        _ => {}
    }
}

/// Integers without a gap are no longer told from others.
#[test]
fn counts_and_shapes_are_those_of_the_values() {
    let dir = planted();
    let mesh = xtask::workspace().join("fixtures/mesh/scrapes");
    for source in ["page.prom", "now", mesh.to_str().unwrap()] {
        let of = |args: &[&str]| {
            let mut found = json(&dir, &[&["census", source, "--top", "0"], args].concat());
            without_bytes(&mut found);
            found.to_string().replace("integer_run", "integer")
        };
        assert_eq!(of(&["--redact", "redact.key"]), of(&[]), "{source}");
    }
}

#[test]
fn shards_with_one_key_merge_and_with_two_keys_do_not() {
    let dir = planted();
    dir.write("other.key", KEY.replace('0', "1")).unwrap();
    dir.write("more.prom", page() + "up{user=\"new\"} 1\n").unwrap();
    let mut series = BTreeMap::new();
    for (name, source, key) in
        [("a", "page.prom", "redact"), ("b", "more.prom", "redact"), ("c", "more.prom", "other")]
    {
        let key = format!("{key}.key");
        let found = json(&dir, &["census", source, "--redact", &key, "--save", name]);
        series.insert(name, found["series"].as_u64().unwrap());
    }
    let merged = |with| json(&dir, &["merge", "a", with])["series"].as_u64().unwrap();
    assert_eq!(merged("b"), series["b"]);
    assert_eq!(merged("c"), series["a"] + series["c"]);
}

#[test]
fn a_configuration_over_names_is_warned_of() {
    let dir = planted();
    dir.write("prometheus.yml", "scrape_configs: [{job_name: j}]\n").unwrap();
    run(dir.path(), &["census", "now", "--redact", "redact.key", "--save", "now.census"], b"");
    let ended = run(dir.path(), &["estimate", "prometheus.yml", "now.census"], b"");
    assert!(ended.stderr.contains("were saved with `--redact`"), "{ended:?}");
    let ended = run(dir.path(), &["estimate", "prometheus.yml", "now/scrapes"], b"");
    assert_eq!(ended.stderr, "");
}

#[test]
fn what_cannot_be_redacted_is_refused() {
    let dir = planted();
    dir.write("short.key", "secret").unwrap();
    let args = ["census", "now", "--memory", "1KiB", "--save", "now.sketch"];
    assert_eq!(run(dir.path(), &args, b"").status, 0);
    let refused = |args: &[&str], wanted: &str| {
        let ended = run(dir.path(), args, b"");
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{ended:?}");
        assert!(ended.stderr.contains(wanted), "{}", ended.stderr);
    };
    refused(&["census", "now", "--redact", "no.key"], "head -c 32 /dev/urandom | base64 > no.key");
    refused(&["census", "now", "--redact", "short.key"], "shorter than 16 bytes");
    refused(&["merge", "now.sketch", "--redact", "redact.key"], "only counts are left");
}

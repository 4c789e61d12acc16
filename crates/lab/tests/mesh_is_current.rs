//! `fixtures/mesh` is what the generator makes, and holds what its readers rely on.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use promsieve_lab::mesh::{Options, Plan, Size, generate};

/// Made by a real server (see `mesh_on_real.rs`), so not by the generator.
const STATUS: &str = "status-tsdb.json";
const SMALL: Options =
    Options { plan: Plan { services: 236, seed: 1 }, size: Size::Sample, snapshots: 3 };

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/mesh")
}

#[test]
fn generated_mesh_is_current() {
    let files = files(&SMALL);
    if std::env::var_os("UPDATE").is_some() {
        rewrite(&files);
    }
    let mut committed = BTreeMap::new();
    read_below(&fixture(), "", &mut committed);
    committed.remove(STATUS);
    let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&committed), names(&files), "run `cargo xtask bless`");
    for (path, text) in &files {
        assert!(committed[path] == *text, "{path} differs: run `cargo xtask bless`");
    }
}

#[test]
fn it_stays_small() {
    let files = files(&SMALL);
    let bytes: usize = files.values().map(String::len).sum();
    assert!(bytes <= 6 << 20, "{bytes} bytes");
    assert!(files.len() <= 300, "{} files", files.len());
}

#[test]
fn every_service_is_a_destination() {
    let text: String = newest_proxies(&files(&SMALL)).collect();
    let seen: BTreeSet<&str> = values(&text, "destination_service").collect();
    assert_eq!(seen.len(), 236);
    let reporters: BTreeSet<&str> = values(&text, "reporter").collect();
    assert_eq!(reporters, BTreeSet::from(["source", "destination", "waypoint"]));
}

#[test]
fn each_earlier_snapshot_has_a_flag_that_the_newest_has_not() {
    let files = files(&SMALL);
    let flags = |prefix: &str| -> BTreeSet<&str> {
        let below = files.iter().filter(|(path, _)| path.starts_with(prefix));
        below.flat_map(|(_, text)| values(text, "response_flags")).collect()
    };
    let newest = flags("scrapes/");
    assert!(newest.contains("UF,URX") && newest.contains("-"), "{newest:?}");
    for earlier in ["snapshots/1/", "snapshots/2/"] {
        assert!(!flags(earlier).is_subset(&newest), "{earlier}");
    }
}

#[test]
fn series_are_unique_and_families_are_whole() {
    for (path, text) in files(&SMALL).iter().filter(|(path, _)| path.contains("scrapes/")) {
        let (mut series, mut families) = (BTreeSet::new(), BTreeSet::new());
        for line in text.lines() {
            if let Some(family) = line.strip_prefix("# TYPE ") {
                assert!(families.insert(family), "{path}: {family} comes twice");
            } else if !line.starts_with('#') {
                let (set, _) = line.rsplit_once(' ').unwrap();
                assert!(series.insert(set), "{path}: {set} comes twice");
            }
        }
    }
}

#[test]
fn planted_lines_are_in_the_config_once() {
    let files = files(&SMALL);
    let config = &files["prometheus.yml"];
    let planted: Vec<&str> = files["planted.yml"]
        .lines()
        .filter_map(|line| line.strip_prefix("  line: \"")?.strip_suffix('"'))
        .collect();
    assert_eq!(planted.len(), 9);
    for line in planted {
        assert_eq!(config.lines().filter(|other| *other == line).count(), 1, "{line}");
    }
}

#[test]
fn another_seed_is_another_mesh_and_another_size_has_its_series() {
    let other = Options { plan: Plan { services: 236, seed: 2 }, ..SMALL };
    assert_ne!(files(&other)["prometheus.yml"], files(&SMALL)["prometheus.yml"]);
    let plan = Plan { services: 30, seed: 1 };
    let sized = Options { plan, size: Size::Series(20_000), snapshots: 1 };
    let generated = generate(&sized, |_, _| Ok(())).unwrap();
    assert!((20_000..30_000).contains(&generated.series), "{generated:?}");
    let all = Options { size: Size::PerService(2), ..sized };
    // Two sidecars and two applications a service, ten waypoints, two machines, one kube-state-metrics.
    assert_eq!(generate(&all, |_, _| Ok(())).unwrap().targets, 4 * 30 + 10 + 2 + 1);
}

fn files(options: &Options) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let add = |path: &str, text: &str| {
        assert!(files.insert(path.to_owned(), text.to_owned()).is_none(), "{path} comes twice");
        Ok(())
    };
    generate(options, add).unwrap();
    files
}

fn newest_proxies(files: &BTreeMap<String, String>) -> impl Iterator<Item = &str> {
    files
        .iter()
        .filter(|(path, _)| path.starts_with("scrapes/istio-proxy/"))
        .map(|(_, text)| text.as_str())
}

/// The values of one label, read off the text.
fn values<'a>(text: &'a str, label: &str) -> impl Iterator<Item = &'a str> {
    let key = format!("{label}=\"");
    text.lines().filter_map(move |line| {
        let start = line.find(&key)? + key.len();
        line[start..].split('"').next()
    })
}

fn read_below(dir: &Path, prefix: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            read_below(&entry.path(), &format!("{name}/"), files);
        } else {
            files.insert(name, fs::read_to_string(entry.path()).unwrap());
        }
    }
}

fn rewrite(files: &BTreeMap<String, String>) {
    for dir in ["scrapes", "snapshots"] {
        let _ = fs::remove_dir_all(fixture().join(dir));
    }
    for (path, text) in files {
        let file = fixture().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
}

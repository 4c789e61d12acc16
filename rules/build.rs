//! Turns the YAML that people edit into JSON, which takes a tenth of the time to read at every start.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Files that are read by name, without their endings.
const FILES: [&str; 11] = [
    "consumers",
    "schema/prometheus",
    "signals/cells",
    "signals/flags",
    "signals/layers",
    "sources",
    "sd/clouds",
    "sd/containers",
    "sd/counterparts",
    "sd/kubernetes",
    "sd/registries",
];

fn main() {
    for file in FILES {
        write_json(file);
    }
    write_packs();
    println!("cargo::rerun-if-changed=build.rs");
}

/// Writes the JSON of `<file>.yml`, and gives its place.
fn write_json(file: &str) -> PathBuf {
    let from = format!("{file}.yml");
    println!("cargo::rerun-if-changed={from}");
    let text = fs::read_to_string(&from).expect("it is part of the package");
    let value: serde_json::Value = serde_yaml::from_str(&text).expect("it is YAML of ours");
    let out = env::var("OUT_DIR").expect("cargo sets it");
    let to = Path::new(&out).join(format!("{file}.json"));
    fs::create_dir_all(to.parent().expect("it has a folder")).expect("cargo's folder is ours");
    fs::write(&to, value.to_string()).expect("cargo's folder is ours");
    to
}

/// Writes a list of all packs, so that a new one is a new file and nothing else.
fn write_packs() {
    println!("cargo::rerun-if-changed=packs");
    let entries = fs::read_dir("packs").expect("it is part of the package");
    let paths = entries.map(|entry| entry.expect("the folder is ours").path());
    let mut files: Vec<PathBuf> = paths.map(|path| path.with_extension("")).collect();
    files.sort();
    let mut list = "[".to_owned();
    for file in files {
        let json = write_json(file.to_str().expect("our names are UTF-8"));
        let json = json.to_str().expect("cargo's folder is UTF-8, or no source could name it");
        writeln!(list, "include_str!({json:?}),").expect("a string takes all");
    }
    let out = env::var("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&out).join("packs.rs"), list + "]").expect("cargo's folder is ours");
}

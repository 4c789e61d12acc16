//! The parts that the released binary is linked of, as a `CycloneDX` 1.5 document.
//!
//! It names no time and no serial number, so that the same lock file gives the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::{Failure, dist, process, workspace};

const REMEDY: &str = "does `cargo tree --locked` work in this directory?";

/// The package whose binary is released.
const ROOT: &str = "promsieve-cli";

/// A package that is linked in.
struct Part {
    name: String,
    version: String,
    license: String,
    repository: String,
    needs: BTreeSet<String>,
}

/// The document for a platform, such as `x86_64-unknown-linux-musl`.
///
/// # Errors
/// When cargo cannot be run, or the lock file is not up to date.
pub fn document(platform: &str) -> Result<String, Failure> {
    // Without macros and build scripts, which run while it is compiled and are not in it.
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["tree", "--locked", "--edges", "normal,no-proc-macro", "--package", ROOT]);
    cargo.args(["--prefix", "depth", "--format", "|{p}|{l}|{r}|", "--target", platform]);
    cargo.args(["--features", dist::FEATURES]);
    let tree = process::output(cargo.current_dir(workspace()), REMEDY)?;
    let lock = std::fs::read_to_string(workspace().join("Cargo.lock"))
        .map_err(|error| Failure::new(format!("Cargo.lock: {error}"), REMEDY))?;
    Ok(write(&parts(&tree), &checksums(&lock)))
}

/// The parts by their reference. `tree` has a line a part, below what needs it, as deep as its
/// number says.
fn parts(tree: &str) -> BTreeMap<String, Part> {
    let mut parts = BTreeMap::<String, Part>::new();
    let mut way = Vec::<String>::new();
    for line in tree.lines() {
        let mut fields = line.split('|');
        let depth = fields.next().and_then(|depth| depth.parse().ok()).unwrap_or(0);
        let mut package = fields.next().unwrap_or_default().split(' ');
        let name = package.next().unwrap_or_default().to_owned();
        let version = package.next().unwrap_or_default().trim_start_matches('v').to_owned();
        // Older manifests write `/` for OR, which SPDX does not know.
        let license = fields.next().unwrap_or_default().replace(" / ", "/").replace('/', " OR ");
        let repository = fields.next().unwrap_or_default().to_owned();
        let id = format!("pkg:cargo/{name}@{version}");
        way.truncate(depth);
        if let Some(parent) = way.last().and_then(|parent| parts.get_mut(parent)) {
            parent.needs.insert(id.clone());
        }
        let part = Part { name, version, license, repository, needs: BTreeSet::new() };
        // What was shown in full already has its own parts.
        parts.entry(id.clone()).or_insert(part);
        way.push(id);
    }
    parts
}

/// SHA-256 of the packages that come from a registry, by reference.
fn checksums(lock: &str) -> BTreeMap<String, String> {
    let value = |block: &str, key: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(key))?;
        Some(line.trim_start_matches(" = ").trim_matches('"').to_owned())
    };
    let of = |block: &str| {
        let (name, version) = (value(block, "name")?, value(block, "version")?);
        Some((format!("pkg:cargo/{name}@{version}"), value(block, "checksum")?))
    };
    lock.split("[[package]]").filter_map(of).collect()
}

fn write(parts: &BTreeMap<String, Part>, checksums: &BTreeMap<String, String>) -> String {
    let is_root = |part: &&Part| part.name == ROOT;
    let of = |part: &Part, kind| component(part, kind, checksums);
    let root = parts.values().find(is_root).map(|part| of(part, "application"));
    let others = parts.values().filter(|part| !is_root(part)).map(|part| of(part, "library"));
    let needs = parts.iter().map(|(id, part)| {
        let needs: Vec<String> = part.needs.iter().map(|id| quoted(id)).collect();
        format!("{{\"ref\": {}, \"dependsOn\": [{}]}}", quoted(id), needs.join(", "))
    });
    let list = |items: Vec<String>| items.join(",\n    ");
    format!(
        "{{\n  \"$schema\": \"http://cyclonedx.org/schema/bom-1.5.schema.json\",\n  \
         \"bomFormat\": \"CycloneDX\",\n  \"specVersion\": \"1.5\",\n  \"version\": 1,\n  \
         \"metadata\": {{\"component\": {}}},\n  \
         \"components\": [\n    {}\n  ],\n  \"dependencies\": [\n    {}\n  ]\n}}\n",
        root.unwrap_or_default(),
        list(others.collect()),
        list(needs.collect())
    )
}

fn component(part: &Part, kind: &str, checksums: &BTreeMap<String, String>) -> String {
    let Part { name, version, license, repository, .. } = part;
    let id = format!("pkg:cargo/{name}@{version}");
    let mut fields = vec![
        ("type", quoted(kind)),
        ("bom-ref", quoted(&id)),
        ("name", quoted(name)),
        ("version", quoted(version)),
        ("purl", quoted(&id)),
        ("licenses", format!("[{{\"expression\": {}}}]", quoted(license))),
    ];
    if let Some(checksum) = checksums.get(&id) {
        let hash = format!("[{{\"alg\": \"SHA-256\", \"content\": {}}}]", quoted(checksum));
        fields.push(("hashes", hash));
    }
    if !repository.is_empty() {
        let place = format!("[{{\"type\": \"vcs\", \"url\": {}}}]", quoted(repository));
        fields.push(("externalReferences", place));
    }
    let fields = fields.iter().map(|(name, value)| format!("\"{name}\": {value}"));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
}

/// A JSON string of what manifests hold: printable, with no more than quotes to escape.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

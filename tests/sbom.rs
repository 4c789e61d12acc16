//! The list of what the released binary is made of: valid as `CycloneDX`, whole, and no longer than
//! that.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;
use xtask::{dist, sbom};

use crate::python;

fn document() -> (String, Value) {
    let text = sbom::document(&dist::platform()).unwrap_or_else(|failure| panic!("{failure}"));
    let parsed = serde_json::from_str(&text).unwrap();
    (text, parsed)
}

fn names(document: &Value) -> BTreeSet<&str> {
    let components = document["components"].as_array().unwrap();
    components.iter().map(|component| component["name"].as_str().unwrap()).collect()
}

/// What runs only while it is compiled or tested is not in it.
#[test]
fn it_lists_what_is_linked_in_and_nothing_else() {
    let (_, document) = document();
    let names = names(&document);
    for name in ["promsieve-core", "promsieve-rules", "rustls", "ring", "serde", "zstd-sys"] {
        assert!(names.contains(name), "{name} is missing");
    }
    for name in ["serde_derive", "syn", "cc", "proptest", "rcgen", "promsieve-lab", "xtask"] {
        assert!(!names.contains(name), "{name} is not in the binary");
    }
}

#[test]
fn each_part_has_its_checksum_and_its_way_from_the_root() {
    let (_, document) = document();
    let mut reached = BTreeSet::new();
    let mut next = vec![document["metadata"]["component"]["bom-ref"].as_str().unwrap()];
    let needs = document["dependencies"].as_array().unwrap();
    while let Some(at) = next.pop() {
        if reached.insert(at) {
            let found = needs.iter().find(|it| it["ref"] == at).unwrap();
            let found = found["dependsOn"].as_array().unwrap().iter();
            next.extend(found.map(|it| it.as_str().unwrap()));
        }
    }
    let lock = std::fs::read_to_string(xtask::workspace().join("Cargo.lock")).unwrap();
    let components = document["components"].as_array().unwrap();
    for component in components {
        let id = component["bom-ref"].as_str().unwrap();
        assert!(reached.contains(id), "nothing needs {id}");
        let checksum = component["hashes"][0]["content"].as_str();
        let ours = component["name"].as_str().unwrap().starts_with("promsieve-");
        assert_eq!(checksum.is_none(), ours, "{id}");
        assert!(checksum.is_none_or(|it| it.len() == 64 && lock.contains(it)), "{id}");
    }
    assert_eq!(reached.len(), components.len() + 1);
}

#[test]
fn it_is_valid_against_the_schema() {
    const CHECK: &str = "\
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
error = JsonStrictValidator(SchemaVersion.V1_5).validate_str(sys.stdin.read())
sys.exit(str(error) if error else 0)
";
    let Some(python) = python::with(&xtask::python::CYCLONEDX) else { return };
    let is_valid = |text: &str| {
        let mut command = Command::new(&python);
        let command = command.args(["-c", CHECK]).stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (text, _) = document();
    let (valid, error) = is_valid(&text);
    assert!(valid, "{error}");
    assert!(!is_valid(&text.replace("\"library\"", "\"shelf\"")).0, "the schema is asked");
}

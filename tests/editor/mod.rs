//! The built `promsieve lsp`, driven over stdin and stdout by a client library of the protocol.

use std::fs;
use std::process::Command;

use promsieve_lab::real::TempDir;
use serde_json::Value;

use crate::python;

const CONFIG: &str = "# 😀 what is above a place counts in lines, what is left of it in code units
scrape_configs:
- job_name: pods
  kubernetes_sd_configs:
  - role: pod
  relabel_configs:
  - {source_labels: [__meta_kubernetes_pod_name], action: keep, regex: '^😀.*$'}
";

#[test]
fn an_editor_is_told_and_mends_what_is_wrong() {
    let Some(python) = python::with(&xtask::python::EDITOR) else { return };
    let directory = TempDir::new("editor").unwrap();
    let file = directory.path().join("prometheus.yml");
    fs::write(&file, CONFIG).unwrap();
    let client = xtask::workspace().join("tests/editor/client.py");
    let server = env!("CARGO_BIN_EXE_promsieve");
    let output = Command::new(python).arg(client).arg(server).arg(&file).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["server"], "promsieve");
    assert_eq!(told["first"], serde_json::json!(["redundant-anchors"]));
    let hover = told["hover"].as_str().unwrap();
    assert!(hover.contains("# redundant-anchors (`RL007`)"), "{hover}");
    assert_eq!(told["actions"], serde_json::json!(["quickfix", "source.fixAll.promsieve"]));
    let link = told["link"].as_str().unwrap();
    assert!(link.ends_with("#kubernetes_sd_config"), "{link}");
    assert_eq!(told["definition"], 4);
    assert_eq!(told["second"], serde_json::json!([]));
}

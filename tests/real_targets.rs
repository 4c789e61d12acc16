//! `promsieve targets` beside a real Prometheus: a silent machine's target goes, and the alert that
//! comes with it fires.

use promsieve_lab::real::{Server, Setup, TempDir, Version, promtool};
use promsieve_lab::silent::Silent;
use serde_json::Value;

use crate::cli::spawn;
use crate::targets::{Running, address, list, wait_for};

const CONFIG: &str = "\
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [alerts.yml]
scrape_configs:
- job_name: node
  file_sd_configs: [{files: ['DIR/out.json']}]
- job_name: promsieve
  static_configs: [{targets: ['PAGE']}]
";

fn targets(server: &Server) -> usize {
    let found = server.api("/api/v1/targets?state=active").unwrap();
    let is_node = |target: &&Value| target["labels"]["job"] == "node";
    found["activeTargets"].as_array().unwrap().iter().filter(is_node).count()
}

#[track_caller]
fn check(version: Version, network: u8) {
    let Some(promtool) = promtool(version) else { return };
    let files = TempDir::new("targets").unwrap();
    files.write("in.json", list(network, 4)).unwrap();
    let at = |name: &str| files.path().join(name);
    // A port that is free now; another process may take it only between here and the start.
    let page = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let page = page.to_string();
    let args = ["targets", "in.json", "--out", "out.json", "--alerts", "alerts.yml"];
    let args = [&args[..], &["--listen", &page]].concat();
    let _running = Running(spawn(files.path(), &args));
    wait_for("the first file", || at("out.json").exists());
    let checked = std::process::Command::new(promtool)
        .args(["check", "rules"])
        .arg(at("alerts.yml"))
        .output();
    assert!(checked.unwrap().status.success());
    let config = CONFIG.replace("DIR", files.path().to_str().unwrap()).replace("PAGE", &page);
    let alerts = std::fs::read_to_string(at("alerts.yml")).unwrap();
    let setup = Setup { files: vec![("alerts.yml".to_owned(), alerts)], ..Setup::default() };
    let server = Server::start_with(version, &config, &setup).unwrap();
    wait_for("the targets", || targets(&server) == 4);
    let silent = Silent::at(address(network, 2)).unwrap();
    wait_for("the removal", || targets(&server) == 3);
    let alert = "ALERTS{alertname=\"PromsieveTargetRemoved\",alertstate=\"firing\",\
                 machine=\"127.81.NETWORK.2\"}"
        .replace("NETWORK", &network.to_string());
    wait_for("the alert", || server.query(&alert).unwrap().len() == 1);
    drop(silent);
    wait_for("the return", || targets(&server) == 4);
    wait_for("the end of the alert", || server.query(&alert).unwrap().is_empty());
}

#[test]
fn prometheus_2_drops_a_silent_target_and_alerts() {
    check(Version::V2, 21);
}

#[test]
fn prometheus_3_drops_a_silent_target_and_alerts() {
    check(Version::V3, 22);
}

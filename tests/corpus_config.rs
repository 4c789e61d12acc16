//! Real configurations and single traps: our verdict is promtool's, for 2.53 and 3.5.

use std::collections::BTreeMap;
use std::path::Path;

use promsieve_core::config;
use promsieve_core::server::Server;
use promsieve_core::text::{FileId, SourceText};

use promsieve_lab::corpus;

/// Service discoveries and clouds that the Prometheus of Debian is built without; upstream's has them,
/// so its `field … not found` is no fault of the configuration.
pub(crate) const LEFT_OUT: [&str; 9] = [
    "azure_sd_configs",
    "azuread",
    "consul_sd_configs",
    "google_iam",
    "kuma_sd_configs",
    "nomad_sd_configs",
    "outscale_sd_configs",
    "stackit_sd_configs",
    "uyuni_sd_configs",
];

/// What promtool refuses since a file is missing, which only the command line can tell.
const MISSING_FILE: &str = "331_rule_files_missing.yml";

/// Our messages on `text`; none means that it is accepted.
fn errors(text: &str, server: Server) -> Vec<String> {
    let source = SourceText::new("prometheus.yml", text);
    let (_, findings) = config::parse(FileId::default(), &source, server);
    let words = findings.iter().filter_map(|finding| finding.evidence.text());
    words.map(str::to_owned).collect()
}

/// What `promsieve lint` says that promtool refuses in the file at `path`.
fn refusals_on_disk(path: &Path, server: Server) -> Vec<String> {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_promsieve"));
    command.args(["lint", "--format", "json", "--server", &server.to_string()]).arg(path);
    let output = command.output().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = answer["findings"].as_array().unwrap().iter();
    let refused = findings.filter(|finding| finding["evidence_kind"] == "server");
    refused.map(|finding| finding["evidence"].to_string()).collect()
}

fn read(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether the message blames nothing but service discoveries that were left out.
fn blames_left_out_only(message: &str) -> bool {
    let blamed = message.split(" field ").skip(1);
    let mut blamed = blamed.filter_map(|rest| rest.split(' ').next()).peekable();
    blamed.peek().is_some() && blamed.all(|field| LEFT_OUT.contains(&field))
}

#[test]
fn verdicts_on_public_configurations_are_those_of_promtool() {
    let Some(corpus) = corpus::dir() else { return };
    let table = read(&corpus.join("promtool_verdicts.tsv"));
    let (mut same, mut left_out, mut wrong) = (0, 0, Vec::new());
    for line in table.lines().filter(|line| line.starts_with("prom-config/")) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [path, tool, _, form, _, verdict, message] = columns[..] else { panic!("{line}") };
        let server = match tool {
            "promtool2" => Server::prometheus(2, 53),
            _ => Server::prometheus(3, 5),
        };
        let text = read(&corpus.join(path));
        let text = match form {
            "as-is" => text,
            _ => format!("scrape_configs:\n{text}"),
        };
        if verdict == "fail" && blames_left_out_only(message) {
            left_out += 1;
            continue;
        }
        let ours = errors(&text, server);
        if ours.is_empty() == (verdict == "ok") {
            same += 1;
        } else {
            wrong.push(format!("{server} {path}: promtool {verdict} {message}; we {ours:?}"));
        }
    }
    println!("{same} verdicts agree, {left_out} left out, {} differ", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(same > 400, "{same}");
}

#[test]
fn verdicts_on_single_traps_are_those_of_promtool() {
    let Some(corpus) = corpus::dir() else { return };
    let mut files: Vec<_> = std::fs::read_dir(corpus.join("tricky_configs"))
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yml"));
    files.sort();
    let all = 2 * files.len();
    let (mut same, mut wrong) = (0, Vec::new());
    for path in files {
        let text = read(&path);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let verdicts: BTreeMap<&str, &str> = text
            .lines()
            .next()
            .unwrap()
            .split_whitespace()
            .filter_map(|w| w.split_once('='))
            .collect();
        for (version, server) in
            [("2.53", Server::prometheus(2, 53)), ("3.5", Server::prometheus(3, 5))]
        {
            let ours = match name.as_str() {
                MISSING_FILE => refusals_on_disk(&path, server),
                _ => errors(&text, server),
            };
            let theirs = verdicts[version];
            if ours.is_empty() == (theirs == "OK") {
                same += 1;
            } else {
                wrong.push(format!("{version} {name}: promtool {theirs}; we {ours:?}"));
            }
        }
    }
    println!("{same} verdicts agree, {} differ", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(same == all && all >= 200, "{same} of {all}");
}

/// Parts of promtool's messages on rule files that others judge: expressions and templates.
const JUDGED_ELSEWHERE: [&str; 2] = ["could not parse expression", "template: "];

#[test]
fn verdicts_on_rule_files_are_those_of_promtool() {
    let Some(corpus) = corpus::dir() else { return };
    let table = read(&corpus.join("promtool_verdicts.tsv"));
    let (mut same, mut elsewhere, mut wrong) = (0, 0, Vec::new());
    for line in table.lines().filter(|line| line.starts_with("rules/")) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [path, tool, "check rules", "as-is", _, verdict, message] = columns[..] else {
            continue;
        };
        let server = match tool {
            "promtool2" => Server::prometheus(2, 53),
            _ => Server::prometheus(3, 5),
        };
        let source = SourceText::new(path, read(&corpus.join(path)));
        let (mut project, _) = config::parse(FileId::default(), &SourceText::new("", ""), server);
        let ours = project.add_rule_file(FileId::default(), &source);
        if ours.is_empty() == (verdict == "ok") {
            same += 1;
        } else if ours.is_empty() && JUDGED_ELSEWHERE.iter().any(|part| message.contains(part)) {
            elsewhere += 1;
        } else {
            let ours: Vec<_> = ours.iter().filter_map(|f| f.evidence.text()).collect();
            wrong.push(format!("{server} {path}: promtool {verdict} {message}; we {ours:?}"));
        }
    }
    println!("{same} verdicts agree, {elsewhere} are judged elsewhere, {} differ", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(same > 400, "{same}");
}

//! `lint` in a repository and in CI: baselines, revisions of git, fixes on disk, GitHub's variables.

use std::path::Path;
use std::process::Command;

use promsieve_lab::real::TempDir;
use serde_json::Value;

use super::{Ended, run};

const CONFIG: &str = "\
scrape_configs:
- job_name: app
  metric_relabel_configs:
  # the runtime
  - source_labels: [__name__]
    regex: ^go_.*$ # all of it
    action: drop
";

/// Another step with the same mistake, above or below the first.
const STEP: &str = "  - {source_labels: [__name__], regex: ^jvm_.*$, action: drop}\n";

fn lint(dir: &Path, args: &[&str]) -> Ended {
    let fixed = ["lint", "p.yml", "--format", "concise", "--fail-on", "info"];
    run(dir, &[&fixed[..], args].concat(), b"")
}

fn git(dir: &Path, args: &[&str]) {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
    let output = Command::new("git").args(identity).args(args).current_dir(dir).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn config_with_step() -> String {
    let at = CONFIG.find("  # the runtime").unwrap();
    format!("# moved\n{}{STEP}{}", &CONFIG[..at], &CONFIG[at..])
}

#[test]
fn a_baseline_survives_moved_lines_and_comments() {
    let dir = TempDir::new("lint").unwrap();
    dir.write("p.yml", CONFIG).unwrap();
    let wrote = lint(dir.path(), &["--baseline", "b.json", "--write-baseline"]);
    assert_eq!((wrote.status, &*wrote.stdout), (0, ""), "{wrote:?}");
    dir.write("p.yml", config_with_step().replace("# all of it", "")).unwrap();
    let new = lint(dir.path(), &["--baseline", "b.json"]);
    assert_eq!((new.status, new.stdout.lines().count()), (1, 1), "{new:?}");
    assert!(new.stdout.starts_with("p.yml:5:"), "{new:?}");
    dir.write("p.yml", CONFIG.replace("go_", "node_")).unwrap();
    let edited = lint(dir.path(), &["--baseline", "b.json"]);
    assert_eq!(edited.status, 1, "a step that was edited is looked at again: {edited:?}");
    assert!(edited.stderr.contains("1 findings of b.json are gone"), "{edited:?}");
}

#[test]
fn only_findings_that_touch_a_change_are_new() {
    let dir = TempDir::new("lint").unwrap();
    dir.write("p.yml", CONFIG).unwrap();
    git(dir.path(), &["init", "-q"]);
    git(dir.path(), &["add", "."]);
    git(dir.path(), &["commit", "-qm", "first"]);
    let path = [("PATH", std::env::var("PATH").unwrap())];
    let new = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_promsieve"));
        command.args(["lint", "--format", "concise", "--fail-on", "info", "--new-from"]);
        let output = command.args(args).current_dir(dir.path()).env_clear().envs(path.clone());
        let output = output.output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap() + &stderr)
    };
    assert_eq!(new(&["HEAD", "p.yml"]), (0, String::new()));
    dir.write("p.yml", config_with_step()).unwrap();
    let (status, text) = new(&["HEAD", "p.yml"]);
    assert_eq!((status, text.lines().count()), (1, 1), "{text}");
    assert!(text.starts_with("p.yml:5:"), "{text}");
    // The finding is on the regex; the action of its step has changed.
    dir.write("p.yml", CONFIG.replace("action: drop", "action: keep")).unwrap();
    assert_eq!(new(&["HEAD", "p.yml"]).0, 1);
    dir.write("new.yml", CONFIG).unwrap();
    let (status, text) = new(&["HEAD", "new.yml"]);
    assert_eq!((status, text.lines().count()), (1, 1), "{text}");
    let (status, text) = new(&["nowhere", "p.yml"]);
    assert!(status == 2 && text.contains("git: "), "{text}");
}

#[test]
fn fixes_are_written_through_links_and_nothing_else_changes() {
    let dir = TempDir::new("lint").unwrap();
    dir.write("real.yml", CONFIG).unwrap();
    std::os::unix::fs::symlink("real.yml", dir.path().join("p.yml")).unwrap();
    let fixed = lint(dir.path(), &["--fix"]);
    assert_eq!((fixed.status, &*fixed.stdout), (0, ""), "{fixed:?}");
    let text = std::fs::read_to_string(dir.path().join("real.yml")).unwrap();
    assert_eq!(text, CONFIG.replace("^go_.*$", "'go_.*'"));
    assert!(dir.path().join("p.yml").is_symlink());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "nothing is left beside it");
}

#[test]
fn github_gets_annotations_and_a_summary() {
    let dir = TempDir::new("lint").unwrap();
    dir.write("p.yml", CONFIG).unwrap();
    let in_ci = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_promsieve"))
            .args(["lint", "p.yml"])
            .args(args)
            .current_dir(dir.path())
            .env_clear()
            .envs([("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", "summary.md")])
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(in_ci(&[]).contains("::notice file=p.yml,line=6,endLine=6,col=12,endColumn=19,title="));
    let json = in_ci(&["--format", "json"]);
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json}");
    let summary = std::fs::read_to_string(dir.path().join("summary.md")).unwrap();
    assert_eq!(summary.matches("| info | p.yml:6 |").count(), 2, "one of each run: {summary}");
}

#[test]
fn every_command_has_a_manual_page() {
    let dir = TempDir::new("man").unwrap();
    let ended = run(dir.path(), &["man", "--dir", "man1"], b"");
    assert_eq!(ended.status, 0, "{ended:?}");
    let page = std::fs::read_to_string(dir.path().join("man1/promsieve-lint.1")).unwrap();
    assert!(page.contains("promsieve\\-lint") && page.contains("new\\-from"), "{page}");
    assert!(std::fs::read_dir(dir.path().join("man1")).unwrap().count() > 10);
}

#[test]
fn settings_that_init_writes_are_right() {
    let dir = TempDir::new("init").unwrap();
    assert_eq!(run(dir.path(), &["init"], b"").status, 0);
    let settings = std::fs::read_to_string(dir.path().join("promsieve.toml")).unwrap();
    // What is commented out is right too.
    let mut all: String = settings
        .lines()
        .filter_map(|line| {
            let line = line.strip_prefix("# ").unwrap_or(line);
            (line.contains(" = ") || line.starts_with('[')).then(|| format!("{line}\n"))
        })
        .collect();
    all = all.replace("baseline = ", "# baseline = ");
    assert!(all.contains("[[lint.suppress]]"), "{all}");
    dir.write("promsieve.toml", &all).unwrap();
    dir.write("p.yml", CONFIG).unwrap();
    let ended = lint(dir.path(), &[]);
    assert!(!ended.stdout.contains("invalid-settings"), "{ended:?}");
    assert_ne!(ended.status, 2, "{ended:?}");
}

#[test]
fn a_configuration_that_is_no_utf8_is_an_error_of_the_directory() {
    let dir = TempDir::new("utf8").unwrap();
    dir.write("bad.yml", b"scrape_configs: # caf\xe9\n").unwrap();
    dir.write("other.yml", b"a: \xff\n").unwrap();
    let ended = run(dir.path(), &["lint", ".", "--format", "concise"], b"");
    assert_eq!(ended.status, 1, "{ended:?}");
    assert!(ended.stdout.contains("bad.yml:1:22: error: this is no YAML"), "{ended:?}");
    assert!(!ended.stdout.contains("other.yml"), "{ended:?}");
}

#[test]
fn a_review_judges_suppressions_by_the_day_that_it_is_told() {
    let dir = TempDir::new("review").unwrap();
    dir.write(
        "prometheus.yml",
        "scrape_configs:\n- job_name: app\n  static_configs: [{targets: ['a:1']}]\n  \
         metric_relabel_configs:\n  \
         # promsieve: ignore redundant-anchors (they are clearer) until 2026-01-31\n  \
         - {source_labels: [__name__], regex: ^go_.*$, action: drop}\n",
    )
    .unwrap();
    dir.write("scrapes/app/a%3A1.prom", "up_to 1\ngo_threads 2\n").unwrap();
    let found = |today: &str| {
        let args = ["review", ".", "--format", "json", "--today", today];
        let view: Value = serde_json::from_str(&run(dir.path(), &args, b"").stdout).unwrap();
        let findings = view["lint"]["findings"].as_array().unwrap().clone();
        findings.iter().any(|found| found["rule"] == "redundant-anchors")
    };
    assert!(!found("2026-01-31"));
    assert!(found("2026-02-01"));
}

/// However the paths are written: a file that a configuration names is read with it, once.
#[test]
fn a_rule_file_that_is_found_and_named_is_read_once() {
    let dir = TempDir::new("lint").unwrap();
    dir.write("p.yml", "rule_files: [rules/*.yml]\nscrape_configs: [{job_name: a}]\n").unwrap();
    let flag = "istio_requests_total{response_flags=\"UF\"} > 0";
    let rules = format!("groups:\n- name: g\n  rules:\n  - {{alert: A, expr: '{flag}'}}\n");
    dir.write("rules/r.yml", rules).unwrap();
    let whole = dir.path().display().to_string();
    let ways: [&[&str]; 6] = [
        &["."],
        &["./"],
        &["p.yml"],
        &["p.yml", "rules/r.yml"],
        &["./rules/../rules/r.yml", "./p.yml"],
        &[&whole],
    ];
    for paths in ways {
        let args = [&["lint", "--format", "concise", "--select", "SG003"], paths].concat();
        let ended = run(dir.path(), &args, b"");
        assert_eq!(ended.stdout.lines().count(), 1, "{paths:?}: {ended:?}");
    }
}

#[test]
fn files_of_another_machine_are_not_missed() {
    let dir = TempDir::new("lint-files").unwrap();
    let files = "rule_files: [/no/such/directory/a.yml, b.yml]\n";
    dir.write("p.yml", files).unwrap();
    let missed = lint(dir.path(), &[]).stdout;
    assert_eq!(missed.lines().count(), 1, "{missed}");
    assert!(missed.contains("`b.yml` does not exist"), "{missed}");
    // A container has what a resource names.
    let data = files.replace("rule_files", "    rule_files");
    let map =
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  prometheus.yml: |\n    scrape_configs: []\n";
    dir.write("p.yml", format!("{map}{data}")).unwrap();
    assert_eq!(lint(dir.path(), &[]).stdout, "");
}

#[test]
fn a_file_that_is_named_is_a_configuration_by_half_of_its_keys() {
    let dir = TempDir::new("lint-guess").unwrap();
    dir.write("p.yml", "global: {imageRegistry: a}\nimage: {}\nservice: {}\n").unwrap();
    let values = lint(dir.path(), &[]);
    assert_eq!((values.status, values.stdout.lines().count()), (2, 1), "{values:?}");
    assert!(values.stdout.contains("none of the kinds"), "{values:?}");
    dir.write("p.yml", "global: {}\nscrape_config: []\n").unwrap();
    let slip = lint(dir.path(), &[]).stdout;
    assert!(slip.contains("`scrape_config` is not known here"), "{slip}");
}

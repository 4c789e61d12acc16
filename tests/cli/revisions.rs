//! `diff` and `gate` against a revision of git: what git has, not what lies in the work tree.

use std::path::Path;
use std::process::Command;

use promsieve_lab::real::TempDir;

use super::{Ended, run};

const CONFIG: &str = "\
scrape_configs:
- job_name: shop
  static_configs: [{targets: ['shop:8080']}]
rule_files: [rules/*.yml]
";

const RULES: &str = "\
groups:
- name: g
  rules: [{alert: Errors, expr: 'rate(requests_total{code=\"500\"}[5m]) > 0'}]
";

/// Requests of so many users; without any there is no such label.
fn page(users: usize) -> String {
    let mut page = String::from("# TYPE requests_total counter\n");
    for code in ["200", "500"] {
        for user in 0..users {
            page += &format!("requests_total{{code=\"{code}\",user_id=\"u-{user}\"}} 1\n");
        }
        if users == 0 {
            page += &format!("requests_total{{code=\"{code}\"}} 1\n");
        }
    }
    page
}

fn git(dir: &Path, args: &[&str]) {
    let identity = ["-c", "user.name=n", "-c", "user.email=e@example.com"];
    let ended = Command::new("git").args(identity).args(args).current_dir(dir).output().unwrap();
    assert!(ended.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ended.stderr));
}

/// A repository with a commit in which the configuration lies in a folder.
pub(super) fn repository() -> TempDir {
    let dir = TempDir::new("revisions").unwrap();
    for (file, text) in [
        ("monitoring/prometheus.yml", CONFIG),
        ("monitoring/rules/app.yml", RULES),
        ("samples/scrapes/shop/shop%3A8080.prom", &page(0)),
    ] {
        dir.write(file, text).unwrap();
    }
    git(dir.path(), &["init", "--quiet"]);
    commit(dir.path());
    dir
}

fn commit(dir: &Path) {
    git(dir, &["add", "-A"]);
    git(dir, &["commit", "--quiet", "-m", "c"]);
}

#[track_caller]
fn gate(dir: &Path, args: &[&str]) -> Ended {
    let ended = run(dir, &[&["gate", "--base", "HEAD"], args].concat(), b"");
    assert_eq!(ended.stderr, "");
    ended
}

#[test]
fn a_label_of_users_fails_and_is_named_and_priced() {
    let dir = repository();
    dir.write("samples/scrapes/shop/shop%3A8080.prom", page(150)).unwrap();
    let ended = gate(dir.path(), &["monitoring", "samples"]);
    assert_eq!(ended.status, 1, "{ended:?}");
    let priced = "  `requests_total` of job `shop`: +298 series, +";
    let line = ended.stdout.lines().find(|line| line.starts_with(priced)).expect(&ended.stdout);
    assert!(line.contains("B of memory, +") && line.contains("`user_id`: 0 → 150"), "{line}");
    // The alert asks for what is still there.
    assert!(!ended.stdout.contains("lost-queries"), "{}", ended.stdout);
}

#[test]
fn a_change_of_layout_changes_nothing() {
    let dir = repository();
    let other = "# Ours.\nrule_files:\n  - \"rules/*.yml\"\nscrape_configs:\n  - job_name: shop\n    \
                 static_configs:\n      - targets:\n          - 'shop:8080'\n";
    dir.write("monitoring/prometheus.yml", other).unwrap();
    dir.write("monitoring/rules/app.yml", format!("# Alerts.\n\n{RULES}")).unwrap();
    let ended = gate(dir.path(), &["monitoring", "--with", "samples"]);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(ended.stdout.starts_with("nothing changed: 2 series, "), "{}", ended.stdout);
}

#[test]
fn files_are_those_of_the_revision_wherever_one_stands() {
    let dir = repository();
    let drop = "  metric_relabel_configs: [{source_labels: [code], regex: '5..', action: drop}]\n";
    let changed = CONFIG.replace("rule_files", &format!("{drop}rule_files"));
    dir.write("monitoring/prometheus.yml", &changed).unwrap();
    let lost = "fail: lost-queries: alerting rule `Errors` of rules/app.yml: \
                `requests_total{code=\"500\"}` selects nothing, 1 series before";
    let inside = dir.path().join("monitoring");
    let ended = gate(&inside, &["prometheus.yml", "--with", "../samples"]);
    assert_eq!(ended.status, 1, "{ended:?}");
    assert!(ended.stdout.contains(lost), "{}", ended.stdout);
    commit(dir.path());
    let ended = gate(dir.path(), &["monitoring", "--with", "samples"]);
    assert!(ended.stdout.starts_with("nothing changed: 1 series"), "{}", ended.stdout);
    let ended =
        run(dir.path(), &["diff", "--base", "HEAD~1", "monitoring", "--with", "samples"], b"");
    assert_eq!((ended.status, &*ended.stderr), (0, ""));
    assert!(ended.stdout.contains("monitoring/rules/app.yml"), "{}", ended.stdout);
}

#[test]
fn what_is_new_comes_and_what_git_does_not_have_is_told() {
    let dir = repository();
    dir.write("other/scrapes/shop/b.prom", page(3)).unwrap();
    let ended = run(dir.path(), &["diff", "--base", "HEAD", "other", "--format", "json"], b"");
    let view = ended.json();
    assert_eq!((&view["before"]["series"], &view["after"]["series"]), (&0.into(), &6.into()));
    for (args, said) in [
        (["--base", "nowhere", "monitoring"], "nowhere"),
        (["--base", "HEAD", "-"], "git has no `-`"),
        (["--base=--output=x", "--top=3", "monitoring"], "`--output=x` is no revision"),
    ] {
        let ended = run(dir.path(), &[&["diff"], &args[..]].concat(), b"");
        assert_eq!((ended.status, &*ended.stdout), (2, ""), "{ended:?}");
        assert!(ended.stderr.contains(said), "{ended:?}");
    }
}

#[test]
fn the_index_and_the_work_tree_stay_as_they_are() {
    let dir = repository();
    dir.write("monitoring/rules/new.yml", RULES).unwrap();
    let state = || {
        let status = ["status", "--porcelain=v2", "--untracked-files=all"];
        Command::new("git").args(status).current_dir(dir.path()).output().unwrap().stdout
    };
    let before = state();
    gate(dir.path(), &["monitoring", "--with", "samples"]);
    assert_eq!(String::from_utf8(state()), String::from_utf8(before));
}

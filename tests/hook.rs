//! The hooks for pre-commit, run by pre-commit itself over a repository with a mistake.

use std::path::Path;
use std::process::Command;

use promsieve_lab::real::TempDir;
use xtask::workspace;

use crate::python;

const CONFIG: &str = "scrape_configs:\n- job_name: a\n  metric_relabel_configs:\n  \
                      - {source_labels: [a], regex: '(b', action: drop}\n";
const TEST: &str = "config: prometheus.yml\nrelabel_tests:\n- name: b goes\n  \
                    chain: scrape_configs[job=a].metric_relabel_configs\n  \
                    input: up{a=\"b\"}\n  dropped: true\n";

/// What pre-commit says of a hook of ours over all files of a repository.
fn hook(python: &Path, repository: &Path, id: &str) -> (bool, String) {
    let binary = Path::new(env!("CARGO_BIN_EXE_promsieve")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let output = Command::new(python)
        .args(["-m", "pre_commit", "try-repo"])
        .arg(workspace())
        .args([id, "--all-files", "--color=never"])
        .current_dir(repository)
        .env("PATH", format!("{}:{path}", binary.display()))
        .env("PRE_COMMIT_HOME", repository.join("cache"))
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn pre_commit_shows_what_is_wrong_and_passes_what_is_not() {
    let Some(python) = python::with(&xtask::python::PRE_COMMIT) else { return };
    let dir = TempDir::new("hook").unwrap();
    let git = |args: &[&str]| {
        let output = Command::new("git").args(args).current_dir(dir.path()).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    git(&["init", "--quiet"]);
    dir.write("prometheus.yml", CONFIG).unwrap();
    git(&["add", "prometheus.yml"]);
    let (passed, said) = hook(&python, dir.path(), "promsieve-lint");
    assert!(!passed && said.contains("prometheus.yml:4:"), "{said}");
    dir.write("prometheus.yml", CONFIG.replace("'(b'", "b")).unwrap();
    let (passed, said) = hook(&python, dir.path(), "promsieve-lint");
    assert!(passed, "{said}");
    dir.write("app_test.yml", TEST).unwrap();
    git(&["add", "app_test.yml"]);
    let (passed, said) = hook(&python, dir.path(), "promsieve-test");
    assert!(passed, "{said}");
    dir.write("prometheus.yml", CONFIG.replace("'(b'", "c")).unwrap();
    let (passed, said) = hook(&python, dir.path(), "promsieve-test");
    assert!(!passed && said.contains("b goes"), "{said}");
}

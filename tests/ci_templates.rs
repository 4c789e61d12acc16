//! The commands of the Actions and of GitLab's template, run in a shell as their runners do it: what
//! is ours with inputs filled in, the environment of a pull request, and nothing else.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use promsieve_lab::real::TempDir;
use serde_yaml::Value;
use xtask::workspace;

const CONFIG: &str = "scrape_configs: [{job_name: shop}]\n";
const SAMPLES: &str = "samples/scrapes/shop/a.prom";

/// What `gh` does instead: it writes down what it is asked.
const GH: &str = "#!/bin/sh\necho \"$@\" > gh-asked\ncat \"$7\" >> gh-asked\n";

fn git(dir: &Path, args: &[&str]) -> String {
    let identity = ["-c", "user.name=n", "-c", "user.email=e@example.com"];
    let output = Command::new("git").args(identity).args(args).current_dir(dir).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A clone of depth one of a branch whose samples are `page`, and the revision that it came from.
fn pull_request(page: &str) -> (TempDir, String) {
    let dir = TempDir::new("ci").unwrap();
    dir.write("origin/prometheus.yml", CONFIG).unwrap();
    dir.write(&format!("origin/{SAMPLES}"), "r{path=\"/a\"} 1\nr{path=\"/b\"} 1\n").unwrap();
    let origin = dir.path().join("origin");
    git(&origin, &["init", "--quiet"]);
    git(&origin, &["add", "-A"]);
    git(&origin, &["commit", "--quiet", "-m", "base"]);
    let base = git(&origin, &["rev-parse", "HEAD"]);
    git(&origin, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
    dir.write(&format!("origin/{SAMPLES}"), page).unwrap();
    git(&origin, &["commit", "--quiet", "--allow-empty", "-am", "change"]);
    let url = format!("file://{}", origin.display());
    git(dir.path(), &["clone", "--quiet", "--depth=1", &url, "work"]);
    (dir, base)
}

/// Runs a script in the clone with just these variables and our binaries in its environment.
fn shell(dir: &Path, words: &[&str], variables: &BTreeMap<String, String>) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_promsieve")).parent().unwrap();
    let path = format!("{}:{}:/usr/bin:/bin", dir.join("bin").display(), binary.display());
    Command::new(words[0])
        .args(&words[1..])
        .current_dir(dir.join("work"))
        .env_clear()
        .env("PATH", path)
        .envs(variables)
        .output()
        .unwrap()
}

/// An expression's value: `${{ inputs.paths }}` and the like.
fn filled(text: &str, values: &BTreeMap<&str, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{ ") {
        let (name, behind) = after.split_once(" }}").unwrap();
        out += before;
        out += values.get(name).unwrap_or_else(|| panic!("nothing gives `{name}`"));
        rest = behind;
    }
    out + rest
}

/// Runs the steps of a composite action one after the other; what they say, and how the worst ended.
fn run_action(file: &str, dir: &Path, given: &[(&str, String)]) -> (bool, String) {
    let path = workspace().join(file);
    let action: Value = serde_yaml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let mut values: BTreeMap<&str, String> =
        given.iter().map(|(name, value)| (*name, value.clone())).collect();
    values.insert("github.action_path", path.parent().unwrap().display().to_string());
    for (name, input) in action["inputs"].as_mapping().unwrap() {
        let key: &str = Box::leak(format!("inputs.{}", name.as_str().unwrap()).into_boxed_str());
        let default = filled(input["default"].as_str().unwrap(), &values);
        values.entry(key).or_insert(default);
    }
    let (mut passed, mut said) = (true, String::new());
    for step in action["runs"]["steps"].as_sequence().unwrap() {
        if step["if"].as_str() == Some("always() && inputs.comment == 'true'") {
            if values["inputs.comment"] != "true" {
                continue;
            }
        } else if !passed {
            continue;
        }
        let env = step["env"].as_mapping().unwrap().iter();
        let mut variables: BTreeMap<String, String> = env
            .map(|(name, text)| {
                (name.as_str().unwrap().to_owned(), filled(text.as_str().unwrap(), &values))
            })
            .collect();
        variables.insert("GITHUB_ACTIONS".to_owned(), "true".to_owned());
        variables.insert("GITHUB_STEP_SUMMARY".to_owned(), "summary.md".to_owned());
        assert_eq!(step["shell"], "bash");
        let script = dir.join("script.sh");
        std::fs::write(&script, step["run"].as_str().unwrap()).unwrap();
        let script = script.display().to_string();
        let bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", &script];
        let output = shell(dir, &bash, &variables);
        passed &= output.status.success();
        said += &String::from_utf8_lossy(&output.stdout);
        said += &String::from_utf8_lossy(&output.stderr);
    }
    (passed, said)
}

fn gate_action(page: &str, comment: bool) -> (TempDir, bool, String) {
    let (dir, base) = pull_request(page);
    dir.write("bin/gh", GH).unwrap();
    let gh = dir.path().join("bin/gh");
    std::fs::set_permissions(gh, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let temp = dir.path().display().to_string();
    let given = [
        ("inputs.paths", "prometheus.yml samples".to_owned()),
        ("inputs.comment", comment.to_string()),
        ("github.event.pull_request.base.sha", base),
        ("github.event.pull_request.number", "7".to_owned()),
        ("github.token", "t".to_owned()),
        ("runner.temp", temp),
    ];
    let (passed, said) = run_action("gate/action.yml", dir.path(), &given);
    (dir, passed, said)
}

/// Requests with a label of users.
fn users() -> String {
    let row = |user: usize| format!("r{{path=\"/a\",user_id=\"u-{user}\"}} 1\n");
    (0..200).map(row).collect()
}

#[test]
fn the_gates_action_fails_a_pull_request_and_comments_on_it() {
    let (dir, passed, said) = gate_action(&users(), true);
    assert!(!passed, "{said}");
    assert!(said.contains("::error title=promsieve gate%3A each metric::r: 200 series"), "{said}");
    let comment = std::fs::read_to_string(dir.path().join("work/gh-asked")).unwrap();
    assert!(
        comment.starts_with("pr comment 7 --edit-last --create-if-none --body-file"),
        "{comment}"
    );
    let summary = std::fs::read_to_string(dir.path().join("work/summary.md")).unwrap();
    for text in [comment, summary] {
        assert!(text.contains("### promsieve gate: fail"), "{text}");
        assert!(text.contains("`user_id`: 0 → 200 values"), "{text}");
    }
}

#[test]
fn the_gates_action_lets_a_change_of_nothing_pass_in_silence() {
    let (dir, passed, said) = gate_action("r{path=\"/b\"} 1\n\nr{path=\"/a\"} 1\n", false);
    assert!(passed, "{said}");
    assert!(said.starts_with("nothing changed: 2 series"), "{said}");
    assert!(!said.contains("::"), "{said}");
    assert!(!dir.path().join("work/gh-asked").exists());
}

#[test]
fn the_linters_action_runs() {
    let (dir, _) = pull_request("r 1\n");
    let given = [("inputs.sarif", "lint.sarif".to_owned())];
    let (passed, said) = run_action("action.yml", dir.path(), &given);
    assert!(passed, "{said}");
    assert!(dir.path().join("work/lint.sarif").exists());
}

#[test]
fn gitlabs_template_fails_a_merge_request() {
    let text = std::fs::read_to_string(workspace().join("gate/gitlab.yml")).unwrap();
    let template: Value = serde_yaml::from_str(&text).unwrap();
    let job = &template["promsieve gate"];
    for (page, passes) in [(users(), false), ("r{path=\"/b\"} 2\nr{path=\"/a\"} 1\n".into(), true)]
    {
        let (dir, base) = pull_request(&page);
        let defaults = job["variables"].as_mapping().unwrap().iter();
        let mut variables: BTreeMap<String, String> = defaults
            .map(|(name, text)| (name.as_str().unwrap().into(), text.as_str().unwrap().into()))
            .collect();
        variables.insert("CI_MERGE_REQUEST_DIFF_BASE_SHA".to_owned(), base);
        variables.insert("PROMSIEVE_PATHS".to_owned(), "prometheus.yml samples".to_owned());
        let lines = job["script"].as_sequence().unwrap().iter();
        let script: Vec<&str> = lines.map(|line| line.as_str().unwrap()).collect();
        let script = script.join("\n");
        let output = shell(dir.path(), &["sh", "-e", "-c", &script], &variables);
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.success(), passes, "{said}");
        let junit = std::fs::read_to_string(dir.path().join("work/promsieve-gate.xml")).unwrap();
        assert_eq!(junit.contains("`user_id`: 0 → 200 values"), !passes, "{junit}");
        let summary = std::fs::read_to_string(dir.path().join("work/promsieve-gate.md")).unwrap();
        assert_eq!(summary.contains("nothing changed"), passes, "{summary}");
    }
}

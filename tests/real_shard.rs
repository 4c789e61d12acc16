//! Shard plans on a real promtool: each target stays on exactly the shard that the plan says.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use promsieve_core::relabel::RawStep;
use promsieve_core::shard::{
    Assignment, HOST_LABEL, ShardGoal, ShardSize, TargetLoad, plan, steps,
};
use promsieve_core::units::Bytes;
use promsieve_lab::real::TempDir;

use crate::real::{Version, promtool};

const TARGETS: usize = 200;

fn targets() -> Vec<TargetLoad> {
    let target = |at: usize| {
        let address = match at % 3 {
            0 => format!("10.1.{}.{}:{}", at / 7, at % 7, 9000 + at % 5),
            1 => format!("app-{at}.bank.example:8080"),
            _ => format!("[fd00::{at:x}]:9100"),
        };
        let labels = vec![
            ("__address__".to_owned(), address),
            ("__meta_kubernetes_namespace".to_owned(), format!("ns-{}", at % 9)),
            ("__meta_kubernetes_pod_name".to_owned(), format!("pod-{at}")),
            ("number".to_owned(), at.to_string()),
        ];
        let series = 100 + at as u64;
        TargetLoad { job: "app".to_owned(), labels, series, bytes: 1000, ..TargetLoad::default() }
    };
    (0..TARGETS).map(target).collect()
}

fn config(targets: &[TargetLoad], steps: &[RawStep]) -> String {
    let mut yaml = String::from("scrape_configs:\n- job_name: app\n  static_configs:\n");
    for target in targets {
        writeln!(yaml, "  - targets: ['{}']\n    labels:", target.label("__address__")).unwrap();
        for (name, value) in &target.labels[1..] {
            writeln!(yaml, "      {name}: '{value}'").unwrap();
        }
    }
    yaml.push_str("  relabel_configs:\n");
    for step in steps {
        writeln!(yaml, "  - source_labels: {:?}", step.source_labels.value().unwrap()).unwrap();
        let fields = [
            ("regex", &step.regex),
            ("target_label", &step.target_label),
            ("replacement", &step.replacement),
            ("action", &step.action),
        ];
        for (key, field) in fields {
            if let Some(value) = field.value() {
                writeln!(yaml, "    {key}: '{value}'").unwrap();
            }
        }
        if let Some(modulus) = step.modulus.value() {
            writeln!(yaml, "    modulus: {modulus}").unwrap();
        }
    }
    yaml
}

/// Numbers of the targets that promtool keeps: those whose `labels` after relabeling have one.
fn kept(promtool: &Path, config: &str, file: &Path) -> Vec<usize> {
    std::fs::write(file, config).unwrap();
    let output = Command::new(promtool)
        .args(["check", "service-discovery", "--timeout=1s"])
        .arg(file)
        .arg("app")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("discoveredLabels"), "{}", String::from_utf8_lossy(&output.stderr));
    let mut after = false;
    let mut kept = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with('"') && line.contains("abels\": {") {
            after = line.starts_with("\"labels\"");
        }
        if let Some(number) = line.strip_prefix("\"number\": \"").filter(|_| after) {
            kept.push(number.trim_end_matches([',', '"']).parse().unwrap());
        }
    }
    kept.sort_unstable();
    kept
}

#[test]
fn promtool_keeps_each_target_on_the_shard_of_the_plan() {
    let Some(promtool) = promtool(Version::V3) else { return };
    let targets = targets();
    let dir = TempDir::new("shard").unwrap();
    let file = dir.path().join("prometheus.yml");
    let sets = [
        vec!["__address__"],
        vec![HOST_LABEL],
        vec!["__meta_kubernetes_namespace", "__meta_kubernetes_pod_name"],
        vec!["__meta_missing", HOST_LABEL],
    ];
    let plans = sets.map(|set| [(set.clone(), Assignment::Hashmod), (set, Assignment::Mapped)]);
    for (set, assignment) in plans.into_iter().flatten() {
        let goal = ShardGoal {
            candidates: vec![set.iter().map(|name| (*name).to_owned()).collect()],
            assignment,
            ..ShardGoal::new(ShardSize::Shards(3))
        };
        let plan = plan(&targets, &goal, &|bytes| Bytes(bytes.0));
        assert_eq!(plan.mapped.is_empty(), assignment == Assignment::Hashmod, "{set:?}");
        let mut seen = 0;
        for index in 0..plan.shards {
            let want: Vec<usize> = (0..TARGETS).filter(|at| plan.assigned[*at] == index).collect();
            let config = config(&targets, &steps(&plan, &index.to_string()));
            assert_eq!(kept(&promtool, &config, &file), want, "{set:?} {index}");
            seen += want.len();
        }
        assert_eq!(seen, TARGETS);
    }
}

//! Configurations and rule files of a fleet, written and read again.

use super::*;
use crate::config::{self, Project};
use crate::flow::{Discovered, discover};
use crate::relabel::target::TargetOutcome;
use crate::server::Server;
use crate::text::{SourceText, Sources};
use crate::units::Bytes;

const CONFIG: &str = "\
global: {scrape_interval: 30s, external_labels: {cluster: eu, shard: old}}
rule_files: # by hand
  - rules/*.yml
alerting:
  alertmanagers:
    - static_configs: [{targets: [alerts]}]
scrape_configs:
  - job_name: block
    static_configs: [{targets: ['a:1', 'b:1', 'c:1', 'd:2', 'e:2', 'f:2']}]
    relabel_configs:
      # keep me
      - {source_labels: [__address__], regex: 'f:2', action: drop}
  - {job_name: flow, static_configs: [{targets: ['a:1', 'g:1', 'h:1']}], relabel_configs: [{target_label: x, replacement: y}]}
  - job_name: probe
    static_configs: [{targets: [one, two, three, four]}]
    relabel_configs:
      - {source_labels: [__address__], target_label: __param_target}
      - {source_labels: [__address__], target_label: instance}
      - {target_label: __address__, replacement: 'prober:9115'}
  - job_name: self
    static_configs: [{targets: ['localhost:9090']}]
";

fn read(text: &str) -> (Project, Sources) {
    let mut sources = Sources::default();
    let file = sources.add(SourceText::new("prometheus.yml", text.to_owned()));
    let (project, findings) = config::parse(file, sources.file(file), Server::default());
    assert_eq!(findings, [], "{text}");
    (project, sources)
}

/// The targets of a project before they are relabeled.
fn loads(project: &Project) -> Vec<TargetLoad> {
    let jobs = project.jobs.iter().filter(|job| !watches_own_machine(job));
    let found = jobs.flat_map(|job| crate::flow::discover_job(project.server, job));
    let load = |found: Discovered| TargetLoad {
        job: found.job,
        labels: found.discovered,
        stored: found.labels,
        series: 10,
        bytes: 10,
    };
    found.map(load).collect()
}

fn planned(targets: &[TargetLoad], assignment: Assignment) -> ShardPlan {
    let goal = ShardGoal { assignment, ..ShardGoal::new(ShardSize::Shards(3)) };
    plan(targets, &goal, &|bytes: Bytes| bytes)
}

fn active(project: &Project) -> Vec<(String, Vec<(String, String)>)> {
    let found = discover(project).into_iter();
    let found = found.filter(|found| found.outcome == TargetOutcome::Active);
    found.map(|found| (found.job, found.labels)).collect()
}

#[test]
fn every_target_is_on_one_shard_and_is_there_what_it_was() {
    let (project, sources) = read(CONFIG);
    let whole = active(&project);
    for assignment in [Assignment::Hashmod, Assignment::Mapped] {
        let plan = planned(&loads(&project), assignment);
        let mut parts = Vec::new();
        for server in servers(3, 2).into_iter().filter(|it| it.replica.as_deref() == Some("a")) {
            let files =
                shard_config(&project, &sources, &plan, &server, "x", Some("r.yml")).unwrap();
            let (written, _) = read(&files[0].1);
            let (own, part): (Vec<_>, Vec<_>) =
                active(&written).into_iter().partition(|(job, _)| job == "self");
            assert_eq!(own[0].1[0].1, format!("localhost:9090@shard-{}", server.name()));
            parts.extend(part);
        }
        parts.sort();
        let mut wanted: Vec<_> = whole.iter().filter(|(job, _)| job != "self").cloned().collect();
        wanted.sort();
        assert_eq!(parts, wanted, "{assignment:?}");
    }
}

#[test]
fn a_job_of_its_own_server_is_there_alone() {
    let (project, sources) = read(CONFIG);
    let goal = ShardGoal {
        dedicated: vec!["flow".to_owned(), "nosuch".to_owned()],
        ..ShardGoal::new(ShardSize::Shards(2))
    };
    let plan = plan(&loads(&project), &goal, &|bytes| bytes);
    assert_eq!((plan.shards, plan.servers(), &plan.dedicated[..]), (2, 3, &goal.dedicated[..1]));
    assert_eq!(plan.detail[2].targets, 3);
    let operator = operator_resource(&project, &plan, 1);
    assert!(operator.contains("# of its own needs a resource of its own: flow.\n"), "{operator}");
    let mut found = Vec::new();
    for server in servers(plan.servers(), 1) {
        let name = server.name();
        let files = shard_config(&project, &sources, &plan, &server, &name, None).unwrap();
        let jobs = active(&read(&files[0].1).0).into_iter().filter(|(job, _)| job != "self");
        found.extend(jobs.map(|(job, _)| (job == "flow", name == "2")));
    }
    assert!(found.iter().all(|(is_flow, is_there)| is_flow == is_there), "{found:?}");
    assert_eq!(found.len(), active(&project).len() - 1);
}

#[test]
fn labels_rules_and_alerts_are_the_servers_own() {
    let (project, sources) = read(CONFIG);
    let plan = planned(&loads(&project), Assignment::Hashmod);
    let server = &servers(3, 2)[3];
    let files = shard_config(&project, &sources, &plan, server, "x", Some("r.yml")).unwrap();
    let text = &files[0].1;
    for part in [
        "external_labels: {cluster: eu, shard: '1', replica: 'b'}",
        "rule_files: [r.yml]",
        "alert_relabel_configs:\n    - regex: replica\n      action: labeldrop",
        "      # keep me\n      - source_labels: [__address__]\n        modulus: 3",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let (again, sources) = read(text);
    let refused = shard_config(&again, &sources, &plan, server, "x", None).unwrap_err();
    assert!(refused.starts_with("`block` is sharded already"), "{refused}");
}

/// A main file that names another, which is called `name`.
fn with_scrape_file(name: &str) -> (Project, Sources) {
    let (mut project, mut sources) = (None, Sources::default());
    for (name, text) in [
        ("etc/main.yml", "scrape_config_files: ['jobs/*.yml']\n"),
        (
            name,
            "scrape_configs:\n- {job_name: a, static_configs: [{targets: ['a:1', 'b:1', 'c:1']}]}\n",
        ),
    ] {
        let file = sources.add(SourceText::new(name, text));
        match &mut project {
            None => project = Some(config::parse(file, sources.file(file), Server::default()).0),
            Some(project) => assert_eq!(project.add_scrape_file(file, sources.file(file)), []),
        }
    }
    (project.unwrap(), sources)
}

#[test]
fn scrape_files_stay_in_their_folders_and_each_server_has_its_own() {
    let (project, sources) = with_scrape_file("etc/jobs/app.yml");
    let plan = planned(&loads(&project), Assignment::Hashmod);
    let mut found = 0;
    for server in servers(3, 1) {
        let name = server.name();
        let files = shard_config(&project, &sources, &plan, &server, &name, None).unwrap();
        let [(main, text), (jobs, list)] = &files[..] else { panic!("{files:?}") };
        assert_eq!(
            (main, jobs),
            (&format!("prometheus-{name}.yml"), &format!("jobs/app-{name}.yml"))
        );
        assert!(text.contains(&format!("scrape_config_files: [jobs/app-{name}.yml]")), "{text}");
        assert!(text.contains(&format!("shard: '{name}'")), "{text}");
        let (mut written, mut sources) = read(text);
        let file = sources.add(SourceText::new("jobs", list.as_str()));
        assert_eq!(written.add_scrape_file(file, sources.file(file)), []);
        found += active(&written).len();
    }
    assert_eq!(found, 3, "each target is on one shard");
    for outside in ["jobs/app.yml", "/etc/app.yml", "../app.yml"] {
        let (project, sources) = with_scrape_file(outside);
        let refused = shard_config(&project, &sources, &plan, &servers(3, 1)[0], "0", None);
        assert!(refused.unwrap_err().contains("lies outside"), "{outside}");
    }
}

#[test]
fn a_list_that_two_jobs_share_is_refused() {
    let text = "scrape_configs:\n- job_name: a\n  relabel_configs: &x\n  - {target_label: b}\n\
                - {job_name: c, relabel_configs: *x}\n";
    let (project, sources) = read(text);
    let plan = planned(&[], Assignment::Hashmod);
    let refused =
        shard_config(&project, &sources, &plan, &servers(3, 1)[0], "x", None).unwrap_err();
    assert!(refused.contains("`c` shares"), "{refused}");
}

const RULES: &str = "\
groups:
- name: g
  interval: 1m
  rules:
  - {record: 'a:rate', expr: 'rate(a[5m])', labels: {x: z}}
  - record: job:a:sum
    expr: |
      sum by (job)
        (a:rate)
  - {alert: Many, expr: 'job:a:sum > 1', for: 5m}
  - {alert: Few, expr: 'absent(a)'}
  - {record: top, expr: 'topk(1, a)'}
  - {record: stolen, expr: a, labels: {instance: none}}
- name: g2
  rules: [{record: late, expr: 'sum(top)'}, {record: fine, expr: 'a:rate * 2'}]
";

fn shared() -> SharedRules {
    let (mut project, mut sources) = (Project::default(), Sources::default());
    let file = sources.add(SourceText::new("rules.yml", RULES.to_owned()));
    let findings = project.add_rule_file(file, sources.file(file));
    assert_eq!(findings, []);
    share_rules(&project, &ShardKey::of(&["instance"]))
}

#[test]
fn each_rule_has_its_place() {
    let shared = shared();
    let places = shared.rules.iter().map(|rule| match &rule.place {
        RulePlace::Shard => (rule.name.as_str(), "shard"),
        RulePlace::TwoLevel { .. } => (rule.name.as_str(), "two levels"),
        RulePlace::Global { reason } => (rule.name.as_str(), reason.as_str()),
    });
    assert_eq!(
        places.collect::<Vec<_>>(),
        [
            ("a:rate", "shard"),
            ("job:a:sum", "two levels"),
            ("Many", "it reads `job:a:sum`, which the global view makes"),
            ("Few", "`absent` fires on each shard that lacks the series"),
            ("top", "`topk` combines series of different `instance`"),
            ("stolen", "its labels overwrite `instance`"),
            ("late", "it reads `top`, which the global view makes"),
            ("fine", "shard"),
        ]
    );
    assert_eq!(
        shared.shard_file("1").unwrap(),
        "groups:\n- name: g\n  interval: '1m'\n  rules:\n  - record: 'a:rate'\n    \
         expr: 'rate(a[5m])'\n    labels: {x: z}\n  - record: shard:job:a:sum:sum\n    \
         expr: |-\n      sum by (job)\n        (a:rate)\n    labels: {shard_part: '1'}\n\
         - name: g2\n  rules:\n  - record: fine\n    expr: 'a:rate * 2'\n"
    );
    let global = shared.global_file().unwrap();
    let first = "- name: g\n  interval: '1m'\n  partial_response_strategy: abort\n  rules:\n  \
                 - record: 'job:a:sum'\n    expr: 'sum without (shard_part) (shard:job:a:sum:sum)'\n";
    assert!(global.contains(first), "{global}");
    assert!(
        global.contains("  - alert: Many\n    expr: 'job:a:sum > 1'\n    for: '5m'\n"),
        "{global}"
    );
}

#[test]
fn flags_name_every_server_and_both_labels() {
    let query = query_flags(&servers(2, 2)).join(" ");
    for flag in [
        "--endpoint=prometheus-1-b:10901",
        "--query.replica-label=replica",
        "--query.replica-label=shard",
    ] {
        assert!(query.contains(flag), "{query}");
    }
    let (project, _) = read(CONFIG);
    let plan = planned(&loads(&project), Assignment::Hashmod);
    let operator = operator_resource(&project, &plan, 2);
    assert!(operator.contains("share the new one go to one shard together: probe."), "{operator}");
    assert!(operator.contains("\n  shards: 3\n  replicas: 2\n"), "{operator}");
    assert_eq!(vmagent_flags(3, 2)[2][1], "-promscrape.cluster.memberNum=2");
}

//! A thousand random fleets: gaps and overlaps are found exactly when some of many targets, each put
//! through every configuration, shows them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use proptest::prelude::*;

use super::fleet::{FaultKind, Member, check_fleet};
use super::plan::tests::config;
use crate::config::{self, Job, Located, Project, StaticGroup};
use crate::flow::{Discovered, apply_table, discover_job};
use crate::relabel::Program;
use crate::relabel::target::TargetOutcome;
use crate::series::{TableBuilder, Target};
use crate::server::Server;
use crate::text::{FileId, SourceText};

/// Targets that are tried. Of 144 combinations of residues at most, each falls to several.
const TARGETS: usize = 1000;

fn project(text: &str) -> Project {
    let (project, findings) =
        config::parse(FileId::default(), &SourceText::new("x", text.to_owned()), Server::default());
    assert_eq!(findings, [], "{text}");
    project
}

/// For each target whether a configuration scrapes it in a job; `None` when it has no such job. The
/// same chain gives the same, so that each is run once.
fn scraped(project: &Project, name: &str) -> Option<Vec<bool>> {
    static RUN: Mutex<BTreeMap<String, Vec<bool>>> = Mutex::new(BTreeMap::new());
    let job = project.jobs.iter().find(|job| job.name == name)?;
    let steps = job.target_chain.steps.iter().chain(&job.metric_chain.steps);
    let chain: String = steps.map(|step| step.raw.to_yaml() + "\n").collect();
    let run = || {
        let found = discover_job(project.server, &with_targets(job)).into_iter();
        let series = stored_series(job);
        let is_active = |target: Discovered| target.outcome == TargetOutcome::Active;
        found.map(is_active).enumerate().map(|(at, up)| up && series.contains(&pod(at))).collect()
    };
    Some(RUN.lock().unwrap().entry(chain).or_insert_with(run).clone())
}

fn pod(at: usize) -> String {
    format!("series-{at}")
}

/// Which of the series, one a target, the chain over metrics leaves.
fn stored_series(job: &Job) -> BTreeSet<String> {
    let mut table = TableBuilder::default();
    table.target(Target { job: job.name.clone(), labels: Vec::new() });
    for at in 0..TARGETS {
        table.row("m", &[("pod", &pod(at))], 10);
    }
    let steps: Vec<_> =
        job.metric_chain.steps.iter().filter_map(|step| step.step.clone()).collect();
    let (left, _) = apply_table(&Program::compile(&steps), &table.finish());
    let rows = left.metrics.iter().flat_map(|group| (0..group.rows).map(move |row| (group, row)));
    let pods = rows.flat_map(|(group, row)| left.row_labels(group, row));
    pods.filter(|(label, _)| *label == "pod").map(|(_, value)| value.to_owned()).collect()
}

fn with_targets(job: &Job) -> Job {
    let located = |text: String| Located::new(text, <_>::default());
    let group = |at: usize| StaticGroup {
        targets: vec![located(format!("10.0.{}.{}:9100", at / 250, at % 250))],
        labels: vec![(located("__meta_pod".to_owned()), located(format!("pod-{at}")))],
        ..StaticGroup::default()
    };
    Job { static_targets: (0..TARGETS).map(group).collect(), ..job.clone() }
}

/// Whether some target of a job is scraped by nobody, and whether by two that are no replicas.
fn shown(projects: &[Project], names: &[&str], name: &str) -> (bool, bool) {
    let all = |name: &&str| projects.iter().map(|it| scraped(it, name)).collect::<Vec<_>>();
    let kept: Vec<Vec<Option<Vec<bool>>>> = names.iter().map(all).collect();
    let own = &kept[names.iter().position(|it| *it == name).unwrap()];
    let is_split = |kept: &&Vec<Option<Vec<bool>>>| {
        kept.iter().flatten().any(|targets| targets.contains(&false))
    };
    let split: Vec<_> = kept.iter().filter(is_split).collect();
    let replicas =
        |a: usize, b: usize| own[a] == own[b] && split.iter().all(|kept| kept[a] == kept[b]);
    let (mut gap, mut overlap) = (false, false);
    for target in 0..TARGETS {
        let keeps = |at: &usize| own[*at].as_ref().is_some_and(|kept| kept[target]);
        let owners: Vec<usize> = (0..projects.len()).filter(keeps).collect();
        gap |= owners.is_empty();
        overlap |= owners.iter().any(|owner| !replicas(owners[0], *owner));
    }
    (gap, overlap)
}

/// The steps of a job on one member, most often those of a proper fleet.
fn chain() -> impl Strategy<Value = String> {
    let sources = prop_oneof![5 => Just("__address__"), 1 => Just("__meta_pod")];
    let filter = prop_oneof![
        6 => (0u64..4).prop_map(|residue| format!("regex: {residue}, action: keep")),
        1 => (0u64..4).prop_map(|residue| format!("regex: '{residue}|0', action: keep")),
        1 => (0u64..4).prop_map(|residue| format!("regex: {residue}, action: drop")),
    ];
    let constant = (0u64..4, 0u64..4).prop_map(|(own, kept)| {
        format!(
            "[{{target_label: __tmp_hash, replacement: '{own}'}}, {{source_labels: [__tmp_hash], \
             regex: {kept}, action: keep}}]"
        )
    });
    let hashed = (sources, 2u64..5, filter).prop_map(|(source, modulus, filter)| {
        format!(
            "[{{source_labels: [{source}], modulus: {modulus}, target_label: __tmp_hash, action: \
             hashmod}}, {{source_labels: [__tmp_hash], {filter}}}]"
        )
    });
    prop_oneof![8 => hashed, 1 => constant, 1 => Just("[]".to_owned())]
}

/// The steps of one over metrics, most often none.
fn metric_chain() -> impl Strategy<Value = String> {
    let hashed = (2u64..4, 0u64..3).prop_map(|(modulus, residue)| {
        format!(
            "[{{source_labels: [pod], modulus: {modulus}, target_label: __tmp_hash, action: \
             hashmod}}, {{source_labels: [__tmp_hash], regex: {residue}, action: keep}}, {{regex: \
             __tmp_hash, action: labeldrop}}]"
        )
    });
    prop_oneof![4 => Just("[]".to_owned()), 1 => hashed]
}

/// A fleet of which most members are right: member `at` keeps residue `at`.
fn fleets() -> impl Strategy<Value = Vec<String>> {
    let job = || (chain(), metric_chain());
    let member = prop_oneof![
        5 => Just(None),
        1 => (job(), job()).prop_map(Some),
    ];
    (2usize..5, prop::collection::vec(member, 1..6), prop::bool::ANY, prop::bool::ANY).prop_map(
        |(modulus, members, twice, by_series)| {
            let right = |at: usize| {
                let source = if by_series { "pod" } else { "__address__" };
                let chain = format!(
                    "[{{source_labels: [{source}], modulus: {modulus}, target_label: __tmp_hash, \
                     action: hashmod}}, {{source_labels: [__tmp_hash], regex: {}, action: keep}}]",
                    if twice { at / 2 } else { at } % modulus
                );
                if by_series { ("[]".to_owned(), chain) } else { (chain, "[]".to_owned()) }
            };
            let job = |name: &str, (targets, metrics): (String, String)| {
                format!(
                    "- {{job_name: {name}, file_sd_configs: [{{files: [x.yml]}}], \
                     relabel_configs: {targets}, metric_relabel_configs: {metrics}}}\n"
                )
            };
            let text = |(at, member): (usize, Option<_>)| {
                let (a, b) = member.unwrap_or_else(|| (right(at), right(at)));
                format!("scrape_configs:\n{}{}", job("a", a), job("b", b))
            };
            members.into_iter().enumerate().map(text).collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..config() })]

    #[test]
    fn faults_are_found_when_and_only_when_targets_show_them(texts in fleets()) {
        let projects: Vec<Project> = texts.iter().map(|text| project(text)).collect();
        let members: Vec<Member<'_>> =
            projects.iter().map(|project| Member { name: "member", project }).collect();
        let faults = check_fleet(&members);
        for job in ["a", "b"] {
            let has = |kinds: &[FaultKind]| {
                faults.iter().any(|fault| fault.job.as_deref() == Some(job) && kinds.contains(&fault.kind))
            };
            let found = (has(&[FaultKind::Gap]), has(&[FaultKind::Overlap, FaultKind::Whole]));
            prop_assert_eq!(found, shown(&projects, &["a", "b"], job), "{}\n{:?}", texts.join("---\n"), faults);
        }
    }
}

#[test]
fn faults_say_where() {
    let shard = |modulus: u64, residue: u64| {
        project(&format!(
            "scrape_configs:\n- job_name: a\n  static_configs: [{{targets: [x]}}]\n  \
             relabel_configs:\n  - {{source_labels: [__address__], modulus: {modulus}, \
             target_label: h, action: hashmod}}\n  - {{source_labels: [h], regex: {residue}, \
             action: keep}}\n- job_name: whole\n  static_configs: [{{targets: [y]}}]\n"
        ))
    };
    let projects = [shard(3, 0), shard(3, 0), shard(2, 1)];
    let names = ["p0", "p1", "p2"];
    let members: Vec<Member<'_>> =
        names.into_iter().zip(&projects).map(|(name, project)| Member { name, project }).collect();
    let faults = check_fleet(&members);
    let told: Vec<_> = faults
        .iter()
        .map(|it| {
            (
                it.job.as_deref().unwrap_or(""),
                it.kind,
                format!("{:.3}", it.share),
                it.members.join(" "),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("a", FaultKind::Gap, "0.333".to_owned(), "p0 p1 p2".to_owned()),
            ("a", FaultKind::Overlap, "0.167".to_owned(), "p0 p1 p2".to_owned()),
            ("whole", FaultKind::Whole, "1.000".to_owned(), "p0 p1 p2".to_owned()),
            ("", FaultKind::Labels, "1.000".to_owned(), "p0 p1 p2".to_owned()),
        ]
    );
    assert_eq!(faults[0].reasons, ["the moduli differ: 3 in p0, p1; 2 in p2"]);
    assert_eq!(faults[3].reasons, ["they have no external labels"]);
    let example = faults[0].example.as_ref().unwrap();
    let hash = |modulus| super::hashmod(example, modulus);
    assert!(hash(3) != 0 && hash(2) != 1, "{example}");
    let huge = [shard(99_991, 0), shard(99_989, 0)];
    let members = huge.each_ref().map(|project| Member { name: "p", project });
    assert_eq!(check_fleet(&members)[0].kind, FaultKind::Unknown);
}

#[test]
fn faults_say_why() {
    let member = |job: &str| {
        project(&format!(
            "global: {{external_labels: {{shard: x}}}}\nscrape_configs:\n- job_name: a\n  \
             static_configs: [{{targets: [x]}}]\n{job}"
        ))
    };
    let hash = "{source_labels: [__address__], modulus: 2, target_label: h, action: hashmod}";
    let by_pod = "{source_labels: [__meta_pod], modulus: 2, target_label: h, action: hashmod}";
    let keep = "{source_labels: [h], regex: 0, action: keep}";
    let right = format!("  relabel_configs: [{hash}, {keep}]\n");
    let reasons = |second: &str| {
        let projects = [member(&right), member(second)];
        let members: Vec<Member<'_>> = ["p0", "p1"]
            .into_iter()
            .zip(&projects)
            .map(|(name, project)| Member { name, project })
            .collect();
        let faults = check_fleet(&members);
        assert_eq!(faults.last().unwrap().reasons, ["all of them are `{shard=\"x\"}`"]);
        faults.into_iter().find(|it| it.kind == FaultKind::Overlap).unwrap().reasons
    };
    let pods = format!("  relabel_configs: [{by_pod}, {keep}]\n");
    let differ = "different labels are hashed: `__address__` in p0; `__meta_pod` in p1";
    assert_eq!(reasons(&pods), [differ]);
    let unread = format!("  relabel_configs: [{hash}]\n");
    assert_eq!(reasons(&unread), ["no `keep` reads the `hashmod` in p1"]);
    let bare = "there is no `hashmod` and `keep` in p1";
    assert_eq!(reasons(""), [bare]);
    let probe = reasons("  metrics_path: /probe\n");
    assert!(probe[0] == bare && probe[1].starts_with("probes need a hash"), "{probe:?}");
    let federation = reasons("  metrics_path: /federate\n");
    assert!(federation[1].starts_with("federation reads the same"), "{federation:?}");
}

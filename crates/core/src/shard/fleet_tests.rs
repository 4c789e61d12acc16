//! A thousand random fleets: gaps and overlaps are found exactly when some of many targets, each put
//! through every configuration, shows them.

use std::collections::BTreeMap;
use std::sync::Mutex;

use proptest::prelude::*;

use super::fleet::{FaultKind, Member, check_fleet};
use super::plan::tests::config;
use crate::config::{self, Job, Located, Project, StaticGroup};
use crate::flow::discover_job;
use crate::relabel::target::TargetOutcome;
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
    let chain: String =
        job.target_chain.steps.iter().map(|step| step.raw.to_yaml() + "\n").collect();
    let run = || {
        let found = discover_job(project.server, &with_targets(job)).into_iter();
        found.map(|target| target.outcome == TargetOutcome::Active).collect()
    };
    Some(RUN.lock().unwrap().entry(chain).or_insert_with(run).clone())
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
    let hashed = (sources, 2u64..5, filter).prop_map(|(source, modulus, filter)| {
        format!(
            "[{{source_labels: [{source}], modulus: {modulus}, target_label: __tmp_hash, action: \
             hashmod}}, {{source_labels: [__tmp_hash], {filter}}}]"
        )
    });
    prop_oneof![8 => hashed, 1 => Just("[]".to_owned())]
}

/// A fleet of which most members are right: member `at` keeps residue `at`.
fn fleets() -> impl Strategy<Value = Vec<String>> {
    let member = prop_oneof![
        5 => Just(None),
        1 => (chain(), chain()).prop_map(Some),
    ];
    (2usize..5, prop::collection::vec(member, 1..6), prop::bool::ANY).prop_map(
        |(modulus, members, twice)| {
            let right = |at: usize| {
                format!(
                    "[{{source_labels: [__address__], modulus: {modulus}, target_label: __tmp_hash, \
                     action: hashmod}}, {{source_labels: [__tmp_hash], regex: {}, action: keep}}]",
                    if twice { at / 2 } else { at } % modulus
                )
            };
            let text = |(at, member): (usize, Option<(String, String)>)| {
                let (a, b) = member.unwrap_or_else(|| (right(at), right(at)));
                format!(
                    "scrape_configs:\n- {{job_name: a, file_sd_configs: [{{files: [x.yml]}}], \
                     relabel_configs: {a}}}\n- {{job_name: b, file_sd_configs: [{{files: \
                     [x.yml]}}], relabel_configs: {b}}}\n"
                )
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
                faults.iter().any(|fault| fault.job == job && kinds.contains(&fault.kind))
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
        .map(|it| (it.job.as_str(), it.kind, format!("{:.3}", it.share), it.members.join(" ")))
        .collect();
    assert_eq!(
        told,
        [
            ("a", FaultKind::Gap, "0.333".to_owned(), "p0 p1 p2".to_owned()),
            ("a", FaultKind::Overlap, "0.167".to_owned(), "p0 p1 p2".to_owned()),
            ("whole", FaultKind::Whole, "1.000".to_owned(), "p0 p1 p2".to_owned()),
        ]
    );
    let example = faults[0].example.as_ref().unwrap();
    let hash = |modulus| super::hashmod(example, modulus);
    assert!(hash(3) != 0 && hash(2) != 1, "{example}");
    let huge = [shard(99_991, 0), shard(99_989, 0)];
    let members = huge.each_ref().map(|project| Member { name: "p", project });
    assert_eq!(check_fleet(&members)[0].kind, FaultKind::Unknown);
}

//! Plans over random series and queries, by brute force; and proofs that must fail.

use proptest::prelude::*;

use super::action::{Action, ActionKind, Proof};
use super::apply::steps_alone;
use super::replay::replay;
use super::{
    Evidence, Goal, Plan, Proposal, Refutation, advise, choices, effects, plan, propose, rollout,
};
use crate::config::{Job, Project};
use crate::cost::{CostModel, ServerSettings};
use crate::flow::{self, Stored};
use crate::relabel::{Field, RawStep};
use crate::series::{Table, TableBuilder, Target};
use crate::server::Server;
use crate::usage::{Usage, UsageOptions, list_queries};
use crate::watch::Unwatched;

type Series = (String, Vec<(String, String)>);

/// A query: metric, label, operator and value of its one matcher.
type Asked = (String, String, &'static str, String);

fn project() -> Project {
    let job = Job { name: "j".to_owned(), ..Job::default() };
    Project { jobs: vec![job], ..Project::default() }
}

fn exposed(series: &[Series]) -> Table {
    let mut builder = TableBuilder::default();
    let target = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    builder.target(Target {
        job: "j".to_owned(),
        labels: vec![target("instance", "i"), target("job", "j")],
    });
    for (metric, labels) in series {
        let labels: Vec<_> = labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        builder.row(metric, &labels, 20);
    }
    builder.finish()
}

/// Hands evidence of these snapshots, the newest first, and queries to a test.
fn with_evidence<T>(
    snapshots: &[&[Series]],
    queries: &[String],
    test: impl FnOnce(&Evidence<'_>) -> T,
) -> T {
    let project = project();
    let (attached, stored): (Vec<Table>, Vec<Stored>) =
        snapshots.iter().map(|series| flow::run(&project, &exposed(series))).unzip();
    let usage = Usage::of(list_queries("q", &queries.join("\n")), UsageOptions::default());
    let (model, settings) = (CostModel::embedded(&Server::default()).0, ServerSettings::default());
    test(&Evidence {
        project: &project,
        attached: &attached[0],
        stored: &stored[0],
        earlier: &stored[1..],
        usage: &usage,
        model: &model,
        settings: &settings,
    })
}

fn proven(mut proposal: Proposal, evidence: &Evidence<'_>) -> Plan {
    loop {
        match proposal.clone().prove(evidence, &Unwatched) {
            Ok(plan) => return plan,
            Err(refutation) => proposal = proposal.without(&refutation),
        }
    }
}

/// What the steps of actions leave.
fn left(evidence: &Evidence<'_>, actions: &[Action]) -> Table {
    let steps = steps_alone(evidence.project, actions.iter()).unwrap();
    flow::store_more(&steps, &evidence.stored.table).table
}

/// The series that a query selects, counted without any of our automata or usage.
fn selected(table: &Table, (metric, label, op, value): &Asked) -> usize {
    let matches = |found: &str| match *op {
        "=" => found == value,
        "!=" => found != value,
        // The generated regexes are alternations of letters.
        "=~" => value.split('|').any(|branch| branch == found),
        _ => !value.split('|').any(|branch| branch == found),
    };
    let groups = table.metrics.iter().filter(|group| table.metric_name(group) == metric);
    let rows =
        groups.flat_map(|group| (0..group.rows).map(move |row| table.row_labels(group, row)));
    rows.filter(|labels| {
        matches(labels.iter().find(|(name, _)| name == label).map_or("", |(_, value)| *value))
    })
    .count()
}

fn series() -> impl Strategy<Value = Vec<Series>> {
    let labels = proptest::collection::btree_map("[ab]", "[w-z]", 0..3);
    let one = ("[mno]", labels.prop_map(|map| map.into_iter().collect()));
    proptest::collection::btree_set(one, 1..30).prop_map(|set| set.into_iter().collect())
}

fn asked() -> impl Strategy<Value = Vec<Asked>> {
    let op = prop::sample::select(vec!["=", "!=", "=~", "!~"]);
    proptest::collection::vec(("[mno]", "[ab]", op, "[w-z](\\|[w-z])?"), 0..4)
}

fn text((metric, label, op, value): &Asked) -> String {
    format!("count({metric}{{{label}{op}\"{value}\"}})")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_query_selects_less_under_a_plan(new in series(), old in series(), asked in asked()) {
        let queries: Vec<String> = asked.iter().map(text).collect();
        with_evidence(&[&new, &old], &queries, |evidence| {
            let plan = proven(propose(evidence, &Goal::default()), evidence);
            let after = left(evidence, plan.actions());
            for query in &asked {
                let (was, is) = (selected(&evidence.stored.table, query), selected(&after, query));
                prop_assert_eq!(was, is, "{:?} under {:?}", query, plan.actions());
            }
            // What hashes say of labels that are looked at one by one, a whole replay says.
            for action in plan.not_applied() {
                let steps = steps_alone(evidence.project, std::iter::once(action)).unwrap();
                for snapshot in evidence.snapshots() {
                    let replayed = replay(&steps, &snapshot.table, &[action]);
                    prop_assert!(replayed.is_ok(), "{:?} {:?}", action, replayed.err());
                }
            }
            let saved: u64 = plan.actions().iter().map(|action| action.series_saved.0).sum();
            let gone = plan.before().series.0 - plan.after().series.0;
            prop_assert!(gone <= saved && gone == evidence.stored.table.rows() as u64 - after.rows() as u64);
            // Each label alone: whatever no matcher of any query lets through is gone.
            for query in asked.iter().filter(|query| asked.iter().all(|other| other.0 != query.0 || other.1 == query.1)) {
                let of_metric = |table: &Table| selected(table, &(query.0.clone(), "c".to_owned(), "=", String::new()));
                let readers: Vec<&Asked> = asked.iter().filter(|other| other.0 == query.0).collect();
                let [one] = readers[..] else { continue };
                let absent = selected(&after, &(one.0.clone(), one.1.clone(), "=", String::new()));
                let wanted = selected(&after, one);
                let refuses_absent = matches!(one.2, "=" | "=~");
                if wanted > 0 && refuses_absent {
                    prop_assert_eq!(of_metric(&after), wanted + absent, "{:?}", one);
                }
            }
            Ok(())
        })?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn every_choice_of_a_plans_actions_saves_what_its_portions_say(
        new in series(), asked in asked(), chosen in proptest::collection::vec(any::<bool>(), 12),
    ) {
        let queries: Vec<String> = asked.iter().map(text).collect();
        with_evidence(&[&new], &queries, |evidence| {
            let plan = proven(propose(evidence, &Goal::default()), evidence);
            let all: Vec<Action> = plan.actions().iter().chain(plan.not_applied()).cloned().collect();
            let choices = choices(evidence, &all);
            let saved = |is_on: &dyn Fn(usize) -> bool| -> u64 {
                let gone = choices.portions.iter().filter(|it| it.dropped_by.iter().any(|&at| is_on(at)));
                gone.map(|portion| portion.series.0).sum()
            };
            let is_on = |at: usize| chosen[at % chosen.len()]
                && (choices.caveat.is_none() || all[at].kind != ActionKind::DropLabel);
            let taken: Vec<Action> =
                all.iter().enumerate().filter(|(at, _)| is_on(*at)).map(|(_, it)| it.clone()).collect();
            let stored = evidence.stored.table.rows() as u64;
            prop_assert_eq!(saved(&is_on), stored - left(evidence, &taken).rows() as u64, "{:?}", taken);
            let proven = plan.actions().len();
            prop_assert_eq!(saved(&|at| at < proven), plan.before().series.0 - plan.after().series.0);
            // One action alone saves what it says, but for rounding of each part.
            for (at, action) in all.iter().enumerate() {
                let bytes: u64 = choices.portions.iter().map(|portion| {
                    let label = portion.labels.iter().find(|(of, _)| *of == at);
                    let dropped = if portion.dropped_by.contains(&at) { portion.bytes.0 } else { 0 };
                    dropped + label.map_or(0, |(_, bytes)| bytes.0)
                }).sum();
                let error = bytes.abs_diff(action.bytes_saved.0);
                prop_assert!(error <= 2 + action.bytes_saved.0 / 5, "{bytes} for {:?}", action);
            }
            Ok(())
        })?;
    }
}

#[test]
fn a_label_that_tells_apart_what_another_action_drops_has_a_caveat() {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let row = |a: &str, b: &str| ("m".to_owned(), vec![pair("a", a), pair("b", b)]);
    let labeldrop = RawStep { source_labels: Field::default(), ..step(&[], "a", "labeldrop") };
    let actions = [
        action(ActionKind::DropValues, "a", "y", step(&["a"], "y", "drop")),
        action(ActionKind::DropLabel, "a", "", labeldrop),
    ];
    let caveat = |series: &[Series], earlier: &[Series]| {
        with_evidence(&[series, earlier], &[], |evidence| choices(evidence, &actions).caveat)
    };
    let (merging, apart) = ([row("x", "1"), row("y", "1")], [row("x", "1"), row("y", "2")]);
    assert_eq!(caveat(&apart, &apart), None);
    let said =
        "where nothing is dropped, taking labels away makes 1 series of `m` the same as others";
    assert_eq!(caveat(&merging, &apart).as_deref(), Some(said));
    assert_eq!(caveat(&apart, &merging).as_deref(), Some(said));
}

#[test]
fn a_label_that_goes_from_some_metrics_may_tell_apart_those_of_others() {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let row =
        |metric: &str, a: &str, b: &str| (metric.to_owned(), vec![pair("a", a), pair("b", b)]);
    // Metric `m` needs `a`, and `n` does not.
    let series = [row("m", "1", "x"), row("m", "2", "x"), row("n", "1", "x"), row("n", "1", "y")];
    let queries = ["sum(m)".to_owned(), "sum(n)".to_owned()];
    with_evidence(&[&series], &queries, |evidence| {
        let proposal = propose(evidence, &Goal::default());
        let proposed = proposal.actions().len();
        let plan = proposal.prove(evidence, &Unwatched).unwrap();
        assert_eq!((proposed, plan.not_applied().len()), (2, 2));
    });
}

fn step(labels: &[&str], regex: &str, action: &str) -> RawStep {
    RawStep {
        source_labels: Field::Set(labels.iter().map(|&it| it.to_owned()).collect()),
        regex: Field::Set(regex.to_owned()),
        action: Field::Set(action.to_owned()),
        ..RawStep::default()
    }
}

/// Proves one action over three series of `m`, which `m{a="x"}` and a count by `b` read.
#[track_caller]
fn check(action: Action, wanted: &str) {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let row = |a: &str, b: &str| ("m".to_owned(), vec![pair("a", a), pair("b", b), pair("c", b)]);
    let series = [row("x", "1"), row("y", "1"), row("x", "2")];
    let queries = ["count(m{a=\"x\"})".to_owned(), "count(m{a=\"x\"}) by (b)".to_owned()];
    with_evidence(&[&series], &queries, |evidence| {
        let proposal = Proposal { actions: vec![action] };
        match proposal.prove(evidence, &Unwatched) {
            Ok(_) => assert_eq!("", wanted),
            Err(Refutation { reason, actions }) => {
                assert_eq!((actions, reason.as_str()), (vec![0], wanted));
            }
        }
    });
}

fn action(kind: ActionKind, label: &str, pattern: &str, step: RawStep) -> Action {
    Action {
        metrics: vec!["m".to_owned()],
        labels: vec![label.to_owned()],
        values: vec![pattern.to_owned()],
        patterns: vec![pattern.to_owned()],
        steps: vec![step],
        proof: Proof::Proven,
        ..Action::new(kind, "j")
    }
}

#[test]
fn what_somebody_needs_is_never_proven() {
    let whole = step(&["__name__"], "m", "drop");
    check(action(ActionKind::DropMetrics, "", "", whole.clone()), "a query needs `m`");
    let label = RawStep { regex: Field::Set("b".to_owned()), ..step(&[], "b", "labeldrop") };
    check(action(ActionKind::DropLabel, "b", "", label), "a query needs `b` of `m`");
    let value = |value: &str| step(&["__name__", "a"], &format!("m;{value}"), "drop");
    let values = |it: &str| action(ActionKind::DropValues, "a", it, value(it));
    check(values("y"), "");
    check(values("x|y"), "a query selects `m;x` of `m`");
    let by_b = step(&["__name__", "b"], "m;1", "drop");
    let by_b = action(ActionKind::DropValues, "b", "1", by_b);
    check(by_b, "a query needs every value of `b` of `m`");
}

#[test]
fn steps_that_do_other_than_they_claim_are_refuted() {
    let value = |regex: &str| step(&["__name__", "a"], regex, "drop");
    let claims = |regex: &str| action(ActionKind::DropValues, "a", "y", value(regex));
    check(claims("m;z"), "3 series of `m` would become 3 rather than 2");
    let whole = step(&["c"], ".*", "drop");
    check(
        action(ActionKind::DropLabel, "c", "", whole),
        "3 series of `m` would become 0 rather than 3",
    );
    let merging = RawStep { source_labels: Field::Absent, ..step(&[], "a|c", "labeldrop") };
    check(
        action(ActionKind::DropLabel, "c", "", merging.clone()),
        "1 series of `m` would become the same as others",
    );
    let observed = |step: RawStep| Action {
        proof: Proof::Observed(1),
        ..action(ActionKind::DropLabel, "c", "", step)
    };
    check(observed(merging), "its steps do other than take the label away");
    let nothing = RawStep { source_labels: Field::Absent, ..step(&[], "d", "labeldrop") };
    check(observed(nothing), "its steps do other than take the label away");
    let label = RawStep { source_labels: Field::Absent, ..step(&[], "a", "labeldrop") };
    let two = Action { labels: vec!["c".to_owned()], ..observed(label) };
    check(two, "its steps do other than take the label away");
}

/// Plans for at most so many series, with losses; the metrics that are left and the price.
#[track_caller]
fn check_budget(most: u64, keep: &str, wanted: (&[&str], Option<u64>)) {
    let row = |metric: &str, at: u64| (metric.to_owned(), vec![("a".to_owned(), at.to_string())]);
    let metrics = [("node_x", 4), ("istio_x", 4), ("jvm_x", 4), ("free", 4)];
    let rows = metrics.iter().flat_map(|(name, rows)| (0..*rows).map(|at| row(name, at)));
    let series: Vec<Series> = rows.collect();
    let queries = ["node_x", "istio_x", "jvm_x"].map(|name| format!("sum({name}) by (a)"));
    with_evidence(&[&series, &series], &queries, |evidence| {
        let dialect = crate::regexp::Dialect::of(Server::default());
        let goal = Goal {
            series: Some(crate::units::SeriesCount(most)),
            allow_loss: true,
            keep: vec![crate::regexp::Pattern::parse(keep, dialect).unwrap()],
            ..Goal::default()
        };
        let planned = plan(evidence, &goal, &Unwatched);
        let table = left(evidence, planned.plan.actions());
        let names: Vec<&str> = table.metrics.iter().map(|group| table.metric_name(group)).collect();
        assert_eq!((&names[..], planned.price.map(|price| price.total)), wanted);
        assert_eq!(
            planned.plan.after().series.0 <= most,
            planned.price.is_none_or(|it| it.reaches)
        );
        let offered = plan(evidence, &Goal { allow_loss: false, ..goal }, &Unwatched);
        assert_eq!(offered.losses, planned.losses);
        assert!(offered.plan.actions().iter().all(|action| action.proof == Proof::Proven));
    });
}

#[test]
fn what_is_worth_least_is_given_up_first_and_only_for_the_budget() {
    check_budget(12, "", (&["node_x", "istio_x", "jvm_x"], None));
    check_budget(11, "", (&["istio_x", "jvm_x"], Some(1000)));
    check_budget(4, "", (&["jvm_x"], Some(3000)));
    check_budget(4, "node_.*|free", (&["node_x", "free"], Some(6000)));
    check_budget(0, "node_.*", (&["node_x"], Some(6000)));
}

#[test]
fn a_plan_rolls_out_drops_first_and_then_labels_job_by_job() {
    let target = |metric: &str| (metric.to_owned(), vec![("pod".to_owned(), "p".to_owned())]);
    let mut series: Vec<Series> = vec![target("used"), target("free")];
    series.push(("other".to_owned(), vec![("a".to_owned(), "1".to_owned())]));
    let queries = ["sum(used)".to_owned(), "other".to_owned()];
    with_evidence(&[&series], &queries, |evidence| {
        let drop = step(&["__name__"], "free", "drop");
        let drop = Action {
            metrics: vec!["free".to_owned()],
            labels: Vec::new(),
            ..action(ActionKind::DropMetrics, "", "", drop)
        };
        let label = RawStep { source_labels: Field::Absent, ..step(&[], "pod", "labeldrop") };
        let label = Action {
            metrics: vec!["used".to_owned()],
            ..action(ActionKind::DropLabel, "pod", "", label)
        };
        let plan = Proposal { actions: vec![label, drop] }.prove(evidence, &Unwatched).unwrap();
        let phases = rollout(evidence, &plan);
        let told: Vec<_> = phases
            .iter()
            .map(|it| {
                let series = [it.before, it.peak, it.after].map(|footprint| footprint.series.0);
                (it.job.as_deref(), &it.actions[..], it.changed, series)
            })
            .collect();
        let drops = (None, &[1][..], 0, [3, 3, 2]);
        assert_eq!(told, [drops, (Some("j"), &[0][..], 1, [2, 3, 2])]);
        assert_eq!(phases[1].after, plan.after());
        let on_free = effects(evidence, plan.actions(), "free");
        assert_eq!(on_free.len(), 1);
        assert_eq!((on_free[0].0, on_free[0].1.series.0, on_free[0].1.dropped.0), (1, 1, 1));
    });
}

#[test]
fn advice_names_the_source_and_keeps_what_is_reached() {
    let row = |metric: &str| (metric.to_owned(), vec![("a".to_owned(), "123456".to_owned())]);
    let series = ["jvm_a", "jvm_b", "kube_a", "kube_b", "tomcat_a"].map(row);
    let queries = ["sum(jvm_a) by (a)".to_owned(), "sum(kube_a) by (a)".to_owned()];
    with_evidence(&[&series], &queries, |evidence| {
        let plan = proven(propose(evidence, &Goal::default()), evidence);
        let told: Vec<String> = advise(evidence, &plan)
            .into_iter()
            .map(|it| format!("{} {}", it.kind, it.set))
            .collect();
        // `jvm_a` is used, so the prefix cannot be turned off.
        let wanted = [
            "source kube-state-metrics: `--metric-denylist=kube_b`",
            "source the Spring application: `management.metrics.enable.tomcat=false`",
            "limit sample_limit: 3, label_limit: 6, label_value_length_limit: 9, target_limit: 2",
        ];
        assert_eq!(told, wanted);
    });
}

#[track_caller]
fn check_stop(query: &str, stops: bool) {
    let row = |metric: &str| (metric.to_owned(), vec![("a".to_owned(), "1".to_owned())]);
    let series = ["m", "n"].map(row);
    with_evidence(&[&series, &series], &[query.to_owned()], |evidence| {
        let goal = Goal { stop_jobs: true, ..Goal::default() };
        let planned = plan(evidence, &goal, &Unwatched).plan;
        let kinds = |actions: &[Action]| actions.iter().map(|it| it.kind).collect::<Vec<_>>();
        assert_eq!(kinds(planned.actions()) == [ActionKind::StopJob], stops, "{query}");
        let seen = propose(evidence, &Goal::default());
        assert_eq!(kinds(seen.actions()).contains(&ActionKind::StopJob), stops, "{query}");
        let stop = Action {
            metrics: vec!["m".to_owned(), "n".to_owned()],
            ..action(ActionKind::StopJob, "", "", step(&[], ".*", "drop"))
        };
        let proof = Proposal { actions: vec![stop] }.prove(evidence, &Unwatched);
        assert_eq!(proof.is_ok(), stops, "{query}");
        if stops {
            assert_eq!(planned.after().series.0, 0);
            assert_eq!(seen.actions()[0].proof, Proof::Observed(2));
        }
    });
}

#[test]
fn a_job_is_stopped_where_nobody_asks_for_anything_of_it() {
    for query in ["o", "m{job=\"k\"}", "up{job!=\"j\"}", "m{a=\"2\"}", "up{instance=~\"x.*\"}"] {
        check_stop(query, true);
    }
    for query in [
        "m",
        "up",
        "absent(up{job=\"j\"})",
        "scrape_samples_scraped{instance=\"i\"}",
        "{a=\"1\"}",
        "m{job=~\"j.*\"}",
        "up == on (",
    ] {
        check_stop(query, false);
    }
}

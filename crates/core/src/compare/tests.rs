//! Comparisons of random series, by brute force; and what a label, a filter and a limit cost.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::{
    Bound, Budget, Change, Checks, Comparison, Each, Fate, Level, Limit, Measure, Revision, Scope,
    judge,
};
use crate::census::groups::Dimension;
use crate::census::{Census, CensusOptions};
use crate::config::{self, Project};
use crate::cost::{CostModel, Load, ServerSettings, estimate};
use crate::flow::{self, Stored};
use crate::regexp::{Dialect, Pattern};
use crate::series::{Table, TableBuilder, Target};
use crate::server::Server;
use crate::text::{SourceText, Sources};
use crate::usage::{Usage, UsageOptions, list_queries};
use crate::watch::Unwatched;

/// Job, metric and labels.
type Series = (String, String, BTreeMap<String, String>);

/// One side, with all that it borrows from.
struct Side {
    project: Project,
    attached: Table,
    stored: Stored,
    census: Census,
    usage: Usage,
    load: Load,
    model: CostModel,
    settings: ServerSettings,
}

impl Side {
    fn of(project: Project, exposed: &Table, queries: &str) -> Self {
        let (attached, stored) = flow::run(&project, exposed);
        let census = Census::of(&stored.table, CensusOptions::default(), &Unwatched);
        Self {
            load: Load::of(&census, &stored.table)
                .with_dropped(stored.report.dropped().0, &attached),
            usage: Usage::of(list_queries("q", queries), UsageOptions::default()),
            model: CostModel::embedded(&Server::default()).0,
            settings: ServerSettings::default(),
            project,
            attached,
            stored,
            census,
        }
    }

    fn revision<T>(&self, test: impl FnOnce(&Revision<'_>) -> T) -> T {
        test(&Revision {
            project: &self.project,
            refused: &[],
            attached: &self.attached,
            stored: &self.stored,
            census: &self.census,
            usage: &self.usage,
            load: &self.load,
            estimate: &estimate(&self.load, &self.model, &self.settings),
            model: &self.model,
            settings: &self.settings,
        })
    }
}

fn compare<T>(
    old: &Side,
    new: &Side,
    test: impl FnOnce(Change<&Revision<'_>>, &Comparison) -> T,
) -> T {
    old.revision(|before| {
        new.revision(|after| {
            let sides = Change { before, after };
            test(sides, &Comparison::of(sides))
        })
    })
}

fn exposed(series: &[Series]) -> Table {
    let mut builder = TableBuilder::default();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    for of_job in series.chunk_by(|a, b| a.0 == b.0) {
        let job = &of_job[0].0;
        let own = vec![pair("instance", "i"), pair("job", job)];
        builder.target(Target { job: job.clone(), labels: own });
        for (_, metric, labels) in of_job {
            let labels: Vec<_> = labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            builder.row(metric, &labels, 40);
        }
    }
    builder.finish()
}

fn project(text: &str) -> Project {
    let mut sources = Sources::default();
    let file = sources.add(SourceText::new("prometheus.yml", text));
    let (project, findings) = config::parse(file, sources.file(file), Server::default());
    assert!(findings.is_empty(), "{findings:?}");
    project
}

fn series() -> impl Strategy<Value = Vec<Series>> {
    let labels = proptest::collection::btree_map("[ab]", "[w-z]", 0..3);
    let one = ("[jk]", "[mno]", labels);
    proptest::collection::btree_set(one, 1..30).prop_map(|set| set.into_iter().collect())
}

/// Series of each job and metric.
fn counts(series: &[Series]) -> BTreeMap<(&str, &str), BTreeSet<&Series>> {
    let mut counts: BTreeMap<(&str, &str), BTreeSet<&Series>> = BTreeMap::new();
    for one in series {
        counts.entry((&one.0, &one.1)).or_default().insert(one);
    }
    counts
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(10), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn what_came_and_went_is_what_sets_say(old in series(), new in series()) {
        let query = "m{a=\"w\"}\nn{b!=\"x\"}\no{a=~\"w|x\",b=\"\"}\n";
        let sides = [&old, &new].map(|it| Side::of(Project::default(), &exposed(it), query));
        compare(&sides[0], &sides[1], |_, comparison| {
            let (before, after) = (counts(&old), counts(&new));
            let keys: BTreeSet<_> = before.keys().chain(after.keys()).copied().collect();
            let none = BTreeSet::new();
            let mut wanted = BTreeMap::new();
            for key in keys {
                let of = |all: &BTreeMap<(&str, &str), BTreeSet<&Series>>| {
                    all.get(&key).unwrap_or(&none).iter().map(|it| (*it).clone()).collect()
                };
                let (old, new): (BTreeSet<Series>, BTreeSet<Series>) = (of(&before), of(&after));
                if old != new {
                    let moved = (new.difference(&old).count(), old.difference(&new).count());
                    wanted.insert(key, (old.len(), new.len(), moved.0, moved.1));
                }
            }
            let found: BTreeMap<_, _> = comparison.metrics.iter().map(|it| {
                let Change { before, after } = it.weight.map(|weight| weight.series as usize);
                ((&*it.job, &*it.metric), (before, after, it.came as usize, it.went as usize))
            }).collect();
            assert_eq!(found, wanted);
            for query in &comparison.queries {
                for selector in &query.selectors {
                    let of = |series: &[Series]| series.iter().filter(|it| selects(&query.text, it)).count();
                    let wanted = Change { before: of(&old) as u64, after: of(&new) as u64 };
                    assert_eq!(selector.series, wanted, "{}", query.text);
                    let is_lost = wanted.before > 0 && wanted.after == 0;
                    assert_eq!(query.fate == Fate::Lost, is_lost, "{}", query.text);
                }
            }
            let changed = query.lines().filter(|text| {
                let of = |series: &[Series]| series.iter().filter(|it| selects(text, it)).count();
                of(&new) < of(&old) || (of(&old) == 0 && of(&new) > 0)
            });
            assert_eq!(changed.count(), comparison.queries.len());
        });
    }

    #[test]
    fn a_side_is_the_same_as_itself(series in series()) {
        let [one, other] = [(), ()].map(|()| Side::of(Project::default(), &exposed(&series), "m"));
        compare(&one, &other, |_, comparison| assert!(comparison.is_same(), "{comparison:?}"));
    }
}

/// The queries of the test above, by hand.
fn selects(query: &str, (_, metric, labels): &Series) -> bool {
    let value = |name: &str| labels.get(name).map_or("", String::as_str);
    match query.chars().next() {
        Some('m') => metric == "m" && value("a") == "w",
        Some('n') => metric == "n" && value("b") != "x",
        _ => metric == "o" && ["w", "x"].contains(&value("a")) && value("b").is_empty(),
    }
}

fn requests(labels: &[&[(&str, String)]]) -> Vec<Series> {
    let row = |labels: &&[(&str, String)]| {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        ("shop".to_owned(), "requests_total".to_owned(), labels.collect())
    };
    labels.iter().map(row).collect()
}

/// Requests to two paths, by so many users where there are any; a version that is the same in all.
fn shop(users: usize, version: &str) -> Vec<Series> {
    let mut series = Vec::new();
    for path in ["/cart", "/pay"] {
        for user in 0..users.max(1) {
            let mut labels = vec![("path", path.to_owned()), ("version", version.to_owned())];
            if users > 0 {
                labels.push(("user_id", format!("{}", 70_000 + user * 7)));
                labels.push(("account", format!("a{}", 70_000 + user * 7)));
            }
            series.extend(requests(&[&labels]));
        }
    }
    series
}

fn side(series: &[Series]) -> Side {
    Side::of(Project::default(), &exposed(series), "sum(requests_total)")
}

#[test]
fn a_label_that_multiplies_comes_before_one_that_renames() {
    compare(&side(&shop(0, "1")), &side(&shop(400, "2")), |_, comparison| {
        let [change] = &comparison.metrics[..] else { panic!("{comparison:?}") };
        assert_eq!(change.weight.map(|weight| weight.series), Change { before: 2, after: 800 });
        assert!(change.weight.after.memory.0 > 300 * 800, "{:?}", change.weight);
        let drivers: Vec<&str> = change.drivers.iter().map(|it| it.label.as_str()).collect();
        // Each of the first two is redundant beside the other; all but the path explain all new
        // series, and the version is the same in all.
        assert_eq!(drivers, ["account", "user_id", "version", "path"]);
        assert_eq!(comparison.labels[0].drives, 798);
    });
}

#[test]
fn a_new_version_explains_series_that_are_as_many() {
    compare(&side(&shop(3, "1")), &side(&shop(3, "2")), |_, comparison| {
        let [change] = &comparison.metrics[..] else { panic!("{comparison:?}") };
        assert_eq!((change.came, change.went), (6, 6));
        assert_eq!(change.drivers[0].label, "version");
        assert!(comparison.queries.is_empty());
    });
}

const CONFIG: &str = "\
scrape_configs:
- job_name: shop
  static_configs: [{targets: ['i']}]
";

#[test]
fn a_chain_that_drops_loses_queries_and_a_limit_loses_scrapes() {
    let exposed = exposed(&shop(5, "1"));
    let query = "sum(requests_total{path=\"/pay\"})\nrate(requests_total[5m])\nup";
    let of = |text: &str| Side::of(project(text), &exposed, query);
    let dropped = format!(
        "{CONFIG}  metric_relabel_configs: [{{source_labels: [path], regex: /pay, action: drop}}]\n"
    );
    compare(&of(CONFIG), &of(&dropped), |sides, comparison| {
        let fates: Vec<_> = comparison.queries.iter().map(|it| (it.fate, &*it.name)).collect();
        assert_eq!(fates, [(Fate::Lost, "line 1"), (Fate::Fewer, "line 2")]);
        let outcomes = judge(sides, comparison, &[], &Checks::default());
        let failed: Vec<&str> = outcomes
            .iter()
            .filter(|it| it.level() == Level::Fail)
            .map(|it| it.name.as_str())
            .collect();
        assert_eq!(failed, ["lost-queries"]);
    });
    let limited = format!("{CONFIG}  sample_limit: 9\n");
    compare(&of(CONFIG), &of(&limited), |sides, comparison| {
        assert_eq!(comparison.scrapes.len(), 1, "{comparison:?}");
        let outcomes = judge(sides, comparison, &[], &Checks::default());
        let levels: Vec<Level> = outcomes.iter().map(super::BudgetOutcome::level).collect();
        let failed = levels.iter().filter(|level| **level == Level::Fail);
        // The alert's series and the scrape are gone.
        assert_eq!(failed.count(), 2);
    });
}

#[test]
fn the_same_configuration_otherwise_laid_out_changes_nothing() {
    let exposed = exposed(&shop(5, "1"));
    let other = "# Ours.\nscrape_configs:\n  - static_configs:\n      - targets: [ \"i\" ]\n    \
                 job_name: \"shop\"\n";
    let of = |text: &str| Side::of(project(text), &exposed, "requests_total");
    compare(&of(CONFIG), &of(other), |_, it| assert!(it.is_same(), "{it:?}"));
}

#[test]
fn budgets_are_asked_of_their_scope() {
    let pattern = |text: &str| Pattern::parse(text, Dialect::of(Server::default())).unwrap();
    let limit = |level, bound| Limit { measure: Measure::Series, level, bound };
    let budget = |scope: Scope, each: Option<Each>, above: u64, limits: Vec<Limit>| Budget {
        name: "b".to_owned(),
        scope,
        each,
        above,
        limits,
    };
    let shops = Scope { jobs: vec![pattern("sh.*")], ..Scope::default() };
    let others = Scope { metrics: vec![pattern("other")], ..Scope::default() };
    let at = |targets: &str, job: &str| Scope {
        targets: vec![pattern(targets)],
        labels: vec![("job".to_owned(), pattern(job))],
        ..Scope::default()
    };
    let (warn, fail) =
        (limit(Level::Warn, Bound::More(10.0)), limit(Level::Fail, Bound::Most(1e3)));
    let tenth = limit(Level::Fail, Bound::MoreBy(0.1));
    let by_path = Some(Each::Group(Dimension::Label("path".to_owned())));
    let cases = [
        (budget(shops.clone(), None, 0, vec![warn, fail]), Level::Warn),
        (budget(others, None, 0, vec![warn, fail]), Level::Pass),
        (budget(Scope::default(), Some(Each::Metric), 0, vec![tenth]), Level::Fail),
        (budget(shops, Some(Each::Metric), 801, vec![tenth]), Level::Pass),
        (budget(Scope::default(), by_path, 0, vec![tenth]), Level::Fail),
        (budget(at("i|x", "shop"), None, 0, vec![tenth]), Level::Fail),
        (budget(at("x", "shop"), None, 0, vec![tenth]), Level::Pass),
        (budget(at("i", "bank"), None, 0, vec![tenth]), Level::Pass),
        (
            budget(Scope::default(), Some(Each::Group(Dimension::Target)), 0, vec![tenth]),
            Level::Fail,
        ),
    ];
    compare(&side(&shop(0, "1")), &side(&shop(400, "1")), |sides, comparison| {
        for (budget, wanted) in cases {
            let outcomes = judge(sides, comparison, &[budget], &Checks::default());
            assert_eq!(outcomes[0].level(), wanted, "{:?}", outcomes[0]);
            let causes = outcomes[0].excesses.iter().flat_map(|it| &it.causes);
            assert!(causes.into_iter().all(|cause| cause.metric == "requests_total"));
        }
    });
}

#[test]
fn a_signal_is_lost_where_its_job_gives_it_by_no_way() {
    let cpu = |mode: &str| {
        let labels = [("cpu", "0"), ("mode", mode)].map(|(n, v)| (n.to_owned(), v.to_owned()));
        ("shop".to_owned(), "node_cpu_seconds_total".to_owned(), labels.into())
    };
    let exposed = exposed(&[cpu("idle"), cpu("user")]);
    let of = |text: &str| Side::of(project(text), &exposed, "");
    let dropped = format!(
        "{CONFIG}  metric_relabel_configs: [{{source_labels: [mode], regex: idle, action: drop}}]\n"
    );
    compare(&of(CONFIG), &of(&dropped), |sides, comparison| {
        let [lost] = &comparison.signals[..] else { panic!("{:?}", comparison.signals) };
        assert_eq!((lost.is_lost, &*lost.cell, &*lost.job), (true, "cpu/utilisation", "shop"));
        let outcomes = judge(sides, comparison, &[], &Checks::default());
        let failed = outcomes.iter().filter(|outcome| outcome.level() == Level::Fail);
        assert_eq!(failed.map(|it| it.name.as_str()).collect::<Vec<_>>(), ["lost-signals"]);
    });
    compare(&of(&dropped), &of(CONFIG), |_, comparison| {
        assert_eq!(comparison.signals.iter().filter(|signal| !signal.is_lost).count(), 1);
    });
}

//! What rules, dashboards and lists of queries need of the data: metrics, labels and label values,
//! each used, unused or unknown.
//!
//! In doubt nothing is unused: a query that can't be understood makes what it might touch unknown.

mod consumers;
mod labels;
mod native;
mod query;
mod reach;
mod regex;
mod selector;
pub mod sharding;
mod understand;
mod values;
mod variables;
mod verdict;

#[cfg(test)]
mod brute_force;
#[cfg(test)]
mod substitution;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use consumers::{
    Consumers, Note, QueryLog, built_in, built_in_names, dashboard_queries, is_query_log, moment,
    rule_queries,
};
pub use labels::LabelNeed;
pub use native::native_form;
pub use query::{ConsumerKind, Origin, OriginKind, Query, Recorded, Variables, list_queries};
pub use selector::{SelectorUse, Selects};
pub use understand::parse;
pub use values::Selected;
pub use verdict::{Use, Verdict};

use understand::{Hole, Understood, understand};

/// What is taken for granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UsageOptions {
    /// Whether only the queries that are given read what recording rules write. Otherwise all labels
    /// of a recorded series are taken to be looked at.
    pub recorded_read_here_only: bool,
}

/// What all given queries need.
#[derive(Debug, Clone, Default)]
pub struct Usage {
    queries: Vec<Query>,
    uses: Vec<SelectorUse>,
    holes: Vec<Hole>,
    /// Labels that a picker lists over all metrics: `label_values(label)`.
    listed: Vec<(String, usize)>,
    /// Labels of alerts by which Alertmanager goes.
    of_alerts: Vec<(String, usize)>,
    by_metric: BTreeMap<String, Vec<usize>>,
    /// Uses that name no single metric.
    open: Vec<usize>,
}

impl Usage {
    /// Understands `queries`. Labels of recorded series are followed to whoever reads them.
    pub fn of(queries: Vec<Query>, options: UsageOptions) -> Self {
        let (mut understood, mut holes) = (Vec::new(), Vec::new());
        let (mut listed, mut of_alerts) = (Vec::new(), Vec::new());
        for (at, query) in queries.iter().enumerate() {
            match understand(at, query) {
                Ok(Understood::Listed(label)) => listed.push((label, at)),
                Ok(Understood::OfAlerts(label)) => of_alerts.push((label, at)),
                Ok(known) => understood.push((at, known)),
                Err(hole) => holes.push(hole),
            }
        }
        let demands = recorded_demands(&queries, &understood, &holes, options);
        let mut uses = Vec::new();
        for (at, known) in &understood {
            uses.extend(known.uses(*at, &demands[*at]));
        }
        let (mut by_metric, mut open) = (BTreeMap::<String, Vec<usize>>::new(), Vec::new());
        for (at, found) in uses.iter().enumerate() {
            match found.metric() {
                Some(metric) => by_metric.entry(metric.to_owned()).or_default().push(at),
                None => open.push(at),
            }
        }
        Self { queries, uses, holes, listed, of_alerts, by_metric, open }
    }

    /// The queries, as given.
    pub fn queries(&self) -> &[Query] {
        &self.queries
    }

    /// Every selector of every query that was understood, in order.
    pub fn selectors(&self) -> &[SelectorUse] {
        &self.uses
    }

    /// The metrics that selectors name one by one, by name.
    pub fn metrics_named(&self) -> impl Iterator<Item = &str> {
        self.by_metric.keys().map(String::as_str)
    }

    /// The kinds of consumers that the queries come from.
    pub fn kinds_given(&self) -> BTreeSet<ConsumerKind> {
        self.queries.iter().map(|query| query.origin.kind.consumer()).collect()
    }

    /// The kinds of consumers that nothing was given of.
    pub fn kinds_missing(&self) -> Vec<ConsumerKind> {
        let given = self.kinds_given();
        ConsumerKind::ALL.into_iter().filter(|kind| !given.contains(kind)).collect()
    }

    /// The selectors that select series of `metric`, or may.
    pub fn selectors_of(&self, metric: &str) -> Vec<(&SelectorUse, Selects)> {
        let named = self.by_metric.get(metric).into_iter().flatten();
        let mut found: Vec<usize> = named.chain(&self.open).copied().collect();
        found.sort_unstable();
        let judged = found.into_iter().map(|at| &self.uses[at]);
        judged
            .map(|selector| (selector, selector.selects_metric(metric)))
            .filter(|(_, selects)| *selects != Selects::No)
            .collect()
    }

    /// The queries that could not be understood, each with the reason.
    pub fn not_understood(&self) -> Vec<(&Query, &str)> {
        self.holes.iter().map(|hole| (&self.queries[hole.query], hole.reason.as_str())).collect()
    }

    /// Whether a query that could not be understood may ask for `metric`.
    pub fn may_hide(&self, metric: &str) -> bool {
        self.holes.iter().any(|hole| hole.may_touch(metric))
    }

    /// Whether `metric` is needed.
    pub fn metric(&self, metric: &str) -> Verdict {
        self.judge(metric, |_| Selects::Yes)
    }

    /// Whether `label` of `metric` is needed: its removal could change a result even where it merges
    /// no series.
    pub fn label(&self, metric: &str, label: &str) -> Verdict {
        let verdict =
            self.judge(
                metric,
                |found| {
                    if found.need.contains(label) { Selects::Yes } else { Selects::No }
                },
            );
        let listed = self.listed.iter().filter(|(name, _)| name == label);
        let pickers = listed.map(|(_, query)| (query, "its values are listed for a variable"));
        let of_alerts = self.of_alerts.iter().filter(|(name, _)| name == label);
        let of_alerts = of_alerts.filter(|_| self.reaches_alerts(metric, label));
        let routes = of_alerts.map(|(_, query)| (query, "Alertmanager goes by it"));
        let mut pickers = pickers.chain(routes).map(|(query, reason)| Use {
            query: *query,
            span: None,
            reason: reason.to_owned(),
        });
        match verdict {
            Verdict::Used(mut uses) => {
                uses.extend(pickers);
                Verdict::Used(uses)
            }
            other => match pickers.next() {
                Some(first) => Verdict::Used(std::iter::once(first).chain(pickers).collect()),
                None => other,
            },
        }
    }

    /// Whether alerts may have the label of the metric.
    fn reaches_alerts(&self, metric: &str, label: &str) -> bool {
        self.selectors_of(metric).iter().any(|(found, _)| {
            let kind = self.queries[found.query].origin.kind;
            kind == OriginKind::Alert && found.need.contains(label)
        })
    }

    /// Whether whoever selects series of `metric` sums them, maybe after taking rates: sums over
    /// labels that nobody needs can stand for them. Of a metric that nobody selects it says so, too.
    pub fn is_summed(&self, metric: &str) -> bool {
        !self.may_hide(metric) && self.selectors_of(metric).iter().all(|(found, _)| found.is_summed)
    }

    /// Whether series of `metric` whose `label` has `value` are selected by anyone.
    pub fn value(&self, metric: &str, label: &str, value: &str) -> Verdict {
        self.judge(metric, |found| found.selects_value(label, value))
    }

    /// Collects what selects the metric and satisfies `needs`, and what might.
    fn judge(&self, metric: &str, needs: impl Fn(&SelectorUse) -> Selects) -> Verdict {
        let (mut used, mut unknown) = (Vec::new(), Vec::new());
        for (found, selects) in self.selectors_of(metric) {
            let one =
                Use { query: found.query, span: Some(found.span), reason: found.reason.clone() };
            match (selects, needs(found)) {
                (_, Selects::No) => {}
                (Selects::Yes, Selects::Yes) => used.push(one),
                _ => unknown.push(Use { reason: "a variable decides".to_owned(), ..one }),
            }
        }
        unknown.extend(self.holes.iter().filter(|hole| hole.may_touch(metric)).map(|hole| Use {
            query: hole.query,
            span: None,
            reason: hole.reason.clone(),
        }));
        Verdict::of(used, unknown)
    }
}

/// What is looked at of each query's result: for recording rules what their readers need, read off
/// again and again until nothing is added.
fn recorded_demands(
    queries: &[Query],
    understood: &[(usize, Understood)],
    holes: &[Hole],
    options: UsageOptions,
) -> Vec<LabelNeed> {
    let mut demands: Vec<LabelNeed> = queries.iter().map(|query| query.demand.clone()).collect();
    if !options.recorded_read_here_only {
        return demands;
    }
    let recording: Vec<(usize, &Recorded)> = queries
        .iter()
        .enumerate()
        .filter_map(|(at, query)| query.records.as_ref().map(|recorded| (at, recorded)))
        .collect();
    for (at, recorded) in &recording {
        let unknown = holes.iter().any(|hole| hole.may_touch(&recorded.name));
        // A label that the rule sets overwrites one that may have kept series apart.
        let may_merge = !recorded.sets.is_empty();
        demands[*at] = if unknown || may_merge { LabelNeed::All } else { LabelNeed::none() };
    }
    loop {
        let uses: Vec<SelectorUse> =
            understood.iter().flat_map(|(at, known)| known.uses(*at, &demands[*at])).collect();
        let mut changed = false;
        for (at, recorded) in &recording {
            let readers =
                uses.iter().filter(|found| found.selects_metric(&recorded.name) != Selects::No);
            let need = readers.fold(LabelNeed::none(), |need, found| need.union(&found.need));
            let grown = demands[*at].union(&need);
            changed |= grown != demands[*at];
            demands[*at] = grown;
        }
        if !changed {
            return demands;
        }
    }
}

//! What rules can read: the series of a scrape, the reports on it, and what other rules gave.

use super::vector::{LabelSet, Vector, put};
use super::{Rule, RuleKind, Times};
use crate::series::{METRIC_NAME, NameId, REPORTS, Table};

/// Values of the labels that a server attaches to a page whose target is not known.
const UNKNOWN_TARGET: [(&str, &str); 2] = [("instance", "unknown"), ("job", "unknown")];

/// What a second target is called that shows what another does.
const COPY: &str = " (copy)";

/// All that rules can read, with dictionaries for what they make of it.
pub(super) struct World<'a> {
    pub(super) table: &'a Table,
    pub(super) times: Times,
    /// The dictionaries of the table, and what rules add.
    dictionaries: Table,
    /// Report series of the targets that have series.
    pub(super) reports: Vec<LabelSet>,
    /// Labels for pages without a target.
    pub(super) attached: Vec<(NameId, u32)>,
    /// Names of the metrics that recording rules write, rule by rule; "" for alerts.
    pub(super) records: Vec<String>,
    /// What each rule gave last.
    pub(super) results: Vec<Vector>,
    /// Most elements of alerts.
    pub(super) alerts: u64,
    /// Whether the rule that is evaluated reads what rules give.
    pub(super) touched: bool,
    /// Of each code of `instance` that of its copy, where targets are taken twice.
    copies: Option<(NameId, Vec<u32>)>,
}

impl<'a> World<'a> {
    /// What these rules can read, each target once or twice.
    pub(super) fn new(table: &'a Table, rules: &[Rule], times: Times, is_doubled: bool) -> Self {
        let mut world = Self {
            table,
            times,
            dictionaries: table.without_rows(table.stage),
            reports: Vec::new(),
            attached: Vec::new(),
            records: rules.iter().map(Rule::writes).map(str::to_owned).collect(),
            results: vec![Vector::exact(Vec::new()); rules.len()],
            alerts: 0,
            touched: false,
            copies: None,
        };
        world.attached =
            UNKNOWN_TARGET.iter().map(|(label, value)| world.pair(label, value)).collect();
        world.attached.sort_unstable();
        if is_doubled {
            let instance = world.name("instance");
            let values: Vec<String> =
                world.dictionaries.values(instance).values().map(str::to_owned).collect();
            let copy = |value: String| world.dictionaries.intern_value(instance, &(value + COPY));
            world.copies = Some((instance, values.into_iter().map(copy).collect()));
        }
        world.reports = world.report_series();
        world
    }

    fn report_series(&mut self) -> Vec<LabelSet> {
        let runs = self.table.metrics.iter().flat_map(|group| &group.runs);
        let mut targets: Vec<_> = runs.map(|run| run.target).collect();
        targets.sort_unstable();
        targets.dedup();
        let mut sets = Vec::new();
        for target in targets {
            let target = self.table.target(target);
            let mut own = self.attached.clone();
            if !target.is_unknown() {
                own = target.labels.iter().map(|(name, value)| self.pair(name, value)).collect();
            }
            for name in REPORTS {
                let mut set = own.clone();
                set.push(self.pair(METRIC_NAME, name));
                set.sort_unstable();
                sets.extend(self.copies(set));
            }
        }
        sets
    }

    /// The id of a label's name.
    pub(super) fn name(&mut self, name: &str) -> NameId {
        self.dictionaries.intern_name(name)
    }

    /// A label.
    pub(super) fn pair(&mut self, name: &str, value: &str) -> (NameId, u32) {
        let name = self.name(name);
        (name, self.code(name, value))
    }

    /// The code of a label's value.
    pub(super) fn code(&mut self, name: NameId, value: &str) -> u32 {
        self.dictionaries.intern_value(name, value)
    }

    /// The value of a code.
    pub(super) fn value(&self, name: NameId, code: u32) -> &str {
        self.dictionaries.values(name).value(code)
    }

    /// Bytes of an element's labels: name, value and 2 for each.
    pub(super) fn label_bytes(&self, set: &LabelSet) -> u64 {
        let bytes = |(name, code): &(NameId, u32)| {
            self.dictionaries.name(*name).len() + self.value(*name, *code).len() + 2
        };
        set.iter().map(bytes).sum::<usize>() as u64
    }

    /// A series, and that of the target's copy, if there is one.
    pub(super) fn copies(&self, set: LabelSet) -> impl Iterator<Item = LabelSet> + use<> {
        let copy = self.copies.as_ref().map(|(instance, codes)| {
            let mut copy = set.clone();
            let own = super::vector::code(&set, *instance) as usize;
            put(&mut copy, *instance, codes.get(own).copied().unwrap_or_default());
            copy
        });
        std::iter::once(set).chain(copy)
    }

    /// Takes a rule's result, and says whether it is another than before.
    pub(super) fn take(&mut self, at: usize, kind: RuleKind, result: Vector) -> bool {
        if kind == RuleKind::Alert {
            self.alerts = self.alerts - self.results[at].most + result.most;
        }
        let changed = self.results[at] != result;
        self.results[at] = result;
        changed
    }
}

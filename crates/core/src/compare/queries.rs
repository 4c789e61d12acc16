//! Which queries find less than before, and which are new: each selector counted over what is stored.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::metrics::by_name;
use super::{Change, Revision};
use crate::series::{MetricRows, Table};
use crate::server::OWN_SERIES;
use crate::text::Span;
use crate::usage::{OriginKind, Query, SelectorUse, Selects, Usage};

/// What became of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// A selector of it found series and finds none.
    Lost,
    /// A selector of it finds fewer series.
    Fewer,
    /// A selector of it found none and finds some.
    Gained,
    /// It is asked newly.
    New,
    /// It is asked no longer.
    Gone,
}

impl Fate {
    /// The word used in outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Fewer => "fewer",
            Self::Gained => "gained",
            Self::New => "new",
            Self::Gone => "gone",
        }
    }
}

/// A query that finds other series than before, or is asked on one side alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryChange {
    /// What became of it.
    pub fate: Fate,
    /// What kind of thing asks.
    pub kind: OriginKind,
    /// The file.
    pub file: String,
    /// The rule's, panel's or variable's name.
    pub name: String,
    /// `PromQL` as written.
    pub text: String,
    /// Its selectors that changed, all of them where it is new or gone.
    pub selectors: Vec<SelectorChange>,
}

/// What one selector finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectorChange {
    /// As written.
    pub text: String,
    /// Stored series that it selects, or may where a variable decides. A side that does not ask it has
    /// 0, and so has a selector of what rules record.
    pub series: Change<u64>,
    /// Whether it finds anything: series, or what a recording rule writes.
    pub finds: Change<bool>,
}

/// What tells queries apart: they may move within their file.
type Identity<'a> = (OriginKind, &'a str, &'a str, &'a str);

/// What one side's selectors find, by query and place.
struct Found<'a> {
    queries: BTreeMap<Identity<'a>, Vec<usize>>,
    selectors: Vec<Vec<Selected>>,
    usage: &'a Usage,
}

#[derive(Debug, Clone, Copy)]
struct Selected {
    span: Span,
    series: u64,
    finds: bool,
}

/// Every query that changed: what is lost first, then by file.
pub(super) fn changes(sides: Change<&Revision<'_>>) -> Vec<QueryChange> {
    let Change { before, after } = sides.map(Found::of);
    let identities: BTreeSet<&Identity<'_>> =
        before.queries.keys().chain(after.queries.keys()).collect();
    let mut changes = Vec::new();
    for identity in identities {
        let of = |found: &Found<'_>| found.queries.get(identity).cloned().unwrap_or_default();
        let (old, new) = (of(&before), of(&after));
        for at in 0..old.len().max(new.len()) {
            let pair = Change {
                before: old.get(at).map(|&at| (&before, at)),
                after: new.get(at).map(|&at| (&after, at)),
            };
            changes.extend(change(identity, pair));
        }
    }
    changes.sort_by_key(|change| change.fate);
    changes
}

fn change(
    &(kind, file, name, text): &Identity<'_>,
    pair: Change<Option<(&Found<'_>, usize)>>,
) -> Option<QueryChange> {
    let selected = |side: Option<(&Found<'_>, usize)>| -> BTreeMap<Span, Selected> {
        let found = side.map_or(&[][..], |(found, at)| &found.selectors[at]);
        found.iter().map(|selected| (selected.span, *selected)).collect()
    };
    let (old, new) = (selected(pair.before), selected(pair.after));
    let spans: BTreeSet<Span> = old.keys().chain(new.keys()).copied().collect();
    let selector = |span: Span| SelectorChange {
        text: text.get(span.range()).unwrap_or(text).to_owned(),
        series: Change {
            before: old.get(&span).map_or(0, |it| it.series),
            after: new.get(&span).map_or(0, |it| it.series),
        },
        finds: Change {
            before: old.get(&span).is_some_and(|it| it.finds),
            after: new.get(&span).is_some_and(|it| it.finds),
        },
    };
    let mut selectors: Vec<SelectorChange> = spans.into_iter().map(selector).collect();
    let fate = match (pair.before, pair.after) {
        (None, _) => Fate::New,
        (_, None) => Fate::Gone,
        _ => {
            selectors.retain(|it| fate(it).is_some());
            selectors.iter().filter_map(fate).min()?
        }
    };
    let (file, name, text) = (file.to_owned(), name.to_owned(), text.to_owned());
    Some(QueryChange { fate, kind, file, name, text, selectors })
}

fn fate(selector: &SelectorChange) -> Option<Fate> {
    match (selector.finds.before, selector.finds.after) {
        (true, false) => Some(Fate::Lost),
        (false, true) => Some(Fate::Gained),
        _ if selector.series.after < selector.series.before => Some(Fate::Fewer),
        _ => None,
    }
}

impl<'a> Found<'a> {
    fn of(side: &Revision<'a>) -> Self {
        let usage = side.usage;
        let mut queries: BTreeMap<Identity<'_>, Vec<usize>> = BTreeMap::new();
        for (at, query) in usage.queries().iter().enumerate() {
            let origin = &query.origin;
            let (file, name) = (origin.file.as_str(), origin.name.as_str());
            let identity = (origin.kind, file, name, query.text.as_str());
            queries.entry(identity).or_default().push(at);
        }
        let counter = Counter::of(side);
        let counts: Vec<u64> =
            usage.selectors().par_iter().map(|selector| counter.count(selector)).collect();
        let mut selectors: Vec<Vec<Selected>> = vec![Vec::new(); usage.queries().len()];
        for (selector, series) in usage.selectors().iter().zip(counts) {
            let selected = Selected { span: selector.span, series, finds: series > 0 };
            selectors[selector.query].push(selected);
        }
        let mut found = Self { queries, selectors, usage };
        found.follow_rules();
        found
    }

    /// A selector of what a rule records finds something where the rule does, which may read what
    /// others record.
    fn follow_rules(&mut self) {
        let usage = self.usage;
        let recorded = |query: &'a Query| query.records.as_ref().map(|it| it.name.as_str());
        loop {
            let finds = |at: usize| self.selectors[at].iter().any(|selected| selected.finds);
            let queries = usage.queries().iter().enumerate();
            let written: BTreeSet<&str> =
                queries.filter(|(at, _)| finds(*at)).filter_map(|(_, it)| recorded(it)).collect();
            let mut changed = false;
            let mut seen = vec![0; self.selectors.len()];
            for selector in usage.selectors() {
                let at = &mut seen[selector.query];
                let selected = &mut self.selectors[selector.query][*at];
                *at += 1;
                let reads = |name: &&str| selector.selects_metric(name) != Selects::No;
                if !selected.finds && written.iter().any(reads) {
                    selected.finds = true;
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }
}

/// Counts the stored series that a selector selects.
struct Counter<'a> {
    table: &'a Table,
    by_name: BTreeMap<&'a str, Rows<'a>>,
}

/// The rows of a metric, and which of them are series: all where that is `None`. Those that became
/// the same as another one on their way are not.
struct Rows<'a> {
    group: &'a MetricRows,
    series: Option<Vec<bool>>,
}

impl<'a> Counter<'a> {
    fn of(side: &Revision<'a>) -> Self {
        let (table, counted) = (&side.stored.table, by_name(&side.census.metrics));
        let rows = |group: &'a MetricRows| {
            let name = table.metric_name(group);
            let repeats = counted.get(name).is_none_or(|it| it.series < group.rows as u64);
            let series = repeats.then(|| first_of_each(&table.row_hashes(group)));
            (name, Rows { group, series })
        };
        Self { table, by_name: table.metrics.iter().map(rows).collect() }
    }

    /// How many series a selector selects. Those that servers write by themselves are in no sample:
    /// each counts as one.
    fn count(&self, selector: &SelectorUse) -> u64 {
        let own = |name: &&&str| selector.selects_metric(name) == Selects::Yes;
        let own = OWN_SERIES.iter().filter(own).count() as u64;
        own + self.scraped(selector)
    }

    fn scraped(&self, selector: &SelectorUse) -> u64 {
        if let Some(metric) = selector.metric() {
            return self.by_name.get(metric).map_or(0, |rows| self.rows(selector, rows));
        }
        let selected =
            self.by_name.iter().filter(|(name, _)| selector.selects_metric(name) != Selects::No);
        selected.map(|(_, rows)| self.rows(selector, rows)).sum()
    }

    /// The series of a metric that pass all matchers.
    fn rows(&self, selector: &SelectorUse, Rows { group, series }: &Rows<'_>) -> u64 {
        let mut passing: Vec<(&[u32], Vec<u32>)> = Vec::new();
        for label in selector.labels().collect::<BTreeSet<_>>() {
            let selects = |value: &str| selector.selects_value(label, value) != Selects::No;
            let column = self.table.name_id(label).and_then(|name| group.column(name));
            let Some(column) = column else {
                if selects("") {
                    continue;
                }
                return 0;
            };
            let mut codes = column.codes.clone();
            codes.sort_unstable();
            codes.dedup();
            codes.retain(|&code| selects(self.table.values(column.name).value(code)));
            passing.push((&column.codes, codes));
        }
        let passes = |row: &usize| {
            series.as_ref().is_none_or(|series| series[*row])
                && passing.iter().all(|(column, codes)| codes.binary_search(&column[*row]).is_ok())
        };
        (0..group.rows).filter(passes).count() as u64
    }
}

fn first_of_each(hashes: &[u64]) -> Vec<bool> {
    let mut seen = BTreeSet::new();
    hashes.iter().map(|hash| seen.insert(*hash)).collect()
}

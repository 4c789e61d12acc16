//! Which series a selector finds: of the scrape, of its reports, of other rules and of alerts.

use super::vector::{LabelSet, Refused, Vector, code, put};
use super::world::World;
use crate::promql::{At, MatchOp, Selector};
use crate::regexp::{Dialect, Pattern};
use crate::series::{MetricRows, NameId};
use crate::server::Server;

/// Metrics that alerting rules make.
const ALERTS: [&str; 2] = ["ALERTS", "ALERTS_FOR_STATE"];

/// A matcher ready to be asked, with what it said of each value.
pub(super) struct Test {
    label: NameId,
    op: MatchOp,
    value: String,
    pattern: Option<Pattern>,
    said: Vec<Option<bool>>,
}

impl Test {
    fn new(label: NameId, op: MatchOp, value: &str) -> Result<Self, Refused> {
        let is_regex = matches!(op, MatchOp::Regex | MatchOp::NotRegex);
        let pattern = is_regex.then(|| anchored(value)).transpose()?;
        Ok(Self { label, op, value: value.to_owned(), pattern, said: Vec::new() })
    }

    fn accepts(&self, value: &str) -> bool {
        let is_match = || self.pattern.as_ref().is_some_and(|pattern| pattern.is_match(value));
        match self.op {
            MatchOp::Equal => value == self.value,
            MatchOp::NotEqual => value != self.value,
            MatchOp::Regex => is_match(),
            MatchOp::NotRegex => !is_match(),
        }
    }

    fn accepts_code(&mut self, world: &World<'_>, code: u32) -> bool {
        let at = code as usize;
        if self.said.len() <= at {
            self.said.resize(at + 1, None);
        }
        if let Some(said) = self.said[at] {
            return said;
        }
        let said = self.accepts(world.value(self.label, code));
        self.said[at] = Some(said);
        said
    }
}

/// A regex of a matcher or of `label_replace`, which the server compiles alike.
pub(super) fn anchored(text: &str) -> Result<Pattern, Refused> {
    let pattern = Pattern::parse(text, Dialect::of(Server::default()));
    let pattern = pattern.map_err(|error| error.to_string())?;
    pattern.prepare().map_err(|_| format!("the regex `{text}` is too large to be run here"))?;
    Ok(pattern)
}

/// What a selector finds at one time.
pub(super) fn select(world: &mut World<'_>, selector: &Selector) -> Result<Vector, Refused> {
    let mut tests = tests(world, selector)?;
    let mut sets = of_table(world, &mut tests);
    let all = |world: &World<'_>, tests: &mut [Test], set: &LabelSet| {
        tests.iter_mut().all(|test| test.accepts_code(world, code(set, test.label)))
    };
    let reports = world.reports.iter().filter(|set| all(world, &mut tests, set));
    sets.extend(reports.cloned());
    let mut found = Vector::exact(sets);
    for at in 0..world.results.len() {
        if !named(&tests, &world.records[at]) {
            continue;
        }
        world.touched = true;
        let mut other = world.results[at].clone();
        if let Some(sets) = &mut other.sets {
            let before = sets.len();
            sets.retain(|set| all(world, &mut tests, set));
            let left = sets.len() as u64;
            // Of those that are there at a time nobody knows how many have gone.
            let is_cut = sets.len() < before && other.least < before as u64;
            other.least = if is_cut { 0 } else { other.least.min(left) };
            other.most = other.most.min(left);
        } else {
            other = other.doubted("matchers look at labels that values make");
        }
        found = both(found, other);
    }
    if ALERTS.iter().any(|name| named(&tests, name)) {
        world.touched = true;
        if world.alerts > 0 {
            let alerts =
                Vector::unknown((0, 2 * world.alerts), &[], "alerts that are active decide");
            found = both(found, alerts);
        }
    }
    match selector.modifiers.at {
        Some(At::Time(_)) => Ok(found.doubted("`@` asks for another time")),
        _ => Ok(found),
    }
}

/// Whether the tests of the name accept it.
fn named(tests: &[Test], name: &str) -> bool {
    tests.iter().filter(|test| test.label == NameId::METRIC).all(|test| test.accepts(name))
}

fn tests(world: &mut World<'_>, selector: &Selector) -> Result<Vec<Test>, Refused> {
    let mut tests = Vec::new();
    if let Some(name) = &selector.name {
        tests.push(Test::new(NameId::METRIC, MatchOp::Equal, &name.text)?);
    }
    for matcher in &selector.matchers {
        let label = world.name(&matcher.label.text);
        tests.push(Test::new(label, matcher.op, &matcher.value)?);
    }
    Ok(tests)
}

/// The stored series that a scrape gave.
fn of_table(world: &World<'_>, tests: &mut [Test]) -> Vec<LabelSet> {
    let mut sets = Vec::new();
    for group in &world.table.metrics {
        let is_named = |test: &mut Test| {
            test.label != NameId::METRIC || test.accepts_code(world, group.metric)
        };
        if !tests.iter_mut().all(is_named) {
            continue;
        }
        for (target, rows) in group.run_ranges() {
            let is_unknown = world.table.target(target).is_unknown();
            for row in rows {
                let set = labels(world, group, row, is_unknown);
                let mut tests = tests.iter_mut();
                if tests.all(|test| test.accepts_code(world, code(&set, test.label))) {
                    sets.extend(world.copies(set));
                }
            }
        }
    }
    sets
}

/// A row's labels, with those that a server attaches where the page's target is not known.
fn labels(world: &World<'_>, group: &MetricRows, row: usize, is_unknown: bool) -> LabelSet {
    let columns = group.columns.iter().map(|column| (column.name, column.codes[row]));
    let mut set: LabelSet = columns.filter(|(_, code)| *code != 0).collect();
    set.push((NameId::METRIC, group.metric));
    set.sort_unstable();
    for (label, own) in world.attached.iter().filter(|_| is_unknown) {
        put(&mut set, *label, *own);
    }
    set
}

/// The series of two sources that share none.
fn both(a: Vector, b: Vector) -> Vector {
    let count = (a.least.max(b.least), a.most + b.most);
    match (&a.sets, &b.sets) {
        (Some(_), Some(_)) if a.is_exact() && b.is_exact() => {
            Vector::exact([a.sets, b.sets].into_iter().flatten().flatten().collect())
        }
        (Some(first), Some(second)) => {
            let count = (a.least + b.least, count.1);
            Vector::within(first.iter().chain(second).cloned().collect(), count, &[&a, &b])
        }
        _ => Vector::unknown(count, &[&a, &b], "values make labels"),
    }
}

//! How many series rules record over the series of a scrape, told by the structure of their
//! expressions: matchers, groupings and matches of labels, and never by values.
//!
//! Where values decide (`a > 1`, `topk`, `count_values`) it is bounded, with the reason. A series is
//! taken to be there all the time, and a scrape to be like the one before.

mod binary;
mod call;
mod evaluate;
mod select;
mod total;
mod vector;
mod world;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use total::{Recorded, RuleSeries, Tally};

use crate::promql;
use crate::regexp::{Dialect, Pattern};
use crate::series::Table;
use crate::server::Server;
use vector::{Refused, Vector, put};
use world::World;

/// More rounds than rules wait for one another.
const ROUNDS: usize = 50;

/// A rule as its file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What it does.
    pub kind: RuleKind,
    /// The metric that it records, or the alert's name.
    pub name: String,
    /// `PromQL`.
    pub expr: String,
    /// Labels that it sets.
    pub labels: Vec<(String, String)>,
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleKind {
    /// Records a metric.
    Record,
    /// Raises alerts.
    Alert,
}

/// How often things happen, which decides how many samples a range holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Between two scrapes.
    pub scrape: Duration,
    /// Between two evaluations of a rule.
    pub evaluation: Duration,
}

impl Rule {
    /// The metric that it writes; "" for an alert.
    fn writes(&self) -> &str {
        match self.kind {
            RuleKind::Record => &self.name,
            RuleKind::Alert => "",
        }
    }
}

/// What rules record over a stored table of which so many targets stand for each. With more than one
/// the count goes on as from the first to the second: that is so for all but what picks a number of
/// elements of each group, which then is a bound.
pub fn recorded(table: &Table, rules: &[Rule], times: Times, replicas: u64) -> Recorded {
    let once = Run::of(table, rules, times, false).finish();
    if replicas < 2 {
        return once;
    }
    let twice = Run::of(table, rules, times, true).finish();
    once.continued(&twice, replicas)
}

/// What became of a rule.
struct Outcome {
    refused: Option<Refused>,
    /// Whether it reads what rules give.
    reads_rules: bool,
    /// Whether it takes a number of elements of each group.
    picks: bool,
}

/// The rules evaluated until nothing changes.
struct Run<'a> {
    world: World<'a>,
    rules: &'a [Rule],
    outcomes: Vec<Outcome>,
}

impl<'a> Run<'a> {
    fn of(table: &'a Table, rules: &'a [Rule], times: Times, is_doubled: bool) -> Self {
        let world = World::new(table, rules, times, is_doubled);
        let exprs: Vec<_> = rules.iter().map(|rule| parse(&rule.expr)).collect();
        let mut run = Self { world, rules, outcomes: Vec::new() };
        let mut changed: Vec<usize> = Vec::new();
        for round in 0..ROUNDS {
            changed.clear();
            for (at, expr) in exprs.iter().enumerate() {
                if (round == 0 || run.outcomes[at].reads_rules) && run.evaluate(at, expr) {
                    changed.push(at);
                }
            }
            if changed.is_empty() {
                break;
            }
        }
        for at in changed {
            let result = std::mem::take(&mut run.world.results[at]);
            run.world.results[at] =
                result.doubted("it goes on changing by what it reads of itself");
        }
        run
    }

    /// Evaluates a rule once more; whether it gives something else.
    fn evaluate(&mut self, at: usize, expr: &Result<promql::Expr, Refused>) -> bool {
        self.world.touched = false;
        let found = match expr {
            Ok(expr) => evaluate::vector(expr, &mut self.world),
            Err(refused) => Err(refused.clone()),
        };
        let found = found.and_then(|found| self.written(&self.rules[at], found));
        let (result, refused) = match found {
            Ok(result) => (result, None),
            Err(refused) => (Vector::exact(Vec::new()), Some(refused)),
        };
        let picks = expr.as_ref().is_ok_and(picks);
        let outcome = Outcome { refused, reads_rules: self.world.touched, picks };
        match self.outcomes.get_mut(at) {
            Some(before) => *before = outcome,
            None => self.outcomes.push(outcome),
        }
        self.world.take(at, self.rules[at].kind, result)
    }

    /// The elements with the rule's name and labels.
    fn written(&mut self, rule: &Rule, found: Vector) -> Result<Vector, Refused> {
        if rule.kind == RuleKind::Alert {
            return Ok(found);
        }
        let name = self.world.pair(crate::series::METRIC_NAME, &rule.name);
        let labels = rule.labels.iter().map(|(name, value)| self.world.pair(name, value));
        let sets: Vec<_> = std::iter::once(name).chain(labels).collect();
        found.map(|mut set| {
            for (label, code) in &sets {
                put(&mut set, *label, *code);
            }
            set
        })
    }
}

/// Whether an expression takes a number of elements of each group.
fn picks(expr: &promql::Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |inner| {
        if let promql::ExprKind::Aggregate(aggregate) = &inner.kind {
            found |= aggregate.op.selects_series();
        }
    });
    found
}

/// Regexes as Go reads them.
fn parse(text: &str) -> Result<promql::Expr, Refused> {
    let judge = |regex: &str| match Pattern::parse(regex, Dialect::of(Server::default())) {
        Ok(pattern) => Ok(pattern.is_match("")),
        Err(error) => Err(error.to_string()),
    };
    promql::parse_with(text, &judge).map_err(|errors| {
        let first = errors.into_iter().next();
        first.map_or_else(String::new, |error| error.message)
    })
}

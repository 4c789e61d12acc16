//! Runs operators over clean configurations, and judges what the linter says of each mutant.

use anyhow::Result;
use promsieve_core::finding::Severity;

use super::confirm::confirm;
use super::{Base, Found, Mutant, Operator, Project};
use crate::random::Random;

/// How much is tried.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// What all choices follow from.
    pub seed: u64,
    /// Mutants an operator.
    pub each: usize,
}

/// What became of the mutants of one operator.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// The operator.
    pub name: &'static str,
    /// The mistakes it makes, as `docs/lint-coverage.md` numbers them.
    pub rows: &'static [u8],
    /// Mutants made.
    pub mutants: usize,
    /// Those that change the outcome on a real server; the counts below are of these.
    pub confirmed: usize,
    /// A right rule says something.
    pub found: usize,
    /// It says so on the right line.
    pub right_line: usize,
    /// Something else is said that was not said before.
    pub extra: usize,
    /// Found on the right line, and nothing new elsewhere.
    pub right: usize,
    /// promtool refuses the configuration.
    pub promtool: usize,
    /// What is not right, for people.
    pub notes: Vec<String>,
}

/// What is said of one mutant.
#[derive(Debug, Clone, Default)]
struct Outcome {
    found: bool,
    right_line: bool,
    extra: Vec<Found>,
}

/// Makes mutants with every operator, confirms and lints them.
///
/// # Errors
/// When a server does not start or answer.
pub fn run(operators: &[Operator], bases: &[Base], options: Options) -> Result<Vec<Tally>> {
    let mut random = Random::new(options.seed);
    let mut made: Vec<(usize, Mutant)> = Vec::new();
    for (at, operator) in operators.iter().enumerate() {
        let mutants = operator.mutants(bases, options.each, &mut random);
        made.extend(mutants.into_iter().map(|mutant| (at, mutant)));
    }
    let mutants: Vec<Mutant> = made.iter().map(|(_, mutant)| mutant.clone()).collect();
    let verdicts = confirm(&mutants, &mut random)?;
    let mut tallies: Vec<Tally> = operators
        .iter()
        .map(|operator| Tally { name: operator.name, rows: operator.rows, ..Tally::default() })
        .collect();
    for ((at, mutant), verdict) in made.iter().zip(verdicts) {
        let tally = &mut tallies[*at];
        tally.mutants += 1;
        if !verdict.changes {
            tally.note("no change on the server", mutant, &[]);
            continue;
        }
        tally.confirmed += 1;
        tally.promtool += usize::from(verdict.is_refused);
        tally.count(mutant, &judge(&operators[*at], mutant));
    }
    Ok(tallies)
}

impl Tally {
    fn count(&mut self, mutant: &Mutant, outcome: &Outcome) {
        self.found += usize::from(outcome.found);
        self.right_line += usize::from(outcome.right_line);
        self.extra += usize::from(!outcome.extra.is_empty());
        if outcome.right_line && outcome.extra.is_empty() {
            self.right += 1;
            return;
        }
        let what = match (outcome.found, outcome.right_line) {
            (false, _) => "not found",
            (true, false) => "found on another line",
            (true, true) => "found, and more",
        };
        self.note(what, mutant, &outcome.extra);
    }

    fn note(&mut self, what: &str, mutant: &Mutant, extra: &[Found]) {
        let text = mutant.bad.text(mutant.text);
        let lines = text.lines().skip((mutant.line as usize).saturating_sub(7)).take(9);
        let lines: Vec<&str> = lines.collect();
        let extra: Vec<String> = extra
            .iter()
            .map(|found| format!("\n  {}:{} {}", found.rule, found.line, found.message))
            .collect();
        let (name, line) = (self.name, mutant.line);
        self.notes.push(format!(
            "{name}: {what}, line {line}{}\n{}",
            extra.concat(),
            lines.join("\n")
        ));
    }
}

/// What the linter says of a mutant that it does not say of the clean project.
fn judge(operator: &Operator, mutant: &Mutant) -> Outcome {
    let before = mutant.good.findings();
    let mut outcome = Outcome::default();
    let mut known: Vec<(&str, &str)> =
        before.iter().map(|found| (found.rule, found.message.as_str())).collect();
    let after = mutant.bad.findings();
    for found in &after {
        let key = (found.rule, found.message.as_str());
        if let Some(at) = known.iter().position(|known| *known == key) {
            known.swap_remove(at);
            continue;
        }
        if operator.rules.contains(&found.rule) {
            outcome.found = true;
            let is_here = (found.text, found.line) == (mutant.text, mutant.line);
            outcome.right_line |= is_here;
            if is_here {
                continue;
            }
        }
        if !operator.also.contains(&found.rule) {
            outcome.extra.push(found.clone());
        }
    }
    // A clean project that is not clean shows a false alarm of its own.
    outcome.extra.extend(before.into_iter().filter(|found| found.severity > Severity::Info));
    outcome
}

impl Project {
    /// A text of it: the configurations, then the rule files.
    pub fn text(&self, at: usize) -> &str {
        self.configs.iter().chain(&self.rules).nth(at).map_or("", String::as_str)
    }
}

/// The share of confirmed mutants, in percent, that must be found on the right line with nothing new
/// elsewhere.
const BAR: usize = 95;

/// Whether every operator has a confirmed mutant, and of all of them as many are right as must be.
pub fn passes(tallies: &[Tally]) -> bool {
    let sum = |of: fn(&Tally) -> usize| tallies.iter().map(of).sum::<usize>();
    let (confirmed, right) = (sum(|tally| tally.confirmed), sum(|tally| tally.right));
    tallies.iter().all(|tally| tally.confirmed > 0) && 100 * right >= BAR * confirmed
}

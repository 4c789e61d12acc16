//! `[gate]` of `promsieve.toml`: budgets, and what no change may do.

use std::ops::Range;

use promsieve_core::compare::{Bound, Budget, Checks, Each, Level, Limit, Measure, Scope};
use promsieve_core::regexp::{Dialect, Pattern as Regex};
use promsieve_core::server::Server;
use promsieve_core::units::Bytes;
use toml::de::{DeTable, DeValue};

use super::{Reader, Value};

/// What a change must keep to.
#[derive(Debug, Clone, Default)]
pub(crate) struct GateSettings {
    pub(crate) checks: Checks,
    /// Those that are written; without any, [`GateSettings::budgets`] has some of its own.
    written: Vec<Budget>,
}

impl GateSettings {
    /// The budgets: without any of the user's, a whole that may grow by a quarter, and metrics that
    /// may double.
    pub(crate) fn budgets(&self) -> Vec<Budget> {
        if !self.written.is_empty() {
            return self.written.clone();
        }
        let limit = |measure, level, share| Limit { measure, level, bound: Bound::MoreBy(share) };
        let both = |measure, warn, fail| {
            [limit(measure, Level::Warn, warn), limit(measure, Level::Fail, fail)]
        };
        let budget = |name: &str, each, above, limits: Vec<Limit>| {
            let (name, scope) = (name.to_owned(), Scope::default());
            Budget { name, scope, each, above, limits }
        };
        let whole = [both(Measure::Series, 0.1, 0.25), both(Measure::Memory, 0.1, 0.25)];
        let metric = both(Measure::Series, 0.5, 1.0).to_vec();
        vec![
            budget("everything", None, 0, whole.concat()),
            budget("each metric", Some(Each::Metric), 100, metric),
        ]
    }
}

impl Reader {
    /// Reads the table.
    pub(super) fn gate(&mut self, table: &DeTable<'_>, gate: &mut GateSettings) {
        const KEYS: [&str; 8] = [
            "refused-configuration",
            "lost-queries",
            "lost-signals",
            "empty-queries",
            "lost-scrapes",
            "merged-series",
            "unbounded-labels",
            "budget",
        ];
        for (key, value) in table {
            let name: &str = key.get_ref();
            let checks = &mut gate.checks;
            let check = match name {
                "refused-configuration" => &mut checks.refused_configuration,
                "lost-queries" => &mut checks.lost_queries,
                "lost-signals" => &mut checks.lost_signals,
                "empty-queries" => &mut checks.empty_queries,
                "lost-scrapes" => &mut checks.lost_scrapes,
                "merged-series" => &mut checks.merged_series,
                "unbounded-labels" => &mut checks.unbounded_labels,
                "budget" => {
                    gate.written = self.budgets(value);
                    continue;
                }
                _ => {
                    self.unknown(key.span(), name, &KEYS);
                    continue;
                }
            };
            let word = self.text(value).unwrap_or_default();
            match &*word {
                "fail" => *check = Level::Fail,
                "warn" => *check = Level::Warn,
                "ignore" => *check = Level::Pass,
                _ => {
                    let remedy = "write `fail`, `warn` or `ignore`";
                    self.problem(value.span(), "this says not what to do", remedy);
                }
            }
        }
    }

    fn budgets(&mut self, value: &Value<'_>) -> Vec<Budget> {
        let DeValue::Array(items) = value.get_ref() else {
            let remedy = "write `[[gate.budget]]` for each";
            self.problem(value.span(), "`budget` is a list of tables", remedy);
            return Vec::new();
        };
        let mut budgets = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::Table(table) => budgets.push(self.budget(item.span(), table)),
                _ => self.problem(item.span(), "this is no table", "write `[[gate.budget]]`"),
            }
        }
        budgets
    }

    fn budget(&mut self, at: Range<usize>, table: &DeTable<'_>) -> Budget {
        const KEYS: [&str; 11] = [
            "name",
            "jobs",
            "metrics",
            "targets",
            "labels",
            "each",
            "above",
            "series",
            "memory",
            "disk-per-day",
            "samples-per-second",
        ];
        let (scope, limits) = (Scope::default(), Vec::new());
        let mut budget = Budget { name: String::new(), scope, each: None, above: 0, limits };
        for (key, value) in table {
            let name: &str = key.get_ref();
            match name {
                "name" => budget.name = self.text(value).unwrap_or_default(),
                "jobs" => budget.scope.jobs = self.regexes(value),
                "metrics" => budget.scope.metrics = self.regexes(value),
                "targets" => budget.scope.targets = self.regexes(value),
                "labels" => budget.scope.labels = self.labels(value),
                "each" => budget.each = self.text(value).map(|word| each(&word)),
                "above" => budget.above = self.whole(value).unwrap_or_default(),
                "series" => self.limits(value, Measure::Series, &mut budget),
                "memory" => self.limits(value, Measure::Memory, &mut budget),
                "disk-per-day" => self.limits(value, Measure::DiskPerDay, &mut budget),
                "samples-per-second" => self.limits(value, Measure::SamplesPerSecond, &mut budget),
                _ => self.unknown(key.span(), name, &KEYS),
            }
        }
        if budget.name.is_empty() || budget.limits.is_empty() {
            let missing = if budget.name.is_empty() { "`name`" } else { "limit" };
            let remedy =
                "write `name = \"payments\"` and `series = {warn = \"+10%\", fail = 100000}`";
            self.problem(at, format!("a budget has a {missing}"), remedy);
        }
        budget
    }

    fn limits(&mut self, value: &Value<'_>, measure: Measure, budget: &mut Budget) {
        let DeValue::Table(table) = value.get_ref() else {
            let remedy = "write `{warn = \"+10%\", fail = 100000}`";
            return self.problem(value.span(), "a limit is a table", remedy);
        };
        for (key, value) in table {
            let name: &str = key.get_ref();
            let level = match name {
                "warn" => Level::Warn,
                "fail" => Level::Fail,
                _ => {
                    self.unknown(key.span(), name, &["warn", "fail"]);
                    continue;
                }
            };
            let found = match value.get_ref() {
                DeValue::Integer(number) => bound(number.as_str()),
                DeValue::String(text) => bound(text),
                _ => None,
            };
            match found {
                Some(bound) => budget.limits.push(Limit { measure, level, bound }),
                None => self.problem(
                    value.span(),
                    "this is no limit",
                    "write a number or a size, `\"+500\"` or `\"+1GiB\"` for more than before, \
                     `\"+10%\"` for a share more",
                ),
            }
        }
    }

    fn labels(&mut self, value: &Value<'_>) -> Vec<(String, Regex)> {
        let DeValue::Table(table) = value.get_ref() else {
            let remedy = "write `{team = \"payments\"}`";
            self.problem(value.span(), "`labels` is a table", remedy);
            return Vec::new();
        };
        let mut labels = Vec::new();
        for (key, value) in table {
            if let Some(text) = self.text(value) {
                let name: &str = key.get_ref();
                labels.extend(self.regex(value.span(), &text).map(|it| (name.to_owned(), it)));
            }
        }
        labels
    }

    /// Patterns as the server writes them: anchored at both ends.
    pub(super) fn regexes(&mut self, value: &Value<'_>) -> Vec<Regex> {
        let texts = self.texts(value);
        texts.into_iter().filter_map(|(at, text)| self.regex(at, &text)).collect()
    }

    fn regex(&mut self, at: Range<usize>, text: &str) -> Option<Regex> {
        let parsed = Regex::parse(text, Dialect::of(Server::default()));
        parsed.map_err(|error| self.problem(at, format!("this is no regex: {error}"), "")).ok()
    }
}

/// What has a budget each: a metric, or what `census --by` takes.
fn each(word: &str) -> Each {
    if word == "metric" {
        return Each::Metric;
    }
    let Ok(dimension) = word.parse();
    Each::Group(dimension)
}

/// `100000`, `8GiB`, `+500`, `+1GiB` or `+10%`.
fn bound(text: &str) -> Option<Bound> {
    let size = |text: &str| {
        let text = text.replace('_', "");
        Some(text.trim().parse::<Bytes>().ok()?.0 as f64)
    };
    let Some(more) = text.trim().strip_prefix('+') else { return size(text).map(Bound::Most) };
    match more.strip_suffix('%') {
        Some(share) => {
            let share: f64 = share.trim().parse().ok()?;
            (share.is_finite() && share >= 0.0).then_some(Bound::MoreBy(share / 100.0))
        }
        None => size(more).map(Bound::More),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::*;

    #[test]
    fn limits_are_absolute_or_relative() {
        for (text, wanted) in [
            ("100_000", Some(Bound::Most(1e5))),
            ("8GiB", Some(Bound::Most(8.0 * f64::from(1 << 30)))),
            ("+500", Some(Bound::More(500.0))),
            ("+2 KiB", Some(Bound::More(2048.0))),
            ("+10%", Some(Bound::MoreBy(0.1))),
            ("+12.5 %", Some(Bound::MoreBy(0.125))),
            ("-3", None),
            ("+x%", None),
            ("+-3%", None),
            ("ten", None),
        ] {
            assert_eq!(bound(text), wanted, "{text}");
        }
    }

    #[test]
    fn without_budgets_of_its_own_a_project_has_some() {
        let names: Vec<String> =
            GateSettings::default().budgets().into_iter().map(|budget| budget.name).collect();
        assert_eq!(names, ["everything", "each metric"]);
    }

    #[test]
    fn mistakes_in_budgets_are_told_with_their_place() {
        check("[gate]\nlost-query = \"fail\"\n", &[("lost-query", "did you mean `lost-queries`?")]);
        check(
            "[gate]\nlost-queries = \"no\"\n[[gate.budget]]\nname = \"b\"\njobs = [\"(\"]\n\
             series = {fail = \"many\", worry = 1}\n[[gate.budget]]\nname = \"c\"\nlabels = {team = \"t\"}\n\
             each = \"target\"\nabove = 3\nmemory = {fail = \"1GiB\"}\n",
            &[
                ("\"no\"", "write `fail`, `warn` or `ignore`"),
                (
                    "[[gate.budget]]",
                    "write `name = \"payments\"` and `series = {warn = \"+10%\", fail = 100000}`",
                ),
                ("\"(\"", "this is no regex: error parsing regexp: missing closing ): `^(?s:()$`"),
                (
                    "\"many\"",
                    "write a number or a size, `\"+500\"` or `\"+1GiB\"` for more than before, `\"+10%\"` for a share more",
                ),
                ("worry", "keys here are warn, fail"),
            ],
        );
    }
}

//! Which values of a metric's labels anybody selects: asked one by one, or as a language.

use std::collections::BTreeSet;

use super::Usage;
use super::selector::{SelectorUse, Selects, Test};
use crate::regexp::language::{Language, Limits, Undecided};

/// Everything that may select a metric, collected once to be asked about many values.
#[derive(Debug)]
pub struct Selected<'a> {
    usage: &'a Usage,
    selectors: Vec<&'a SelectorUse>,
    /// Whether a query that was not understood might select it.
    unknown: bool,
}

impl Usage {
    /// What may select series of `metric`.
    pub fn selected(&self, metric: &str) -> Selected<'_> {
        let selectors = self.selectors_of(metric).into_iter().map(|(found, _)| found).collect();
        let unknown = self.may_hide(metric);
        Selected { usage: self, selectors, unknown }
    }
}

impl Selected<'_> {
    /// The queries that may select the metric.
    pub fn queries(&self) -> BTreeSet<usize> {
        self.selectors.iter().map(|found| found.query).collect()
    }

    /// Whether some value of the label may be selected by nobody: every selector asks for certain
    /// ones, and no picker lists them all.
    pub fn restricts(&self, label: &str) -> bool {
        let asks = |found: &&SelectorUse| found.matchers.iter().any(|(name, _)| name == label);
        let listed = self.usage.listed.iter().any(|(name, _)| name == label);
        !self.unknown && !listed && self.selectors.iter().all(asks)
    }

    /// Whether a matcher on the label asks for this value, perhaps among others.
    pub fn names(&self, label: &str, value: &str) -> bool {
        let asks = |found: &&&SelectorUse| found.matchers.iter().any(|(name, _)| name == label);
        let mut asking = self.selectors.iter().filter(asks);
        asking.any(|found| found.selects_value(label, value) != Selects::No)
    }

    /// Whether series whose `label` has `value` may be selected; an absent label has the empty value.
    pub fn may_select(&self, label: &str, value: &str) -> bool {
        let may = |found: &&SelectorUse| found.selects_value(label, value) != Selects::No;
        self.unknown || self.selectors.iter().any(may)
    }

    /// All values of the label that may be selected.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn values(&self, label: &str, limits: Limits) -> Result<Language, Undecided> {
        if self.unknown {
            return Ok(Language::all(limits));
        }
        let of_selector = |found: &&SelectorUse| {
            let tests = found.matchers.iter().filter(|(name, _)| name == label);
            let tests: Result<Vec<_>, _> = tests.map(|(_, test)| language(test, limits)).collect();
            Language::intersection_of(&tests?, limits)
        };
        let languages: Result<Vec<_>, _> = self.selectors.iter().map(of_selector).collect();
        Language::union_of(&languages?, limits)
    }
}

/// The values that satisfy a matcher, or may.
fn language(test: &Test, limits: Limits) -> Result<Language, Undecided> {
    match test {
        Test::Equal(value) => Ok(Language::literal(value, limits)),
        Test::NotEqual(value) => Language::literal(value, limits).complement(),
        Test::Regex(regex) | Test::Partly(regex) => Language::of(&regex.0, limits),
        Test::NotRegex(regex) => Language::of(&regex.0, limits)?.complement(),
        Test::Unknown => Ok(Language::all(limits)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::{UsageOptions, list_queries};
    use proptest::prelude::*;

    fn usage(queries: &[String]) -> Usage {
        Usage::of(list_queries("q", &queries.join("\n")), UsageOptions::default())
    }

    #[test]
    fn a_picker_of_all_values_and_an_unreadable_query_leave_no_value_unselected() {
        let known = usage(&["m{a=\"1\"}".to_owned()]);
        assert!(known.selected("m").restricts("a") && !known.selected("m").may_select("a", "2"));
        assert!(!known.selected("m").restricts("b"));
        let unread = usage(&["m{a=\"1\"}".to_owned(), "sum(m".to_owned()]);
        assert!(!unread.selected("m").restricts("a") && unread.selected("m").may_select("a", "2"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn the_language_holds_just_the_values_that_may_be_selected(
            queries in proptest::collection::vec(
                "sum\\(m\\{a(=|!=|=~|!~)\"[xy]{0,2}(\\|[xy])?\"(,a!=\"[xy]\")?\\}\\)|m|n", 0..4),
            value in "[xyz]{0,3}",
        ) {
            let usage = usage(&queries);
            let selected = usage.selected("m");
            let language = selected.values("a", Limits::default()).unwrap();
            prop_assert_eq!(language.contains(&value), selected.may_select("a", &value));
            let verdict = usage.value("m", "a", &value);
            prop_assert_eq!(verdict.is_unused(), !selected.may_select("a", &value));
        }
    }
}

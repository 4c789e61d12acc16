//! Many metric names in few, readable patterns.

use crate::regexp::quote;

/// Names in one pattern; more go into another step.
const NAMES_A_STEP: usize = 40;

/// Patterns that match exactly these names, which come sorted. Only valid UTF-8 names need quoting;
/// ordinary ones hold nothing that means something to a pattern.
pub(super) fn patterns(names: &[String]) -> Vec<String> {
    let quoted: Vec<String> = names.iter().map(|name| quote(name)).collect();
    quoted.chunks(NAMES_A_STEP).map(|part| part.join("|")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regexp::{Dialect, Pattern};
    use crate::server::Server;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn patterns_match_their_names_and_no_others(
            names in proptest::collection::btree_set("[a-b.|*é]{1,3}", 1..90),
            other in "[a-b.|*é]{1,3}",
        ) {
            let sorted: Vec<String> = names.iter().cloned().collect();
            let parse = |text: &String| {
                Pattern::parse(text, Dialect::of(Server::default())).unwrap()
            };
            let patterns: Vec<Pattern> = patterns(&sorted).iter().map(parse).collect();
            let matches = |name: &str| patterns.iter().any(|pattern| pattern.is_match(name));
            prop_assert!(sorted.iter().all(|name| matches(name)));
            prop_assert_eq!(matches(&other), names.contains(&other));
        }
    }
}

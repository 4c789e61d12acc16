//! The rules, one file each.
//!
//! To add one: copy the nearest file, write its page (the `//!` header) with one bad and one good
//! block, add it in the two places below, and run the tests of `lint`.

mod contradictory_keeps;
mod covered_filter;
mod filter_without_source;
mod hashmod_without_keep;
mod ignored_field;
mod invalid_config;
mod invalid_relabel_step;
mod invalid_rule_file;
mod labelkeep_without_name;
mod le_old_notation;
mod meta_label_after_scrape;
mod no_such_group;
mod quoted_null;
mod redundant_anchors;
mod separator_forgotten;
mod series_collision;
mod step_matches_nothing;
mod template_trap;
mod temporary_label_stored;
mod unanchored_pattern;
mod unreachable_step;
mod unrendered_template;
pub(super) mod unused_suppression;

pub use super::rule::Entry;

macro_rules! rules {
    ($($module:ident,)*) => {
        /// Every rule, in the order of the codes.
        static ENTRIES: &[Entry] = &[$(Entry {
            module: stringify!($module),
            source: include_str!(concat!(stringify!($module), ".rs")),
            rule: &$module::RULE,
        },)*];

        /// One test a rule.
        #[cfg(test)]
        mod pages {
            $(#[test]
            fn $module() {
                crate::lint::testing::check_rule(stringify!($module));
            })*
        }
    };
}

rules! {
    series_collision, // CA001
    step_matches_nothing,
    invalid_relabel_step, // RL001
    unreachable_step,
    contradictory_keeps,
    template_trap,
    no_such_group,
    separator_forgotten,
    redundant_anchors,
    ignored_field,
    unanchored_pattern,
    covered_filter,
    filter_without_source,
    invalid_config, // SC001
    invalid_rule_file,
    unused_suppression,
    unrendered_template,
    hashmod_without_keep, // SH001
    meta_label_after_scrape, // ST001
    temporary_label_stored,
    labelkeep_without_name,
    le_old_notation, // VE001
    quoted_null,
}

/// Every rule, in the order of the codes.
pub fn entries() -> &'static [Entry] {
    ENTRIES
}

/// The rule of that code or name.
pub fn find(word: &str) -> Option<&'static Entry> {
    let named = |entry: &&Entry| word.eq_ignore_ascii_case(entry.code()) || word == entry.name();
    entries().iter().find(named)
}

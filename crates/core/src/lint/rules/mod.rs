//! The rules, one file each.
//!
//! To add one: copy the nearest file, write its page (the `//!` header) with one bad and one good
//! block, add it in the two places below, and run the tests of `lint`.

mod address_port_join;
mod alert_relabel_leaks;
mod bucket_bound_removed;
mod constant_hash;
mod contradictory_keeps;
mod correlated_hashes;
mod covered_filter;
mod dropped_at_every_remote;
mod dropped_bucket_used;
mod dropped_label_used;
mod dropped_metric_used;
mod empty_alternative;
mod exported_labels;
mod federation_without_honor_labels;
mod filter_without_source;
mod fleet_external_labels;
mod fleet_residues;
mod fleet_unsharded_job;
mod glob_pattern;
mod hashmod_without_keep;
mod ignored_field;
mod infinite_bucket_dropped;
mod instance_not_set_yet;
mod interval_beyond_lookback;
mod invalid_config;
mod invalid_relabel_step;
mod invalid_rule_file;
mod labelkeep_without_name;
mod labelmap_winner_random;
mod le_old_notation;
mod limit_always_exceeded;
mod list_entry_matches_nothing;
mod loose_alternation;
mod made_after_relabeling;
mod merge_key_order;
mod meta_label_after_scrape;
mod meta_label_not_offered;
mod modulus_misread;
mod names_mixed_up;
mod no_such_group;
mod null_overrides_default;
mod old_bound_in_query;
mod pattern_needs_wildcard;
mod port_lost;
mod quoted_null;
mod read_after_removal;
mod redundant_anchors;
mod relabeling_ignored;
mod replica_label_in_alerts;
mod residue_out_of_range;
mod rule_spans_shards;
mod same_target_twice;
mod scrape_fails;
mod separator_forgotten;
mod series_collision;
mod series_label_in_target_chain;
mod setting_deleted;
mod single_underscore;
mod step_matches_nothing;
mod stray_whitespace;
mod target_settings_removed;
mod targets_merge;
mod template_leftover;
mod template_trap;
mod temporary_label_stored;
mod typographic_quotes;
mod unanchored_pattern;
mod unbounded_label;
mod unreachable_step;
pub(super) mod unused_suppression;
mod word_in_brackets;

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
    scrape_fails,
    pattern_needs_wildcard,
    list_entry_matches_nothing,
    unbounded_label,
    same_target_twice,
    exported_labels,
    names_mixed_up,
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
    glob_pattern,
    loose_alternation,
    empty_alternative,
    typographic_quotes,
    stray_whitespace,
    read_after_removal,
    null_overrides_default,
    template_leftover,
    single_underscore,
    word_in_brackets,
    address_port_join,
    port_lost,
    setting_deleted,
    modulus_misread,
    merge_key_order,
    invalid_config, // SC001
    invalid_rule_file,
    unused_suppression,
    interval_beyond_lookback,
    federation_without_honor_labels,
    limit_always_exceeded,
    dropped_at_every_remote,
    hashmod_without_keep, // SH001
    residue_out_of_range,
    constant_hash,
    correlated_hashes,
    fleet_residues,
    fleet_external_labels,
    replica_label_in_alerts,
    rule_spans_shards,
    fleet_unsharded_job,
    meta_label_after_scrape, // ST001
    temporary_label_stored,
    labelkeep_without_name,
    target_settings_removed,
    series_label_in_target_chain,
    made_after_relabeling,
    instance_not_set_yet,
    meta_label_not_offered,
    bucket_bound_removed,
    infinite_bucket_dropped,
    targets_merge,
    dropped_metric_used, // US001
    dropped_label_used,
    dropped_bucket_used,
    le_old_notation, // VE001
    quoted_null,
    labelmap_winner_random,
    relabeling_ignored,
    alert_relabel_leaks,
    old_bound_in_query,
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

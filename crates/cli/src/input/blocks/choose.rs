//! Which blocks count. A bucket holds the same samples several times over: as they were scraped,
//! merged into longer blocks, downsampled, and for some days after they were to be deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use promsieve_core::ingest::index::Meta;

use super::Entry;

/// The label by which Mimir's compactor says which part of the series a block has, as `1_of_4`.
const SHARD: &str = "__compactor_shard_id__";

/// Why a block is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Left {
    /// Its folder holds a mark.
    Marked,
    /// Its samples were downsampled, and its series are those of the blocks it was made of.
    Downsampled,
    /// What it was made of went into other blocks that are there.
    Merged,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Marked => "marked for deletion",
            Self::Downsampled => "downsampled",
            Self::Merged => "merged into others",
        })
    }
}

/// For each block why it is left out, if it is.
pub(crate) fn choose(entries: &[Entry]) -> Vec<Option<Left>> {
    let mut left: Vec<Option<Left>> = entries.iter().map(by_itself).collect();
    let counted = |at: usize| -> Option<&Meta> {
        entries[at].meta.as_ref().ok().filter(|_| left[at].is_none())
    };
    let mut with_source = BTreeMap::<(Option<&str>, &str), Vec<usize>>::new();
    let mut sources: Vec<BTreeSet<&str>> = Vec::with_capacity(entries.len());
    for (at, entry) in entries.iter().enumerate() {
        let own = counted(at).into_iter().flat_map(|meta| &meta.compaction.sources);
        let own: BTreeSet<&str> = own.map(String::as_str).collect();
        for &source in &own {
            with_source.entry((entry.tenant.as_deref(), source)).or_default().push(at);
        }
        sources.push(own);
    }
    let merged: Vec<usize> = (0..entries.len())
        .filter(|&at| {
            let Some(first) = sources[at].first() else { return false };
            let tenant = entries[at].tenant.as_deref();
            let others = with_source[&(tenant, *first)].iter().filter(|&&other| other != at);
            let others = others.filter(|&&other| is_within(at, other, entries, &sources));
            let shards = others.map(|&other| shard(&entries[other]));
            are_whole(shard(&entries[at]), &shards.collect())
        })
        .collect();
    for at in merged {
        left[at] = Some(Left::Merged);
    }
    left
}

fn by_itself(entry: &Entry) -> Option<Left> {
    let resolution = entry.meta.as_ref().map_or(0, |meta| meta.thanos.downsample.resolution);
    if entry.marked { Some(Left::Marked) } else { (resolution != 0).then_some(Left::Downsampled) }
}

/// Whether all that went into a block went into the other one, too. Of two that were made of the
/// same, the shards of a block follow on it, and else the newer one on the older.
fn is_within(at: usize, other: usize, entries: &[Entry], sources: &[BTreeSet<&str>]) -> bool {
    let rank = |at: usize| (sources[at].len(), !shard(&entries[at]).is_empty(), &entries[at].ulid);
    sources[at].is_subset(&sources[other]) && rank(at) < rank(other)
}

/// Whether blocks of these shards, that a block went into, have all its series.
fn are_whole(own: &str, shards: &BTreeSet<&str>) -> bool {
    if !own.is_empty() || shards.contains("") {
        return shards.contains(own);
    }
    let count = |shard: &str| shard.split_once("_of_").and_then(|(_, count)| count.parse().ok());
    let counts: Option<BTreeSet<usize>> = shards.iter().map(|shard| count(shard)).collect();
    counts.is_some_and(|counts| counts.len() == 1 && counts.contains(&shards.len()))
}

fn shard(entry: &Entry) -> &str {
    let labels = entry.meta.as_ref().map(|meta| &meta.thanos.labels);
    labels.ok().and_then(|labels| labels.get(SHARD)).map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block by name: `c=ab` was made of `a` and `b`, `c=ab/1_of_2` is a shard, `c=ab@300000` is
    /// downsampled, and `c=ab!` marked.
    fn entry(text: &str) -> Entry {
        let (text, marked) = text.strip_suffix('!').map_or((text, false), |text| (text, true));
        let (text, resolution) = text.split_once('@').unwrap_or((text, "0"));
        let (text, shard) = text.split_once('/').unwrap_or((text, ""));
        let (ulid, sources) = text.split_once('=').unwrap_or((text, text));
        let sources: Vec<String> = sources.chars().map(String::from).collect();
        let meta = serde_json::json!({
            "ulid": ulid,
            "compaction": {"sources": sources},
            "thanos": {"labels": {SHARD: shard}, "downsample": {"resolution": resolution.parse::<i64>().unwrap()}},
        });
        Entry {
            name: ulid.to_owned(),
            ulid: ulid.to_owned(),
            tenant: None,
            meta: Meta::parse(&meta.to_string()),
            marked,
            version: String::new(),
        }
    }

    #[track_caller]
    fn check(blocks: &str, counted: &str) {
        let entries: Vec<Entry> = blocks.split_whitespace().map(entry).collect();
        let left = choose(&entries);
        let names = entries.iter().zip(&left).filter(|(_, left)| left.is_none());
        let names: Vec<&str> = names.map(|(entry, _)| &*entry.ulid).collect();
        assert_eq!(names.join(" "), counted, "{left:?}");
    }

    #[test]
    fn what_went_into_another_block_is_not_counted_again() {
        check("a b c d", "a b c d");
        check("a b c=ab d", "c d");
        check("a b c d=abc e=abcd f", "e f");
        // Half of what went into it is there: the rest of the block counts.
        check("c=ab d=ax", "c d");
    }

    #[test]
    fn of_two_that_were_made_of_the_same_the_newer_counts() {
        check("b=a a", "b");
        check("a b=a c=a", "c");
    }

    #[test]
    fn a_block_in_shards_counts_until_all_are_there() {
        check("a b c=ab/1_of_2", "a b c");
        check("a b c=ab/1_of_2 d=ab/2_of_2", "c d");
        check("a b c=ab/1_of_2 d=ab/2_of_2 e=abx/1_of_2", "d e");
        check("c=ab d=ab/1_of_2 e=ab/2_of_2", "d e");
        // Shards of different splits say nothing together.
        check("a c=a/1_of_2 d=a/2_of_3", "a c d");
    }

    #[test]
    fn marked_and_downsampled_blocks_neither_count_nor_hold_others() {
        check("a b c=ab@300000", "a b");
        check("a b c=ab!", "a b");
        check("a! b c=ab", "c");
    }

    #[test]
    fn tenants_have_blocks_of_their_own() {
        let mut entries: Vec<Entry> = ["a", "b=a"].map(entry).into();
        entries[0].tenant = Some("one".to_owned());
        entries[1].tenant = Some("two".to_owned());
        assert_eq!(choose(&entries), [None, None]);
        entries[1].tenant = Some("one".to_owned());
        assert_eq!(choose(&entries), [Some(Left::Merged), None]);
    }
}

//! What lies beside an index in a block: `meta.json` and the tombstones of deleted samples.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use super::bytes::{Cursor, be32};

/// The first four bytes of tombstones, and the one format there is.
const MAGIC: u32 = 0x0130_BA30;
const FORMAT: u8 = 1;
const HEADER: usize = 5;
const SUM: usize = 4;

/// What `meta.json` says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Meta {
    /// The block's name.
    pub ulid: String,
    /// The first moment that it may hold, milliseconds since the epoch.
    pub min_time: i64,
    /// The first moment behind it.
    pub max_time: i64,
    /// What it holds, as its writer counted.
    pub stats: Stats,
    /// How it was made.
    pub compaction: Compaction,
    /// What Thanos says of it besides, and others that took over its bucket's layout.
    pub thanos: Thanos,
}

/// Totals of a block.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Stats {
    /// Samples of all kinds.
    pub num_samples: u64,
    /// Series in the index.
    pub num_series: u64,
    /// Chunks of samples.
    pub num_chunks: u64,
}

/// How a block was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Compaction {
    /// How often what is in it was merged; 1 straight from the head.
    pub level: u64,
    /// The names of the blocks of level 1 that went into it: its own for one of these.
    #[serde(deserialize_with = "or_default")]
    pub sources: Vec<String>,
}

/// What is in a block's `thanos` section.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Thanos {
    /// The external labels of its server, which its series don't have in the index.
    #[serde(deserialize_with = "or_default")]
    pub labels: BTreeMap<String, String>,
    /// Whether its samples were downsampled.
    pub downsample: Downsample,
}

/// How a block was downsampled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Downsample {
    /// Milliseconds between samples; 0 for those that were scraped.
    pub resolution: i64,
}

/// What is null for a Go program that has nothing to write.
fn or_default<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

impl Meta {
    /// Reads `meta.json`.
    ///
    /// # Errors
    /// What is wrong with it, in words for the user.
    pub fn parse(text: &str) -> Result<Self, String> {
        let meta: Self = serde_json::from_str(text)
            .map_err(|error| format!("this is no description of a block: {error}"))?;
        if meta.ulid.is_empty() {
            return Err("this is no description of a block: it has no `ulid`".to_owned());
        }
        Ok(meta)
    }
}

/// Deleted samples, by series.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tombstones {
    /// First and last moment of what was deleted, by reference of the series; sorted, apart.
    deleted: BTreeMap<u64, Vec<(i64, i64)>>,
}

/// How much of a series is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deleted {
    Nothing,
    Part,
    All,
}

impl Tombstones {
    /// Reads a file of tombstones. It is checked as a whole.
    ///
    /// # Errors
    /// What is wrong with it, in words for the user.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() < HEADER + SUM || be32(&bytes[..4]) != MAGIC {
            return Err("byte 0: these are no tombstones".to_owned());
        }
        if bytes[4] != FORMAT {
            return Err(format!("byte 4: format {} is unknown; 1 can be read", bytes[4]));
        }
        let (content, sum) = bytes[HEADER..].split_at(bytes.len() - HEADER - SUM);
        if crc32c::crc32c(content) != be32(sum) {
            return Err("byte 5: the checksum does not match".to_owned());
        }
        let mut deleted: BTreeMap<u64, Vec<(i64, i64)>> = BTreeMap::new();
        let mut cursor = Cursor::new(content);
        while !cursor.is_at_end() {
            let at = HEADER + cursor.at;
            let (series, from, to) = stone(&mut cursor)
                .ok_or_else(|| format!("byte {at}: this is no series and two moments"))?;
            deleted.entry(series).or_default().push((from, to));
        }
        deleted.values_mut().for_each(join);
        Ok(Self { deleted })
    }

    /// How many series have any.
    pub fn series(&self) -> u64 {
        self.deleted.len() as u64
    }

    /// How much of a series with samples from `first` to `last` is deleted.
    pub(super) fn of(&self, series: u64, first: i64, last: i64) -> Deleted {
        let ranges = self.deleted.get(&series).map_or(&[][..], Vec::as_slice);
        let overlaps = |&&(from, to): &&(i64, i64)| from <= last && to >= first;
        match ranges.iter().find(overlaps) {
            None => Deleted::Nothing,
            Some(&(from, to)) if from <= first && to >= last => Deleted::All,
            Some(_) => Deleted::Part,
        }
    }
}

fn stone(cursor: &mut Cursor<'_>) -> Option<(u64, i64, i64)> {
    Some((cursor.uvarint()?, cursor.varint()?, cursor.varint()?))
}

/// Sorts ranges and joins those without a moment between them.
fn join(ranges: &mut Vec<(i64, i64)>) {
    ranges.sort_unstable();
    ranges.dedup_by(|next, kept| {
        let joined = next.0 <= kept.1.saturating_add(1);
        if joined {
            kept.1 = kept.1.max(next.1);
        }
        joined
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_deletions_are_one() {
        let mut ranges = vec![(11, 20), (1, 5), (6, 10), (30, 40), (35, 36)];
        join(&mut ranges);
        assert_eq!(ranges, [(1, 20), (30, 40)]);
        let stones = Tombstones { deleted: BTreeMap::from([(7, ranges)]) };
        assert_eq!(stones.of(7, 2, 20), Deleted::All);
        assert_eq!(stones.of(7, 2, 21), Deleted::Part);
        assert_eq!(stones.of(7, 21, 29), Deleted::Nothing);
        assert_eq!(stones.of(8, 2, 20), Deleted::Nothing);
    }

    #[test]
    fn what_is_no_block_is_named() {
        assert!(Meta::parse("{}").unwrap_err().contains("no `ulid`"));
        assert!(Meta::parse("[").unwrap_err().starts_with("this is no description of a block"));
        let read =
            Meta::parse(r#"{"ulid": "X", "minTime": 1, "stats": {"numSeries": 3}}"#).unwrap();
        assert_eq!((read.min_time, read.stats.num_series, read.stats.num_chunks), (1, 3, 0));
    }

    #[test]
    fn damaged_tombstones_are_refused_with_their_place() {
        let mut bytes = vec![0x01, 0x30, 0xBA, 0x30, 1];
        let content = [3u8, 2, 8, 9];
        bytes.extend(content);
        bytes.extend(crc32c::crc32c(&content).to_be_bytes());
        assert_eq!(
            Tombstones::parse(&bytes).unwrap_err(),
            "byte 8: this is no series and two moments"
        );
        bytes[6] ^= 1;
        assert_eq!(Tombstones::parse(&bytes).unwrap_err(), "byte 5: the checksum does not match");
        assert_eq!(Tombstones::parse(&bytes[..4]).unwrap_err(), "byte 0: these are no tombstones");
        assert_eq!(
            Tombstones::parse(&[0x01, 0x30, 0xBA, 0x30, 1, 0, 0, 0, 0]),
            Ok(Tombstones::default())
        );
    }
}

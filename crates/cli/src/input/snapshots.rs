//! Several snapshots of the same place, each with the moment it was taken at: from the samples'
//! timestamps, from a name, or as far apart as the user says.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use promsieve_core::series::Table;
use promsieve_core::units::{Bytes, day_number};

use super::changes::Changes;
use super::kinds::{Held, Options};
use super::{Source, kinds};
use crate::common::Common;
use crate::stderr::warn;

/// One snapshot as it was read.
pub(crate) struct Snapshot {
    /// The name of its source.
    pub(crate) name: String,
    /// What its source held.
    pub(crate) held: Held,
}

/// When snapshots were taken.
#[derive(Debug, PartialEq)]
pub(crate) enum Moments {
    /// In seconds, ascending.
    Seconds(Vec<f64>),
    /// Nothing is known but their order.
    Order,
}

/// Reads a snapshot a source, in the order given. One directory alone stands for those in its
/// `snapshots/`, with its own scrapes as the newest.
///
/// # Errors
/// When there are fewer than two, or a source does not exist.
pub(crate) fn read(
    specs: &[String],
    options: &Options<'_>,
    changes: &Changes,
    common: &Common,
) -> anyhow::Result<Vec<Snapshot>> {
    let mut sources = Vec::new();
    for spec in specs {
        sources.extend(Source::resolve(spec)?);
    }
    if let [Source::Directory(directory)] = &sources[..] {
        let inner = by_number(&directory.join("snapshots"));
        if !inner.is_empty() {
            let newest = super::scrapes::has_scrapes(directory).then(|| directory.clone());
            sources = inner.into_iter().chain(newest).map(Source::Directory).collect();
        }
    }
    let mut snapshots = Vec::new();
    for source in &sources {
        let mut held = Held::within(Bytes(u64::MAX), changes.clone());
        match kinds::read(source, options, common, &mut held) {
            Ok(()) => {}
            Err(error) if held.series.is_empty() => {
                return Err(error).with_context(|| format!("snapshot `{}`", source.name()));
            }
            Err(error) => {
                warn(&format!("error: {error:#}"));
                held.status = crate::Status::Incomplete;
            }
        }
        if held.series.table().is_none() {
            bail!("`{}` holds no series: a snapshot over time needs them", source.name());
        }
        snapshots.push(Snapshot { name: source.name(), held });
    }
    if snapshots.len() < 2 {
        bail!(
            "--over-time compares two snapshots or more: give several sources, oldest first, or a \
             directory with `snapshots/<n>/scrapes/`"
        );
    }
    Ok(snapshots)
}

/// When the snapshots were taken, `every` so many seconds where that is given; sorts them by time.
///
/// # Errors
/// When two are of the same moment.
pub(crate) fn moments(
    snapshots: &mut Vec<Snapshot>,
    every: Option<f64>,
) -> anyhow::Result<Moments> {
    if let Some(every) = every {
        anyhow::ensure!(every > 0.0, "--every must be longer than nothing");
        return Ok(Moments::Seconds((0..snapshots.len()).map(|at| at as f64 * every).collect()));
    }
    let known: Option<Vec<f64>> = snapshots.iter().map(Snapshot::time).collect();
    let Some(known) = known else { return Ok(Moments::Order) };
    let mut timed: Vec<(f64, Snapshot)> = known.into_iter().zip(snapshots.drain(..)).collect();
    timed.sort_by(|a, b| a.0.total_cmp(&b.0));
    if let Some(pair) = timed.windows(2).find(|pair| pair[0].0 >= pair[1].0) {
        bail!(
            "`{}` and `{}` are of the same moment: say how far apart snapshots are with --every",
            pair[0].1.name,
            pair[1].1.name
        );
    }
    let (times, sorted) = timed.into_iter().unzip();
    *snapshots = sorted;
    Ok(Moments::Seconds(times))
}

impl Snapshot {
    /// Seconds since the epoch, by the end of its blocks, by the latest timestamp of its samples, or
    /// else by its name.
    fn time(&self) -> Option<f64> {
        let latest = |table: &Table| {
            table.metrics.iter().filter_map(|group| group.notes.latest_time()).max()
        };
        let blocks = self.held.blocks.iter().map(|block| block.meta.max_time);
        let millis = self.held.series.table().and_then(latest).into_iter().chain(blocks).max();
        millis.map(|millis| millis as f64 / 1000.0).or_else(|| time_of_name(&self.name))
    }
}

/// The directories in one, by number where names are numbers.
fn by_number(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    found.sort_by_key(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (name.parse::<u64>().unwrap_or(u64::MAX), name)
    });
    found
}

/// The time that the last part of a path names which names one: seconds or milliseconds since the
/// epoch, a date with or without a time (UTC), or a block's ULID.
fn time_of_name(name: &str) -> Option<f64> {
    name.rsplit('/').find_map(|part| {
        let stem = part.split('.').next().unwrap_or_default();
        let words = stem.split(|c: char| "_+".contains(c));
        words
            .chain([stem])
            .find_map(|word| epoch(word).or_else(|| date(word)).or_else(|| ulid(word)))
    })
}

fn epoch(word: &str) -> Option<f64> {
    let number: f64 = word.parse::<u64>().ok()? as f64;
    match word.len() {
        10 => Some(number),
        13 => Some(number / 1000.0),
        _ => None,
    }
}

/// `2026-11-22`, `2026-11-22T10:00:00Z`, `2026-11-22T10-00-00Z`, `20261122T100000Z`.
fn date(word: &str) -> Option<f64> {
    let digits: String = word.chars().filter(char::is_ascii_digit).collect();
    let plain = |c: char| c.is_ascii_digit() || "-:TZ".contains(c);
    let is_date = word.get(4..5) == Some("-") || word.get(8..9) == Some("T");
    if !word.chars().all(plain) || !is_date || !matches!(digits.len(), 8 | 12 | 14) {
        return None;
    }
    let number = |from: usize, to: usize| {
        digits.get(from..to).map_or(Some(0), |part| part.parse::<i64>().ok())
    };
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hours, minutes, seconds) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    let days = day_number(year, month, day).filter(|_| hours <= 24)?;
    Some((days * 86_400 + hours * 3600 + minutes * 60 + seconds) as f64)
}

/// The time in a ULID's first ten characters, milliseconds in base 32.
fn ulid(word: &str) -> Option<f64> {
    const DIGITS: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let digit = |c: char| DIGITS.find(c);
    if word.len() != 26 || !word.chars().all(|c| digit(c).is_some()) {
        return None;
    }
    let millis =
        word.chars().take(10).filter_map(digit).fold(0.0, |sum, digit| sum * 32.0 + digit as f64);
    Some(millis / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, wanted: Option<f64>) {
        assert_eq!(time_of_name(name), wanted, "{name}");
    }

    #[test]
    fn names_tell_times() {
        check("a/1700000000.prom", Some(1_700_000_000.0));
        check("a/app_1700000000123.prom.gz", Some(1_700_000_000.123));
        check("2023-11-14T22:13:20Z/scrapes", Some(1_700_000_000.0));
        check("2023-11-14T22-13-20Z.prom", Some(1_700_000_000.0));
        check("20231114T221320Z.prom", Some(1_700_000_000.0));
        check("2024-02-29", Some(1_709_164_800.0));
        check("2024-03-01", Some(1_709_251_200.0));
        check("data/01ARYZ6S410000000000000000", Some(1_469_918_176.385));
    }

    #[test]
    fn other_names_tell_none() {
        for name in ["snapshots/1", "a.prom", "10.0.0.1:9100", "2023-13-01", "12345", "1-2-3", ""] {
            check(name, None);
        }
    }
}

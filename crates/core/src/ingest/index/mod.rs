//! The index of a TSDB block: how many series it has, of which labels, and which of them come and
//! go. Only the index is read, never a chunk of samples.
//!
//! Three depths, each as cheap as it can be: [`Index::summary`] looks at the postings offset table
//! and at the length of every list; [`Index::series`] walks over all series for their churn; and
//! with [`Want::Rows`] it keeps them as a [`Table`] besides.
//!
//! Checked are: header and table of contents always; symbols, postings offset table and the list
//! of all series as a whole when they are read; each series when it is walked over. Of the other
//! lists only the lengths are read. Obsolete label indices and chunks are never looked at. What
//! fails is told as a [`Problem`] with its place, and the rest is counted.
//!
//! The format is that of `tsdb/docs/format/index.md` at Prometheus 3.5; version 1 is read too.

mod churn;
mod meta;
mod needed;
mod pairs;
mod places;
mod postings;
mod sections;
mod summary;
mod symbols;
mod top;
mod walk;

use super::bytes;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::fast::FixedState;
use rayon::prelude::*;

pub use churn::Churn;
pub use meta::{Compaction, Downsample, Meta, Stats, Thanos, Tombstones};
pub use sections::{Problem, ReadAt, Section, Version};
pub use summary::{LabelSummary, PairCount, Summary};

use crate::series::{CodedPart, CodedRows, Dictionary, METRIC_NAME, Stage, Table};
use crate::watch::Watch;
use pairs::{Pair, Pairs};
use places::Places;
use sections::Sections;
use summary::Tally;
use symbols::Symbols;
use walk::{Part, Shared, TOLD, walk};

/// An index whose header and table of contents are sound.
pub struct Index<'a> {
    source: &'a dyn ReadAt,
    sections: Sections,
}

/// What a walk over the series is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// Totals and churn.
    Totals,
    /// The series themselves, too.
    Rows,
}

/// What all series of an index say.
pub struct Series<'a> {
    /// Series that were read.
    pub series: u64,
    /// Chunks that they have.
    pub chunks: u64,
    /// Series of which every sample is deleted; they stay in the index until the block is merged.
    pub deleted: u64,
    /// Series of which some samples are deleted.
    pub partly_deleted: u64,
    /// Series that could not be read.
    pub bad: u64,
    /// What could not be read; of single series the first few.
    pub problems: Vec<Problem>,
    symbols: Symbols<'a>,
    span: u64,
    pairs: Pairs,
    /// The rows of every piece, with the pair of each of its codes.
    rows: Vec<(CodedRows, Vec<u32>)>,
}

impl<'a> Index<'a> {
    /// Reads header and table of contents.
    ///
    /// # Errors
    /// When nothing of the index can be read.
    pub fn open(source: &'a dyn ReadAt) -> Result<Self, Problem> {
        Ok(Self { source, sections: Sections::read(source)? })
    }

    /// The version of its format.
    pub fn version(&self) -> Version {
        self.sections.version
    }

    /// Counts of series, label names and pairs from the postings offset table; `top` of the pairs
    /// are named, all of them for 0. Problems besides.
    ///
    /// # Errors
    /// When the table cannot be read; [`Series::summary`] may still know.
    pub fn summary(&self, top: usize) -> Result<(Summary, Vec<Problem>), Problem> {
        Summary::read(self, top)
    }

    /// Walks over all series, several pieces at a time. Progress is told in series. Of a cancelled
    /// walk, the pieces that were begun are counted.
    ///
    /// # Errors
    /// When the symbols or the place of the series cannot be read.
    pub fn series(
        &self,
        want: Want,
        meta: &Meta,
        tombstones: &Tombstones,
        watch: &dyn Watch,
    ) -> Result<Series<'a>, Problem> {
        let symbols = Symbols::read(self.source, &self.sections)?;
        let (places, lost) = Places::of(self.source, &self.sections)?;
        let span = meta.max_time.wrapping_sub(meta.min_time).cast_unsigned();
        let shared = Shared {
            source: self.source,
            sections: &self.sections,
            symbols: &symbols,
            places: &places,
            tombstones,
            metric_name: symbols.find(METRIC_NAME),
            span,
            rows: want == Want::Rows,
        };
        let (done, total) = (AtomicU64::new(0), places.len() as u64);
        let pieces = places.pieces(&self.sections).into_par_iter();
        let pieces = pieces.filter(|_| !watch.cancelled()).map(|range| {
            let length = range.len() as u64;
            let part = walk(&shared, range);
            watch.progress(done.fetch_add(length, Ordering::Relaxed) + length, total);
            part
        });
        let parts: Vec<Part> = pieces.collect();
        Ok(Series::of(parts, symbols, span, lost))
    }
}

impl<'a> Series<'a> {
    fn of(parts: Vec<Part>, symbols: Symbols<'a>, span: u64, lost: Option<Problem>) -> Self {
        let mut all = Self {
            series: 0,
            chunks: 0,
            deleted: 0,
            partly_deleted: 0,
            bad: 0,
            problems: lost.into_iter().collect(),
            symbols,
            span,
            pairs: Pairs::default(),
            rows: Vec::new(),
        };
        for part in parts {
            all.series += part.series;
            all.chunks += part.chunks;
            all.deleted += part.deleted.0;
            all.partly_deleted += part.deleted.1;
            all.bad += part.bad;
            let room = TOLD.saturating_sub(all.problems.len());
            all.problems.extend(part.problems.into_iter().take(room));
            let codes = all.pairs.append(&part.pairs.list);
            all.rows.push((part.rows, codes));
        }
        all
    }

    /// Which labels come and go; `top` of the pairs are named, all of them for 0.
    pub fn churn(&self, top: usize) -> Churn {
        Churn::of(&self.pairs.list, &self.symbols, self.span, top)
    }

    /// What [`Index::summary`] tells, from the series alone.
    pub fn summary(&self, top: usize) -> Summary {
        let mut tally = Tally::new(top);
        for pair in &self.pairs.list {
            let text = |symbol| self.symbols.bytes_of(symbol);
            tally.add(text(pair.name), text(pair.value), pair.series);
        }
        tally.finish(Some(self.series))
    }

    /// The series as a table of stored ones; empty unless rows were wanted.
    pub fn table(self) -> Table {
        self.tables(usize::MAX).next().unwrap_or_else(|| Table::empty(Stage::Stored))
    }

    /// The series as tables of stored ones, of `rows` rows or some thousands more; at least one.
    /// What a table was made of is freed with it.
    pub fn tables(self, rows: usize) -> impl Iterator<Item = Table> + use<'a> {
        let Self { symbols, pairs, rows: parts, .. } = self;
        let mut parts = parts.into_iter();
        let mut begun = false;
        std::iter::from_fn(move || {
            let (mut taken, mut count) = (Vec::new(), 0);
            while count < rows
                && let Some(part) = parts.next()
            {
                count += part.0.rows();
                taken.push(part);
            }
            let is_first = !std::mem::replace(&mut begun, true);
            (is_first || !taken.is_empty()).then(|| table(&symbols, &pairs.list, taken))
        })
    }
}

/// The table of some pieces' rows.
fn table(symbols: &Symbols<'_>, pairs: &[Pair], parts: Vec<(CodedRows, Vec<u32>)>) -> Table {
    let mut used: Vec<u32> = parts.iter().flat_map(|(_, pairs)| pairs).copied().collect();
    used.sort_unstable();
    used.dedup();
    let (at, labels) = by_label(&used, pairs, symbols);
    let dictionaries: Vec<(Dictionary, Vec<u32>)> =
        labels.par_iter().map(|label| label.dictionary(symbols)).collect();
    let mut codes = vec![0; used.len()];
    let mut named = Vec::with_capacity(labels.len());
    for (label, (dictionary, own)) in labels.into_iter().zip(dictionaries) {
        label.values.iter().zip(own).for_each(|(&(place, _), code)| codes[place] = code);
        named.push((label.name, dictionary));
    }
    let code = |pair: &u32| used.binary_search(pair).map_or(0, |place| codes[place]);
    let part = |(rows, pairs): (CodedRows, Vec<u32>)| {
        let codes = std::iter::once(0).chain(pairs.iter().map(code)).collect();
        CodedPart { rows, codes }
    };
    let parts = parts.into_iter().map(part).collect();
    Table::of_codes(Stage::Stored, named, &|name| at[&name], parts)
}

/// A label name, and the pairs that have it: their places among those used and the symbols of their
/// values.
struct Label {
    name: String,
    values: Vec<(usize, u32)>,
}

impl Label {
    /// The dictionary of its values, and the code of each.
    fn dictionary(&self, symbols: &Symbols<'_>) -> (Dictionary, Vec<u32>) {
        let mut dictionary = Dictionary::of(&self.name);
        let values = self.values.iter();
        let codes = values.map(|&(_, value)| dictionary.intern(&symbols.text(value))).collect();
        (dictionary, codes)
    }
}

/// The label of every symbol of a name, and the labels. Symbols should differ; those of a damaged
/// index may not.
fn by_label(
    used: &[u32],
    pairs: &[Pair],
    symbols: &Symbols<'_>,
) -> (HashMap<u32, usize, FixedState>, Vec<Label>) {
    let mut at = HashMap::<u32, usize, FixedState>::default();
    let mut labels: Vec<Label> = Vec::new();
    for (place, pair) in used.iter().map(|&pair| &pairs[pair as usize]).enumerate() {
        let at = *at.entry(pair.name).or_insert_with(|| {
            let name = match symbols.text(pair.name).into_owned() {
                // How a table writes the name that no label has.
                name if name.is_empty() => "\0".to_owned(),
                name => name,
            };
            labels.iter().position(|label| label.name == name).unwrap_or_else(|| {
                labels.push(Label { name, values: Vec::new() });
                labels.len() - 1
            })
        });
        labels[at].values.push((place, pair.value));
    }
    (at, labels)
}

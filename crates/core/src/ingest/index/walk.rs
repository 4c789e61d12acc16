//! Reads the series of one piece of an index: their labels as codes, and when they were there.

use super::bytes::{Cursor, be32};
use super::meta::{Deleted, Tombstones};
use super::pairs::Pairs;
use super::places::{Places, offset};
use super::sections::{Problem, ReadAt, Section, Sections, read};
use super::symbols::Symbols;
use crate::series::{CodedLabel, CodedRows};

/// Problems of single series that are told one by one.
pub(super) const TOLD: usize = 8;

/// What all pieces have in common.
pub(super) struct Shared<'a> {
    pub(super) source: &'a dyn ReadAt,
    pub(super) sections: &'a Sections,
    pub(super) symbols: &'a Symbols<'a>,
    pub(super) places: &'a Places<'a>,
    pub(super) tombstones: &'a Tombstones,
    /// The symbol of `__name__`.
    pub(super) metric_name: Option<u32>,
    /// Milliseconds that the block spans.
    pub(super) span: u64,
    /// Whether the rows are wanted besides the totals.
    pub(super) rows: bool,
}

/// What a piece holds.
#[derive(Default)]
pub(super) struct Part {
    pub(super) pairs: Pairs,
    pub(super) rows: CodedRows,
    pub(super) series: u64,
    pub(super) chunks: u64,
    /// Series of which all samples are deleted, or some.
    pub(super) deleted: (u64, u64),
    /// Series that cannot be read, and the first few of the reasons.
    pub(super) bad: u64,
    pub(super) problems: Vec<Problem>,
}

/// A label of the latest series, and since when the series have had it there.
#[derive(Clone, Copy)]
struct Slot {
    name: u32,
    value: u32,
    pair: u32,
    series: u64,
    uncovered: u64,
    /// Where in the entry the label ends.
    end: usize,
}

/// When a series was there.
struct Times {
    first: i64,
    last: i64,
    chunks: u64,
}

struct Walker<'a> {
    shared: &'a Shared<'a>,
    part: Part,
    slots: Vec<Slot>,
    /// Whether the series has a label where the one before has another or none.
    renamed: bool,
    /// Where among the slots the metric's name stands.
    metric: Option<usize>,
    /// The row as it is pushed: all slots but the metric's name.
    row: Vec<CodedLabel>,
    /// Sum of what the series so far do not cover.
    uncovered: u64,
}

/// Reads the series `range` of the list.
pub(super) fn walk(shared: &Shared<'_>, range: std::ops::Range<usize>) -> Part {
    let mut walker = Walker {
        shared,
        part: Part::default(),
        slots: Vec::new(),
        renamed: false,
        metric: None,
        row: Vec::new(),
        uncovered: 0,
    };
    walker.piece(range);
    walker.flush(0);
    walker.part
}

impl Walker<'_> {
    fn piece(&mut self, range: std::ops::Range<usize>) {
        let Shared { source, sections, places, .. } = *self.shared;
        let at = |at: usize| offset(sections.version, places.reference(at));
        let (start, limit) = (at(range.start), sections.series.end);
        // The next piece's start, if the list is in order; the rest of the section else.
        let next = if range.end < places.len() { at(range.end) } else { limit };
        let end = if next > start && next < limit { next } else { limit };
        let outside =
            || Problem::new(Section::Series, start, "the list of all series leads outside");
        let bytes = if start < sections.series.start || start >= end {
            Err(outside())
        } else {
            read(source, Section::Series, start..end)
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(problem) => {
                self.part.bad += range.len() as u64;
                return self.part.problems.push(problem);
            }
        };
        let mut before: &[u8] = &[];
        let mut behind = start;
        for number in range {
            let reference = places.reference(number);
            let place = offset(sections.version, reference);
            let entry = place.checked_sub(start).filter(|_| place >= behind);
            let entry = entry.and_then(|at| bytes.get(usize::try_from(at).ok()?..));
            let read = entry.ok_or("the list of all series is out of order").and_then(|entry| {
                let content = checked(entry)?;
                self.series(content, common(before, content), reference)?;
                Ok(content)
            });
            match read {
                Ok(content) => before = content,
                Err(message) => {
                    before = &[];
                    self.part.bad += 1;
                    if self.part.problems.len() < TOLD {
                        self.part.problems.push(Problem::new(Section::Series, place, message));
                    }
                }
            }
            behind = behind.max(place.saturating_add(1));
        }
    }

    /// Takes in a series whose first `same` bytes are those of the one before.
    fn series(&mut self, content: &[u8], same: usize, reference: u64) -> Result<(), &'static str> {
        let mut cursor = Cursor::new(content);
        let count = cursor.uvarint().ok_or("a series without labels")?;
        // Where the count is the same, so is every label that ends in the common part.
        let kept =
            if same < cursor.at { 0 } else { self.slots.partition_point(|it| it.end <= same) };
        if kept > 0 {
            cursor.at = self.slots[kept - 1].end;
        }
        // A label takes at least two bytes.
        if count > content.len() as u64 / 2 {
            return Err("more labels than fit in a series");
        }
        self.renamed = false;
        for at in kept..count as usize {
            self.label(at, &mut cursor)?;
        }
        if self.slots.len() > count as usize {
            self.flush(count as usize);
            self.slots.truncate(count as usize);
        }
        let times = times(&mut cursor)?;
        self.count(times, reference);
        if self.shared.rows {
            self.push(kept);
        }
        Ok(())
    }

    fn label(&mut self, at: usize, cursor: &mut Cursor<'_>) -> Result<(), &'static str> {
        let symbol = |number: Option<u64>| {
            number.and_then(|number| u32::try_from(number).ok()).ok_or("a label is cut off")
        };
        let (name, value) = (symbol(cursor.uvarint())?, symbol(cursor.uvarint())?);
        let end = cursor.at;
        self.renamed |= self.slots.get(at).is_none_or(|slot| slot.name != name);
        if self.renamed && self.slots[..at].iter().any(|slot| slot.name == name) {
            return Err("a label stands twice in a series");
        }
        if let Some(slot) = self.slots.get_mut(at)
            && (slot.name, slot.value) == (name, value)
        {
            slot.end = end;
            return Ok(());
        }
        let pair = match self.part.pairs.find(name, value) {
            Some(pair) => pair,
            None if self.shared.symbols.has(name) && self.shared.symbols.has(value) => {
                self.part.pairs.code(name, value)
            }
            None => return Err("a label names no symbol"),
        };
        let (series, uncovered) = (self.part.series, self.uncovered);
        let slot = Slot { name, value, pair, series, uncovered, end };
        match self.slots.get_mut(at) {
            Some(known) => {
                let before = std::mem::replace(known, slot);
                self.close(before);
            }
            None => self.slots.push(slot),
        }
        Ok(())
    }

    fn count(&mut self, times: Option<Times>, reference: u64) {
        self.part.series += 1;
        let covered = times.as_ref().map_or(0, |times| times.last.wrapping_sub(times.first));
        let uncovered = self.shared.span.wrapping_sub(covered.cast_unsigned());
        self.uncovered = self.uncovered.wrapping_add(uncovered);
        let Some(times) = times else { return };
        self.part.chunks += times.chunks;
        match self.shared.tombstones.of(reference, times.first, times.last) {
            Deleted::Nothing => {}
            Deleted::Part => self.part.deleted.1 += 1,
            Deleted::All => self.part.deleted.0 += 1,
        }
    }

    /// Pushes the row, whose first `kept` labels are those of the row before.
    fn push(&mut self, kept: usize) {
        let name = self.shared.metric_name;
        if self.metric.is_none_or(|at| at >= kept) {
            self.metric = self.slots.iter().position(|slot| Some(slot.name) == name);
        }
        let metric = self.metric;
        let same = kept - usize::from(metric.is_some_and(|at| at < kept));
        self.row.truncate(same);
        let changed =
            self.slots.iter().enumerate().skip(kept).filter(|(at, _)| Some(*at) != metric);
        self.row
            .extend(changed.map(|(_, slot)| CodedLabel { name: slot.name, value: slot.pair + 1 }));
        let metric = metric.map_or(0, |at| self.slots[at].pair + 1);
        self.part.rows.push(metric, &self.row, same);
    }

    /// Hands over what the labels from `at` on have added up to.
    fn flush(&mut self, at: usize) {
        for at in at..self.slots.len() {
            let slot = self.slots[at];
            self.close(slot);
            self.slots[at].series = self.part.series;
            self.slots[at].uncovered = self.uncovered;
        }
    }

    fn close(&mut self, slot: Slot) {
        let series = self.part.series - slot.series;
        self.part.pairs.add(slot.pair, series, self.uncovered.wrapping_sub(slot.uncovered));
    }
}

/// The content of an entry: its length as a varint before it, its checksum behind.
fn checked(entry: &[u8]) -> Result<&[u8], &'static str> {
    const CUT: &str = "a series is cut off";
    let mut cursor = Cursor::new(entry);
    let length = cursor.uvarint().ok_or(CUT)?;
    let content = cursor.take(usize::try_from(length).map_err(|_| CUT)?).ok_or(CUT)?;
    let sum = be32(cursor.take(4).ok_or(CUT)?);
    if crc32c::crc32c(content) != sum {
        return Err("the checksum of a series does not match");
    }
    Ok(content)
}

/// When the chunks of a series start and end; `None` where it has none.
fn times(cursor: &mut Cursor<'_>) -> Result<Option<Times>, &'static str> {
    const CUT: &str = "a chunk is cut off";
    let chunks = cursor.uvarint().ok_or(CUT)?;
    if chunks == 0 {
        return Ok(None);
    }
    let first = cursor.varint().ok_or(CUT)?;
    let mut last = first;
    for chunk in 0..chunks {
        // The first chunk's start was read; the next ones count from the end of the one before.
        if chunk > 0 {
            last = last.wrapping_add(cursor.uvarint().ok_or(CUT)?.cast_signed());
        }
        last = last.wrapping_add(cursor.uvarint().ok_or(CUT)?.cast_signed());
        // Where the chunk lies: an unsigned varint at first, then a signed difference.
        cursor.uvarint().ok_or(CUT)?;
    }
    Ok(Some(Times { first, last, chunks }))
}

/// How many bytes two texts have in common at their start.
fn common(a: &[u8], b: &[u8]) -> usize {
    const WORD: usize = 8;
    let mut same = 0;
    for (a, b) in a.chunks_exact(WORD).zip(b.chunks_exact(WORD)) {
        if a != b {
            break;
        }
        same += WORD;
    }
    let rest = a[same..].iter().zip(&b[same..]);
    same + rest.take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn the_common_part_is_found(
            same in proptest::collection::vec(any::<u8>(), 0..40),
            a in proptest::collection::vec(0u8..2, 0..20),
            b in proptest::collection::vec(0u8..2, 0..20),
        ) {
            let (a, b) = ([same.clone(), a].concat(), [same, b].concat());
            let naive = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
            prop_assert_eq!(common(&a, &b), naive);
        }
    }
}

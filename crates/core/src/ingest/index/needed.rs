//! Which parts of an index a walk over its series reads, for a source that fetches them ahead.

use std::ops::Range;

use super::sections::{HEADER, Problem, TOC};
use super::{Index, postings};

impl Index<'_> {
    /// What [`Index::open`] reads of an index of `size` bytes: header and table of contents.
    pub fn ends(size: u64) -> [Range<u64>; 2] {
        [0..HEADER.min(size), size.saturating_sub(TOC)..size]
    }

    /// The sections that [`Index::series`] reads: symbols, series and postings offset table, in the
    /// order in which they lie in the index. Sections that touch are one range.
    pub fn sections(&self) -> Vec<Range<u64>> {
        let sections = &self.sections;
        let mut ranges = vec![
            sections.symbols..sections.behind(sections.symbols),
            sections.series.clone(),
            sections.postings_table..sections.behind(sections.postings_table),
        ];
        ranges.sort_by_key(|range| range.start);
        ranges.dedup_by(|next, kept| {
            let touch = next.start <= kept.end;
            if touch {
                kept.end = kept.end.max(next.end);
            }
            touch
        });
        ranges
    }

    /// The list of all series, which [`Index::series`] reads besides. Its place stands in the
    /// postings offset table.
    ///
    /// # Errors
    /// When the table cannot be read, or names no such list; the walk then does without.
    pub fn list_of_all(&self) -> Result<Range<u64>, Problem> {
        let table = postings::PostingsTable::read(self.source, &self.sections)?;
        let start = table.list_of_all()?;
        // The list ends before whatever starts next: another list, or a section.
        let lists = table.pairs().map_while(Result::ok).map(|pair| pair.list);
        let next = lists.filter(|&list| list > start).min().unwrap_or(u64::MAX);
        Ok(start..self.sections.behind(start).min(next))
    }
}

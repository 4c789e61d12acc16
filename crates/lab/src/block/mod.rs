//! Writes TSDB blocks whose indexes hold what a test or a measurement needs; there is nothing in
//! their chunks, which no reader of indexes looks at.

mod index;

use std::fs;
use std::io::{self, BufWriter};
use std::path::Path;

use promsieve_core::ingest::index::Version;

pub use index::{Series, index, index_of};

/// The name of every block written here; a valid ULID.
pub const ULID: &str = "01M8E0000000000000000PRMSV";

/// Writes a block below `directory`, of samples from `min_time` up to before `max_time`
/// (milliseconds). The index is what `write` writes.
///
/// # Errors
/// When a file cannot be written.
pub fn write_block(
    directory: &Path,
    (min_time, max_time): (i64, i64),
    series: usize,
    write: impl FnOnce(&mut BufWriter<fs::File>) -> io::Result<()>,
) -> io::Result<()> {
    let block = directory.join(ULID);
    fs::create_dir_all(block.join("chunks"))?;
    let meta = format!(
        "{{\"ulid\": \"{ULID}\", \"minTime\": {min_time}, \"maxTime\": {max_time}, \"version\": 1,\n \
         \"stats\": {{\"numSeries\": {series}}},\n \
         \"compaction\": {{\"level\": 1, \"sources\": [\"{ULID}\"]}}}}\n"
    );
    fs::write(block.join("meta.json"), meta)?;
    let mut file = BufWriter::new(fs::File::create(block.join("index"))?);
    write(&mut file)?;
    io::Write::flush(&mut file)
}

/// Writes a block of a few series below `directory`, of which so many differ.
///
/// # Errors
/// When a file cannot be written.
pub fn write_small_block(
    directory: &Path,
    times: (i64, i64),
    version: Version,
    series: &[Series],
    distinct: usize,
) -> io::Result<()> {
    write_block(directory, times, distinct, |out| index_of(version, series, out))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::collections::BTreeMap;
    use std::ops::Range;

    use promsieve_core::ingest::index::{Index, Meta, ReadAt, Tombstones, Want};
    use promsieve_core::watch::Unwatched;

    use super::*;
    use crate::random::Random;

    /// Bytes of which some ranges are there; whatever else is asked for is refused.
    struct Parts<'a>(&'a [u8], Vec<Range<u64>>);

    impl ReadAt for Parts<'_> {
        fn size(&self) -> u64 {
            self.0.len() as u64
        }

        fn read(&self, range: Range<u64>) -> Result<Cow<'_, [u8]>, String> {
            let within = |there: &Range<u64>| there.start <= range.start && range.end <= there.end;
            let bytes = &self.0[range.start as usize..range.end as usize];
            self.1.iter().any(within).then_some(Cow::Borrowed(bytes)).ok_or(format!("{range:?}"))
        }
    }

    /// The series of an index as text, and how many problems there were.
    fn walk(source: &dyn ReadAt) -> (Vec<String>, usize) {
        let index = Index::open(source).unwrap();
        let (meta, tombstones) = (Meta::default(), Tombstones::default());
        let series = index.series(Want::Rows, &meta, &tombstones, &Unwatched).unwrap();
        let problems = series.problems.len();
        let table = series.table();
        let groups = table.metrics.iter();
        let rows = groups.flat_map(|it| (0..it.rows).map(|row| table.row_labels(it, row)));
        (rows.map(|labels| format!("{labels:?}")).collect(), problems)
    }

    /// What is there of an index once all is fetched that it says a walk reads.
    fn fetched(bytes: &[u8]) -> Parts<'_> {
        let mut parts = Parts(bytes, Index::ends(bytes.len() as u64).into());
        let sections = Index::open(&parts).unwrap().sections();
        parts.1.extend(sections);
        let list = Index::open(&parts).unwrap().list_of_all();
        parts.1.extend(list);
        parts
    }

    #[test]
    fn a_walk_reads_what_an_index_says_it_reads() {
        let mut random = Random::new(11);
        for (version, series) in
            [(Version::V1, 0), (Version::V2, 1), (Version::V1, 90), (Version::V2, 500)]
        {
            let series: Vec<Series> = (0..series)
                .map(|_| {
                    let mut label =
                        |name: &str, most| (name.to_owned(), random.below(most).to_string());
                    let labels = [label("__name__", 4), label("pod", 40), label("zone", 300)];
                    Series { labels: BTreeMap::from(labels), chunks: vec![(1, 2)] }
                })
                .collect();
            let mut bytes = Vec::new();
            index_of(version, &series, &mut bytes).unwrap();
            let parts = fetched(&bytes);
            assert_eq!(walk(&parts), walk(&bytes));
            let there: u64 = parts.1.iter().map(|range| range.end - range.start).sum();
            assert!(there <= bytes.len() as u64);
            // Nearly half of it are lists of the series that have a label, which nobody reads.
            assert!(series.len() < 500 || there * 10 < bytes.len() as u64 * 9, "{there} of all");
        }
    }

    #[test]
    fn without_a_sound_table_the_series_alone_are_walked() {
        let labels = BTreeMap::from([("__name__".to_owned(), "a".to_owned())]);
        let mut bytes = Vec::new();
        index_of(Version::V2, &[Series { labels, chunks: vec![(1, 2)] }], &mut bytes).unwrap();
        let last_of_table = bytes.len() - 52 - 5;
        bytes[last_of_table] ^= 1;
        let parts = fetched(&bytes);
        assert!(Index::open(&parts).unwrap().list_of_all().is_err());
        assert_eq!(walk(&parts), walk(&bytes));
        assert_eq!(walk(&parts), (vec!["[(\"__name__\", \"a\")]".to_owned()], 1));
    }
}

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

//! Scrapes into a table: one file, or a directory laid out as `scrapes/<job>/<instance>.prom`.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use promsieve_core::ingest::Report;
use promsieve_core::ingest::page::{Format, Reader, Reading};
use promsieve_core::saved::Saved;
use promsieve_core::series::{Table, TableBuilder, Target};
use rayon::prelude::*;

use super::Source;
use super::bytes::{Opened, PIECE, open};
use super::collect::Collector;
use super::http::{Access, Wanted};
use super::parts;

/// Scrape files are read in groups of about this many bytes, one table each. Groups depend on the
/// input only, so the result does not depend on the number of threads.
const GROUP: u64 = 4 << 20;

/// Groups that are read at once.
const BATCH: usize = 16;

/// A group past this many bytes, which is at least one large file, is read alone and in parts.
const LARGE: u64 = 64 << 20;

/// What one scrape's bytes held besides samples.
#[derive(Debug, Clone)]
pub struct Scrape {
    /// Its name for messages.
    pub name: String,
    /// What it is written in.
    pub format: Format,
    /// Lines, samples, bad lines.
    pub report: Report,
}

/// A scrape file and the target that its place names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScrapeFile {
    /// Where it is.
    pub path: PathBuf,
    /// Whose scrape it is.
    pub target: Target,
}

/// The scrape files below `directory`, sorted: in `<job>/<instance>.prom` files `%3A` stands for
/// `:`. A file that is not in such a place belongs to no known target.
///
/// # Errors
/// When a directory cannot be read.
pub fn files(directory: &Path) -> anyhow::Result<Vec<ScrapeFile>> {
    let mut found = Vec::new();
    let read = |path: &Path| -> anyhow::Result<Vec<PathBuf>> {
        let entries = std::fs::read_dir(path)
            .with_context(|| format!("cannot read the directory `{}`", path.display()))?;
        let mut paths: Vec<PathBuf> =
            entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
        paths.sort();
        Ok(paths)
    };
    let root = directory.join("scrapes");
    let root = if root.is_dir() { root } else { directory.to_owned() };
    for path in read(&root)? {
        if path.is_dir() {
            let job = decode(&path.file_name().unwrap_or_default().to_string_lossy());
            let files = read(&path)?.into_iter().filter(|path| is_scrape(path));
            found.extend(files.map(|path| ScrapeFile { target: target(&job, &path), path }));
        } else if is_scrape(&path) {
            found.push(ScrapeFile { path, target: Target::default() });
        }
    }
    Ok(found)
}

/// Whether a directory holds scrapes, in `scrapes/` or itself.
pub fn has_scrapes(directory: &Path) -> bool {
    files(directory).is_ok_and(|files| !files.is_empty())
}

/// Reads scrape files, several at a time, into series. A file that cannot be read is an error in
/// its place; the rest is read.
///
/// # Errors
/// When the series cannot be counted with those that were read before.
pub(crate) fn read_files(
    files: &[ScrapeFile],
    reading: Reading,
    series: &mut Collector,
) -> anyhow::Result<Vec<anyhow::Result<Scrape>>> {
    let mut scrapes = Vec::new();
    let groups = groups(files);
    let is_large = |group: &Group<'_>| group.bytes > LARGE;
    for run in groups.chunk_by(|a, b| !is_large(a) && !is_large(b)) {
        for batch in run.chunks(BATCH) {
            let parts: Vec<_> = match batch {
                [large] if is_large(large) => vec![read_group(large, reading, Some(series))],
                _ => batch.par_iter().map(|group| read_group(group, reading, None)).collect(),
            };
            for (table, read) in parts {
                series.add(Saved::Exact(table))?;
                scrapes.extend(read);
            }
        }
    }
    Ok(scrapes)
}

/// Files that are read into one table.
struct Group<'a> {
    files: &'a [ScrapeFile],
    bytes: u64,
}

fn groups(files: &[ScrapeFile]) -> Vec<Group<'_>> {
    let mut groups = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, file) in files.iter().enumerate() {
        bytes += std::fs::metadata(&file.path).map_or(0, |meta| meta.len());
        if bytes >= GROUP {
            groups.push(Group { files: &files[start..=at], bytes });
            (start, bytes) = (at + 1, 0);
        }
    }
    groups.push(Group { files: &files[start..], bytes });
    groups
}

/// Reads a group into a table; `series` takes what there is no room for.
fn read_group(
    group: &Group<'_>,
    reading: Reading,
    mut series: Option<&mut Collector>,
) -> (Table, Vec<anyhow::Result<Scrape>>) {
    let mut builder = TableBuilder::default();
    let read = group.files.iter().map(|file| {
        builder.target(file.target.clone());
        let source = Source::File(file.path.clone());
        let opened = open(&source, &Access::default(), Wanted::Anything)?;
        let series = series.as_deref_mut();
        read_scrape(&source.name(), opened, None, reading, &mut builder, series)
    });
    let read = read.collect();
    (builder.finish(), read)
}

/// Reads a scrape from any source, in `format` or in the one that it is recognised to be in, as
/// [`read_scrape`] does.
///
/// # Errors
/// When the source cannot be opened or read.
pub(crate) fn read_source(
    source: &Source,
    access: &Access,
    format: Option<Format>,
    reading: Reading,
    builder: &mut TableBuilder,
    series: Option<&mut Collector>,
) -> anyhow::Result<Scrape> {
    let opened = open(source, access, Wanted::Scrape(reading.server))?;
    read_scrape(&source.name(), opened, format, reading, builder, series)
}

/// Streams a scrape's bytes into a table, those of a long file in parts side by side; `series` takes
/// what the table has no room for.
///
/// # Errors
/// When the bytes cannot be read to their end.
pub(crate) fn read_scrape(
    name: &str,
    opened: Opened,
    format: Option<Format>,
    reading: Reading,
    builder: &mut TableBuilder,
    mut series: Option<&mut Collector>,
) -> anyhow::Result<Scrape> {
    let Opened { mut bytes, content_type, file } = opened;
    let mut piece = vec![0; PIECE];
    let mut length = fill(&mut bytes, &mut piece, name)?;
    let detect = || Format::detect(content_type.as_deref(), &piece[..length]);
    let format = format.unwrap_or_else(detect);
    let name = name.to_owned();
    if let (Format::Exposition(text), Some(file)) = (format, file)
        && length == PIECE
        && rayon::current_num_threads() > 1
    {
        let report = parts::read(&name, &file, text, builder, series)?;
        return Ok(Scrape { name, format, report });
    }
    let mut reader = Reader::new(format, reading);
    while length > 0 {
        reader.feed(&piece[..length], builder);
        if let Some(series) = series.as_deref_mut() {
            series.relieve(builder)?;
        }
        length = fill(&mut bytes, &mut piece, &name)?;
    }
    Ok(Scrape { name, format, report: reader.finish(builder) })
}

/// Fills a piece as far as there are bytes; gives how many there were.
pub(super) fn fill(bytes: &mut impl Read, piece: &mut [u8], name: &str) -> anyhow::Result<usize> {
    let mut length = 0;
    while length < piece.len() {
        match bytes.read(&mut piece[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error).with_context(|| format!("cannot read `{name}`")),
        }
    }
    Ok(length)
}

fn is_scrape(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.trim_end_matches(".gz").trim_end_matches(".zst");
    [".prom", ".txt", ".metrics", ".om", ".pb"].iter().any(|end| name.ends_with(end))
}

fn target(job: &str, path: &Path) -> Target {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.trim_end_matches(".gz").trim_end_matches(".zst");
    let instance = decode(stem.rsplit_once('.').map_or(stem, |(stem, _)| stem));
    Target {
        job: job.to_owned(),
        labels: vec![("instance".to_owned(), instance), ("job".to_owned(), job.to_owned())],
    }
}

/// Undoes `%XX`.
fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = rest.get(1..3).and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = &rest[3..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_names_the_target() {
        let target = target("node", Path::new("scrapes/node/10.0.0.1%3A9100.prom.gz"));
        assert_eq!(target.label("instance"), "10.0.0.1:9100");
        assert_eq!(target.label("job"), "node");
    }

    #[test]
    fn percent_signs_that_mean_nothing_stay() {
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("a%zzb%41"), "a%zzbA");
    }
}

//! A large exposition in parts, several at a time. Each thread reads its own bytes and reads them
//! again from its cache; parts that were read are put together while the next ones are.

use std::fs::File;
use std::ops::Range;

use anyhow::Context;
use promsieve_core::ingest::Report;
use promsieve_core::ingest::exposition::{Format, Part, Reader};
use promsieve_core::series::TableBuilder;
use rayon::prelude::*;

use super::bytes::read_at;
use super::collect::Collector;

/// Bytes of a part: enough that the values that parts share are few beside their samples.
const LEAST: u64 = 16 << 20;

/// All parts that are read at a time have no more bytes, unless there are many threads: they are held
/// beside those before, which are put together meanwhile.
const MOST: u64 = 192 << 20;

/// Bytes that are read at once.
const PIECE: usize = 256 << 10;

/// Where parts are to be cut, a line end is looked for within so many bytes.
const LINE: usize = 64 << 10;

/// Reads a file that is an exposition; `series` takes what the table has no room for.
///
/// # Errors
/// When the bytes cannot be read.
pub(super) fn read(
    name: &str,
    file: &File,
    format: Format,
    builder: &mut TableBuilder,
    mut series: Option<&mut Collector>,
) -> anyhow::Result<Report> {
    let cannot = || format!("cannot read `{name}`");
    let size = file.metadata().with_context(cannot)?.len();
    let mut reader = Reader::new(format);
    let (mut place, part_size) = (0, part_size(size));
    let mut parts: Vec<(Range<u64>, std::io::Result<Part>)> = Vec::new();
    loop {
        let mut next = Vec::new();
        while next.len() < rayon::current_num_threads() && place < size {
            let end = cut(file, place + part_size, size).with_context(cannot)?;
            next.push(std::mem::replace(&mut place, end)..end);
        }
        let (read, added) = rayon::join(
            || {
                next.into_par_iter()
                    .map(|range| (range.clone(), part(file, range, format)))
                    .collect()
            },
            || add(file, parts, &mut reader, builder, series.as_deref_mut()),
        );
        added.with_context(cannot)?;
        parts = read;
        if parts.is_empty() {
            return Ok(reader.finish(builder));
        }
    }
}

/// How large parts are to be so that all threads end together: one part each, so many times.
fn part_size(size: u64) -> u64 {
    let threads = rayon::current_num_threads() as u64;
    let rounds = size.div_ceil(MOST.max(LEAST * threads)).max(1);
    size.div_ceil(rounds * threads).max(LEAST)
}

/// Puts parts behind those before.
fn add(
    file: &File,
    parts: Vec<(Range<u64>, std::io::Result<Part>)>,
    reader: &mut Reader,
    builder: &mut TableBuilder,
    mut series: Option<&mut Collector>,
) -> anyhow::Result<()> {
    for (range, part) in parts {
        if !reader.add(part?, builder) {
            each_piece(file, range, |piece| reader.feed(piece, builder))?;
        }
        if let Some(series) = series.as_deref_mut() {
            series.relieve(builder)?;
        }
    }
    Ok(())
}

fn part(file: &File, range: Range<u64>, format: Format) -> std::io::Result<Part> {
    let mut part = Part::new(format);
    each_piece(file, range, |piece| part.feed(piece))?;
    Ok(part)
}

fn each_piece(
    file: &File,
    mut range: Range<u64>,
    mut take: impl FnMut(&[u8]),
) -> std::io::Result<()> {
    let mut room = vec![0; PIECE];
    while !range.is_empty() {
        let most = usize::try_from(range.end - range.start).map_or(PIECE, |left| left.min(PIECE));
        let length = read_at(file, &mut room[..most], range.start)?;
        if length == 0 {
            break;
        }
        take(&room[..length]);
        range.start += length as u64;
    }
    Ok(())
}

/// Where the first line behind `at` begins, or `at` where none does for long.
fn cut(file: &File, at: u64, size: u64) -> std::io::Result<u64> {
    if at >= size {
        return Ok(size);
    }
    let mut room = vec![0; LINE];
    let length = read_at(file, &mut room, at)?;
    let line = room[..length].iter().position(|&byte| byte == b'\n');
    Ok(line.map_or(at, |line| at + line as u64 + 1))
}

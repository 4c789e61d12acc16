//! Generates a TSDB block of a service mesh's series; see `promsieve_lab::block`.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use promsieve_core::ingest::exposition::{Format, Reader};
use promsieve_core::ingest::index::Version;
use promsieve_core::series::{Table, TableBuilder};
use promsieve_lab::block;
use promsieve_lab::mesh::{Plan, big_scrape};

const USAGE: &str = "\
usage: block [--series N] [--seed N] [--out DIR]

  --series N  so many series, 16 labels on most (1000000)
  --seed N    what everything follows from (1)
  --out DIR   below which the block is written (target/block)
";

/// What the block spans, milliseconds since the epoch: two hours.
const TIMES: (i64, i64) = (1_700_000_000_000, 1_700_007_200_000);
const SCRAPE: i64 = 15_000;
/// A chunk is full after 120 samples.
const CHUNK: i64 = 120 * SCRAPE;

fn main() -> Result<()> {
    let (mut series, mut seed, mut out) = (1_000_000, 1, PathBuf::from("target/block"));
    let mut args = std::env::args().skip(1);
    while let Some(flag) = args.next() {
        let value = args.next().with_context(|| format!("{flag} wants a value\n\n{USAGE}"))?;
        let number = || value.parse::<u64>().with_context(|| format!("{flag} {value}: no number"));
        match flag.as_str() {
            "--series" => series = number()? as usize,
            "--seed" => seed = number()?,
            "--out" => out = PathBuf::from(&value),
            _ => bail!("no flag {flag}\n\n{USAGE}"),
        }
    }
    let rows = Rows::of(&scrape(series, seed)?);
    block::write_block(&out, TIMES, series, |file| {
        let series = rows.order.iter().map(|&row| (rows.row(row), chunks(u64::from(row) ^ seed)));
        block::index(Version::V2, &rows.symbols, series, file)
    })?;
    Ok(writeln!(std::io::stdout(), "{}", out.join(block::ULID).display())?)
}

/// A scrape of the whole mesh.
fn scrape(series: usize, seed: u64) -> Result<Table> {
    let mut pipe = Pipe { reader: Reader::new(Format::Text), builder: TableBuilder::default() };
    big_scrape(Plan { services: 236, seed }, series, &mut pipe)?;
    let Pipe { reader, mut builder } = pipe;
    reader.finish(&mut builder);
    Ok(builder.finish())
}

/// Reads what is written.
struct Pipe {
    reader: Reader,
    builder: TableBuilder,
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.reader.feed(bytes, &mut self.builder);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The rows of a table as pairs of symbols, and their order as label sets.
struct Rows {
    symbols: Vec<String>,
    pairs: Vec<(u32, u32)>,
    /// Where the pairs of each row end.
    ends: Vec<usize>,
    order: Vec<u32>,
}

impl Rows {
    fn of(table: &Table) -> Self {
        let names = || table.name_ids().map(|id| table.name(id));
        let values = table.name_ids().flat_map(|id| table.values(id).values());
        let mut symbols: Vec<String> = names().chain(values).map(str::to_owned).collect();
        symbols.sort_unstable();
        symbols.dedup();
        let symbol =
            |text: &str| symbols.binary_search_by(|it| (**it).cmp(text)).map_or(0, |at| at as u32);
        let values = |id| std::iter::once("").chain(table.values(id).values());
        let codes: Vec<Vec<u32>> =
            table.name_ids().map(|id| values(id).map(symbol).collect()).collect();
        let (mut pairs, mut ends) = (Vec::new(), Vec::new());
        for group in &table.metrics {
            let mut columns: Vec<_> = group.columns.iter().collect();
            columns.sort_by_key(|column| table.name(column.name));
            for row in 0..group.rows {
                pairs.push((symbol("__name__"), symbol(table.metric_name(group))));
                pairs.extend(columns.iter().filter(|column| column.codes[row] != 0).map(
                    |column| {
                        let values = &codes[column.name.0 as usize];
                        (symbol(table.name(column.name)), values[column.codes[row] as usize])
                    },
                ));
                ends.push(pairs.len());
            }
        }
        let mut rows = Self { symbols, pairs, ends, order: Vec::new() };
        let mut order: Vec<u32> = (0..rows.ends.len() as u32).collect();
        order.sort_unstable_by(|&a, &b| rows.row(a).cmp(rows.row(b)));
        rows.order = order;
        rows
    }

    fn row(&self, row: u32) -> &[(u32, u32)] {
        let row = row as usize;
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.pairs[start..self.ends[row]]
    }
}

/// Chunks of a series: one in four comes late or goes early.
fn chunks(seed: u64) -> Vec<(i64, i64)> {
    let random = promsieve_core::sketch::mix(seed);
    let late = if random.is_multiple_of(8) { (random >> 8 & 0xff).cast_signed() } else { 0 };
    let early = if random % 8 == 1 { (random >> 8 & 0xff).cast_signed() } else { 0 };
    let (from, to) = (TIMES.0 + late * SCRAPE, TIMES.1 - early * SCRAPE - SCRAPE);
    let starts = (from..=to).step_by(CHUNK as usize);
    starts.map(|start| (start, (start + CHUNK - SCRAPE).min(to))).collect()
}

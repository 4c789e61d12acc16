//! A sketched census as sections: what is counted over everything; label names; sampled series; the
//! counters of each metric.

use std::collections::BTreeMap;

use super::SavedError;
use super::cursor::{Bytes, Cursor};
use super::file::{Section, Writer};
use super::table::{read_kind, read_stage, write_kind, write_stage};
use crate::census::SketchedCensus;
use crate::census::sketched::{LabelSketch, LabelValues, MetricSketch, SampledSeries, Sums};
use crate::sketch::{Cost, Counter, Lowest, Registers};

/// Counts over everything, and the sizes of sampled pairs.
pub(super) const SKETCH: u32 = 16;

/// The values of the label names.
const LABELS: u32 = 17;

/// Sampled series.
const SERIES: u32 = 18;

/// The counters of one metric.
const METRIC: u32 = 19;

/// Writes a sketched census.
pub(super) fn write<E, F: FnMut(&[u8]) -> Result<(), E>>(
    census: &SketchedCensus,
    file: &mut Writer<F>,
) -> Result<(), E> {
    let mut head = Bytes::default();
    write_stage(&mut head, census.stage);
    write_sums(&mut head, &census.sums);
    for counter in counters(census) {
        write_counter(&mut head, counter);
    }
    write_left(&mut head, census.metrics.left());
    write_lowest(&mut head, &census.pair_bytes, |out, &bytes| out.u32(bytes));
    file.section(SKETCH, &head.0)?;
    let mut labels = Bytes::default();
    write_lowest(&mut labels, &census.labels, |out, label| {
        out.text(&label.name);
        write_counter(out, &label.values);
    });
    file.section(LABELS, &labels.0)?;
    let mut series = Bytes::default();
    write_lowest(&mut series, &census.rows, |out, series| {
        out.list(series.0.iter(), |out, (name, value)| {
            out.text(name);
            out.text(value);
        });
    });
    file.section(SERIES, &series.0)?;
    for (hash, metric) in census.metrics.iter() {
        let mut out = Bytes::default();
        out.u64(hash);
        write_metric(&mut out, metric);
        file.section(METRIC, &out.0)?;
    }
    Ok(())
}

/// The counters over everything, in the order in which they are written.
fn counters(census: &SketchedCensus) -> [&Counter; 5] {
    let others = &census.others;
    [&census.targets, &census.series, &census.pairs, &others.names, &others.series]
}

fn counters_mut(census: &mut SketchedCensus) -> [&mut Counter; 5] {
    let others = &mut census.others;
    let all = (&mut census.targets, &mut census.series, &mut census.pairs);
    [all.0, all.1, all.2, &mut others.names, &mut others.series]
}

fn write_metric(out: &mut Bytes, metric: &MetricSketch) {
    out.text(&metric.name);
    write_kind(out, metric.kind);
    write_sums(out, &metric.sums);
    write_counter(out, &metric.series);
    write_lowest(out, &metric.labels, |out, label| {
        out.text(&label.name);
        out.u64(label.samples);
        out.u64(label.bytes);
        write_counter(out, &label.values);
        write_counter(out, &label.without);
        out.u8(u8::from(label.having.is_some()));
        if let Some(having) = &label.having {
            write_counter(out, having);
        }
    });
}

fn write_sums(out: &mut Bytes, sums: &Sums) {
    for sum in [sums.samples, sums.label_pairs, sums.label_bytes, sums.exposed_bytes] {
        out.u64(sum);
    }
}

fn write_counter(out: &mut Bytes, counter: &Counter) {
    match (counter.hashes(), counter.registers()) {
        (Some(hashes), _) => {
            out.u8(0);
            out.list(hashes.into_iter(), Bytes::u64);
        }
        (None, registers) => {
            out.u8(1);
            out.0.extend(registers.map_or(&[][..], Registers::as_bytes));
        }
    }
}

fn write_left(out: &mut Bytes, left: Option<u64>) {
    out.u8(u8::from(left.is_some()));
    out.u64(left.unwrap_or_default());
}

fn write_lowest<T: Cost>(out: &mut Bytes, lowest: &Lowest<T>, entry: impl Fn(&mut Bytes, &T)) {
    write_left(out, lowest.left());
    out.u64(lowest.len() as u64);
    for (hash, it) in lowest.iter() {
        out.u64(hash);
        entry(out, it);
    }
}

/// Reads the census that sections hold.
pub(super) fn read(sections: &[Section<'_>]) -> Result<SketchedCensus, SavedError> {
    let mut head = sections[0].cursor();
    let mut census = SketchedCensus::new(read_stage(&mut head)?);
    census.sums = read_sums(&mut head)?;
    for counter in counters_mut(&mut census) {
        *counter = read_counter(&mut head, counter)?;
    }
    let left = read_left(&mut head)?;
    census.pair_bytes = read_lowest(&mut head, &census.pair_bytes, 12, read_bytes)?;
    head.end()?;
    let mut rest = sections[1..].iter();
    let mut next = |tag| {
        let section = rest.next().filter(|section| section.tag == tag);
        section.map(Section::cursor).ok_or_else(|| head.error("a section is missing"))
    };
    let mut cursor = next(LABELS)?;
    let empty = LabelValues::new("");
    census.labels = read_lowest(&mut cursor, &census.labels, 25, |cursor| {
        let name = cursor.text()?.into();
        Ok(LabelValues { name, values: read_counter(cursor, &empty.values)? })
    })?;
    cursor.end()?;
    let mut cursor = next(SERIES)?;
    census.rows = read_lowest(&mut cursor, &census.rows, 16, |cursor| {
        let labels =
            cursor.list(16, |cursor| Ok((cursor.text()?.into(), cursor.text()?.into())))?;
        Ok(SampledSeries(labels.into()))
    })?;
    cursor.end()?;
    let mut metrics = BTreeMap::new();
    for section in rest {
        let mut cursor = section.cursor();
        cursor.check(section.tag == METRIC, "a section of an unknown kind")?;
        let hash = cursor.u64()?;
        check_hash(&cursor, hash, metrics.last_key_value().map(|(&last, _)| last), left)?;
        metrics.insert(hash, read_metric(&mut cursor)?);
        cursor.end()?;
    }
    census.metrics = Lowest::of(census.metrics.budget(), metrics, left);
    head.check(census.metrics.fits(), "the counters of metrics are too many")?;
    Ok(census)
}

fn read_metric(cursor: &mut Cursor<'_>) -> Result<MetricSketch, SavedError> {
    let mut metric = MetricSketch::new(cursor.text()?);
    metric.kind = read_kind(cursor)?;
    metric.sums = read_sums(cursor)?;
    metric.series = read_counter(cursor, &metric.series)?;
    let empty = metric.series.precision();
    let counter = |cursor: &mut Cursor<'_>| read_counter(cursor, &Counter::new(empty));
    metric.labels = read_lowest(cursor, &metric.labels, 51, |cursor| {
        Ok(LabelSketch {
            name: cursor.text()?.into(),
            samples: cursor.u64()?,
            bytes: cursor.u64()?,
            values: counter(cursor)?,
            without: counter(cursor)?,
            having: if cursor.u8()? == 0 { None } else { Some(counter(cursor)?) },
        })
    })?;
    Ok(metric)
}

fn read_sums(cursor: &mut Cursor<'_>) -> Result<Sums, SavedError> {
    Ok(Sums {
        samples: cursor.u64()?,
        label_pairs: cursor.u64()?,
        label_bytes: cursor.u64()?,
        exposed_bytes: cursor.u64()?,
    })
}

/// Reads a counter of the precision of `like`.
fn read_counter(cursor: &mut Cursor<'_>, like: &Counter) -> Result<Counter, SavedError> {
    if cursor.u8()? == 0 {
        let hashes = cursor.u64s()?;
        let fits = hashes.len() <= like.exact_up_to() && hashes.is_sorted_by(|a, b| a < b);
        cursor.check(fits, "the hashes of a counter are out of order")?;
        let mut counter = Counter::new(like.precision());
        for hash in hashes {
            counter.insert(hash);
        }
        return Ok(counter);
    }
    let registers = Registers::from_bytes(cursor.take(1 << like.precision())?);
    let registers = registers.ok_or_else(|| cursor.error("registers that nothing leads to"))?;
    Ok(Counter::of_registers(registers))
}

fn read_left(cursor: &mut Cursor<'_>) -> Result<Option<u64>, SavedError> {
    let is_some = cursor.u8()? != 0;
    let left = cursor.u64()?;
    Ok(is_some.then_some(left))
}

fn read_bytes(cursor: &mut Cursor<'_>) -> Result<u32, SavedError> {
    cursor.u32()
}

/// Reads entries of at least `least` bytes that fit the budget of `like`.
fn read_lowest<T: Cost>(
    cursor: &mut Cursor<'_>,
    like: &Lowest<T>,
    least: usize,
    mut entry: impl FnMut(&mut Cursor<'_>) -> Result<T, SavedError>,
) -> Result<Lowest<T>, SavedError> {
    let left = read_left(cursor)?;
    let count = cursor.count(least)?;
    let mut entries = BTreeMap::new();
    let mut last = None;
    for _ in 0..count {
        let hash = cursor.u64()?;
        check_hash(cursor, hash, last, left)?;
        entries.insert(hash, entry(cursor)?);
        last = Some(hash);
    }
    let lowest = Lowest::of(like.budget(), entries, left);
    cursor.check(lowest.fits(), "more is tracked than there is room for")?;
    Ok(lowest)
}

fn check_hash(
    cursor: &Cursor<'_>,
    hash: u64,
    last: Option<u64>,
    left: Option<u64>,
) -> Result<(), SavedError> {
    let in_order = last.is_none_or(|last| last < hash) && left.is_none_or(|left| hash < left);
    cursor.check(in_order, "what is tracked is out of order")
}

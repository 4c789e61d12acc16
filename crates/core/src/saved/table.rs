//! A table as sections: names, targets and families; the values of each name; the rows of each
//! metric.

use std::sync::Arc;

use super::SavedError;
use super::cursor::{Bytes, Cursor};
use super::file::{Section, Writer};
use crate::series::{
    Column, Dictionary, MetricRows, MetricType, NameId, PageNotes, Stage, Table, Target, TargetId,
};

/// Names, targets and families.
pub(super) const TABLE: u32 = 1;

/// The values of one name, in the order of the names.
const VALUES: u32 = 2;

/// The rows of one metric.
const METRIC: u32 = 3;

/// Stages by number.
const STAGES: [Stage; 4] = [Stage::Exposed, Stage::Attached, Stage::Stored, Stage::Written];

/// Types by number.
const KINDS: [MetricType; 8] = [
    MetricType::Unknown,
    MetricType::Counter,
    MetricType::Gauge,
    MetricType::Histogram,
    MetricType::GaugeHistogram,
    MetricType::Summary,
    MetricType::Info,
    MetricType::StateSet,
];

/// Stands for a row without a timestamp of its own; no page can give it.
const NO_TIME: i64 = i64::MIN;

/// Bytes of one series as exposed, at most.
const LONGEST_LINE: u64 = 1 << 31;

/// Writes a table, with metrics and columns in the order of their codes.
pub(super) fn write<E, F: FnMut(&[u8]) -> Result<(), E>>(
    table: &Table,
    file: &mut Writer<F>,
) -> Result<(), E> {
    let mut head = Bytes::default();
    write_stage(&mut head, table.stage);
    head.list(0..table.values.len() as u32, |out, id| out.text(table.name(NameId(id))));
    head.list(table.targets.iter(), |out, target| {
        out.text(&target.job);
        out.list(target.labels.iter(), |out, (name, value)| {
            out.text(name);
            out.text(value);
        });
    });
    head.list(table.families.iter(), |out, (name, &kind)| {
        out.text(name);
        write_kind(out, kind);
    });
    let announced = &table.family_names;
    head.list(1..announced.len() as u32, |out, code| out.text(announced.value(code)));
    file.section(TABLE, &head.0)?;
    for name in table.name_ids() {
        let mut values = Bytes::default();
        let dictionary = table.values(name);
        values.list(1..dictionary.len() as u32, |out, code| out.text(dictionary.value(code)));
        file.section(VALUES, &values.0)?;
    }
    let mut groups: Vec<&MetricRows> = table.metrics.iter().collect();
    groups.sort_by_key(|group| group.metric);
    for group in groups {
        let mut rows = Bytes::default();
        write_rows(&mut rows, group);
        file.section(METRIC, &rows.0)?;
    }
    Ok(())
}

fn write_rows(out: &mut Bytes, group: &MetricRows) {
    out.u32(group.metric);
    out.u64(group.rows as u64);
    out.u64(group.exposed_bytes);
    let targets = group.run_ranges().flat_map(|(target, rows)| rows.map(move |_| target.0));
    out.column(&targets.collect::<Vec<_>>());
    let mut columns: Vec<&Column> = group.columns.iter().collect();
    columns.sort_by_key(|column| column.name);
    out.list(columns.into_iter(), |out, column| {
        out.u32(column.name.0);
        out.column(&column.codes);
    });
    write_notes(out, &group.notes);
}

fn write_notes(out: &mut Bytes, notes: &PageNotes) {
    let rows = notes.rows();
    out.u64(rows as u64);
    let mut runs: Vec<(u32, MetricType)> =
        notes.types().map(|(run, _)| (run.family, run.kind)).collect();
    runs.sort_unstable();
    runs.dedup();
    let place = |run: (u32, MetricType)| runs.partition_point(|&it| it < run) as u32;
    let types = notes.types().flat_map(|(run, rows)| {
        let place = place((run.family, run.kind));
        rows.map(move |_| place)
    });
    let types: Vec<u32> = types.collect();
    out.list(runs.iter(), |out, &(family, kind)| {
        out.u32(family);
        write_kind(out, kind);
    });
    out.column(&types);
    let has_times = (0..rows).any(|row| notes.time(row).is_some());
    out.u8(u8::from(has_times));
    if has_times {
        let times = (0..rows).map(|row| notes.time(row).unwrap_or(NO_TIME));
        times.for_each(|time| out.u64(time.cast_unsigned()));
    }
    let mut empties: Vec<(NameId, &[u32])> = notes.empties().collect();
    empties.sort_unstable();
    out.list(empties.into_iter(), |out, (name, rows)| {
        out.u32(name.0);
        out.list(rows.iter(), |out, &row| out.u32(row));
    });
}

pub(super) fn write_stage(out: &mut Bytes, stage: Stage) {
    out.u8(STAGES.iter().position(|&it| it == stage).unwrap_or_default() as u8);
}

pub(super) fn write_kind(out: &mut Bytes, kind: MetricType) {
    out.u8(KINDS.iter().position(|&it| it == kind).unwrap_or_default() as u8);
}

/// Reads the table that sections hold.
pub(super) fn read(sections: &[Section<'_>]) -> Result<Table, SavedError> {
    let mut head = sections[0].cursor();
    let mut table = Table::empty(read_stage(&mut head)?);
    let names = head.list(8, |cursor| cursor.text().map(str::to_owned))?;
    for (at, name) in names.iter().enumerate() {
        let id = table.intern_name(name);
        head.check(id.0 as usize == at, "the names of labels are out of order")?;
    }
    table.targets = head.list(16, |cursor| {
        let job = cursor.text()?.to_owned();
        let labels =
            cursor.list(16, |cursor| Ok((cursor.text()?.into(), cursor.text()?.into())))?;
        Ok(Target { job, labels })
    })?;
    let families = head.list(9, |cursor| Ok((cursor.text()?.to_owned(), read_kind(cursor)?)))?;
    table.families = families.into_iter().collect();
    read_values(&mut head, &mut table.family_names)?;
    head.end()?;
    let mut rest = sections[1..].iter();
    for name in names.iter().enumerate() {
        let section = rest.next().filter(|section| section.tag == VALUES);
        let section = section.ok_or_else(|| head.error("the values of a label are missing"))?;
        let mut values = Dictionary::of(name.1);
        let mut cursor = section.cursor();
        read_values(&mut cursor, &mut values)?;
        cursor.end()?;
        table.values[name.0] = Arc::new(values);
    }
    for section in rest {
        let mut cursor = section.cursor();
        cursor.check(section.tag == METRIC, "a section of an unknown kind")?;
        let group = read_rows(&mut cursor, &table)?;
        cursor.end()?;
        let ascends = table.metrics.last().is_none_or(|last| last.metric < group.metric);
        cursor.check(ascends, "the metrics are out of order")?;
        table.metrics.push(group);
    }
    Ok(table)
}

fn read_values(cursor: &mut Cursor<'_>, values: &mut Dictionary) -> Result<(), SavedError> {
    let count = cursor.count(9)?;
    for at in 0..count {
        let code = values.intern(cursor.text()?);
        cursor.check(code as usize == at + 1, "a value is empty or stands twice")?;
    }
    Ok(())
}

fn read_rows(cursor: &mut Cursor<'_>, table: &Table) -> Result<MetricRows, SavedError> {
    let mut group = MetricRows::new(cursor.u32()?);
    let known = table.values(NameId::METRIC).len();
    let is_known = group.metric > 0 && (group.metric as usize) < known;
    cursor.check(is_known, "a metric without a name")?;
    let rows = cursor.count(1)?;
    group.exposed_bytes = cursor.u64()?;
    let is_sane = group.exposed_bytes <= (rows as u64).saturating_mul(LONGEST_LINE);
    cursor.check(is_sane, "more bytes than series could have")?;
    let targets = cursor.column(rows, table.targets.len())?;
    for same in targets.chunk_by(|a, b| a == b) {
        group.push_block(TargetId(same[0]), same.len(), Vec::new(), 0);
    }
    group.columns = cursor.list(5, |cursor| {
        let name = NameId(cursor.u32()?);
        let is_label = name != NameId::METRIC && (name.0 as usize) < table.values.len();
        cursor.check(is_label, "a column of no label")?;
        let codes = cursor.column(rows, table.values(name).len())?;
        Ok(Column { name, codes })
    })?;
    let ascend = group.columns.is_sorted_by(|a, b| a.name < b.name);
    cursor.check(ascend, "the columns are out of order")?;
    group.notes = read_notes(cursor, table, rows)?;
    Ok(group)
}

fn read_notes(
    cursor: &mut Cursor<'_>,
    table: &Table,
    all_rows: usize,
) -> Result<PageNotes, SavedError> {
    let mut notes = PageNotes::default();
    let rows = cursor.count(1)?;
    cursor.check(rows == 0 || rows == all_rows, "notes of other rows")?;
    let runs = cursor.list(5, |cursor| Ok((cursor.u32()?, read_kind(cursor)?)))?;
    let known = runs.iter().all(|&(family, _)| (family as usize) < table.family_names.len());
    cursor.check(known, "a family without a name")?;
    let types = cursor.column(rows, runs.len())?;
    let times = match cursor.u8()? {
        0 => None,
        _ => Some(cursor.take(rows * 8)?),
    };
    let mut empties: Vec<(u32, u32)> = Vec::new();
    cursor.list(12, |cursor| {
        let name = cursor.u32()?;
        cursor.check((name as usize) < table.values.len(), "an empty label without a name")?;
        let of_name = cursor.list(4, |cursor| Ok((cursor.u32()?, name)))?;
        empties.extend(of_name);
        Ok(())
    })?;
    empties.sort_unstable();
    let mut empties = empties.into_iter().peekable();
    for (row, &place) in types.iter().enumerate() {
        let (family, kind) = runs[place as usize];
        notes.push_row(family, kind);
        if let Some(times) = times {
            let time = Cursor::new(&times[row * 8..], 0).u64()?.cast_signed();
            if time != NO_TIME {
                notes.set_time(time);
            }
        }
        while let Some((_, name)) = empties.next_if(|&(at, _)| at as usize == row) {
            notes.set_empty(NameId(name));
        }
    }
    cursor.check(empties.next().is_none(), "an empty label in no row")?;
    Ok(notes)
}

pub(super) fn read_stage(cursor: &mut Cursor<'_>) -> Result<Stage, SavedError> {
    let stage = STAGES.get(usize::from(cursor.u8()?));
    stage.copied().ok_or_else(|| cursor.error("an unknown stage"))
}

pub(super) fn read_kind(cursor: &mut Cursor<'_>) -> Result<MetricType, SavedError> {
    let kind = KINDS.get(usize::from(cursor.u8()?));
    kind.copied().ok_or_else(|| cursor.error("an unknown type of metrics"))
}

//! Inputs read into rows of the three kinds.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{ArrayRef, LargeBinaryBuilder, RecordBatch, StringBuilder};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::error::Result;
use promsieve_core::census::SketchedCensus;
use promsieve_core::saved::{self, Saved};
use promsieve_core::series::{Stage, Table};

use super::{Rows, failed};
use crate::input::{Input, Read};
use crate::part::{Cutter, Part};
use crate::rows;

/// Bytes of parts that are handed on together, about.
const PARTS: usize = 4 << 20;

/// Kinds of parts.
const METRIC: &str = "metric";
const LABEL: &str = "label";
pub(crate) const JOB: &str = "job";
/// No part at all: its name is that of a source of which something could not be read.
pub(crate) const INCOMPLETE: &str = "incomplete";

pub(super) static PARTS_SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new("kind", DataType::Utf8, false),
        Field::new("name", DataType::Utf8, false),
        Field::new("part", DataType::LargeBinary, false),
    ]))
});

pub(super) static SKETCHES_SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let text = |name| Field::new(name, DataType::Utf8, false);
    Arc::new(Schema::new(vec![
        text("incomplete"),
        Field::new("census", DataType::LargeBinary, false),
    ]))
});

/// Reads one input, and hands its rows on.
pub(super) fn read(
    rows: Rows,
    input: &Input,
    out: &mut dyn FnMut(RecordBatch) -> Result<()>,
) -> Result<()> {
    let read = input.read().map_err(failed)?;
    match rows {
        Rows::Series => match read.table().map_err(failed)? {
            Some(table) => rows::batches(table, read.counts.as_ref(), out),
            None => Ok(()),
        },
        Rows::Parts => parts(input, &read, out),
        Rows::Sketches => sketch(input, read, out),
    }
}

/// Hands on the parts of a table.
fn parts(input: &Input, read: &Read, out: &mut dyn FnMut(RecordBatch) -> Result<()>) -> Result<()> {
    let mut batch = PartsBatch::default();
    if read.incomplete {
        let mut nothing = Part::new(Table::empty(Stage::Attached), 0, 0);
        batch.push(INCOMPLETE, &input.to_string(), &nothing.encode(), out)?;
    }
    if let Some(table) = read.table().map_err(failed)? {
        cut(table, read, &mut |kind, name, mut part: Part| {
            batch.push(kind, name, &part.encode(), out)
        })?;
    }
    batch.flush(out)
}

fn cut(
    table: &Table,
    read: &Read,
    out: &mut dyn FnMut(&str, &str, Part) -> Result<()>,
) -> Result<()> {
    let mut cutter = Cutter::new(table);
    let mut first = 0;
    for group in table.metrics.iter().filter(|group| group.rows > 0) {
        let mut part = cutter.metric(group);
        if let Some(counts) = &read.counts {
            let rows = &counts.rows[first..first + group.rows];
            part.samples = rows.iter().map(|(samples, _)| samples).sum();
            part.duplicates = rows.iter().map(|(_, duplicates)| duplicates).sum();
        }
        first += group.rows;
        out(METRIC, table.metric_name(group), part)?;
    }
    for (name, part) in cutter.labels() {
        out(LABEL, &name, part)?;
    }
    for (job, part) in cutter.jobs() {
        out(JOB, &job, part)?;
    }
    Ok(())
}

/// Parts that are to be handed on.
#[derive(Default)]
struct PartsBatch {
    kinds: StringBuilder,
    names: StringBuilder,
    parts: LargeBinaryBuilder,
    bytes: usize,
}

impl PartsBatch {
    fn push(
        &mut self,
        kind: &str,
        name: &str,
        part: &[u8],
        out: &mut dyn FnMut(RecordBatch) -> Result<()>,
    ) -> Result<()> {
        self.kinds.append_value(kind);
        self.names.append_value(name);
        self.parts.append_value(part);
        self.bytes += part.len();
        if self.bytes > PARTS { self.flush(out) } else { Ok(()) }
    }

    fn flush(&mut self, out: &mut dyn FnMut(RecordBatch) -> Result<()>) -> Result<()> {
        self.bytes = 0;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.kinds.finish()),
            Arc::new(self.names.finish()),
            Arc::new(self.parts.finish()),
        ];
        let batch = RecordBatch::try_new(Arc::clone(&PARTS_SCHEMA), columns)?;
        if batch.num_rows() > 0 { out(batch) } else { Ok(()) }
    }
}

/// Hands on a census in bounded memory.
fn sketch(input: &Input, read: Read, out: &mut dyn FnMut(RecordBatch) -> Result<()>) -> Result<()> {
    let incomplete = if read.incomplete { input.to_string() } else { String::new() };
    let census = match read.series {
        None => return Ok(()),
        Some(Saved::Sketched(census)) => census,
        Some(Saved::Exact(table)) => {
            let mut census = SketchedCensus::new(table.stage);
            census.add(&table);
            Box::new(census)
        }
    };
    let mut names = StringBuilder::new();
    names.append_value(incomplete);
    let mut censuses = LargeBinaryBuilder::new();
    censuses.append_value(saved::to_bytes(&Saved::Sketched(census)));
    let columns: Vec<ArrayRef> = vec![Arc::new(names.finish()), Arc::new(censuses.finish())];
    out(RecordBatch::try_new(Arc::clone(&SKETCHES_SCHEMA), columns)?)
}

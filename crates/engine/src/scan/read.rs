//! Inputs read into rows of the three kinds.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{
    ArrayRef, LargeBinaryArray, LargeBinaryBuilder, RecordBatch, StringBuilder,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::error::Result;
use promsieve_cli::embed::Told;
use promsieve_core::census::SketchedCensus;
use promsieve_core::saved::{self, Saved};
use promsieve_core::series::Table;
use serde::{Deserialize, Serialize};

use super::{Rows, SHORTEST, failed};
use crate::input::{Input, Read};
use crate::part::{Cutter, Part};
use crate::rows;

/// Bytes of parts that are handed on together, about.
const PARTS: usize = 4 << 20;

/// Kinds of parts.
const METRIC: &str = "metric";
const LABEL: &str = "label";
pub(crate) const JOB: &str = "job";
/// No part at all, but what is [`Heard`] of the source of this name.
pub(crate) const SOURCE: &str = "source";

/// What is heard of a source, as JSON.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Heard {
    pub(crate) source: Input,
    /// Whether something of it could not be read.
    pub(crate) incomplete: bool,
    pub(crate) told: Told,
}

impl Heard {
    fn json(source: &Input, read: &mut Read) -> Result<Vec<u8>> {
        let (source, told) = (source.clone(), std::mem::take(&mut read.told));
        let heard = Self { source, incomplete: read.incomplete, told };
        serde_json::to_vec(&heard).map_err(|error| failed(error.into()))
    }
}

pub(super) static PARTS_SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new("kind", DataType::Utf8, false),
        Field::new("name", DataType::Utf8, false),
        Field::new("part", DataType::LargeBinary, false),
    ]))
});

pub(super) static SKETCHES_SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new("heard", DataType::LargeBinary, false),
        Field::new("census", DataType::LargeBinary, true),
    ]))
});

/// Reads one input, and hands its rows on.
pub(super) fn read(
    rows: Rows,
    input: &Input,
    out: &mut dyn FnMut(RecordBatch) -> Result<()>,
) -> Result<()> {
    match rows {
        Rows::Series => series(input, out),
        Rows::Parts { top } => parts(input, input.read(top).map_err(failed)?, out),
        Rows::Sketches { top } => sketch(input, input.read(top).map_err(failed)?, out),
    }
}

/// Hands on the series of one input.
fn series(input: &Input, out: &mut dyn FnMut(RecordBatch) -> Result<()>) -> Result<()> {
    let read = input.read(SHORTEST).map_err(failed)?;
    match read.table().map_err(failed)? {
        Some(table) => rows::batches(table, read.counts.as_ref(), out),
        None => Ok(()),
    }
}

/// Hands on what is heard of an input, and the parts of its table.
fn parts(
    input: &Input,
    mut read: Read,
    out: &mut dyn FnMut(RecordBatch) -> Result<()>,
) -> Result<()> {
    let mut batch = PartsBatch::default();
    batch.push(SOURCE, &input.to_string(), &Heard::json(input, &mut read)?, out)?;
    if let Some(table) = read.table().map_err(failed)? {
        cut(table, &read, &mut |kind, name, mut part: Part| {
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

/// Hands on what is heard of an input, and its census in bounded memory.
fn sketch(
    input: &Input,
    mut read: Read,
    out: &mut dyn FnMut(RecordBatch) -> Result<()>,
) -> Result<()> {
    let heard = Heard::json(input, &mut read)?;
    let census = read.series.map(|series| match series {
        Saved::Sketched(census) => census,
        Saved::Exact(table) => {
            let mut census = SketchedCensus::new(table.stage);
            census.add(&table);
            Box::new(census)
        }
    });
    let bytes = census.map(|census| saved::to_bytes(&Saved::Sketched(census)));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(LargeBinaryArray::from(vec![heard.as_slice()])),
        Arc::new(LargeBinaryArray::from(vec![bytes.as_deref()])),
    ];
    out(RecordBatch::try_new(Arc::clone(&SKETCHES_SCHEMA), columns)?)
}

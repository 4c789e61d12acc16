//! Series as rows of Arrow: one a distinct series of a source.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{
    ArrayRef, Int64Builder, MapArray, MapBuilder, MapFieldNames, RecordBatch, StringBuilder,
};
use datafusion::arrow::datatypes::{ArrowNativeType, DataType, Field, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use promsieve_core::series::{METRIC_NAME, MetricRows, NameId, Stage, Table};
use promsieve_core::sketch::DistinctSet;

use crate::parquet::Counts;

/// Rows of a batch, at most.
const BATCH: usize = 8192;

/// Places of columns in [`SCHEMA`].
pub(crate) const METRIC: usize = 0;
pub(crate) const HASH: usize = 2;
pub(crate) const STAGE: usize = 4;
pub(crate) const SAMPLES: usize = 5;
pub(crate) const DUPLICATES: usize = 6;

/// Where a row's labels lie among those of all rows.
pub(crate) fn entries(labels: &MapArray, row: usize) -> Range<usize> {
    let offsets = labels.value_offsets();
    offsets[row].as_usize()..offsets[row + 1].as_usize()
}

/// Columns of a row of series.
pub(crate) static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let number = |name: &str| Field::new(name, DataType::Int64, false);
    Arc::new(Schema::new(vec![
        text("metric"),
        Field::new("labels", labels_type(), false),
        number("hash"),
        text("type"),
        text("stage"),
        number("samples"),
        number("duplicates"),
    ]))
});

/// The type of a set of labels, with the names that Parquet's specification gives its parts.
pub(crate) fn labels_type() -> DataType {
    let parts =
        vec![Field::new("key", DataType::Utf8, false), Field::new("value", DataType::Utf8, true)];
    let entries = Field::new("key_value", DataType::Struct(parts.into()), false);
    DataType::Map(Arc::new(entries), false)
}

/// Builds columns of [`labels_type`].
pub(crate) fn labels_builder() -> MapBuilder<StringBuilder, StringBuilder> {
    let names = MapFieldNames {
        entry: "key_value".to_owned(),
        key: "key".to_owned(),
        value: "value".to_owned(),
    };
    MapBuilder::new(Some(names), StringBuilder::new(), StringBuilder::new())
}

/// Hands out the distinct series of a table, batch by batch; `counts` tells what rows stand for that
/// were counted before.
///
/// # Errors
/// What `out` gives.
pub(crate) fn batches<E: From<ArrowError>>(
    table: &Table,
    counts: Option<&Counts>,
    mut out: impl FnMut(RecordBatch) -> Result<(), E>,
) -> Result<(), E> {
    let mut batch = Batch::new();
    let stage = stage_word(table.stage);
    let mut distinct = Vec::new();
    let mut first = 0;
    for group in table.metrics.iter().filter(|group| group.rows > 0) {
        let hashes = table.row_hashes(group);
        let rows = Repeats::of(group, &hashes, &mut distinct);
        let own = table.values(NameId::METRIC).hash(group.metric);
        let kind = table.metric_type(table.metric_name(group)).as_str();
        for &row in &distinct {
            let row = row as usize;
            let counted = counts.map(|counts| counts.rows[first + row]);
            let (samples, duplicates) = counted.unwrap_or_else(|| rows.of_row(hashes[row]));
            batch.labels(table, group, row)?;
            batch.hash.append_value(hashes[row].wrapping_add(own).cast_signed());
            batch.kind.append_value(kind);
            batch.stage.append_value(stage);
            batch.samples.append_value(samples.cast_signed());
            batch.duplicates.append_value(duplicates.cast_signed());
            batch.rows += 1;
            if batch.rows == BATCH {
                out(batch.take()?)?;
            }
        }
        first += group.rows;
    }
    if batch.rows > 0 { out(batch.take()?) } else { Ok(()) }
}

/// The word for a stage in the column of that name.
pub(crate) fn stage_word(stage: Stage) -> &'static str {
    match stage {
        Stage::Exposed => "exposed",
        Stage::Attached => "attached",
        Stage::Stored => "stored",
        Stage::Written => "written",
    }
}

/// The stage that a word in that column says.
pub(crate) fn stage_of(word: &str) -> Option<Stage> {
    let stages = [Stage::Exposed, Stage::Attached, Stage::Stored, Stage::Written];
    stages.into_iter().find(|&stage| stage_word(stage) == word)
}

/// How often series stand in the rows of a metric, where any stands twice.
struct Repeats(HashMap<u64, (u64, u64)>);

impl Repeats {
    /// Of these rows; puts the first row of each series into `distinct`.
    fn of(group: &MetricRows, hashes: &[u64], distinct: &mut Vec<u32>) -> Self {
        let mut set = DistinctSet::default();
        set.find_first(hashes, distinct);
        let mut counts = HashMap::new();
        if distinct.len() < group.rows {
            for (_, range) in group.run_ranges() {
                set.reset(range.len());
                for &hash in &hashes[range] {
                    let (samples, duplicates): &mut (u64, u64) = counts.entry(hash).or_default();
                    *samples += 1;
                    *duplicates += u64::from(!set.insert(hash));
                }
            }
        }
        Self(counts)
    }

    /// Samples and duplicates of a series.
    fn of_row(&self, hash: u64) -> (u64, u64) {
        self.0.get(&hash).copied().unwrap_or((1, 0))
    }
}

/// A batch that is being filled.
struct Batch {
    rows: usize,
    metric: StringBuilder,
    labels: MapBuilder<StringBuilder, StringBuilder>,
    hash: Int64Builder,
    kind: StringBuilder,
    stage: StringBuilder,
    samples: Int64Builder,
    duplicates: Int64Builder,
}

impl Batch {
    fn new() -> Self {
        Self {
            rows: 0,
            metric: StringBuilder::new(),
            labels: labels_builder(),
            hash: Int64Builder::new(),
            kind: StringBuilder::new(),
            stage: StringBuilder::new(),
            samples: Int64Builder::new(),
            duplicates: Int64Builder::new(),
        }
    }

    fn labels(&mut self, table: &Table, group: &MetricRows, row: usize) -> Result<(), ArrowError> {
        for (name, value) in table.row_labels(group, row) {
            if name == METRIC_NAME {
                self.metric.append_value(value);
            } else {
                self.labels.keys().append_value(name);
                self.labels.values().append_value(value);
            }
        }
        self.labels.append(true)
    }

    fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        self.rows = 0;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.metric.finish()),
            Arc::new(self.labels.finish()),
            Arc::new(self.hash.finish()),
            Arc::new(self.kind.finish()),
            Arc::new(self.stage.finish()),
            Arc::new(self.samples.finish()),
            Arc::new(self.duplicates.finish()),
        ];
        RecordBatch::try_new(Arc::clone(&SCHEMA), columns)
    }
}

//! Files of series and of targets, read back into tables.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use anyhow::Context;
use datafusion::arrow::array::{Array, AsArray, MapArray, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::parquet::file::metadata::RowGroupMetaData;
use promsieve_core::saved::Saved;
use promsieve_core::series::{MetricType, Stage, Table, TableBuilder, Target};

use super::{Counts, Slice};
use crate::input::Read;
use crate::rows;

/// How many rows each row group of a file has.
pub(super) fn rows_of_groups(path: &Path) -> anyhow::Result<Vec<i64>> {
    let file = open(path)?;
    Ok(file.metadata().row_groups().iter().map(RowGroupMetaData::num_rows).collect())
}

/// Reads row groups of a file of series.
///
/// # Errors
/// When the file cannot be read, or has other columns.
pub(crate) fn read(slice: &Slice) -> anyhow::Result<Read> {
    let path = Path::new(&slice.path);
    let file = open(path)?;
    let groups = slice.groups.0..slice.groups.1;
    let mut builder = TableBuilder::default();
    let mut counts: Vec<Vec<(u64, u64)>> = Vec::new();
    let mut stage = None;
    for batch in file.with_row_groups(groups.collect()).build()? {
        let batch = batch.with_context(|| cannot_read(path))?;
        add(&batch, &mut builder, &mut counts)
            .and_then(|()| merge_stage(&mut stage, &batch))
            .with_context(|| format!("`{}` is no file of series", path.display()))?;
    }
    let mut table = builder.finish();
    table.stage = stage.unwrap_or(Stage::Stored);
    let counts = Counts { rows: counts.into_iter().flatten().collect() };
    Ok(Read { series: Some(Saved::Exact(table)), counts: Some(counts), ..Read::default() })
}

/// Reads a file of targets.
///
/// # Errors
/// When it cannot be read, or has other columns.
pub(crate) fn read_targets(path: &str) -> anyhow::Result<Read> {
    let path = Path::new(path);
    let mut table = Table::empty(Stage::Attached);
    for batch in open(path)?.build()? {
        let batch = batch.with_context(|| cannot_read(path))?;
        let jobs = texts(&batch, "job")?;
        let labels = labels(&batch)?;
        for row in 0..batch.num_rows() {
            let mut of_target: Vec<(String, String)> = Vec::new();
            labels.each(row, |name, value| of_target.push((name.to_owned(), value.to_owned())));
            table.targets.push(Target { job: jobs.value(row).to_owned(), labels: of_target });
        }
    }
    Ok(Read { series: Some(Saved::Exact(table)), ..Read::default() })
}

fn open(path: &Path) -> anyhow::Result<ParquetRecordBatchReaderBuilder<File>> {
    let file = File::open(path).with_context(|| cannot_read(path))?;
    ParquetRecordBatchReaderBuilder::try_new(file).with_context(|| cannot_read(path))
}

fn cannot_read(path: &Path) -> String {
    format!("cannot read `{}`", path.display())
}

/// Takes the stage of the rows of a batch, of which there is one in a file.
fn merge_stage(stage: &mut Option<Stage>, batch: &RecordBatch) -> anyhow::Result<()> {
    for word in texts(batch, "stage")?.iter().flatten() {
        let found = rows::stage_of(word).with_context(|| format!("`{word}` is no stage"))?;
        let known = *stage.get_or_insert(found);
        anyhow::ensure!(known == found, "its series are not of one stage");
    }
    Ok(())
}

/// Adds the rows of a batch, and what they stand for by metric.
fn add(
    batch: &RecordBatch,
    builder: &mut TableBuilder,
    counts: &mut Vec<Vec<(u64, u64)>>,
) -> anyhow::Result<()> {
    let (metrics, kinds, labels) = (texts(batch, "metric")?, texts(batch, "type")?, labels(batch)?);
    let (samples, duplicates) = (numbers(batch, "samples")?, numbers(batch, "duplicates")?);
    for row in 0..batch.num_rows() {
        let mut pairs = BTreeMap::new();
        labels.each(row, |name, value| {
            pairs.insert(name, value);
        });
        let pairs: Vec<(&str, &str)> = pairs.into_iter().collect();
        let group = builder.row(metrics.value(row), &pairs, 0);
        if counts.len() == group {
            counts.push(Vec::new());
            let kind = MetricType::parse(kinds.value(row)).unwrap_or_default();
            if kind != MetricType::Unknown {
                builder.set_type(group, kind);
            }
        }
        let number = |number: i64| u64::try_from(number).unwrap_or_default();
        counts[group].push((number(samples[row]), number(duplicates[row])));
    }
    Ok(())
}

/// A column of sets of labels.
struct Labels<'a> {
    sets: &'a MapArray,
    names: &'a StringArray,
    values: &'a StringArray,
}

impl<'a> Labels<'a> {
    fn each(&self, row: usize, mut label: impl FnMut(&'a str, &'a str)) {
        for at in rows::entries(self.sets, row) {
            label(self.names.value(at), self.values.value(at));
        }
    }
}

fn labels(batch: &RecordBatch) -> anyhow::Result<Labels<'_>> {
    let sets = column(batch, "labels")?.as_map_opt().context("`labels` is no map")?;
    let names = sets.keys().as_string_opt().context("names of labels are no texts")?;
    let values = sets.values().as_string_opt().context("values of labels are no texts")?;
    Ok(Labels { sets, names, values })
}

fn texts(batch: &RecordBatch, name: &str) -> anyhow::Result<StringArray> {
    let texts = cast(column(batch, name)?, &DataType::Utf8)?;
    Ok(texts.as_string::<i32>().clone())
}

fn numbers(batch: &RecordBatch, name: &str) -> anyhow::Result<Vec<i64>> {
    let numbers = cast(column(batch, name)?, &DataType::Int64)?;
    Ok(numbers.as_primitive::<Int64Type>().values().to_vec())
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> anyhow::Result<&'a dyn Array> {
    let column = batch.column_by_name(name);
    Ok(column.with_context(|| format!("column `{name}` is missing"))?)
}

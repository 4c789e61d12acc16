//! Writes the series in files of Parquet: sorted by metric, each series once, into a directory that
//! takes its name when it is whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context, bail};
use datafusion::arrow::array::{
    ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray, UInt32Array,
};
use datafusion::arrow::compute::{concat_batches, filter_record_batch, take_record_batch};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;
use promsieve_core::series::Target;

use super::{SERIES, TARGETS};
use crate::rows::{self, DUPLICATES, HASH, METRIC, SAMPLES, STAGE, labels_builder, labels_type};

/// Rows of a row group: few enough that each of many open files can hold one.
const ROW_GROUP: usize = 1 << 18;

/// Into which files series go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Partitioning {
    /// One a metric.
    Metric,
    /// So many, by the series' hash.
    Hash(u64),
}

impl FromStr for Partitioning {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let files = word.strip_prefix("hash:").and_then(|number| number.parse().ok());
        match (word, files) {
            ("metric", _) => Ok(Self::Metric),
            (_, Some(files @ 1..=1024)) => Ok(Self::Hash(files)),
            _ => Err("`metric`, or `hash:N` with N from 1 to 1024".to_owned()),
        }
    }
}

/// A directory that is being written.
pub(crate) struct Writer {
    place: PathBuf,
    temporary: Temporary,
    partitioning: Option<Partitioning>,
    files: BTreeMap<String, ArrowWriter<File>>,
    /// The last series so far, which may go on.
    last: Option<RecordBatch>,
    stages: BTreeSet<String>,
    series: u64,
}

/// A directory that goes unless it was renamed.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // Nothing can be done about what cannot be removed.
        let _gone = fs::remove_dir_all(&self.0);
    }
}

impl Writer {
    /// Writes into a directory that must not be there yet; without partitioning into one file.
    ///
    /// # Errors
    /// When it is there, or cannot be made.
    pub(crate) fn new(place: &Path, partitioning: Option<Partitioning>) -> anyhow::Result<Self> {
        if place.exists() {
            bail!("`{}` is there already: remove it, or name another", place.display());
        }
        let mut name = place.file_name().context("name a directory to write to")?.to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let temporary = Temporary(place.with_file_name(name));
        let series = temporary.0.join(SERIES);
        fs::create_dir_all(&series).with_context(|| cannot_write(&series))?;
        Ok(Self {
            place: place.to_owned(),
            temporary,
            partitioning,
            files: BTreeMap::new(),
            last: None,
            stages: BTreeSet::new(),
            series: 0,
        })
    }

    /// Adds rows, which come sorted by metric and hash; those of one series become one.
    ///
    /// # Errors
    /// When they cannot be written, or are of other stages of their way than those before.
    pub(crate) fn add(&mut self, batch: &RecordBatch) -> anyhow::Result<()> {
        let batch = match self.last.take() {
            Some(last) => concat_batches(&rows::SCHEMA, [&last, batch])?,
            None => batch.clone(),
        };
        self.check_stage(&batch)?;
        let batch = merge_repeats(&batch)?;
        let Some(whole) = batch.num_rows().checked_sub(1) else { return Ok(()) };
        // A copy: a slice would keep the whole batch alive.
        self.last = Some(take_record_batch(&batch, &UInt32Array::from(vec![whole as u32]))?);
        self.put(&batch.slice(0, whole))
    }

    /// Writes what is left and the targets, and gives the directory its name. How many series it
    /// holds.
    ///
    /// # Errors
    /// When there are none, or something cannot be written.
    pub(crate) fn finish(mut self, targets: &[Target]) -> anyhow::Result<u64> {
        if let Some(last) = self.last.take() {
            self.put(&last)?;
        }
        anyhow::ensure!(self.series > 0, "no series were read");
        self.close()?;
        let targets = target_rows(targets)?;
        let mut file = open(&self.temporary.0.join(TARGETS), targets.schema())?;
        file.write(&targets)?;
        file.close()?;
        fs::rename(&self.temporary.0, &self.place).with_context(|| cannot_write(&self.place))?;
        Ok(self.series)
    }

    /// Writes whole series to the files they belong to.
    fn put(&mut self, batch: &RecordBatch) -> anyhow::Result<()> {
        self.series += batch.num_rows() as u64;
        match self.partitioning {
            None => self.write("", batch),
            Some(Partitioning::Metric) => {
                let metrics = batch.column(METRIC).as_string::<i32>();
                let rows: Vec<usize> = (0..batch.num_rows()).collect();
                for run in rows.chunk_by(|&a, &b| metrics.value(a) == metrics.value(b)) {
                    let directory = format!("metric={}", escape(metrics.value(run[0])));
                    if !self.files.contains_key(&directory) {
                        self.close()?;
                    }
                    self.write(&directory, &batch.slice(run[0], run.len()))?;
                }
                Ok(())
            }
            Some(Partitioning::Hash(files)) => {
                let mut parts = vec![Vec::new(); files as usize];
                let hashes = batch.column(HASH).as_primitive::<Int64Type>().values();
                for (row, hash) in hashes.iter().enumerate() {
                    parts[(hash.cast_unsigned() % files) as usize].push(row as u32);
                }
                for (part, rows) in parts.into_iter().enumerate().filter(|(_, it)| !it.is_empty()) {
                    let rows = take_record_batch(batch, &UInt32Array::from(rows))?;
                    self.write(&format!("part={part}"), &rows)?;
                }
                Ok(())
            }
        }
    }

    fn write(&mut self, directory: &str, batch: &RecordBatch) -> anyhow::Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        if !self.files.contains_key(directory) {
            let path = self.temporary.0.join(SERIES).join(directory);
            fs::create_dir_all(&path).with_context(|| cannot_write(&path))?;
            let file = open(&path.join("series.parquet"), batch.schema())?;
            self.files.insert(directory.to_owned(), file);
        }
        let file = self.files.get_mut(directory).expect("it was opened");
        Ok(file.write(batch)?)
    }

    /// Ends all the files that are open.
    fn close(&mut self) -> anyhow::Result<()> {
        for (_, file) in std::mem::take(&mut self.files) {
            file.close()?;
        }
        Ok(())
    }

    fn check_stage(&mut self, batch: &RecordBatch) -> anyhow::Result<()> {
        let stages = batch.column(STAGE).as_string::<i32>();
        for row in 0..batch.num_rows() {
            if !self.stages.contains(stages.value(row)) {
                self.stages.insert(stages.value(row).to_owned());
            }
        }
        anyhow::ensure!(
            self.stages.len() < 2,
            "scrapes and stored series are not of one stage: write them one by one"
        );
        Ok(())
    }
}

fn open(path: &Path, schema: SchemaRef) -> anyhow::Result<ArrowWriter<File>> {
    let file = File::create(path).with_context(|| cannot_write(path))?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .build();
    Ok(ArrowWriter::try_new(file, schema, Some(properties))?)
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write `{}`", path.display())
}

/// A value as a part of a path: what is no letter, digit, `_`, `-` or `:` as `%` and its number.
fn escape(value: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b':' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    value.bytes().map(byte).collect()
}

/// Rows of the same series as one, with their samples and duplicates summed up.
fn merge_repeats(batch: &RecordBatch) -> anyhow::Result<RecordBatch> {
    let metrics = batch.column(METRIC).as_string::<i32>();
    let hashes = batch.column(HASH).as_primitive::<Int64Type>().values();
    let is_first = |row: usize| {
        row == 0 || hashes[row] != hashes[row - 1] || metrics.value(row) != metrics.value(row - 1)
    };
    let first: Vec<bool> = (0..batch.num_rows()).map(is_first).collect();
    if first.iter().all(|&first| first) {
        return Ok(batch.clone());
    }
    let sums = |column: usize| -> ArrayRef {
        let mut sums: Vec<i64> = Vec::new();
        let numbers = batch.column(column).as_primitive::<Int64Type>().values();
        for (&number, &first) in numbers.iter().zip(&first) {
            match sums.last_mut() {
                Some(sum) if !first => *sum += number,
                _ => sums.push(number),
            }
        }
        Arc::new(Int64Array::from(sums))
    };
    let merged = filter_record_batch(batch, &BooleanArray::from(first.clone()))?;
    let mut columns = merged.columns().to_vec();
    columns[SAMPLES] = sums(SAMPLES);
    columns[DUPLICATES] = sums(DUPLICATES);
    Ok(RecordBatch::try_new(batch.schema(), columns)?)
}

/// A row for each target: its job, and its labels.
fn target_rows(targets: &[Target]) -> anyhow::Result<RecordBatch> {
    let mut labels = labels_builder();
    for target in targets {
        for (name, value) in &target.labels {
            labels.keys().append_value(name);
            labels.values().append_value(value);
        }
        labels.append(true)?;
    }
    let jobs = StringArray::from_iter_values(targets.iter().map(|target| &target.job));
    let fields =
        vec![Field::new("job", DataType::Utf8, false), Field::new("labels", labels_type(), false)];
    let columns: Vec<ArrayRef> = vec![Arc::new(jobs), Arc::new(labels.finish())];
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

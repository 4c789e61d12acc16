//! Writes write-ahead logs as Prometheus writes them: what the reader is tested with.

use anyhow::Result;

const PAGE: usize = 32 << 10;
const HEADER: usize = 7;
const FULL: u8 = 1;
const FIRST: u8 = 2;
const MIDDLE: u8 = 3;
const LAST: u8 = 4;

/// How the records of a log are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    Plain,
    /// Snappy's block format.
    Snappy,
    /// A zstd frame a record.
    Zstd,
}

/// One segment.
#[derive(Debug)]
pub struct Segment {
    bytes: Vec<u8>,
    packing: Packing,
}

impl Segment {
    /// An empty one.
    pub fn new(packing: Packing) -> Self {
        Self { bytes: Vec::new(), packing }
    }

    /// Adds a record, in as many fragments as it needs.
    ///
    /// # Errors
    /// When it cannot be packed.
    pub fn record(&mut self, record: &[u8]) -> Result<()> {
        let (packed, flag) = match self.packing {
            Packing::Plain => (record.to_vec(), 0),
            Packing::Snappy => (snap::raw::Encoder::new().compress_vec(record)?, 1 << 3),
            Packing::Zstd => (zstd::bulk::compress(record, 1)?, 1 << 4),
        };
        let mut rest = packed.as_slice();
        let mut first = true;
        while first || !rest.is_empty() {
            let mut left = PAGE - self.bytes.len() % PAGE;
            if left < HEADER {
                self.bytes.resize(self.bytes.len() + left, 0);
                left = PAGE;
            }
            let (data, after) = rest.split_at(rest.len().min(left - HEADER));
            let kind = match (first, after.is_empty()) {
                (true, true) => FULL,
                (true, false) => FIRST,
                (false, false) => MIDDLE,
                (false, true) => LAST,
            };
            self.bytes.push(kind | flag);
            self.bytes.extend((data.len() as u16).to_be_bytes());
            self.bytes.extend(crc32c::crc32c(data).to_be_bytes());
            self.bytes.extend(data);
            (rest, first) = (after, false);
        }
        Ok(())
    }

    /// Bytes so far.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Its bytes, with the last page filled up as a server does on closing.
    pub fn padded(mut self) -> Vec<u8> {
        self.bytes.resize(self.bytes.len().next_multiple_of(PAGE), 0);
        self.bytes
    }

    /// Its bytes as a server has written them so far.
    pub fn bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Labels, sorted by name.
pub type Labels = Vec<(String, String)>;

/// A record that names series: references and labels.
pub fn series(entries: &[(u64, Labels)]) -> Vec<u8> {
    let mut record = vec![1];
    for (reference, labels) in entries {
        record.extend(reference.to_be_bytes());
        put_labels(&mut record, labels);
    }
    record
}

/// A record of float samples: references, milliseconds, values.
pub fn samples(entries: &[(u64, i64, f64)]) -> Vec<u8> {
    let mut record = vec![2];
    let Some(&(base, base_time, _)) = entries.first() else { return record };
    record.extend(base.to_be_bytes());
    record.extend(base_time.to_be_bytes());
    for (reference, time, value) in entries {
        put_varint(&mut record, reference.wrapping_sub(base).cast_signed());
        put_varint(&mut record, time.wrapping_sub(base_time));
        record.extend(value.to_bits().to_be_bytes());
    }
    record
}

/// The same in the encoding with start times, of which every third is given, repeated or missing.
pub fn samples_with_start_times(entries: &[(u64, i64, f64)]) -> Vec<u8> {
    let mut record = vec![11];
    let mut before = 0;
    for (at, (reference, time, value)) in entries.iter().enumerate() {
        let first_time = entries[0].1;
        put_varint(&mut record, reference.wrapping_sub(before).cast_signed());
        before = *reference;
        if at == 0 {
            put_varint(&mut record, first_time);
            put_varint(&mut record, first_time);
        } else {
            put_varint(&mut record, time.wrapping_sub(first_time));
            record.push((at % 3) as u8);
            if at % 3 == 2 {
                put_varint(&mut record, -1);
            }
        }
        record.extend(value.to_bits().to_be_bytes());
    }
    record
}

/// A record of histograms with integer buckets, each with one bucket that holds `count`.
pub fn histograms(entries: &[(u64, i64, u64)]) -> Vec<u8> {
    let mut record = vec![7];
    let Some(&(base, base_time, _)) = entries.first() else { return record };
    record.extend(base.to_be_bytes());
    record.extend(base_time.to_be_bytes());
    for (at, (reference, time, count)) in entries.iter().enumerate() {
        put_varint(&mut record, reference.wrapping_sub(base).cast_signed());
        put_varint(&mut record, time.wrapping_sub(base_time));
        // The hint differs and is no part of the value.
        record.push((at % 3) as u8);
        put_varint(&mut record, 3);
        record.extend(0.001_f64.to_bits().to_be_bytes());
        put_uvarint(&mut record, 0);
        put_uvarint(&mut record, *count);
        record.extend((*count as f64).to_bits().to_be_bytes());
        put_uvarint(&mut record, 1);
        put_varint(&mut record, 2);
        put_uvarint(&mut record, 1);
        put_uvarint(&mut record, 0);
        put_uvarint(&mut record, 1);
        put_varint(&mut record, count.cast_signed());
        put_uvarint(&mut record, 0);
    }
    record
}

/// A record of tombstones: references and ranges of milliseconds.
pub fn tombstones(entries: &[(u64, i64, i64)]) -> Vec<u8> {
    let mut record = vec![3];
    for (reference, from, to) in entries {
        record.extend(reference.to_be_bytes());
        put_varint(&mut record, *from);
        put_varint(&mut record, *to);
    }
    record
}

/// A record of metadata: references and the codes of types.
pub fn metadata(entries: &[(u64, u8)]) -> Vec<u8> {
    let mut record = vec![6];
    for (reference, kind) in entries {
        put_uvarint(&mut record, *reference);
        record.push(*kind);
        put_uvarint(&mut record, 1);
        put_string(&mut record, "HELP");
        put_string(&mut record, "What it is.");
    }
    record
}

fn put_labels(record: &mut Vec<u8>, labels: &Labels) {
    put_uvarint(record, labels.len() as u64);
    for (name, value) in labels {
        put_string(record, name);
        put_string(record, value);
    }
}

fn put_string(record: &mut Vec<u8>, text: &str) {
    put_uvarint(record, text.len() as u64);
    record.extend(text.as_bytes());
}

fn put_varint(record: &mut Vec<u8>, value: i64) {
    put_uvarint(record, ((value << 1) ^ (value >> 63)).cast_unsigned());
}

fn put_uvarint(record: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        record.push(value as u8 | 0x80);
        value >>= 7;
    }
    record.push(value as u8);
}

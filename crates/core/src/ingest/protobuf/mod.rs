//! The protobuf format: delimited messages of `io.prometheus.client.MetricFamily`, which is how
//! Prometheus asks for native histograms.
//!
//! Bytes are pushed in pieces of any size ([`Reader::feed`]); no more than one metric is held. Names
//! follow Prometheus's model/textparse/protobufparse.go: `_count`, `_sum`, `_bucket` with `le`, and
//! bounds as `OpenMetrics` writes them, in 2.x too.

mod metric;
mod reader;
mod wire;

pub use reader::{Histograms, Reader};

use wire::{Cursor, Value};

/// What an HTTP response in this format has in its content type.
pub const CONTENT_TYPE: &str = "application/vnd.google.protobuf";

/// Whether `bytes` begin as every writer begins such a page: a length, a name, then help, a type or
/// a metric. No text has the bytes of these.
pub fn begins(bytes: &[u8]) -> bool {
    let mut cursor = Cursor::new(bytes);
    // A quote or brace would let a text pass that has a line end where lengths are.
    let of_name =
        |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"_:.-/".contains(byte);
    let Ok(length) = cursor.varint() else { return false };
    let start = cursor.position();
    let Ok(Some((1, Value::Bytes(name)))) = cursor.field() else { return false };
    let next = bytes.get(cursor.position());
    !name.is_empty()
        && name.iter().all(of_name)
        && cursor.position() - start < length as usize
        && matches!(next, Some(0x12 | 0x18 | 0x22))
}

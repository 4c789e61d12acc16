//! Native histograms in records: only their length and their sum are of interest.

use crate::ingest::bytes::Cursor;

/// The schema of histograms whose bounds are given one by one.
const CUSTOM_BOUNDS: i64 = -53;

/// Moves behind a histogram of integers; gives the bits of its sum.
pub(super) fn of_integers(cursor: &mut Cursor<'_>) -> Option<u64> {
    let schema = start(cursor)?;
    cursor.uvarint()?;
    cursor.uvarint()?;
    let sum = cursor.be64()?;
    spans(cursor)?;
    spans(cursor)?;
    for _ in 0..2 {
        for _ in 0..cursor.uvarint()? {
            cursor.varint()?;
        }
    }
    bounds(cursor, schema)?;
    Some(sum)
}

/// Moves behind a histogram of floats; gives the bits of its sum.
pub(super) fn of_floats(cursor: &mut Cursor<'_>) -> Option<u64> {
    let schema = start(cursor)?;
    cursor.take(16)?;
    let sum = cursor.be64()?;
    spans(cursor)?;
    spans(cursor)?;
    floats(cursor)?;
    floats(cursor)?;
    bounds(cursor, schema)?;
    Some(sum)
}

/// The hint, the schema and the zero threshold.
fn start(cursor: &mut Cursor<'_>) -> Option<i64> {
    cursor.byte()?;
    let schema = cursor.varint()?;
    cursor.take(8)?;
    Some(schema)
}

fn spans(cursor: &mut Cursor<'_>) -> Option<()> {
    for _ in 0..cursor.uvarint()? {
        cursor.varint()?;
        cursor.uvarint()?;
    }
    Some(())
}

fn floats(cursor: &mut Cursor<'_>) -> Option<()> {
    let count = usize::try_from(cursor.uvarint()?).ok()?;
    cursor.take(count.checked_mul(8)?).map(|_| ())
}

fn bounds(cursor: &mut Cursor<'_>, schema: i64) -> Option<()> {
    if schema == CUSTOM_BOUNDS { floats(cursor) } else { Some(()) }
}

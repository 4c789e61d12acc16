//! Saved censuses, exact or sketched.

use promsieve_core::saved::{self, Saved};

use super::Held;
use crate::common::Common;
use crate::input::bytes::read_bytes;
use crate::input::http::Access;
use crate::input::source::Source;

/// Reads a saved census into what is held.
pub(super) fn read(source: &Source, common: &Common, held: &mut Held) -> anyhow::Result<()> {
    held.series.add(read_saved(source, &common.access)?)
}

/// Reads a saved census.
///
/// # Errors
/// When it cannot be read, or is damaged.
pub(crate) fn read_saved(source: &Source, access: &Access) -> anyhow::Result<Saved> {
    let bytes = read_bytes(source, access, usize::MAX)?;
    saved::read(&bytes).map_err(|error| anyhow::anyhow!("{}: {error}", source.name()))
}

/// Whether a file, packed or not, starts as a saved census does.
pub(crate) fn is_one(source: &Source) -> bool {
    matches!(source, Source::File(_))
        && read_bytes(source, &Access::default(), 16).is_ok_and(|start| saved::is_saved(&start))
}

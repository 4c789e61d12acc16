//! A block for people: its totals, what comes and goes in it, and its top lists.

use std::io::Write;

use promsieve_core::units::SeriesCount;

use super::lists;
use crate::output::view::block::BlockView;
use crate::output::view::census::CountView;

/// Writes a block, of each list the first `top` entries.
pub(crate) fn write(out: &mut impl Write, block: &BlockView, top: usize) -> std::io::Result<()> {
    let hours = (block.end - block.start) / 3600.0;
    let deleted = match (block.series_with_deletions, block.deleted_series) {
        (0, _) => String::new(),
        (some, None) => format!(", {} with deleted samples", SeriesCount(some)),
        (some, Some(all)) => format!(
            ", {} with deleted samples ({} of them wholly deleted)",
            SeriesCount(some),
            SeriesCount(all)
        ),
    };
    writeln!(
        out,
        "\n{}: {hours:.1} hours, level {}; {} series{deleted}, {} chunks, {} samples, {} label names",
        block.source,
        block.level,
        SeriesCount(block.series),
        SeriesCount(block.chunks),
        SeriesCount(block.samples),
        SeriesCount(block.label_names),
    )?;
    let none: &[CountView] = &[];
    let lists: [(&str, &[CountView]); 5] = [
        ("series that came or went by pair", block.churn_by_pair.as_deref().unwrap_or(none)),
        ("series that came or went by label", block.churn_by_label.as_deref().unwrap_or(none)),
        ("series by pair", &block.series_by_pair),
        ("bytes of values by label", &block.value_bytes_by_label),
        ("values by label", &block.values_by_label),
    ];
    let shown = lists.iter().filter(|(_, list)| !list.is_empty());
    shown.into_iter().try_for_each(|(title, list)| lists::write(out, title, list, top))
}

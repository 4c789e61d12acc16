//! Top lists: names with their counts.

use std::io::Write;

use promsieve_core::units::SeriesCount;

use super::Columns;
use crate::output::view::census::CountView;

/// Writes the first `top` entries of a list, all where that is 0.
pub(crate) fn write(
    out: &mut impl Write,
    title: &str,
    list: &[CountView],
    top: usize,
) -> std::io::Result<()> {
    writeln!(out, "\n  {title} (the largest only)")?;
    let mut columns = Columns::new(&["name", ">count"]);
    for entry in list.iter().take(shown(top, list.len())) {
        columns.row([entry.name.clone(), SeriesCount(entry.value).to_string()]);
    }
    columns.write(out)
}

/// How many of `all` entries are shown.
pub(crate) fn shown(top: usize, all: usize) -> usize {
    if top == 0 { all } else { top }
}

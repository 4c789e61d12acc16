//! Text in aligned columns.

use std::io::Write;

/// Rows of cells; a column whose heading starts with `>` is set to the right.
pub(crate) struct Columns {
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Columns {
    /// Columns under these headings.
    pub(crate) fn new(headings: &[&str]) -> Self {
        let plain = headings.iter().map(|name| name.trim_start_matches('>').to_owned());
        Self {
            right: headings.iter().map(|name| name.starts_with('>')).collect(),
            rows: vec![plain.collect()],
        }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Writes all rows, indented by two.
    pub(crate) fn write(&self, out: &mut impl Write) -> std::io::Result<()> {
        let width = |at: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(at));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.right.len()).map(width).collect();
        for row in &self.rows {
            let mut line = String::new();
            for ((cell, &width), &right) in row.iter().zip(&widths).zip(&self.right) {
                let pad = " ".repeat(width - cell.chars().count());
                let (before, after) = if right { (pad.as_str(), "") } else { ("", pad.as_str()) };
                line.extend(["  ", before, cell, after]);
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

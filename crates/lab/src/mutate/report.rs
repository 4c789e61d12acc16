//! The result as a table.

use super::Tally;

/// A table in Markdown, a row an operator, with a last one of all.
pub fn table(tallies: &[Tally]) -> String {
    let mut out = String::from(
        "| operator | rows | mutants | confirmed | found | right line | extra findings | right | promtool |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    let mut all = Tally { name: "all", ..Tally::default() };
    for tally in tallies {
        let rows: Vec<String> = tally.rows.iter().map(ToString::to_string).collect();
        out.push_str(&row(tally, &rows.join(", ")));
        all.mutants += tally.mutants;
        all.confirmed += tally.confirmed;
        all.found += tally.found;
        all.right_line += tally.right_line;
        all.extra += tally.extra;
        all.right += tally.right;
        all.promtool += tally.promtool;
    }
    out.push_str(&row(&all, ""));
    out
}

fn row(tally: &Tally, rows: &str) -> String {
    let share = |count: usize| match tally.confirmed {
        0 => "-".to_owned(),
        confirmed => format!("{count} ({} %)", 100 * count / confirmed),
    };
    format!(
        "| {} | {rows} | {} | {} | {} | {} | {} | {} | {} |\n",
        tally.name,
        tally.mutants,
        tally.confirmed,
        tally.found,
        tally.right_line,
        tally.extra,
        share(tally.right),
        share(tally.promtool)
    )
}

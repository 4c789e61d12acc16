//! Signals for people: a table a layer of what exporters at hand give or could, what is lost, and what
//! would give the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use super::{Columns, count, some_of};
use crate::output::view::signals::{CellView, GiverView, LostView, SignalsView};

/// Metrics and jobs named in a line.
const NAMED: usize = 2;

/// Writes every cell.
pub(crate) fn write(out: &mut impl Write, view: &SignalsView) -> std::io::Result<()> {
    summary(out, view)?;
    for layer in view.cells.chunk_by(|one, other| one.layer == other.layer) {
        let cells: Vec<&CellView> =
            layer.iter().filter(|cell| cell.state != "not_measurable").collect();
        if cells.is_empty() {
            continue;
        }
        writeln!(out, "\n{}", layer[0].layer)?;
        table(out, &cells, view.lost_after.is_some())?;
    }
    if !view.lost.is_empty() {
        losses(out, "Lost by the configuration", &view.lost)?;
    }
    if let Some(lost) = &view.lost_after {
        losses(out, "Lost by the configuration to come", lost)?;
    }
    if let Some(won) = view.won_after.as_ref().filter(|won| !won.is_empty()) {
        losses(out, "No longer lost", won)?;
    }
    missing(out, &view.cells)
}

/// Writes how many cells are given, lost and missing.
pub(super) fn summary(out: &mut impl Write, view: &SignalsView) -> std::io::Result<()> {
    let summary = &view.summary;
    write!(
        out,
        "Signals: {} of {} cells given, {} of them quiet until a fault; {} lost",
        summary.present + summary.quiet,
        summary.cells,
        summary.quiet,
        summary.lost,
    )?;
    if let Some(not_asked) = summary.not_asked {
        write!(out, ", {not_asked} that no query asks for")?;
    }
    writeln!(out, "; {} absent, {} not measurable", summary.absent, summary.not_measurable)
}

fn table(out: &mut impl Write, cells: &[&CellView], after: bool) -> std::io::Result<()> {
    let mut headings = vec!["cell", "state", "kept"];
    headings.extend(after.then_some("then"));
    headings.extend(["asked", "by"]);
    let mut columns = Columns::new(&headings);
    // Response flags that fare alike share a line.
    for alike in cells.chunk_by(|one, other| one.is_like(other)) {
        let word = |word: Option<&'static str>| word.unwrap_or("").to_owned();
        let mut row = vec![name(alike), alike[0].state.to_owned(), word(alike[0].kept)];
        row.extend(after.then(|| word(alike[0].kept_after)));
        row.extend([word(alike[0].asked), by(alike[0])]);
        columns.row(row);
    }
    columns.write(out)
}

impl CellView {
    /// Whether all but the signal's name is the same in the text.
    fn is_like(&self, other: &Self) -> bool {
        let is_flag = self.signal.chars().all(|c| c.is_ascii_uppercase());
        is_flag && self.fate() == other.fate() && by(self) == by(other)
    }

    fn fate(&self) -> (&str, &str, [Option<&str>; 3]) {
        (&self.row, self.state, [self.kept, self.kept_after, self.asked])
    }
}

fn name(alike: &[&CellView]) -> String {
    let signals: Vec<&str> = alike.iter().map(|cell| cell.signal.as_str()).collect();
    format!("{}/{}", alike[0].row, signals.join(","))
}

/// The metrics and jobs that give a cell.
fn by(cell: &CellView) -> String {
    let ways = ways(&cell.givers).into_iter().map(|(metrics, jobs)| {
        format!("{} ({})", some_of(&metrics, NAMED, " + "), some_of(&jobs, NAMED, ", "))
    });
    ways.collect::<Vec<_>>().join("; ")
}

/// The metrics of each way to a cell, with its jobs. A metric is named once for a job: of a way that
/// reads what another reads, too, only the rest is.
fn ways(givers: &[GiverView]) -> Vec<(Vec<&str>, Vec<&str>)> {
    let mut named = BTreeSet::new();
    let mut ways = Vec::new();
    for giver in givers {
        let metrics = distinct(giver.metrics.iter().map(|it| it.name.as_str()));
        // Jobs of which the same metrics are new share a line.
        let mut new: BTreeMap<Vec<&str>, Vec<&str>> = BTreeMap::new();
        for job in distinct(giver.jobs.iter().map(|it| it.job.as_str())) {
            let unnamed = metrics.iter().copied().filter(|metric| named.insert((*metric, job)));
            new.entry(unnamed.collect()).or_default().push(job);
        }
        ways.extend(new.into_iter().filter(|(metrics, _)| !metrics.is_empty()));
    }
    ways
}

fn losses(out: &mut impl Write, heading: &str, lost: &[LostView]) -> std::io::Result<()> {
    if lost.is_empty() {
        return writeln!(out, "\n{heading}: nothing");
    }
    writeln!(out, "\n{heading}:")?;
    for alike in lost.chunk_by(LostView::is_like) {
        let cells = alike.iter().filter_map(|lost| lost.cell.split_once('/')).collect::<Vec<_>>();
        let rows = cells.chunk_by(|(row, _), (other, _)| row == other).map(|row| {
            let signals: Vec<&str> = row.iter().map(|(_, signal)| *signal).collect();
            format!("{}/{}", row[0].0, signals.join(","))
        });
        let LostView { job, step, losses, otherwise, .. } = &alike[0];
        let step = step.map_or(String::new(), |step| format!(", step {}", step + 1));
        let other = if *otherwise { " (another way stays)" } else { "" };
        writeln!(out, "  {}{other}", rows.collect::<Vec<_>>().join(", "))?;
        writeln!(out, "    job {job}{step}: {}", losses.join("; "))?;
    }
    Ok(())
}

impl LostView {
    fn is_like(&self, other: &Self) -> bool {
        self.how() == other.how()
    }

    fn how(&self) -> (&str, Option<usize>, &[String], bool) {
        (&self.job, self.step, &self.losses, self.otherwise)
    }
}

/// What exporters at hand could give, and what others would.
fn missing(out: &mut impl Write, cells: &[CellView]) -> std::io::Result<()> {
    let absent: Vec<&CellView> = cells.iter().filter(|cell| cell.state == "absent").collect();
    if !absent.is_empty() {
        let (cells, are) =
            (count(absent.len(), "cell"), if absent.len() == 1 { "is" } else { "are" });
        writeln!(out, "\nAbsent: {cells} that exporters at hand could give {are} not there")?;
    }
    for cell in absent {
        let ways = cell.givers.iter().map(|giver| {
            let mut missing = some_of(&giver.missing, NAMED, ", ");
            if missing.is_empty() {
                let metrics: Vec<&str> = giver.metrics.iter().map(|it| it.name.as_str()).collect();
                missing =
                    format!("the series that are looked for of {}", some_of(&metrics, NAMED, ", "));
            }
            let needs = giver.needs.map_or(String::new(), |needs| format!(", by {needs}"));
            format!("{missing} of {}{needs}", giver.exporter)
        });
        writeln!(out, "  {}/{}: {}", cell.row, cell.signal, distinct_text(ways))?;
    }
    let mut elsewhere = cells.iter().filter(|cell| cell.state == "not_measurable").peekable();
    if elsewhere.peek().is_some() {
        writeln!(out, "\nNot measurable with these exporters; what would give it:")?;
    }
    let cells: Vec<&CellView> = elsewhere.collect();
    for alike in cells.chunk_by(|one, other| one.row == other.row && others(one) == others(other)) {
        let signals: Vec<&str> = alike.iter().map(|cell| cell.signal.as_str()).collect();
        writeln!(out, "  {}/{}: {}", alike[0].row, signals.join(","), others(alike[0]))?;
    }
    Ok(())
}

fn others(cell: &CellView) -> String {
    distinct(cell.elsewhere.iter().map(|it| it.exporter)).join(", ")
}

fn distinct_text(items: impl Iterator<Item = String>) -> String {
    let mut items: Vec<String> = items.collect();
    items.dedup();
    items.join("; ")
}

fn distinct<'a>(items: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found = Vec::new();
    for item in items {
        if !found.contains(&item) {
            found.push(item);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;
    use crate::output::view::signals::{JobView, MetricView};

    fn giver() -> impl Strategy<Value = GiverView> {
        let names = |of: &'static str| proptest::collection::vec(of, 0..4);
        (names("[a-d]"), names("[x-z]")).prop_map(|(metrics, jobs)| GiverView {
            exporter: "any",
            query: String::new(),
            needs: None,
            metrics: metrics.into_iter().map(metric).collect(),
            jobs: jobs.into_iter().map(job).collect(),
            missing: Vec::new(),
        })
    }

    fn metric(name: String) -> MetricView {
        MetricView { name, labels: Vec::new() }
    }

    fn job(job: String) -> JobView {
        JobView { job, series: 1, series_kept: 1, without: Vec::new(), losses: Vec::new() }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(34),
            ..ProptestConfig::default()
        })]

        #[test]
        fn a_cell_names_each_metric_of_each_job_once(
            givers in proptest::collection::vec(giver(), 0..5)
        ) {
            let read: BTreeSet<(&str, &str)> = givers.iter().flat_map(pairs).collect();
            let told = ways(&givers);
            let told = told.iter().flat_map(|(metrics, jobs)| {
                metrics.iter().flat_map(|metric| jobs.iter().map(|job| (*metric, *job)))
            });
            let told: Vec<(&str, &str)> = told.collect();
            prop_assert_eq!(told.len(), read.len(), "{:?}", told);
            prop_assert_eq!(told.into_iter().collect::<BTreeSet<_>>(), read);
        }
    }

    fn pairs(giver: &GiverView) -> impl Iterator<Item = (&str, &str)> {
        let jobs = || giver.jobs.iter().map(|job| job.job.as_str());
        giver.metrics.iter().flat_map(move |metric| jobs().map(|job| (metric.name.as_str(), job)))
    }
}

//! The view of signals: the table of cells, layer by layer.

use promsieve_core::series::Table;
use promsieve_core::signals::{CellReport, Giver, GiverReport, JobReport, LostCell, Report};
use promsieve_core::usage::{Selects, Usage};
use serde::Serialize;

/// Which signals the data gives, and what becomes of them.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SignalsView {
    pub(crate) summary: SummaryView,
    /// Every cell, the layer closest to an error first.
    pub(crate) cells: Vec<CellView>,
    /// What the configuration takes away.
    pub(crate) lost: Vec<LostView>,
    /// With `--after`: what the configuration to come takes away and this one does not.
    pub(crate) lost_after: Option<Vec<LostView>>,
    /// With `--after`: what this configuration takes away and the one to come does not.
    pub(crate) won_after: Option<Vec<LostView>>,
}

/// How many cells there are of each kind.
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SummaryView {
    pub(crate) cells: usize,
    pub(crate) present: usize,
    pub(crate) quiet: usize,
    pub(crate) absent: usize,
    pub(crate) not_measurable: usize,
    /// Given cells that some job loses by every way.
    pub(crate) lost: usize,
    /// Given cells that no query asks for; absent where no queries were given.
    pub(crate) not_asked: Option<usize>,
}

/// One cell.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CellView {
    pub(crate) layer: &'static str,
    /// What is watched.
    pub(crate) row: String,
    /// What of it, or a response flag.
    pub(crate) signal: String,
    /// What is watched, or what the flag means, in words.
    pub(crate) of: String,
    /// `present`, `quiet` (given, and only a fault would show), `absent` (an exporter at hand could
    /// give it) or `not_measurable` (no exporter at hand can).
    pub(crate) state: &'static str,
    /// `whole`, `otherwise` (some job loses a way to it, another stays) or `lost`.
    pub(crate) kept: Option<&'static str>,
    /// With `--after`: the same by the configuration to come.
    pub(crate) kept_after: Option<&'static str>,
    /// Whether queries ask for it: `yes`, `no`, or `perhaps` where one could not be understood.
    pub(crate) asked: Option<&'static str>,
    /// Ways to it of exporters at hand.
    pub(crate) givers: Vec<GiverView>,
    /// Ways to it of other exporters.
    pub(crate) elsewhere: Vec<ElsewhereView>,
}

/// One way to a cell.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct GiverView {
    pub(crate) exporter: &'static str,
    pub(crate) query: String,
    /// What must be there besides the exporter.
    pub(crate) needs: Option<&'static str>,
    pub(crate) metrics: Vec<MetricView>,
    pub(crate) jobs: Vec<JobView>,
    /// Metrics that no job has.
    pub(crate) missing: Vec<&'static str>,
}

/// What a way needs of a metric.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct MetricView {
    pub(crate) name: String,
    /// Labels that it matches or groups by.
    pub(crate) labels: Vec<String>,
}

/// One way in one job.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct JobView {
    pub(crate) job: String,
    /// Series that the way reads before the metric chains.
    pub(crate) series: u64,
    /// Those that are stored.
    pub(crate) series_kept: u64,
    /// Labels that the query groups by and no series has.
    pub(crate) without: Vec<&'static str>,
    /// What the chains take away, in words.
    pub(crate) losses: Vec<String>,
}

/// A way that an exporter would give that is not at hand.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ElsewhereView {
    pub(crate) exporter: &'static str,
    pub(crate) needs: Option<&'static str>,
}

/// A cell that a job loses, or loses a way to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LostView {
    /// Its row and signal: `cpu/utilisation`.
    pub(crate) cell: String,
    pub(crate) layer: &'static str,
    pub(crate) job: String,
    /// Whether another way to it stays.
    pub(crate) otherwise: bool,
    /// The step of the job's metric chain that takes it, from 0.
    pub(crate) step: Option<usize>,
    /// What goes, in words.
    pub(crate) losses: Vec<String>,
}

impl SignalsView {
    /// The view of a report. Without queries nothing is said of what is asked for.
    pub(crate) fn of(
        report: &Report,
        after: Option<&Report>,
        usage: &Usage,
        table: &Table,
    ) -> Self {
        let usage = (!usage.queries().is_empty()).then_some(usage);
        let of_after = |at: usize| after.map(|after| &after.cells[at]);
        let cells: Vec<CellView> = report
            .cells
            .iter()
            .enumerate()
            .map(|(at, found)| CellView::of(found, of_after(at), usage, table))
            .collect();
        let lost = lost(report);
        let after = after.map(self::lost);
        let only = |these: &[LostView], others: &[LostView]| {
            these
                .iter()
                .filter(|it| !others.iter().any(|other| other.covers(it)))
                .cloned()
                .collect()
        };
        Self {
            summary: SummaryView::of(&cells),
            lost_after: after.as_ref().map(|after| only(after, &lost)),
            won_after: after.as_ref().map(|after| only(&lost, after)),
            cells,
            lost,
        }
    }

    /// Whether a cell is lost for good that is to be kept: by this configuration, or, where one to
    /// come is given, by that one alone.
    pub(crate) fn loses(&self) -> bool {
        let lost = self.lost_after.as_ref().unwrap_or(&self.lost);
        lost.iter().any(|lost| !lost.otherwise)
    }
}

impl SummaryView {
    fn of(cells: &[CellView]) -> Self {
        let of = |state: &str| cells.iter().filter(|cell| cell.state == state).count();
        let given = || cells.iter().filter(|cell| cell.kept.is_some());
        let not_asked = given().filter(|cell| cell.asked == Some("no")).count();
        Self {
            cells: cells.len(),
            present: of("present"),
            quiet: of("quiet"),
            absent: of("absent"),
            not_measurable: of("not_measurable"),
            lost: given().filter(|cell| cell.kept == Some("lost")).count(),
            not_asked: cells.iter().any(|cell| cell.asked.is_some()).then_some(not_asked),
        }
    }
}

impl CellView {
    fn of(
        found: &CellReport,
        after: Option<&CellReport>,
        usage: Option<&Usage>,
        table: &Table,
    ) -> Self {
        let kept = |found: &CellReport| found.state.is_given().then(|| found.kept().as_str());
        let given = found.givers.iter().filter(|giver| !giver.jobs.is_empty());
        let asked = usage.and_then(|usage| given.map(|it| it.giver.asked(usage, table)).max());
        let elsewhere = found.elsewhere.iter().map(|giver| elsewhere(giver));
        Self {
            layer: found.cell.layer.as_str(),
            row: found.cell.row.clone(),
            signal: found.cell.signal.clone(),
            of: found.cell.of.clone(),
            state: found.state.as_str(),
            kept: kept(found),
            kept_after: after.and_then(kept),
            asked: asked.map(asked_word),
            givers: found.givers.iter().map(giver).collect(),
            elsewhere: elsewhere.collect(),
        }
    }
}

impl LostView {
    fn of(lost: &LostCell<'_>) -> Self {
        Self {
            cell: lost.cell.id(),
            layer: lost.cell.layer.as_str(),
            job: lost.job.to_owned(),
            otherwise: lost.otherwise,
            step: lost.losses.iter().filter_map(|loss| loss.step).max(),
            losses: words(lost.losses.iter()),
        }
    }

    /// Whether it is the same loss, or a worse one.
    fn covers(&self, other: &Self) -> bool {
        (&self.cell, &self.job) == (&other.cell, &other.job) && (other.otherwise || !self.otherwise)
    }
}

fn lost(report: &Report) -> Vec<LostView> {
    report.lost().iter().map(LostView::of).collect()
}

fn giver(GiverReport { giver, jobs, missing }: &GiverReport) -> GiverView {
    let metrics = giver
        .parts
        .iter()
        .map(|part| MetricView { name: part.metric.clone(), labels: part.labels.clone() });
    GiverView {
        exporter: giver.exporter,
        query: giver.query.clone(),
        needs: giver.needs,
        metrics: metrics.collect(),
        jobs: jobs.iter().map(job).collect(),
        missing: missing.clone(),
    }
}

fn job(JobReport { job, parts, losses }: &JobReport) -> JobView {
    let mut without: Vec<&'static str> =
        parts.iter().flat_map(|part| part.without.iter().copied()).collect();
    without.sort_unstable();
    without.dedup();
    JobView {
        job: job.clone(),
        series: parts.iter().map(|part| part.before).sum(),
        series_kept: parts.iter().map(|part| part.after).sum(),
        without,
        losses: words(losses.iter()),
    }
}

fn elsewhere(giver: &Giver) -> ElsewhereView {
    ElsewhereView { exporter: giver.exporter, needs: giver.needs }
}

fn words(losses: impl Iterator<Item = impl ToString>) -> Vec<String> {
    let mut words: Vec<String> = losses.map(|loss| loss.to_string()).collect();
    words.dedup();
    words
}

fn asked_word(asked: Selects) -> &'static str {
    match asked {
        Selects::No => "no",
        Selects::Maybe => "perhaps",
        Selects::Yes => "yes",
    }
}

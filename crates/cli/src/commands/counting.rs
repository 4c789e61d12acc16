//! How series are counted and what becomes of the census, for every command that makes one.

use std::io::Write;
use std::path::PathBuf;

use promsieve_core::census::depth::MetricDepth;
use promsieve_core::census::groups::{self, Dimension};
use promsieve_core::census::pairs::pairs;
use promsieve_core::census::{Census, CensusOptions};
use promsieve_core::saved::Saved;
use promsieve_core::series::{METRIC_NAME, Table};
use promsieve_core::units::Bytes;
use promsieve_core::watch::Unwatched;

use crate::Status;
use crate::common::{Common, Format};
use crate::input::changes::Changes;
use crate::input::collect::attached;
use crate::input::redact::Redactor;
use crate::output::view::census::CensusView;
use crate::output::view::depth::{DepthView, GroupsView, PairsView};
use crate::output::{json, save, text};

/// Label values listed over all metrics.
pub(super) const PAIRS: usize = 100;

/// How series are counted, and what becomes of the census.
#[derive(Debug, clap::Args)]
pub(crate) struct CountingArgs {
    /// Counts only: without what each label makes, and without shapes
    #[arg(long)]
    pub(super) summary: bool,

    /// Look into the largest metrics: sets of labels, what determines a label, what would merge
    #[arg(long, conflicts_with = "summary")]
    deep: bool,

    /// Only this metric, in depth; may be given several times
    #[arg(long = "metric", value_name = "NAME", conflicts_with = "summary")]
    metrics: Vec<String>,

    /// Count by job, target, namespace, layer, family or any label; several with commas
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub(super) by: Vec<Dimension>,

    /// How many metrics to list, and label pairs of blocks; 0 for all
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(super) top: usize,

    /// Count exactly while series need no more than this, then by sketches, which tell their error
    #[arg(long, value_name = "SIZE", default_value = "4GiB")]
    pub(super) memory: Bytes,

    /// Write the census to a file that is a source again, or its series to `FILE.csv`, a row each;
    /// a name that ends in `.gz` or `.zst` is packed
    #[arg(long, value_name = "FILE")]
    pub(super) save: Option<PathBuf>,

    /// Give all series this label, as a server gives them its external labels where they leave it;
    /// may be given several times
    #[arg(long = "external-label", value_name = "NAME=VALUE", value_parser = label)]
    external_labels: Vec<(String, String)>,

    /// Take this label away, which tells replicas apart: what two of them have counts once; may be
    /// given several times
    #[arg(long = "replica-label", value_name = "NAME")]
    replica_labels: Vec<String>,

    /// Show and save no label value: each is replaced by a name made with the key in this file,
    /// which tells its shape; the same value has the same name wherever the key is the same
    #[arg(long, value_name = "KEYFILE")]
    redact: Option<PathBuf>,
}

/// What was read and counted.
pub(super) struct Read {
    pub(super) view: CensusView,
    /// The series that were counted, where there were any.
    pub(super) series: Option<Saved>,
    pub(super) status: Status,
}

impl CountingArgs {
    /// What is done to series as they come in.
    pub(super) fn changes(&self) -> anyhow::Result<Changes> {
        Ok(Changes {
            external_labels: self.external_labels.clone(),
            replica_labels: self.replica_labels.clone(),
            redactor: self.redact.as_deref().map(Redactor::of).transpose()?,
        })
    }

    /// Saves series as they were read, where that is asked for, and gives them as they are counted.
    pub(super) fn prepare(&self, series: Option<Saved>) -> anyhow::Result<Option<Saved>> {
        if let Some(path) = &self.save {
            let Some(series) = &series else {
                anyhow::bail!("`{}` is not written: no series were read", path.display());
            };
            save::save(series, path)?;
        }
        Ok(series.map(|series| match series {
            Saved::Exact(table) => Saved::Exact(attached(table)),
            sketched @ Saved::Sketched(_) => sketched,
        }))
    }

    /// The census of prepared series.
    pub(super) fn census(&self, series: &Saved) -> Census {
        let options = CensusOptions { summary: self.summary };
        match series {
            Saved::Exact(table) => Census::of(table, options, &Unwatched),
            Saved::Sketched(sketched) => sketched.census(),
        }
    }

    /// Adds what was asked for beyond the counts, and writes it all.
    pub(super) fn write(
        &self,
        read: Read,
        common: &Common,
        out: &mut impl Write,
    ) -> anyhow::Result<Status> {
        let Read { mut view, series, status } = read;
        match &series {
            Some(Saved::Exact(table)) => self.add_depth(&mut view, table)?,
            Some(Saved::Sketched(_)) if self.deep || !self.by.is_empty() => anyhow::bail!(
                "--deep and --by need every series, and only counts were kept: give more --memory, \
                 or count a part of the series"
            ),
            Some(Saved::Sketched(_)) => self.keep_metrics(&mut view)?,
            None => {}
        }
        match common.format {
            Format::Json => json::write(out, &view)?,
            Format::Text => text::census::write(out, &view, self.top, " (--top 0 lists all)")?,
        }
        // The process ends; to give back all that was read page by page would take longer.
        std::mem::forget(series);
        Ok(status)
    }

    fn add_depth(&self, view: &mut CensusView, table: &Table) -> anyhow::Result<()> {
        for dimension in &self.by {
            let groups = groups::by(table, dimension, &Unwatched);
            view.by.push(GroupsView::of(dimension, groups));
        }
        self.keep_metrics(view)?;
        if self.metrics.is_empty() {
            if !self.deep {
                return Ok(());
            }
            view.pairs = Some(PairsView::of(pairs(table, PAIRS)));
        }
        let is_all = self.top == 0 || !self.metrics.is_empty();
        let shown = if is_all { view.metrics.len() } else { self.top };
        let names: Vec<&str> =
            view.metrics.iter().take(shown).map(|metric| &*metric.name).collect();
        let depths: Vec<MetricDepth> = MetricDepth::of(table, &names, &Unwatched);
        for depth in depths {
            let metric = view.metrics.iter_mut().find(|metric| metric.name == depth.name);
            metric.expect("the names are those of the view").depth = Some(DepthView::of(depth));
        }
        Ok(())
    }

    /// Leaves the metrics that were asked for by name, where any were.
    fn keep_metrics(&self, view: &mut CensusView) -> anyhow::Result<()> {
        if self.metrics.is_empty() {
            return Ok(());
        }
        let missing = |name: &&String| !view.metrics.iter().any(|metric| metric.name == **name);
        if let Some(name) = self.metrics.iter().find(missing) {
            anyhow::bail!("no series of metric `{name}` were found");
        }
        view.metrics.retain(|metric| self.metrics.contains(&metric.name));
        Ok(())
    }
}

/// A label as it is given: `NAME=VALUE`.
fn label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && name != METRIC_NAME => {
            Ok((name.to_owned(), value.to_owned()))
        }
        _ => Err("write a label as `cluster=eu`".to_owned()),
    }
}

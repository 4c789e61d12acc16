//! What several commands need alike: inputs through the configuration, counted and costed.

use std::time::Duration;

use promsieve_core::census::{Census, CensusOptions};
use promsieve_core::config::Project;
use promsieve_core::cost::{CostModel, Estimate, Load, ServerSettings, estimate};
use promsieve_core::flow::{self, FlowReport, Stored};
use promsieve_core::optimize::Evidence;
use promsieve_core::series::Table;
use promsieve_core::text::Sources;
use promsieve_core::units::Bytes;
use promsieve_core::usage::{Note, Usage};
use promsieve_core::watch::Unwatched;

use super::census::report_bad_lines;
use crate::Status;
use crate::common::Common;
use crate::input::consumers::ConsumerArgs;
use crate::input::gather::{Consumed, Gathered, gather};

/// Inputs, and how the server runs.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct AnalysisArgs {
    /// Configurations, rule files, dashboards, scrapes, or directories that hold them
    #[arg(required_unless_present_any = ["rules_of", "grafana"], value_name = "PATH")]
    pub(crate) paths: Vec<String>,

    #[command(flatten)]
    pub(crate) consumers: ConsumerArgs,

    #[command(flatten)]
    pub(crate) running: RunningArgs,
}

/// How the server runs.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct RunningArgs {
    /// Mean time between scrapes; the configuration's by default, else 15s
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    scrape_interval: Option<Duration>,

    /// How long the server has run when it is measured; memory grows for three hours
    #[arg(long, value_name = "DURATION", default_value = "3h", value_parser = duration)]
    uptime: Duration,

    /// How long blocks are kept
    #[arg(long, value_name = "DURATION", default_value = "15d", value_parser = duration)]
    retention: Duration,

    /// GOGC in percent, where it is set
    #[arg(long, value_name = "PERCENT")]
    gogc: Option<u32>,

    /// GOMEMLIMIT, where it is set
    #[arg(long, value_name = "SIZE")]
    gomemlimit: Option<Bytes>,
}

/// A duration as Prometheus writes it: `15s`, `3h`, `1d`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    promsieve_core::config::duration(text).map(Duration::from_millis)
}

/// Everything that is known before anything is proposed.
pub(crate) struct Analysis {
    pub(crate) gathered: Gathered,
    pub(crate) usage: Usage,
    /// The files that queries point into.
    pub(crate) asking: Sources,
    /// What was left out of the usage.
    pub(crate) left_out: Vec<Note>,
    pub(crate) project: Project,
    pub(crate) attached: Table,
    pub(crate) stored: Stored,
    pub(crate) census: Census,
    pub(crate) model: CostModel,
    pub(crate) settings: ServerSettings,
    pub(crate) load: Load,
    pub(crate) estimate: Estimate,
    pub(crate) status: Status,
}

impl Analysis {
    /// Reads the inputs and takes the newest snapshot's series all the way into the TSDB.
    pub(crate) fn of(args: &AnalysisArgs, common: &Common) -> anyhow::Result<Self> {
        Self::with(gather(&args.paths, &args.consumers, common)?, &args.running, common)
    }

    /// What is known from inputs that were read.
    pub(crate) fn with(
        gathered: Gathered,
        args: &RunningArgs,
        common: &Common,
    ) -> anyhow::Result<Self> {
        let status = gathered.status.max(report_bad_lines(&gathered.scrapes));
        let Some(exposed) = gathered.snapshots.first() else {
            anyhow::bail!(
                "no scrapes were found: give scrape files, or a directory with \
                 `scrapes/<job>/<instance>.prom`"
            );
        };
        let mut project = Project { server: common.server, ..Project::default() };
        if let Some(loaded) = &gathered.config {
            project = loaded.project.clone();
        }
        let (attached, stored) = flow::run(&project, exposed);
        let census = Census::of(&stored.table, CensusOptions::default(), &Unwatched);
        let mut settings = settings(args, common, &project);
        if args.scrape_interval.is_none()
            && let Some(mean) = mean_interval(&project, &stored.report)
        {
            settings.scrape_interval = mean;
        }
        let (model, note) = CostModel::embedded(&common.server);
        let load =
            Load::of(&census, &stored.table).with_dropped(stored.report.dropped().0, &attached);
        let mut estimate = estimate(&load, &model, &settings);
        estimate.notes.extend(note.filter(|note| !estimate.notes.contains(note)));
        let Consumed { usage, sources: asking, notes: left_out } = gathered.consumed();
        Ok(Self {
            gathered,
            usage,
            asking,
            left_out,
            project,
            attached,
            stored,
            census,
            model,
            settings,
            load,
            estimate,
            status,
        })
    }

    /// What is stored of the snapshots before the newest.
    pub(crate) fn earlier(&self) -> Vec<Stored> {
        let earlier = self.gathered.snapshots.iter().skip(1);
        earlier.map(|exposed| flow::run(&self.project, exposed).1).collect()
    }

    /// What a plan rests on.
    pub(crate) fn evidence<'a>(&'a self, earlier: &'a [Stored]) -> Evidence<'a> {
        Evidence {
            project: &self.project,
            attached: &self.attached,
            stored: &self.stored,
            earlier,
            usage: &self.usage,
            model: &self.model,
            settings: &self.settings,
        }
    }
}

/// The mean interval of the stored series, whose jobs may each have their own.
fn mean_interval(project: &Project, report: &FlowReport) -> Option<Duration> {
    let (mut series, mut a_second) = (0, 0.0);
    for flow in &report.jobs {
        let job = project.jobs.iter().find(|job| job.name == flow.job)?;
        series += flow.stored.0;
        a_second += flow.stored.0 as f64 / (job.scrape_interval.max(1) as f64 / 1000.0);
    }
    (series > 0).then(|| Duration::from_secs_f64(series as f64 / a_second))
}

/// How the server runs, by the arguments and the configuration.
pub(super) fn settings(args: &RunningArgs, common: &Common, project: &Project) -> ServerSettings {
    let configured = Some(project.global.scrape_interval).filter(|&interval| interval > 0);
    let interval = args.scrape_interval.or(configured.map(Duration::from_millis));
    let defaults = ServerSettings::default();
    ServerSettings {
        server: common.server,
        scrape_interval: interval.unwrap_or(defaults.scrape_interval),
        uptime: args.uptime,
        retention: args.retention,
        gogc: args.gogc,
        gomemlimit: args.gomemlimit,
        remote_writes: project.remote_writes.len() as u32,
        ..defaults
    }
}

//! `promsieve estimate`: what the series need in memory, on disk and a second.

use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use promsieve_core::cost::{
    Beside, CostModel, DiscoveredLoad, Load, Observed, ServerSettings, Verdict, breakdown,
    estimate, fit,
};
use promsieve_core::relabel::target::TargetOutcome;
use promsieve_core::units::Bytes;

use super::analysis::{Analysis, AnalysisArgs};
use crate::Status;
use crate::common::{Common, Format};
use crate::input::Source;
use crate::input::bytes::read_text;
use crate::input::config::Loaded;
use crate::input::fleet::{FILE_LABEL, written};
use crate::output::view::estimate::{BreakdownView, EstimateView, FitView, LiveView};
use crate::output::{json, text};

/// More than any server holds; bytes of so many things can still be added up.
const MOST: u64 = 1_000_000_000_000;

/// More targets than any server scrapes, in place of one.
const MOST_REPLICAS: u64 = 1_000_000;

/// All series replaced every four seconds, in percent an hour.
const MOST_PERCENT: f64 = 100_000.0;

/// More than a native histogram of any schema is let grow to.
const MOST_BUCKETS: u64 = 10_000;

/// More labels, and bytes of them, than any service discovery gives a target.
const MOST_LABELS: u64 = 1000;
const MOST_LABEL_BYTES: u64 = 1_000_000;

/// Arguments of `estimate`.
#[derive(Debug, clap::Args)]
pub(crate) struct EstimateArgs {
    #[command(flatten)]
    analysis: AnalysisArgs,

    /// So many targets in place of each that was scraped, before they are deployed
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=MOST_REPLICAS))]
    replicas: u64,

    /// Share of the series that others replace in an hour, in percent
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    churn: Option<f64>,

    /// How many metrics and labels to list with what they cost
    #[arg(long, value_name = "N", default_value_t = 5)]
    top: usize,

    /// A running Prometheus with these series: sets its own metrics beside the estimate, and takes the
    /// model's prices to be as much higher or lower as its heap is
    #[arg(long, value_name = "URL", conflicts_with_all = ["replicas", "churn"])]
    live: Option<String>,

    /// Memory the server may have: says whether the series fit, and how many would; exit status 1
    /// when they do not
    #[arg(long, value_name = "SIZE")]
    limit: Option<Bytes>,

    #[command(flatten)]
    beside: BesideArgs,

    #[command(flatten)]
    discovered: DiscoveredArgs,

    /// The server runs as an agent: a log and remote-write queues, no head and no blocks
    #[arg(long, conflicts_with_all = ["live", "BesideArgs"])]
    agent: bool,

    /// Series more each day: says how long until the limit
    #[arg(
        long, value_name = "SERIES", requires = "limit",
        value_parser = clap::value_parser!(u64).range(1..),
    )]
    growth: Option<u64>,
}

/// What the server keeps beside float series that it scrapes; its own heap has it already.
#[derive(Debug, Clone, Copy, clap::Args)]
#[group(multiple = true, conflicts_with = "live")]
struct BesideArgs {
    /// So many of the series are native histograms
    #[arg(long, value_name = "SERIES", default_value_t = 0, value_parser = count())]
    native_histograms: u64,

    /// Buckets that each of them has
    #[arg(
        long, value_name = "N", default_value_t = 100, requires = "native_histograms",
        value_parser = clap::value_parser!(u64).range(..=MOST_BUCKETS),
    )]
    native_buckets: u64,

    /// Exemplars that the server keeps, where it does
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = count())]
    exemplars: u64,

    /// Series that rules record, beside those given
    #[arg(long, value_name = "SERIES", default_value_t = 0, value_parser = count())]
    recorded_series: u64,

    /// So many of the series have samples that come out of order
    #[arg(long, value_name = "SERIES", default_value_t = 0, value_parser = count())]
    late_series: u64,

    /// Series that range queries read at once
    #[arg(long, value_name = "SERIES", default_value_t = 0, value_parser = count())]
    queried_series: u64,
}

/// Targets that service discovery finds and relabeling drops.
#[derive(Debug, Clone, Copy, clap::Args)]
#[group(multiple = true, conflicts_with = "live")]
#[expect(clippy::struct_field_names, reason = "each is the name of a flag")]
struct DiscoveredArgs {
    /// Targets that service discovery finds and relabeling drops; those of static and file discovery
    /// are counted where it is not said
    #[arg(long, value_name = "N", value_parser = count())]
    dropped_targets: Option<u64>,

    /// Labels that each of them has as discovered
    #[arg(
        long, value_name = "N", default_value_t = 30, requires = "dropped_targets",
        value_parser = clap::value_parser!(u64).range(..=MOST_LABELS),
    )]
    dropped_target_labels: u64,

    /// Bytes of the names and values of these labels, of one target
    #[arg(
        long, value_name = "BYTES", default_value_t = 1500, requires = "dropped_targets",
        value_parser = clap::value_parser!(u64).range(..=MOST_LABEL_BYTES),
    )]
    dropped_target_bytes: u64,
}

impl DiscoveredArgs {
    /// What was told, else what the configuration says.
    fn of(self, config: Option<&Loaded>) -> DiscoveredLoad {
        if let Some(dropped_targets) = self.dropped_targets {
            return DiscoveredLoad {
                dropped_targets,
                discovered_labels: dropped_targets * self.dropped_target_labels,
                discovered_bytes: dropped_targets * self.dropped_target_bytes,
            };
        }
        let found = config.map(written).unwrap_or_default();
        found.iter().fold(DiscoveredLoad::default(), |load, target| {
            let dropped = matches!(target.outcome, TargetOutcome::Dropped { .. });
            let labels = target.discovered.iter().filter(|(name, _)| name != FILE_LABEL);
            load.with(dropped, labels.map(|(name, value)| (name.as_str(), value.as_str())))
        })
    }
}

impl BesideArgs {
    fn of(self, series: u64) -> Beside {
        Beside {
            native_histograms: self.native_histograms,
            native_buckets: self.native_histograms * self.native_buckets,
            exemplars: self.exemplars,
            exemplar_series: self.exemplars.min(series),
            recorded_series: self.recorded_series,
            late_series: self.late_series,
            queried_series: self.queried_series,
        }
    }
}

pub(crate) fn run(
    args: &EstimateArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let mut analysis = Analysis::of(&args.analysis, common)?;
    let noted = if args.agent { as_agent(&mut analysis)? } else { None };
    let Priced { model, load, live } = priced(args, &analysis, common)?;
    let beside = args.beside.of(analysis.load.series);
    let config = analysis.gathered.config.as_ref();
    let discovered = args.discovered.of(config);
    let settings = &ServerSettings { beside, discovered, ..analysis.settings };
    let estimate = estimate(&load, &model, settings);
    let mut view = EstimateView::of(load.series, &estimate, common.server);
    let shares = breakdown(&analysis.census, &model, settings);
    view.breakdown = Some(BreakdownView::of(&shares, args.top)).filter(|_| args.top > 0);
    view.live = live;
    view.agent = args.agent;
    view.notes.extend(noted);
    let mut status = analysis.status;
    if let Some(limit) = args.limit {
        let fit = fit(&load, &model, settings, limit);
        if fit.verdict == Verdict::Exceeds {
            status = status.max(Status::Findings);
        }
        view.fit = Some(FitView::of(&fit, limit, load.series, args.growth));
    }
    match common.format {
        Format::Json => json::write(out, &view)?,
        Format::Text => text::estimate::write(out, &view)?,
    }
    Ok(status)
}

/// Takes the server for an agent; what to say of that.
///
/// # Errors
/// What real agents refuse to start with, in their words.
fn as_agent(analysis: &mut Analysis) -> anyhow::Result<Option<String>> {
    let project = &analysis.project;
    for (field, written) in [
        ("rule_files", !project.wanted_rule_files.is_empty()),
        ("alerting", !project.alerting.alertmanagers.is_empty()),
    ] {
        anyhow::ensure!(!written, "field {field} is not allowed in agent mode");
    }
    analysis.settings.agent = true;
    let alone = analysis.gathered.config.is_none();
    if alone {
        analysis.settings.remote_writes = 1;
    }
    Ok(alone.then(|| "no configuration was given: one remote-write queue is taken".to_owned()))
}

/// What is estimated, and with which prices.
struct Priced {
    model: CostModel,
    load: Load,
    live: Option<LiveView>,
}

/// The load that was asked for, with the measured prices or those of a running server.
fn priced(args: &EstimateArgs, analysis: &Analysis, common: &Common) -> anyhow::Result<Priced> {
    let (model, settings) = (&analysis.model, &analysis.settings);
    let load = asked(args, analysis);
    let Some(url) = &args.live else {
        return Ok(Priced { model: model.clone(), load, live: None });
    };
    let observed = observe(url, common)?;
    let load = observed.load(&load);
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let uptime = now.saturating_sub(Duration::from_secs(observed.started));
    let observed_at = ServerSettings { uptime, ..*settings };
    let expected = model.heap_goal(&load, &observed_at);
    let (model, factor) = model.recalibrated(&load, &observed_at, &observed);
    Ok(Priced { model, load, live: Some(LiveView::of(&observed, expected, factor)) })
}

/// What a running server says of itself.
fn observe(url: &str, common: &Common) -> anyhow::Result<Observed> {
    let source = Source::Url(format!("{}/metrics", url.trim_end_matches('/')));
    let metrics = read_text(&source, &common.access)?;
    Observed::read(&metrics)
        .map_err(|error| anyhow::anyhow!("{url} is no Prometheus that says what it takes: {error}"))
}

/// The load that was scraped, on as many targets and with as many series gone as was asked for.
fn asked(args: &EstimateArgs, analysis: &Analysis) -> Load {
    let mut load = analysis.load;
    if args.replicas > 1 || load.targets == 0 {
        load = load.replicated(args.replicas);
    }
    let hours = analysis.settings.head_age().as_secs_f64() / 3600.0;
    let load = load.with_gone(args.churn.unwrap_or(0.0) / 100.0 * hours);
    load.with_recorded(args.beside.recorded_series)
}

/// How many there are of something.
fn count() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(..=MOST)
}

/// Percents: 0 or more, and no more than come and go within seconds.
fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').parse::<f64>().ok();
    number
        .filter(|it| (0.0..=MOST_PERCENT).contains(it))
        .ok_or_else(|| format!("not a number of percents up to {MOST_PERCENT}"))
}

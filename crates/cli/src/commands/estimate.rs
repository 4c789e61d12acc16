//! `promsieve estimate`: what the series need in memory, on disk and a second.

use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use promsieve_core::cost::{
    CostModel, Load, Observed, Rule, RuleKind, ServerSettings, Times, Verdict, breakdown, estimate,
    fit, network, recorded,
};
use promsieve_core::units::Bytes;

use super::analysis::{Analysis, AnalysisArgs};
use super::told::{BesideArgs, DiscoveredArgs};
use crate::Status;
use crate::common::{Common, Format};
use crate::input::Source;
use crate::input::bytes::read_text;
use crate::output::view::estimate::{BreakdownView, EstimateView, FitView, LiveView, NetworkView};
use crate::output::view::recorded::RulesView;
use crate::output::{json, text};

/// Milliseconds between evaluations where no configuration says it (`config/config.go`).
const EVALUATION_INTERVAL: u64 = 60_000;

/// More targets than any server scrapes, in place of one.
const MOST_REPLICAS: u64 = 1_000_000;

/// All series replaced every four seconds, in percent an hour.
const MOST_PERCENT: f64 = 100_000.0;

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

pub(crate) fn run(
    args: &EstimateArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let mut analysis = Analysis::of(&args.analysis, common)?;
    let noted = if args.agent { as_agent(&mut analysis)? } else { None };
    let Priced { model, load, live } = priced(args, &analysis, common)?;
    // What a running server records is in its heap already.
    let rules = if live.is_some() { Vec::new() } else { rules(&analysis) };
    let replicas = args.replicas;
    let recorded = recorded(&analysis.stored.table, &rules, times(&analysis), replicas);
    let scraped = load;
    let (load, beside) = recorded.on(load, args.beside.of(analysis.load.series));
    let discovered = args.discovered.of(analysis.gathered.config.as_ref());
    let settings = &ServerSettings { beside, discovered, ..analysis.settings };
    let estimate = estimate(&load, &model, settings);
    let mut view = EstimateView::of(load.series, &estimate, common.server);
    let shares = breakdown(&analysis.census, &model, settings);
    view.breakdown = Some(BreakdownView::of(&shares, args.top)).filter(|_| args.top > 0);
    let bodies = bodies(&analysis).map(|size| size * replicas);
    let sent = network(&scraped, bodies, estimate.samples_per_second, settings);
    view.network = Some(NetworkView::of(&sent));
    view.live = live;
    view.rules = (!rules.is_empty()).then(|| RulesView::of(&recorded));
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
    load.with_gone(args.churn.unwrap_or(0.0) / 100.0 * hours)
}

/// The rules among the inputs that the server itself evaluates, each once: a file of a directory may
/// be read by two names, and a server asked for the rules of files that are there. Labels of alerts are
/// not looked at, so that only those of one place are the same.
fn rules(analysis: &Analysis) -> Vec<Rule> {
    let mut found: Vec<(Rule, Option<u32>)> = Vec::new();
    for query in analysis.usage.queries() {
        let (kind, labels) = match &query.records {
            Some(recorded) => (RuleKind::Record, recorded.sets.clone()),
            None if query.raises_alerts => (RuleKind::Alert, Vec::new()),
            None => continue,
        };
        let place = query.origin.location.map(|location| location.span.start);
        let place = place.filter(|_| kind == RuleKind::Alert);
        let (name, expr) = (query.origin.name.clone(), query.text.clone());
        let rule = (Rule { kind, name, expr, labels }, place);
        if !analysis.gathered.is_elsewhere(&query.origin.file) && !found.contains(&rule) {
            found.push(rule);
        }
    }
    found.into_iter().map(|(rule, _)| rule).collect()
}

/// Bytes of a scrape of all targets, where there is a page of each.
fn bodies(analysis: &Analysis) -> Option<u64> {
    let pages = || analysis.gathered.scrapes.iter().map(|scrape| scrape.report.bytes);
    (pages().count() as u64 >= analysis.load.targets)
        .then(|| pages().sum())
        .filter(|&size| size > 0)
}

/// How often the server scrapes and evaluates.
fn times(analysis: &Analysis) -> Times {
    let configured = analysis.project.global.evaluation_interval;
    let evaluation = if configured > 0 { configured } else { EVALUATION_INTERVAL };
    Times {
        scrape: analysis.settings.scrape_interval,
        evaluation: Duration::from_millis(evaluation),
    }
}

/// Percents: 0 or more, and no more than come and go within seconds.
fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').parse::<f64>().ok();
    number
        .filter(|it| (0.0..=MOST_PERCENT).contains(it))
        .ok_or_else(|| format!("not a number of percents up to {MOST_PERCENT}"))
}

//! `promsieve signals`: what an operator can see, layer by layer, and what a configuration makes of it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use promsieve_core::config::Project;
use promsieve_core::flow;
use promsieve_core::packs::Layer;
use promsieve_core::signals::{self, Report};
use serde::Deserialize;

use super::analysis::Analysis;
use super::census::report_bad_lines;
use crate::Status;
use crate::common::{Common, Format};
use crate::input::Source;
use crate::input::bytes::read_text;
use crate::input::config::load_text;
use crate::input::consumers::ConsumerArgs;
use crate::input::gather::gather;
use crate::input::replace::write_new;
use crate::output::view::signals::SignalsView;
use crate::output::{json, text};
use crate::stderr::warn;

/// The file of recording rules that `--write` makes.
const RULES: &str = "signals.rules.yml";

/// Arguments of `signals`.
#[derive(Debug, clap::Args)]
pub(crate) struct SignalsArgs {
    /// Configurations, rule files, dashboards, scrapes, or directories that hold them
    #[arg(required_unless_present_any = ["rules_of", "grafana"], value_name = "PATH")]
    paths: Vec<String>,

    #[command(flatten)]
    consumers: ConsumerArgs,

    /// The configuration to come, or a plan of `optimize --format json`: exit status 1 when it loses
    /// a signal that the present one keeps
    #[arg(long, value_name = "FILE")]
    after: Option<PathBuf>,

    /// Write recording rules and a Grafana dashboard a layer, for what is there, into this directory
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
}

pub(crate) fn run(
    args: &SignalsArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let gathered = gather(&args.paths, &args.consumers, common)?;
    let status = gathered.status.max(report_bad_lines(&gathered.scrapes));
    let Some(exposed) = gathered.snapshots.first() else {
        anyhow::bail!(
            "no scrapes were found: give scrape files, or a directory with \
             `scrapes/<job>/<instance>.prom`"
        );
    };
    let none = || Project { server: common.server, ..Project::default() };
    let project = gathered.config.as_ref().map_or_else(none, |loaded| loaded.project.clone());
    let attached = flow::scrape(&project, exposed);
    let report = signals::report(&project, &attached);
    let after = args.after.as_deref().map(|path| to_come(path, common)).transpose()?;
    let after = after.map(|project| signals::report(&project, &flow::scrape(&project, exposed)));
    if let Some(directory) = &args.write {
        write(directory, after.as_ref().unwrap_or(&report))?;
    }
    let view = SignalsView::of(&report, after.as_ref(), &gathered.consumed().usage, &attached);
    match common.format {
        Format::Json => json::write(out, &view)?,
        Format::Text => text::signals::write(out, &view)?,
    }
    Ok(status.max(if view.loses() { Status::Findings } else { Status::Clean }))
}

/// The view of what a review is about, and of what the configuration with the plan's steps would do.
pub(crate) fn view(analysis: &Analysis, planned: Option<&str>) -> SignalsView {
    let Analysis { project, attached, usage, .. } = analysis;
    let report = signals::report(project, attached);
    let planned = planned.filter(|config| !config.is_empty());
    let after = planned.map(|config| {
        let loaded = load_text("plan", config.to_owned(), project.server);
        signals::report(&loaded.project, attached)
    });
    SignalsView::of(&report, after.as_ref(), usage, attached)
}

/// What is read of a plan: the configuration with its steps.
#[derive(Deserialize)]
struct PlannedConfig {
    config: String,
}

/// The configuration to come, as it stands or in a plan.
fn to_come(path: &Path, common: &Common) -> anyhow::Result<Project> {
    let name = path.display().to_string();
    let mut text = read_text(&Source::File(path.to_owned()), &common.access)?;
    if let Ok(plan) = serde_json::from_str::<PlannedConfig>(&text) {
        text = plan.config;
    }
    let loaded = load_text(&name, text, common.server);
    for finding in &loaded.findings {
        warn(&format!("{name}: {}", finding.message));
    }
    anyhow::ensure!(
        !loaded.project.jobs.is_empty(),
        "`{name}` has no scrape jobs: give a configuration, or a plan of `optimize --format json`"
    );
    Ok(loaded.project)
}

/// Writes the rules and the dashboards of what is given.
fn write(directory: &Path, report: &Report) -> anyhow::Result<()> {
    fs::create_dir_all(directory)
        .with_context(|| format!("cannot make `{}`", directory.display()))?;
    write_new(&directory.join(RULES), &signals::recording_rules(report))?;
    let mut names = vec![RULES.to_owned()];
    for layer in Layer::ALL {
        if let Some(dashboard) = signals::dashboard(report, layer) {
            let name = format!("signals-{}.json", layer.as_str());
            write_new(&directory.join(&name), &format!("{dashboard:#}\n"))?;
            names.push(name);
        }
    }
    warn(&format!("wrote {} into {}", names.join(", "), directory.display()));
    Ok(())
}

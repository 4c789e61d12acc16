//! Where the loads of targets come from: their scrapes, or what was recorded of a running fleet.

use anyhow::{Context, anyhow};
use promsieve_core::config::Project;
use promsieve_core::cost::{CostModel, ServerSettings};
use promsieve_core::flow;
use promsieve_core::series::Table;
use promsieve_core::shard::{self, Recorded, TargetLoad};

use crate::Status;
use crate::commands::analysis::{Analysis, AnalysisArgs, settings};
use crate::common::Common;
use crate::input::Source;
use crate::input::bytes::read_text;
use crate::input::config::Loaded;
use crate::input::gather::gather;
use crate::input::http::encoded;
use crate::stderr::warn;

/// What a live server is asked for.
const ANSWERS: [(&str, &str); 2] = [
    ("/api/v1/targets?state=", "active"),
    ("/api/v1/query?query=", "scrape_samples_post_metric_relabeling"),
];

/// All that a plan is made of.
pub(super) struct Input<'a> {
    pub(super) project: &'a Project,
    pub(super) config: Option<&'a Loaded>,
    pub(super) model: &'a CostModel,
    pub(super) settings: &'a ServerSettings,
    pub(super) targets: Vec<TargetLoad>,
    /// The series, where scrapes are known.
    pub(super) stored: Option<&'a Table>,
}

impl<'a> Input<'a> {
    /// Of the newest snapshot of scrapes.
    pub(super) fn of(analysis: &'a Analysis) -> Self {
        let discovered = flow::discover(&analysis.project);
        let (model, settings) = (&analysis.model, &analysis.settings);
        let table = &analysis.stored.table;
        Self {
            project: &analysis.project,
            config: analysis.gathered.config.as_ref(),
            model,
            settings,
            targets: shard::target_loads(table, &discovered, model, settings),
            stored: Some(table),
        }
    }
}

/// Calls `with` with the targets that the files and servers in `sources` tell of.
pub(super) fn with_recorded<T>(
    sources: &[String],
    args: &AnalysisArgs,
    common: &Common,
    with: impl FnOnce(&Input<'_>, Status) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let gathered = gather(&args.paths, &args.consumers, common)?;
    let nothing = Project { server: common.server, ..Project::default() };
    let project = gathered.config.as_ref().map_or(&nothing, |loaded| &loaded.project);
    let settings = settings(&args.running, common, project);
    let (model, _) = CostModel::embedded(&common.server);
    let mut recorded = Recorded::default();
    for spec in sources {
        for source in Source::resolve(spec)? {
            add(&mut recorded, &source, common)?;
        }
    }
    let (targets, uncounted) = recorded.loads(&model, &settings);
    if uncounted > 0 {
        warn(&format!("{uncounted} targets were not counted: each gets the mean of the others"));
    }
    let config = gathered.config.as_ref();
    let (model, settings) = (&model, &settings);
    let input = Input { project, config, model, settings, targets, stored: None };
    with(&input, gathered.status)
}

/// Adds a file, or both answers of a server.
fn add(recorded: &mut Recorded, source: &Source, common: &Common) -> anyhow::Result<()> {
    let texts = match source {
        Source::Url(url) => ANSWERS.map(|(path, asked)| {
            let answer = format!("{}{path}{}", url.trim_end_matches('/'), encoded(asked));
            read_text(&Source::Url(answer), &common.access)
        }),
        _ => [read_text(source, &common.access), Ok(String::new())],
    };
    for text in texts {
        let text = text?;
        if !text.is_empty() {
            let added = recorded.add(&text).map_err(|why| anyhow!("{why}"));
            added.with_context(|| format!("cannot read loads from `{}`", source.name()))?;
        }
    }
    Ok(())
}

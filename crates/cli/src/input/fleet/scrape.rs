//! The scrapes themselves: several at a time, each with its job's time-out, and what the server
//! would store of them.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, bail};
use promsieve_core::flow::{self, Discovered};
use promsieve_core::ingest::page::Reading;
use promsieve_core::saved::Saved;
use promsieve_core::series::{Stage, Table, TableBuilder, Target};
use promsieve_core::server::Server;
use promsieve_core::units::duration_millis;
use rayon::prelude::*;

use super::settings::Settings;
use super::{Plan, plan};
use crate::input::bytes::{Opened, unpack};
use crate::input::collect::Collector;
use crate::input::config::Loaded;
use crate::input::http::{Wanted, encoded};
use crate::input::scrapes::{Scrape, read_scrape};

/// Scrapes at a time.
const CONCURRENCY: usize = 16;

/// Targets whose series are counted before those of the next are asked for.
const WINDOW: usize = 4 * CONCURRENCY;

/// What the scrapes of a fleet gave.
pub(crate) struct Fleet {
    /// What the pages held besides samples.
    pub(crate) scrapes: Vec<Scrape>,
    /// Targets and jobs that could not be scraped, or whose scrape the server would lose.
    pub(crate) problems: Vec<String>,
}

/// Scrapes every target of a configuration once; `series` takes what the server would store.
///
/// # Errors
/// When no thread can be had, or `series` are of another stage.
pub(crate) fn scrape(loaded: &Loaded, series: &mut Collector) -> anyhow::Result<Fleet> {
    let Plan { settings, targets, problems } = plan(loaded);
    let mut fleet = Fleet { scrapes: Vec::new(), problems };
    let server = loaded.project.server;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(CONCURRENCY).build()?;
    let one = |target: &Discovered| one(target, &settings, server);
    // The targets have their labels already: none is to be looked for in the configuration.
    let mut project = loaded.project.clone();
    project.jobs.iter_mut().for_each(|job| job.static_targets.clear());
    // Who has no targets has no series, and is counted as that.
    series.add(Saved::Exact(Table::empty(Stage::Stored)))?;
    for targets in targets.chunks(WINDOW) {
        let scraped: Vec<_> = pool.install(|| targets.par_iter().map(one).collect());
        let exposed = fleet.take(targets, scraped);
        let (_, stored) = flow::run(&project, &exposed);
        fleet.problems.extend(stored.report.failures.iter().map(|failure| {
            format!("job {}: the server loses a scrape: {}", failure.job, failure.cause)
        }));
        series.add(Saved::Exact(stored.table))?;
    }
    Ok(fleet)
}

impl Fleet {
    /// Notes how the scrapes of some targets went, and gives what they expose.
    fn take(
        &mut self,
        targets: &[Discovered],
        scraped: Vec<anyhow::Result<(Table, Scrape)>>,
    ) -> Table {
        let mut exposed = Table::empty(Stage::Exposed);
        for (target, scraped) in targets.iter().zip(scraped) {
            match scraped {
                Ok((table, scrape)) => {
                    exposed.append(&table);
                    self.scrapes.push(scrape);
                }
                Err(error) => self.problems.push(format!("job {}: {error:#}", target.job)),
            }
        }
        exposed
    }
}

/// Scrapes one target.
fn one(
    target: &Discovered,
    settings: &BTreeMap<String, Settings>,
    server: Server,
) -> anyhow::Result<(Table, Scrape)> {
    let settings = settings.get(&target.job).context("a job without settings")?;
    let url = url(target, &settings.params);
    let answer = settings.client(timeout(target))?.ask(&url, Wanted::Scrape(server))?;
    if answer.status != 200 {
        bail!("{url} answers {}", answer.status);
    }
    let opened =
        Opened { bytes: unpack(answer.bytes)?, content_type: answer.content_type, file: None };
    let mut builder = TableBuilder::default();
    builder.target(Target { job: target.job.clone(), labels: target.labels.clone() });
    let reading = Reading { server, ..Reading::default() };
    let scrape = read_scrape(&url, opened, None, reading, &mut builder, None)?;
    Ok((builder.finish(), scrape))
}

/// Where a target is scraped (scrape/target.go, `URL`): a label `__param_x` takes the place of the
/// first value of the parameter `x`.
fn url(target: &Discovered, params: &[(String, Vec<String>)]) -> String {
    let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (key, values) in params {
        all.insert(key, values.iter().map(String::as_str).collect());
    }
    for (label, value) in &target.settings {
        if let Some(key) = label.strip_prefix("__param_") {
            let values = all.entry(key).or_default();
            match values.first_mut() {
                Some(first) => *first = value,
                None => values.push(value),
            }
        }
    }
    let pairs = all.iter().flat_map(|(key, values)| {
        values.iter().map(move |value| format!("{}={}", encoded(key), encoded(value)))
    });
    let query = pairs.collect::<Vec<_>>().join("&");
    let path: Vec<String> = setting(target, "__metrics_path__").split('/').map(encoded).collect();
    let (scheme, address) = (setting(target, "__scheme__"), setting(target, "__address__"));
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{scheme}://{address}{}{mark}{query}", path.join("/"))
}

fn timeout(target: &Discovered) -> Duration {
    let text = setting(target, "__scrape_timeout__");
    Duration::from_millis(duration_millis(text).unwrap_or(10_000))
}

fn setting<'t>(target: &'t Discovered, label: &str) -> &'t str {
    target.settings.iter().find(|(name, _)| name == label).map_or("", |(_, value)| value)
}

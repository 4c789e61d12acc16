//! Every series of a server, by its series API: metric by metric, and never many at once.

use std::io::Read;

use anyhow::{Context, anyhow};
use promsieve_core::ingest::status::{self, SeriesPage};
use promsieve_core::saved::Saved;
use promsieve_core::series::{METRIC_NAME, Stage, Table, TableBuilder};
use rayon::prelude::*;

use super::Api;
use super::selector::{Selector, is_plain};
use crate::input::collect::Collector;

/// Requests at a time.
const CONCURRENCY: usize = 4;
/// Metrics that are read into one table.
const GROUP: usize = 64;
/// Metrics that are counted before the next are asked for.
const WINDOW: usize = 4 * CONCURRENCY * GROUP;
/// A metric that is too large is cut into about so many parts at first.
const PARTS: usize = 8;
/// An answer with more bytes than this for each series that was asked for is not read on: the
/// server may not know `limit`.
const SERIES_BYTES: u64 = 2 << 10;

/// A server whose series are wanted.
#[derive(Debug)]
pub(crate) struct Census<'a> {
    pub(crate) api: Api<'a>,
    /// The most series to ask for at once.
    pub(crate) page: u32,
    /// From when to when, in seconds since the epoch.
    pub(crate) range: (f64, f64),
}

/// What one request gave.
enum Page {
    Whole(SeriesPage),
    /// There are more than may be asked for at once, or more than the server gives.
    TooMany,
}

/// Adds every series, at [`Stage::Stored`]. Gives what is wrong with metrics that cannot be read; the
/// rest is read.
///
/// # Errors
/// When the names of the metrics cannot be read, or `series` are of another stage.
pub(crate) fn read_series(
    census: &Census<'_>,
    series: &mut Collector,
) -> anyhow::Result<Vec<anyhow::Error>> {
    let path = format!("/api/v1/label/{METRIC_NAME}/values");
    let (start, end) = census.times();
    let metrics: Vec<String> = census.api.data(&path, &[("start", &start), ("end", &end)])?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(CONCURRENCY).build()?;
    let mut errors = Vec::new();
    // A server without metrics is counted, too.
    series.add(Saved::Exact(Table::empty(Stage::Stored)))?;
    for metrics in metrics.chunks(WINDOW) {
        let groups: Vec<_> = pool.install(|| {
            metrics.par_chunks(GROUP).map(|metrics| census.read_metrics(metrics)).collect()
        });
        for (table, failed) in groups {
            series.add(Saved::Exact(table))?;
            errors.extend(failed);
        }
    }
    Ok(errors)
}

impl Census<'_> {
    fn times(&self) -> (String, String) {
        (format!("{:.3}", self.range.0), format!("{:.3}", self.range.1))
    }

    fn read_metrics(&self, metrics: &[String]) -> (Table, Vec<anyhow::Error>) {
        let mut builder = TableBuilder::default();
        let mut errors = Vec::new();
        for metric in metrics {
            if let Err(error) = self.read(&Selector::of(metric), &mut builder) {
                errors.push(error.context(format!("cannot read the series of {metric}")));
            }
        }
        let mut table = builder.finish();
        table.stage = Stage::Stored;
        (table, errors)
    }

    fn read(&self, selector: &Selector, builder: &mut TableBuilder) -> anyhow::Result<()> {
        match self.ask(selector)? {
            Page::Whole(page) => {
                page.add_to(builder);
                Ok(())
            }
            Page::TooMany => {
                let parts = match selector.halves() {
                    Some(halves) => halves.to_vec(),
                    None => self.split(selector)?,
                };
                parts.iter().try_for_each(|part| self.read(part, builder))
            }
        }
    }

    /// Cuts a selector by the label with the most values.
    fn split(&self, selector: &Selector) -> anyhow::Result<Vec<Selector>> {
        let labels: Vec<String> = self.list("/api/v1/labels", selector)?;
        let mut best: Option<(String, Vec<String>)> = None;
        for label in labels.into_iter().filter(|it| is_plain(it) && !selector.names(it)) {
            let values = self.list(&format!("/api/v1/label/{label}/values"), selector)?;
            if best.as_ref().is_none_or(|(_, most)| values.len() > most.len()) {
                best = Some((label, values));
            }
        }
        let (label, values) = best.with_context(|| {
            let name = self.api.name();
            format!("{name} gives fewer series of {selector} at once than there are: raise --page")
        })?;
        Ok(selector.split(&label, &values, PARTS))
    }

    fn list(&self, path: &str, selector: &Selector) -> anyhow::Result<Vec<String>> {
        let (start, end) = self.times();
        let selector = selector.to_string();
        self.api.data(path, &[("match[]", &selector), ("start", &start), ("end", &end)])
    }

    fn ask(&self, selector: &Selector) -> anyhow::Result<Page> {
        /// Servers that find too many series say so.
        const UNPROCESSABLE: u16 = 422;
        let (start, end) = self.times();
        let (text, limit) = (selector.to_string(), (u64::from(self.page) + 1).to_string());
        let path = "/api/v1/series";
        let parameters =
            [("match[]", text.as_str()), ("start", &start), ("end", &end), ("limit", &limit)];
        let bytes = match self.api.get(path, &parameters)? {
            Ok(bytes) => bytes,
            Err(refused) if refused.status == UNPROCESSABLE => return Ok(Page::TooMany),
            Err(refused) => return Err(self.api.refusal(path, &refused)),
        };
        let most = SERIES_BYTES * u64::from(self.page.max(1024));
        let mut text = String::new();
        let read = bytes.take(most + 1).read_to_string(&mut text);
        if text.len() as u64 > most {
            return Ok(Page::TooMany);
        }
        read.with_context(|| format!("cannot read {}{path}", self.api.name()))?;
        let page = status::series(&text).map_err(|error| anyhow!(error)).with_context(|| {
            format!("{}{path} does not answer as expected to {selector}", self.api.name())
        })?;
        let too_many = page.is_cut() || page.series.len() > self.page as usize;
        Ok(if too_many { Page::TooMany } else { Page::Whole(page) })
    }
}

//! Jobs of one page each, scraped by a real server and taken through `flow`: what both store.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use promsieve_core::config::{self, Project};
use promsieve_core::finding::Severity;
use promsieve_core::flow;
use promsieve_core::ingest::Report;
use promsieve_core::ingest::exposition::{Format, Reader};
use promsieve_core::series::{Table, TableBuilder, Target};
use promsieve_core::text::{SourceText, Sources};
use promsieve_lab::real::{OPENMETRICS, Page, Pages, Server, Version};

use crate::real_relabel::oracle::quoted;

/// The labels of a series.
pub(crate) type Labels = BTreeMap<String, String>;

/// One job with one target that shows one page.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scraped {
    pub(crate) page: Vec<u8>,
    pub(crate) open_metrics: bool,
    /// Labels of its static target.
    pub(crate) labels: Vec<(String, String)>,
    /// More lines of its configuration, indented by two.
    pub(crate) settings: String,
    /// Its metric chain, each step in flow style.
    pub(crate) steps: Vec<String>,
}

/// What became of a job.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) up: bool,
    pub(crate) series: BTreeMap<Labels, f64>,
}

/// The name of a job.
pub(crate) fn job(at: usize) -> String {
    format!("j{at}")
}

fn path(at: usize) -> String {
    format!("/{}", job(at))
}

/// The configuration that scrapes `jobs` at `address`.
pub(crate) fn configuration(jobs: &[Scraped], address: &str) -> String {
    // Many jobs need time: a scrape that a busy machine cuts off looks like one that was refused.
    let interval = 5 + jobs.len() / 100;
    let mut out = format!(
        "global: {{scrape_interval: {interval}s, scrape_timeout: {interval}s}}\nscrape_configs:\n"
    );
    for (at, scraped) in jobs.iter().enumerate() {
        let label = |(name, value): &(String, String)| format!("{name}: {}", quoted(value));
        // An instance of its own: the address is another on the server and here.
        let own = ("instance".to_owned(), "here".to_owned());
        let given = scraped.labels.iter().any(|(name, _)| *name == own.0);
        let labels = scraped.labels.iter().chain((!given).then_some(&own)).map(label);
        let labels = labels.collect::<Vec<_>>().join(", ");
        let (job, path, steps) = (job(at), path(at), scraped.steps.join(", "));
        writeln!(out, "- job_name: {job}\n  metrics_path: {path}\n  honor_timestamps: false")
            .unwrap();
        writeln!(out, "{}  metric_relabel_configs: [{steps}]", scraped.settings).unwrap();
        writeln!(out, "  static_configs: [{{targets: ['{address}'], labels: {{{labels}}}}}]")
            .unwrap();
    }
    out
}

/// What a real server makes of the first scrape of each job: a busy machine sees more of them, and
/// 2.53 then takes less than a page, see the decision on the whole way. A series belongs to the job that its label `owner` names
/// behind one letter.
pub(crate) fn on_server(version: Version, jobs: &[Scraped], owner: &str) -> Vec<Outcome> {
    let pages = jobs.iter().enumerate().map(|(at, scraped)| {
        let page = if scraped.open_metrics {
            Page::new(scraped.page.clone(), OPENMETRICS)
        } else {
            Page::text(scraped.page.clone())
        };
        (path(at), page)
    });
    let pages = Pages::serve(pages).unwrap();
    let server = Server::start(version, &configuration(jobs, &pages.address())).unwrap();
    server.wait_attempted(jobs.len()).unwrap();
    let mut outcomes: Vec<Outcome> = jobs.iter().map(|_| Outcome::default()).collect();
    let at = |owner: &str| owner[1..].parse::<usize>().unwrap();
    let mut times = vec![f64::NAN; jobs.len()];
    for (labels, samples) in server.history("up").unwrap() {
        let job = at(&labels["job"]);
        (times[job], outcomes[job].up) = (samples[0].0, samples[0].1 > 0.5);
    }
    let selector = format!("{{{owner}=~\"j.+\", __name__!~\"up|scrape_.*\"}}");
    for (labels, samples) in server.history(&selector).unwrap() {
        let job = at(&labels[owner]);
        // Both bear the time of the scrape, so they are the same bits.
        if samples[0].0.to_bits() == times[job].to_bits() {
            outcomes[job].series.insert(labels, samples[0].1);
        }
    }
    outcomes
}

/// What a reader makes of a page.
pub(crate) fn read(scraped: &Scraped, target: Target) -> (Table, Report) {
    let mut builder = TableBuilder::default();
    builder.target(target);
    let format = if scraped.open_metrics { Format::OpenMetrics } else { Format::Text };
    let mut reader = Reader::new(format);
    reader.feed(&scraped.page, &mut builder);
    let report = reader.finish(&mut builder);
    (builder.finish(), report)
}

/// What `configuration` says to a server.
#[track_caller]
pub(crate) fn project(version: Version, configuration: &str) -> Project {
    let mut sources = Sources::default();
    let file = sources.add(SourceText::new("prometheus.yml", configuration.to_owned()));
    let server = version.name().parse().unwrap();
    let (project, findings) = config::parse(file, sources.file(file), server);
    let errors: Vec<_> = findings.iter().filter(|it| it.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:?}\n{configuration}");
    project
}

/// The project and the exposed table of all jobs. Bad lines by job.
pub(crate) fn exposed(version: Version, jobs: &[Scraped]) -> (Project, Table, Vec<Report>) {
    let address = "127.0.0.1:1";
    let project = project(version, &configuration(jobs, address));
    let mut table: Option<Table> = None;
    let mut reports = Vec::new();
    for (at, scraped) in jobs.iter().enumerate() {
        let own = |name: &str, value: String| (name.to_owned(), value);
        let labels = vec![own("instance", address.to_owned()), own("job", job(at))];
        let (read, report) = read(scraped, Target { job: job(at), labels });
        reports.push(report);
        match &mut table {
            None => table = Some(read),
            Some(table) => table.append(&read),
        }
    }
    (project, table.unwrap(), reports)
}

/// What `flow` stores of the jobs, a list of label sets each; `up` where neither a line is bad nor
/// `flow` sees the scrape fail.
pub(crate) fn by_flow(version: Version, jobs: &[Scraped]) -> Vec<(bool, Vec<Labels>)> {
    let (project, exposed, reports) = exposed(version, jobs);
    let (_, stored) = flow::run(&project, &exposed);
    let mut outcomes: Vec<(bool, Vec<Labels>)> =
        reports.iter().map(|report| (report.bad_lines == 0, Vec::new())).collect();
    for failure in &stored.report.failures {
        outcomes[failure.job[1..].parse::<usize>().unwrap()].0 = false;
    }
    for (job, labels) in rows(&stored.table) {
        outcomes[job[1..].parse::<usize>().unwrap()].1.push(labels);
    }
    outcomes
}

/// The rows of a table, with the job that each comes from.
pub(crate) fn rows(table: &Table) -> Vec<(String, Labels)> {
    let mut found = Vec::new();
    for group in &table.metrics {
        for (target, rows) in group.run_ranges() {
            found.extend(rows.map(|row| {
                let labels = table.row_labels(group, row).into_iter();
                let labels = labels.filter(|(_, value)| !value.is_empty());
                let owned = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
                (table.target(target).job.clone(), owned.collect())
            }));
        }
    }
    found
}

//! The configuration of a measured server, and the load that promsieve takes its workload for.

use std::fmt::Write;

use anyhow::{Result, bail};
use promsieve_core::census::{Census, CensusOptions};
use promsieve_core::config;
use promsieve_core::cost::Load;
use promsieve_core::flow;
use promsieve_core::ingest::exposition::{Format, Reader};
use promsieve_core::series::{Table, TableBuilder, Target};
use promsieve_core::server::Server;
use promsieve_core::text::{SourceText, Sources};
use promsieve_core::watch::Unwatched;

use super::discovered;
use super::pages::render;
use super::with::With;
use super::workload::{Exposed, Workload, instance};

/// A static config whose targets are paths of one address, each with an `instance` of its own.
pub fn text(workload: &Workload, scraped: &str) -> String {
    let mut targets = String::new();
    for at in 0..workload.targets {
        let labels = format!("{{instance: {}, __metrics_path__: /{at}}}", instance(at));
        let _ = writeln!(targets, "      - targets: ['{scraped}']\n        labels: {labels}");
    }
    let targets = match workload.discovered {
        Some(_) => discovered::CONFIG.to_owned(),
        None => format!("    static_configs:\n{targets}"),
    };
    let mut queues = String::new();
    for at in 0..workload.remote_writes {
        let before = if at == 0 { "remote_write:\n" } else { "" };
        let _ = writeln!(queues, "{before}  - {{name: q{at}, url: 'http://{scraped}/receive'}}");
    }
    format!(
        "global: {{scrape_interval: {0}ms, scrape_timeout: {0}ms}}\n{1}\
         scrape_configs:\n  - job_name: measured\n{targets}\
         \x20   metric_relabel_configs:\n      - {{source_labels: [__name__], regex: drop_.*, action: drop}}\n{queues}",
        workload.interval,
        workload.with.map_or("", With::config)
    )
}

/// The load of a workload at its end, by the library's own way from pages to a census.
///
/// # Errors
/// When the configuration is refused, which a test excludes.
pub fn load(workload: &Workload, server: Server) -> Result<Load> {
    let mut sources = Sources::default();
    let file = sources.add(SourceText::new("prometheus.yml", text(workload, "127.0.0.1:1")));
    let (project, findings) = config::parse(file, sources.file(file), server);
    if !findings.is_empty() {
        bail!("the workload's configuration has findings: {findings:?}");
    }
    let (attached, stored) = flow::run(&project, &exposed(workload));
    let census = Census::of(&stored.table, CensusOptions { summary: true }, &Unwatched);
    let load = Load::of(&census, &stored.table).with_dropped(stored.report.dropped().0, &attached);
    let gone_series = gone(workload);
    let still = (load.series - gone_series) as f64 / load.series as f64;
    #[expect(clippy::cast_sign_loss, reason = "a share of what is exposed")]
    let exposed_bytes = (load.exposed_bytes as f64 * still) as u64;
    Ok(Load { gone_series, exposed_bytes, ..load })
}

/// All series that the targets expose while the head holds them.
fn exposed(workload: &Workload) -> Table {
    let mut builder = TableBuilder::default();
    for target in 0..workload.targets {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let labels = vec![pair("instance", &instance(target)), pair("job", "measured")];
        builder.target(Target { job: "measured".into(), labels });
        let series = workload.series(target);
        let mut reader = Reader::new(Format::Text);
        let first = first_in_head(workload);
        reader.feed(render(&series, first).as_bytes(), &mut builder);
        for scrape in first + 1..workload.scrapes() {
            reader.feed(renewed(&series, scrape).as_bytes(), &mut builder);
        }
        reader.finish(&mut builder);
    }
    builder.finish()
}

/// The first scrape whose samples are still in the head at the end, which holds one and a half block
/// ranges.
fn first_in_head(workload: &Workload) -> u64 {
    let held = workload.blocks.map_or(u64::MAX, |seconds| seconds * 1500 / workload.interval);
    workload.scrapes().saturating_sub(held)
}

/// The series of a page that were not on it a scrape before, each with a value.
fn renewed(series: &[Exposed], scrape: u64) -> String {
    let mut page = String::new();
    for (at, one) in series.iter().enumerate() {
        if one.is_new(at as u64, scrape) {
            one.write(&mut page, at as u64, scrape);
            page.push_str(" 1\n");
        }
    }
    page
}

/// Series that the targets expose no more at the end of the run.
fn gone(workload: &Workload) -> u64 {
    let of_page = |target| {
        let series = workload.series(target);
        let renewals = |(at, one): (usize, &Exposed)| {
            let of = |scrape| one.generation(at as u64, scrape);
            of(workload.scrapes() - 1) - of(first_in_head(workload))
        };
        series.iter().enumerate().map(renewals).sum::<u64>()
    };
    (0..workload.targets).map(of_page).sum()
}

//! What real servers make of mutants: only a mistake that changes the outcome is one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Result;
use promsieve_core::config::{Chain, ChainKind, Job, Project as Configured};
use promsieve_core::relabel::Step;

use super::insert::{chain_of, parsed};
use super::labels::label_sets;
use super::{Labels, Mutant, Project, Watch};
use crate::random::Random;
use crate::real::{Page, Pages, Seen, Server, Version, quoted, refusals, step, targets};

/// The label that tells whose series it is.
const OWNER: &str = "zcase";

/// One side of a mutant as a real server is asked about it.
#[derive(Debug, Default)]
struct Side {
    targets: Vec<TargetJob>,
    pages: Vec<PageJob>,
    query: Option<String>,
}

/// A job whose targets are never scraped.
#[derive(Debug)]
struct TargetJob {
    steps: String,
    targets: Vec<Labels>,
}

/// A job with one target that shows one page.
#[derive(Debug)]
struct PageJob {
    settings: String,
    labels: Labels,
    steps: String,
    page: String,
}

/// Series with their values, sorted.
type Series = Vec<(Labels, String)>;

/// What became of a side.
#[derive(Debug, Default, PartialEq)]
struct Fate {
    /// Those that the server shows nothing of are missing.
    targets: Vec<Option<Seen>>,
    /// Whether each succeeded, its samples after relabeling, and what is stored of it.
    scrapes: Vec<(bool, f64, Series)>,
    query: Series,
}

/// Which mutants a real server takes as something else than the clean project, and which of them
/// promtool refuses.
///
/// # Errors
/// When a server does not start or answer.
pub(super) fn confirm(mutants: &[Mutant], random: &mut Random) -> Result<Vec<Verdict>> {
    let texts = |side: fn(&Mutant) -> &Project| -> Vec<String> {
        mutants
            .iter()
            .map(|mutant| side(mutant).configs.get(mutant.config()).cloned().unwrap_or_default())
            .collect()
    };
    let refused = [
        refusals(Version::V3, &texts(Mutant::real_good))?,
        refusals(Version::V3, &texts(Mutant::real_bad))?,
    ];
    let sides: Vec<[Side; 2]> = mutants
        .iter()
        .enumerate()
        .map(|(at, mutant)| {
            // What is refused has no outcome to look at.
            if refused[1].contains_key(&at) || refused[0].contains_key(&at) {
                return [Side::default(), Side::default()];
            }
            sides(mutant, random)
        })
        .collect();
    let fates = fates(&sides)?;
    let verdict = |at: usize| {
        let is_refused = refused[1].contains_key(&at) && !refused[0].contains_key(&at);
        let [good, bad] = &fates[at];
        Verdict { changes: is_refused || good != bad, is_refused }
    };
    Ok((0..mutants.len()).map(verdict).collect())
}

/// What a real server and promtool say of a mutant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verdict {
    /// Whether the outcome is another one.
    pub(super) changes: bool,
    /// Whether promtool refuses it.
    pub(super) is_refused: bool,
}

fn sides(mutant: &Mutant, random: &mut Random) -> [Side; 2] {
    let projects = [mutant.real_good(), mutant.real_bad()];
    let read = projects.map(|project| -> Vec<Configured> {
        project.configs.iter().map(|text| parsed(text)).collect()
    });
    match &mutant.watch {
        Watch::Verdict => [Side::default(), Side::default()],
        Watch::Fleet => read.map(|configs| Side {
            targets: configs.iter().flat_map(|config| &config.jobs).map(own_targets).collect(),
            ..Side::default()
        }),
        Watch::Chain(name, kind) => {
            let sets = {
                let [good, bad] =
                    [&read[0], &read[1]].map(|configs| valid(&configs[0], name, *kind));
                label_sets([&good, &bad], *kind, random)
            };
            read.map(|configs| chain_side(&configs, name, *kind, &sets))
        }
        Watch::Pages(queries) => {
            let mut number = 0;
            [0, 1].map(|at| Side {
                query: queries.as_ref().map(|queries| {
                    number += 1;
                    queries[at].clone()
                }),
                pages: projects[at]
                    .scrapes
                    .iter()
                    .map(|scrape| {
                        let job = read[at]
                            .iter()
                            .flat_map(|config| &config.jobs)
                            .find(|job| job.name == scrape.job);
                        page_job(job, &scrape.page)
                    })
                    .collect(),
                ..Side::default()
            })
        }
    }
}

/// The chain of a kind; a job's by its name.
fn chain<'a>(config: &'a Configured, name: &str, kind: ChainKind) -> Option<&'a Chain> {
    match kind {
        ChainKind::Write => config.remote_writes.first().map(|write| &write.write_chain),
        ChainKind::Alert => Some(&config.alerting.alert_chain),
        _ => config.jobs.iter().find(|job| job.name == name).map(|job| chain_of(job, kind)),
    }
}

fn valid(config: &Configured, name: &str, kind: ChainKind) -> Vec<Step> {
    let steps = chain(config, name, kind).into_iter().flat_map(|chain| &chain.steps);
    steps.filter_map(|step| step.step.clone()).collect()
}

fn written(chain: Option<&Chain>) -> String {
    let steps = chain.into_iter().flat_map(|chain| &chain.steps);
    steps.map(|configured| step(&configured.raw)).collect::<Vec<_>>().join(", ")
}

/// The chain on generated label sets: as targets, or as the samples of a page. What is sent and what
/// is written has the external labels too.
fn chain_side(configs: &[Configured], name: &str, kind: ChainKind, sets: &[Labels]) -> Side {
    let mut side = Side::default();
    for config in configs {
        let steps = written(chain(config, name, kind));
        if kind == ChainKind::Target {
            side.targets.push(TargetJob { steps, targets: sets.to_vec() });
            continue;
        }
        let is_sent = matches!(kind, ChainKind::Write | ChainKind::Alert);
        let external = config.global.external_labels.iter().filter(|_| is_sent);
        let external = external.map(|(name, value)| (name.value.clone(), value.value.clone()));
        let with_external = |set: &Labels| {
            let mut all: Labels = external.clone().collect();
            all.extend(set.clone());
            all
        };
        let job = config.jobs.iter().find(|job| job.name == name).filter(|_| !is_sent);
        let page = page(&sets.iter().map(with_external).collect::<Vec<_>>());
        side.pages.push(PageJob { steps, ..page_job(job, &page) });
    }
    side
}

/// Samples in families, each typed as its name tells, since only then a bound is normalised.
fn page(sets: &[Labels]) -> String {
    let mut families: BTreeMap<&str, String> = BTreeMap::new();
    for (number, labels) in sets.iter().enumerate() {
        let name = labels.get("__name__").map_or("some_metric", String::as_str);
        let family = name.strip_suffix("_bucket").unwrap_or(name);
        let own = labels.iter().filter(|(name, _)| *name != "__name__");
        let own: String = own.map(|(name, value)| format!("{name}={value:?},")).collect();
        let lines = families.entry(family).or_default();
        let _ = writeln!(lines, "{name}{{{own}}} {number}");
    }
    let family = |(name, lines): (&str, String)| {
        let kind =
            if lines.contains(&format!("{name}_bucket{{")) { "histogram" } else { "untyped" };
        format!("# TYPE {name} {kind}\n{lines}")
    };
    families.into_iter().map(family).collect()
}

fn page_job(job: Option<&Job>, page: &str) -> PageJob {
    let mut settings = String::new();
    let mut labels = Labels::new();
    if let Some(job) = job {
        let _ = writeln!(settings, "  honor_labels: {}", job.honor_labels);
        let limits = [
            ("sample_limit", &job.limits.sample),
            ("label_limit", &job.limits.label),
            ("label_name_length_limit", &job.limits.label_name_length),
            ("label_value_length_limit", &job.limits.label_value_length),
        ];
        for (key, limit) in limits {
            if let Some(limit) = limit {
                let _ = writeln!(settings, "  {key}: {}", limit.value);
            }
        }
        let own = job.static_targets.iter().flat_map(|group| &group.labels);
        labels.extend(own.map(|(name, value)| (name.value.clone(), value.value.clone())));
    }
    let steps = written(job.map(|job| &job.metric_chain));
    PageJob { settings, labels, steps, page: page.to_owned() }
}

/// A job with the targets that it names.
fn own_targets(job: &Job) -> TargetJob {
    let groups = job.static_targets.iter();
    let targets = groups.flat_map(|group| {
        let labels: Labels = group
            .labels
            .iter()
            .map(|(name, value)| (name.value.clone(), value.value.clone()))
            .collect();
        group.targets.iter().map(move |target| {
            let mut labels = labels.clone();
            labels.insert("__address__".to_owned(), target.value.clone());
            labels
        })
    });
    TargetJob { steps: written(Some(&job.target_chain)), targets: targets.collect() }
}

fn fates(sides: &[[Side; 2]]) -> Result<Vec<[Fate; 2]>> {
    let all: Vec<&Side> = sides.iter().flatten().collect();
    let mut fates: Vec<Fate> = all.iter().map(|_| Fate::default()).collect();
    target_fates(&all, &mut fates)?;
    page_fates(&all, &mut fates)?;
    let mut fates = fates.into_iter();
    Ok(sides.iter().map(|_| [(); 2].map(|()| fates.next().unwrap_or_default())).collect())
}

fn target_fates(sides: &[&Side], fates: &mut [Fate]) -> Result<()> {
    let mut config = String::from("global: {scrape_interval: 1d}\nscrape_configs:\n");
    let jobs: Vec<(usize, &TargetJob)> = sides
        .iter()
        .enumerate()
        .flat_map(|(side, it)| it.targets.iter().map(move |job| (side, job)))
        .collect();
    if jobs.is_empty() {
        return Ok(());
    }
    for (number, (_, job)) in jobs.iter().enumerate() {
        let groups: Vec<String> = job
            .targets
            .iter()
            .enumerate()
            .map(|(at, labels)| group(&format!("{number}/{at}"), labels))
            .collect();
        writeln!(
            config,
            "- job_name: j{number}\n  relabel_configs: [{}]\n  static_configs: [{}]",
            job.steps,
            groups.join(", ")
        )?;
    }
    let mut seen = targets(Version::V3, &config, jobs.len())?;
    for (number, (side, job)) in jobs.iter().enumerate() {
        for at in 0..job.targets.len() {
            let mut fate = seen.remove(&format!("{number}/{at}"));
            if let Some(Seen::Active(labels)) = &mut fate
                && labels.get("job") == Some(&format!("j{number}"))
            {
                labels.remove("job");
            }
            fates[*side].targets.push(fate);
        }
    }
    Ok(())
}

/// A group of one target.
fn group(id: &str, labels: &Labels) -> String {
    let address = labels.get("__address__").map_or("", String::as_str);
    let own = labels.iter().filter(|(name, _)| *name != "__address__");
    let own: Vec<String> =
        own.map(|(name, value)| format!("{}: {}", quoted(name), quoted(value))).collect();
    format!(
        "{{targets: [{}], labels: {{__id__: {}, {}}}}}",
        quoted(address),
        quoted(id),
        own.join(", ")
    )
}

fn page_fates(sides: &[&Side], fates: &mut [Fate]) -> Result<()> {
    let jobs: Vec<(usize, &PageJob)> = sides
        .iter()
        .enumerate()
        .flat_map(|(side, it)| it.pages.iter().map(move |job| (side, job)))
        .collect();
    if jobs.is_empty() {
        return Ok(());
    }
    let pages = jobs
        .iter()
        .enumerate()
        .map(|(number, (_, job))| (format!("/j{number}"), Page::text(job.page.clone())));
    let pages = Pages::serve(pages)?;
    let server = Server::start(Version::V3, &page_config(&jobs, &pages.address())?)?;
    server.wait_attempted(jobs.len())?;
    let up: BTreeMap<String, f64> = by_job(server.query("up")?);
    let after: BTreeMap<String, f64> =
        by_job(server.query("scrape_samples_post_metric_relabeling")?);
    let mut stored: BTreeMap<String, Series> = BTreeMap::new();
    for (mut labels, value) in server.query("{__name__!~\"up|scrape_.*\",job=~\"j.+\"}")? {
        let Some(job) = labels.remove("job") else { continue };
        labels.remove(OWNER);
        stored.entry(job).or_default().push((labels, value.to_string()));
    }
    for (number, (side, _)) in jobs.iter().enumerate() {
        let job = format!("j{number}");
        let value = |of: &BTreeMap<String, f64>| of.get(&job).copied().unwrap_or_default();
        let mut series = stored.remove(&job).unwrap_or_default();
        series.sort();
        fates[*side].scrapes.push((value(&up) > 0.5, value(&after), series));
    }
    for (at, side) in sides.iter().enumerate() {
        if let Some(query) = &side.query {
            fates[at].query = answer(&server, query, &format!("o{at}"))?;
        }
    }
    Ok(())
}

/// A configuration with a job for each page, served at `address`.
fn page_config(jobs: &[(usize, &PageJob)], address: &str) -> Result<String> {
    // Many jobs need time: a scrape that a busy machine cuts off looks like one that was refused.
    let interval = 5 + jobs.len() / 100;
    let mut config = format!(
        "global: {{scrape_interval: {interval}s, scrape_timeout: {interval}s}}\nscrape_configs:\n"
    );
    for (number, (side, job)) in jobs.iter().enumerate() {
        let mut labels = job.labels.clone();
        labels.insert("__address__".to_owned(), address.to_owned());
        labels.entry("instance".to_owned()).or_insert_with(|| "here".to_owned());
        labels.insert(OWNER.to_owned(), format!("o{side}"));
        let group = group(&number.to_string(), &labels);
        writeln!(
            config,
            "- job_name: j{number}\n  metrics_path: /j{number}\n{}  metric_relabel_configs: [{}]\n  static_configs: [{group}]",
            job.settings, job.steps
        )?;
    }
    Ok(config)
}

/// What a query gives over the pages of one side.
fn answer(server: &Server, query: &str, owner: &str) -> Result<Series> {
    let query = query.replace("OWNER", &format!("{OWNER}=\"{owner}\""));
    let mut results: Series = server
        .query(&query)?
        .into_iter()
        .map(|(mut labels, value)| {
            labels.remove("job");
            labels.remove(OWNER);
            (labels, value.to_string())
        })
        .collect();
    results.sort();
    Ok(results)
}

fn by_job(samples: Vec<(Labels, f64)>) -> BTreeMap<String, f64> {
    samples
        .into_iter()
        .filter_map(|(mut labels, value)| Some((labels.remove("job")?, value)))
        .collect()
}

//! Asks real servers: writes their configuration, starts them, reads the targets API.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use promsieve_core::relabel::{Field, RawStep, StepField};
use promsieve_lab::real::{Server, Setup, Version};
use serde_json::Value;

use super::generate::Case;

/// The name of a chain's job.
pub(crate) fn job(id: usize) -> String {
    format!("job{id}")
}

/// What names a target: the value of its label `__id__`.
pub(crate) fn target_id(id: usize, at: usize) -> String {
    format!("{id}/{at}")
}

/// A configuration with a job for each chain. The interval of a day keeps the scrapes away.
pub(crate) fn config<'a>(
    version: Version,
    cases: impl IntoIterator<Item = (usize, &'a Case)>,
) -> String {
    let mut out = String::from("global: {scrape_interval: 1d}\nscrape_configs:\n");
    for (id, case) in cases {
        let steps: Vec<String> = case.steps.iter().map(step).collect();
        let targets = 0..case.targets.len();
        let targets: Vec<String> =
            targets.map(|at| group(&case.discovered(version, id, at))).collect();
        let (job, steps, targets) = (job(id), steps.join(", "), targets.join(", "));
        writeln!(out, "- job_name: {job}\n  relabel_configs: [{steps}]").unwrap();
        if case.https {
            out.push_str("  scheme: https\n");
        }
        if let Some(param) = &case.param {
            writeln!(out, "  params: {{p: [{}]}}", quoted(param)).unwrap();
        }
        writeln!(out, "  static_configs: [{targets}]").unwrap();
    }
    out
}

fn group(labels: &[(String, String)]) -> String {
    let mut address = "";
    let mut written = Vec::new();
    for (name, value) in labels {
        match name.as_str() {
            "__address__" => address = value,
            _ => written.push(format!("{}: {}", quoted(name), quoted(value))),
        }
    }
    format!("{{targets: [{}], labels: {{{}}}}}", quoted(address), written.join(", "))
}

/// A step as YAML in flow style.
pub(crate) fn step(step: &RawStep) -> String {
    let mut written = Vec::new();
    let list = |names: &Vec<String>| {
        let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
        format!("[{}]", names.join(", "))
    };
    for field in StepField::ALL.into_iter().chain(StepField::OF_VMAGENT) {
        let value = match field {
            StepField::SourceLabels => show(&step.source_labels, list),
            StepField::Separator => show(&step.separator, |text| quoted(text)),
            StepField::Regex => show(&step.regex, |text| quoted(text)),
            StepField::Modulus => show(&step.modulus, u64::to_string),
            StepField::TargetLabel => show(&step.target_label, |text| quoted(text)),
            StepField::Replacement => show(&step.replacement, |text| quoted(text)),
            StepField::Action => show(&step.action, |text| quoted(text)),
            StepField::If => show(&step.selectors, list),
            StepField::Match => show(&step.graphite, |text| quoted(text)),
            StepField::Labels => show(&step.labels, |labels| {
                let pair = |(name, value): &(String, String)| {
                    format!("{}: {}", quoted(name), quoted(value))
                };
                format!("{{{}}}", labels.iter().map(pair).collect::<Vec<_>>().join(", "))
            }),
        };
        if let Some(value) = value {
            written.push(format!("{}: {value}", field.key()));
        }
    }
    format!("{{{}}}", written.join(", "))
}

fn show<T>(field: &Field<T>, value: impl Fn(&T) -> String) -> Option<String> {
    match field {
        Field::Absent => None,
        Field::Null => Some("null".to_owned()),
        Field::Set(text) => Some(value(text)),
    }
}

/// A double-quoted YAML scalar in ASCII.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ => write!(out, "\\U{:08x}", c as u32).unwrap(),
        }
    }
    out.push('"');
    out
}

/// What a server shows of a target.
#[derive(Debug)]
pub(crate) enum Seen {
    /// Its labels but for those that start with `__`.
    Active(BTreeMap<String, String>),
    /// It is among the dropped ones.
    Dropped,
}

/// Runs a server on `config`, which has `jobs` jobs, and returns what became of every target that
/// it shows, by id.
pub(crate) fn targets(version: Version, config: &str, jobs: usize) -> HashMap<String, Seen> {
    // Of the two throttles on the way from discovery to a job this one has a flag.
    let args = ["--log.level=error", "--scrape.discovery-reload-interval=100ms"];
    let setup = Setup { args: args.map(str::to_owned).to_vec(), ..Setup::default() };
    let server = Server::start_with(version, config, &setup).unwrap();
    let deadline = Instant::now() + Duration::from_mins(5);
    loop {
        let synced = synced_jobs(&server);
        if synced == jobs {
            return read(&server.api("/api/v1/targets").unwrap());
        }
        assert!(Instant::now() < deadline, "{synced} of {jobs} jobs have got their targets");
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// The jobs that have been given their targets; none before the server has heard of any, which is
/// cheaper to ask than all its metrics. Discovery hands over what it has every five seconds, so on a busy machine a list that has stopped to grow may still lack whole jobs; a job
/// that it does hand over has all of its static targets.
fn synced_jobs(server: &Server) -> usize {
    let pools = server.api("/api/v1/scrape_pools").unwrap();
    if pools["scrapePools"].as_array().is_none_or(Vec::is_empty) {
        return 0;
    }
    let page = server.get("/metrics").unwrap();
    let lines = String::from_utf8(page.body).expect("metrics are UTF-8");
    let synced = |line: &&str| {
        line.starts_with("prometheus_target_scrape_pool_sync_total{") && !line.ends_with(" 0")
    };
    lines.lines().filter(synced).count()
}

fn read(answer: &Value) -> HashMap<String, Seen> {
    let labels = |target: &Value, key: &str| -> BTreeMap<String, String> {
        serde_json::from_value(target[key].clone()).unwrap()
    };
    let id = |target: &Value| labels(target, "discoveredLabels")["__id__"].clone();
    let list = |key: &str| answer[key].as_array().cloned().unwrap_or_default();
    let active = list("activeTargets");
    let active = active.iter().map(|t| (id(t), Seen::Active(labels(t, "labels"))));
    let dropped = list("droppedTargets");
    active.chain(dropped.iter().map(|target| (id(target), Seen::Dropped))).collect()
}

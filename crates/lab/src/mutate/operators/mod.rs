//! The operators, in groups: each makes one known mistake.
//!
//! An operator is a right text and a wrong one, in which ` # error` ends the line that the finding is
//! expected on, or a change of a step that stands in a clean configuration. Of blanks such as `<M>`
//! and lines such as `@20 …` see `words.rs` beside it.

mod changes;
mod fleets;
mod patterns;
mod refusals;
mod resources;
mod samples;
mod stages;
mod usage;

use promsieve_core::config::{ChainKind, Job, Kind};

use super::insert::{Change, Site, chain_of, parsed, unmarked, with_steps};
use super::words::Words;
use super::{Base, Mutant, Project, Scrape, Watch};
use crate::random::Random;

/// A kind of mistake.
#[derive(Debug, Clone, Copy)]
pub struct Operator {
    /// What it does, in a word or two.
    pub name: &'static str,
    /// The mistakes it makes, as `docs/lint-coverage.md` numbers them.
    pub rows: &'static [u8],
    /// The rules of which one must find it.
    pub rules: &'static [&'static str],
    /// Rules that may speak too, since what they say follows from the mistake.
    pub also: &'static [&'static str],
    /// How it is made.
    pub defect: Defect,
}

/// How a mistake is made. Pairs are a right and a wrong text.
#[derive(Debug, Clone, Copy)]
pub enum Defect {
    /// Steps at the end of a chain of a clean configuration.
    Steps(ChainKind, &'static [(&'static str, &'static str)]),
    /// A change of a step of a clean configuration.
    Change(fn(&Site<'_>) -> Option<Change>),
    /// A small project: parts that are divided by `---`.
    Whole(Look, &'static [(&'static str, &'static str)]),
}

/// What of a small project shows the difference.
#[derive(Debug, Clone, Copy)]
pub enum Look {
    /// What becomes of the targets of all its configurations.
    Fleet,
    /// What is stored of its scrapes, and the result of its query.
    Pages,
    /// What the chain, that of the job `app` where it is a job's, makes of generated label sets.
    Chain(ChainKind),
}

/// Every operator.
pub fn operators() -> Vec<Operator> {
    let groups: [&[Operator]; 8] = [
        refusals::OPERATORS,
        patterns::OPERATORS,
        changes::OPERATORS,
        stages::OPERATORS,
        fleets::OPERATORS,
        resources::OPERATORS,
        samples::OPERATORS,
        usage::OPERATORS,
    ];
    groups.concat()
}

impl Operator {
    /// Up to `wanted` mutants, each of another place or with other words.
    pub(super) fn mutants(
        &self,
        bases: &[Base],
        wanted: usize,
        random: &mut Random,
    ) -> Vec<Mutant> {
        let mut made = Vec::new();
        match self.defect {
            Defect::Steps(kind, cases) => {
                for tried in 0..wanted * 8 {
                    let base = &bases[random.below(bases.len())];
                    let case = cases[tried % cases.len()];
                    made.extend(steps(base, kind, case, random));
                    if made.len() == wanted {
                        break;
                    }
                }
            }
            Defect::Change(change) => {
                let mut order: Vec<&Base> = bases.iter().collect();
                random.shuffle(&mut order);
                let all = order.into_iter().flat_map(|base| changed(base, change));
                made.extend(all.take(wanted));
            }
            Defect::Whole(look, cases) => {
                for tried in 0..wanted {
                    let words = Words::new(random);
                    let (good, bad) = cases[tried % cases.len()];
                    made.push(whole(look, &words.fill(good), &words.fill(bad)));
                }
            }
        }
        made
    }
}

/// Steps put at the end of a chain of one of the jobs.
fn steps(base: &Base, kind: ChainKind, case: (&str, &str), random: &mut Random) -> Option<Mutant> {
    let project = parsed(&base.text);
    let fits = |job: &&Job| {
        let is_fit = match case.1 {
            steps if steps.contains("__meta_kubernetes_pod") => is_of_pods,
            steps if steps.contains("[instance]") => brings_no_instance,
            steps if steps.contains(":9102 # error") => has_ports,
            _ => |_: &Job| true,
        };
        is_fit(job)
    };
    let jobs: Vec<&Job> = project.jobs.iter().filter(fits).collect();
    if jobs.is_empty() {
        return None;
    }
    let job = jobs[random.below(jobs.len())];
    if !chain_of(job, kind).steps.iter().all(|step| step.step.is_some()) {
        return None;
    }
    let words = Words::new(random);
    let (bad, marked) = unmarked(&words.fill(case.1));
    let (bad, line) = with_steps(&base.text, job, kind, &bad)?;
    let good = match case.0 {
        "" => base.text.clone(),
        steps => with_steps(&base.text, job, kind, &words.fill(steps))?.0,
    };
    let (good, bad) = (Project::of(good), Project::of(bad));
    let watch = Watch::Chain(job.name.clone(), kind);
    Some(Mutant { good, bad, line: line + marked? - 1, watch, ..Mutant::default() })
}

/// Whether all targets of a job are pods.
fn is_of_pods(job: &Job) -> bool {
    let all = |role: Option<&str>| matches!(role, Some("pod"));
    job.static_targets.is_empty()
        && !job.discoveries.is_empty()
        && job.discoveries.iter().all(|it| all(it.role.as_deref()))
}

/// Whether all labels of the job's targets are written, and `instance` is none of them.
fn brings_no_instance(job: &Job) -> bool {
    let mut labels = job.static_targets.iter().flat_map(|group| &group.labels);
    job.discoveries.is_empty() && labels.all(|(name, _)| name.value != "instance")
}

/// Whether targets are written with their ports.
fn has_ports(job: &Job) -> bool {
    let mut targets = job.static_targets.iter().flat_map(|group| &group.targets);
    targets.any(|target| target.value.contains(':'))
}

/// The first step of each chain of the configuration that can be changed so.
fn changed(base: &Base, change: fn(&Site<'_>) -> Option<Change>) -> Vec<Mutant> {
    let project = parsed(&base.text);
    let mut made = Vec::new();
    for job in &project.jobs {
        for kind in [ChainKind::Target, ChainKind::Metric] {
            let chain = chain_of(job, kind);
            let sites = chain.steps.iter().enumerate();
            let mut sites =
                sites.map(|(index, step)| Site { text: &base.text, job, chain, index, step });
            let Some(change) = sites.find_map(|site| change(&site)) else { continue };
            let mut bad = base.text.clone();
            bad.replace_range(change.range, &change.text);
            let line = base.text[..change.at].matches('\n').count() as u32 + 1 + change.down;
            made.push(Mutant {
                good: Project::of(base.text.clone()),
                bad: Project::of(bad),
                line,
                watch: Watch::Chain(job.name.clone(), kind),
                ..Mutant::default()
            });
        }
    }
    made
}

/// A small project, right and wrong.
fn whole(look: Look, good: &str, bad: &str) -> Mutant {
    let (good, bad) = (Parts::of(good), Parts::of(bad));
    let watch = match look {
        Look::Fleet => Watch::Fleet,
        Look::Pages => {
            Watch::Pages(good.query.clone().zip(bad.query.clone()).map(<[String; 2]>::from))
        }
        Look::Chain(kind) => Watch::Chain("app".to_owned(), kind),
    };
    let real = good.native.clone().zip(bad.native.clone());
    let real = real.map(|(good, bad)| [Project::of(good), Project::of(bad)]);
    let (text, line) = bad.marked;
    Mutant { good: good.project, bad: bad.project, real, text, line, watch }
}

/// The parts of a text: configurations, and beside them rule files, which have `groups:`; scrapes,
/// which begin with `# scrape JOB INSTANCE`; a query behind `# query `; and behind `# native` what
/// an operator or a collector makes of the configuration for Prometheus.
#[derive(Debug, Default)]
struct Parts {
    project: Project,
    native: Option<String>,
    query: Option<String>,
    marked: (usize, u32),
}

impl Parts {
    fn of(text: &str) -> Self {
        let (mut parts, mut marked) = (Self::default(), None);
        for part in text.split("\n---\n") {
            let part = format!("{}\n", part.trim_end());
            if let Some(query) = part.strip_prefix("# query ") {
                parts.query = Some(query.trim_end().to_owned());
            } else if let Some(native) = part.strip_prefix("# native\n") {
                parts.native = Some(wrapped(native));
            } else if let Some(head) = part.strip_prefix("# scrape ") {
                let mut words = head.lines().next().unwrap_or_default().split(' ');
                let mut next = || words.next().unwrap_or_default().to_owned();
                parts.project.scrapes.push(Scrape { job: next(), instance: next(), page: part });
            } else {
                let (text, line) = unmarked(&wrapped(&part));
                let is_rules = text.lines().any(|line| line.starts_with("groups:"));
                let list =
                    if is_rules { &mut parts.project.rules } else { &mut parts.project.configs };
                marked = marked.or(line.map(|line| (is_rules, list.len(), line)));
                list.push(text);
            }
        }
        let configs = parts.project.configs.len();
        let place = |(is_rules, at, line)| (if is_rules { configs + at } else { at }, line);
        parts.marked = marked.map(place).unwrap_or_default();
        let first = parts.project.configs.first().map_or("", String::as_str);
        parts.project.kind = match first {
            text if text.contains("monitoring.coreos.com/") => Kind::Operator,
            text if text.starts_with("receivers:") => Kind::Otel,
            _ => Kind::Prometheus,
        };
        parts
    }
}

/// A chain in the smallest configuration that has it, in the job `app` where it is a job's; other
/// texts as they are.
fn wrapped(text: &str) -> String {
    const JOB: &str =
        "scrape_configs:\n  - job_name: app\n    static_configs:\n      - targets: ['app:8080']\n";
    let around = [
        ("metric_relabel_configs:", JOB.to_owned(), 4),
        ("relabel_configs:", JOB.to_owned(), 4),
        ("write_relabel_configs:", format!("{JOB}remote_write:\n  - url: http://store/\n"), 4),
    ];
    let Some((_, before, indent)) = around.iter().find(|(key, ..)| text.starts_with(key)) else {
        return text.to_owned();
    };
    let indent = " ".repeat(*indent);
    let lines = text.lines().map(|line| format!("{indent}{line}\n"));
    format!("{before}{}", lines.collect::<String>())
}

//! The targets of a job keep no label that tells them apart.
//!
//! ## Why
//! `instance` looks like noise until it is gone: what two targets expose alike then has the same
//! labels, their values interleave in one series, and `rate` of it is noise. Nothing is logged and
//! `up` stays 1.
//!
//! ## Bad
//! ```yaml bad
//! scrape_configs:
//!   - job_name: app
//!     static_configs:
//!       - targets: ['10.0.0.1:8080', '10.0.0.2:8080']
//!     metric_relabel_configs:
//!       - regex: instance # error
//!         action: labeldrop
//! ```
//!
//! ```yaml bad
//! scrape_configs:
//!   - job_name: app
//!     static_configs:
//!       - targets: ['10.0.0.1:8080', '10.0.0.2:8080']
//!     relabel_configs:
//!       - target_label: instance
//!         replacement: app # error
//! ```
//!
//! ```yaml bad
//! scrape_configs:
//!   - job_name: app
//!     static_configs:
//!       - targets: ['10.0.0.1:8080', '10.0.0.2:8080']
//!         labels:
//!           instance: app # error
//! ```
//!
//! ## Good
//! ```yaml good
//! scrape_configs:
//!   - job_name: app
//!     static_configs:
//!       - targets: ['10.0.0.1:8080']
//!         labels: {zone: a}
//!       - targets: ['10.0.0.2:8080']
//!         labels: {zone: b}
//!     metric_relabel_configs:
//!       - regex: instance
//!         action: labeldrop
//! ```
//!
//! ## Fix
//! None. Keep `instance`, or give each target a label of its own.

use crate::config::{Chain, Job};
use crate::finding::{Evidence, RuleId, Severity, Subject};
use crate::flow::{Discovered, discover_job};
use crate::lint::sample::{self, Labels};
use crate::lint::{Check, Context, FixKind, Rule, filters};
use crate::relabel::target::TargetOutcome;
use crate::relabel::{Action, Step, StepField};
use crate::text::Location;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "ST011", name: "targets-merge" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Job(check),
};

const INSTANCE: &str = "instance";

fn check(context: &mut Context<'_>, job: &Job) {
    let written: usize = job.static_targets.iter().map(|group| group.targets.len()).sum();
    if written < 2 || job.kind.is_partial() || job.honor_labels || !may_merge(context, job) {
        return;
    }
    let targets = scraped(context, job);
    if let Some(pair) = alike(&targets, |target| Some(target.labels.clone())) {
        let place = last_writer(&job.target_chain);
        return report(context, job, &job.target_chain, place, pair);
    }
    let Some(steps) = valid_steps(&job.metric_chain) else { return };
    let metric = metric_of(context, &steps);
    let stored = |target: &Discovered| sample::run(steps.iter().copied(), &series(&metric, target));
    let Some(pair) = alike(&targets, |target| stored(target).labels) else { return };
    let before = |count: usize, target: &Discovered| {
        sample::run(steps[..count].iter().copied(), &series(&metric, target)).labels
    };
    let place = (0..steps.len()).find(|at| before(at + 1, pair[0]) == before(at + 1, pair[1]));
    report(context, job, &job.metric_chain, place, pair);
}

/// Whether a step may touch `instance`, without which targets stay apart. What samples show is
/// told by their collisions.
fn may_merge(context: &Context<'_>, job: &Job) -> bool {
    let chains = [&job.target_chain, &job.metric_chain];
    let shown = context
        .facts
        .flow
        .is_some_and(|flow| flow.collisions.iter().any(|collision| collision.job == job.name));
    let rewritten = chains.iter().any(|chain| filters::any_may_write(&chain.steps, INSTANCE));
    !shown && (rewritten || given_instance(job).is_some())
}

/// Where `static_configs` give an `instance`, which all targets of the item then share.
fn given_instance(job: &Job) -> Option<Location> {
    let mut labels = job.static_targets.iter().flat_map(|group| &group.labels);
    labels.find(|(name, _)| name.value == INSTANCE).map(|(_, value)| value.location)
}

/// The steps of a chain, if the server accepts all of them.
fn valid_steps(chain: &Chain) -> Option<Vec<&Step>> {
    chain.steps.iter().map(|step| step.step.as_ref().filter(|step| !step.needs_rows())).collect()
}

/// The job's targets that are scraped, each once.
fn scraped(context: &Context<'_>, job: &Job) -> Vec<Discovered> {
    if valid_steps(&job.target_chain).is_none() {
        return Vec::new();
    }
    let mut targets = discover_job(context.project.server, job);
    targets.retain(|target| target.outcome == TargetOutcome::Active);
    targets.sort_by(|a, b| a.discovered.cmp(&b.discovered));
    targets.dedup_by(|a, b| a.discovered == b.discovered);
    targets
}

/// The first two targets that `seen` shows alike.
fn alike(
    targets: &[Discovered],
    seen: impl Fn(&Discovered) -> Option<Labels>,
) -> Option<[&Discovered; 2]> {
    let mut seen: Vec<(Labels, &Discovered)> =
        targets.iter().filter_map(|target| Some((seen(target)?, target))).collect();
    seen.sort_by(|(a, _), (b, _)| a.cmp(b));
    let pair = seen.windows(2).find(|pair| pair[0].0 == pair[1].0)?;
    Some([pair[0].1, pair[1].1])
}

/// A name that the chain does not drop: one that its first `keep` by name wants, if it has one.
fn metric_of(context: &Context<'_>, steps: &[&Step]) -> String {
    let keeps = |step: &&&Step| {
        step.action() == Action::Keep && step.source_labels().iter().all(|l| **l == *"__name__")
    };
    let wanted = steps.iter().find(keeps).and_then(|step| {
        let labels = sample::reading(context, step, &context.language(step.pattern())?)?;
        labels.into_iter().map(|(_, value)| value).next()
    });
    wanted.unwrap_or_else(|| "requests_total".to_owned())
}

/// The labels of a series that the target exposes without labels.
fn series(metric: &str, target: &Discovered) -> Labels {
    let mut labels = target.labels.clone();
    labels.push(("__name__".to_owned(), metric.to_owned()));
    labels.sort();
    labels
}

/// The last step that writes `instance`.
fn last_writer(chain: &Chain) -> Option<usize> {
    let writes = |step: &Step| filters::may_write(step, INSTANCE);
    chain.steps.iter().rposition(|step| step.step.as_ref().is_some_and(writes))
}

fn report(
    context: &mut Context<'_>,
    job: &Job,
    chain: &Chain,
    place: Option<usize>,
    pair: [&Discovered; 2],
) {
    let address = |target: &Discovered| {
        let label = target.discovered.iter().find(|(name, _)| name == "__address__");
        label.map_or_else(String::new, |(_, address)| address.clone())
    };
    let [one, other] = pair.map(address);
    let step = place.and_then(|place| chain.steps.get(place));
    let given = given_instance(job).unwrap_or(job.name_location);
    let location = step.map_or(given, |step| {
        let fields = [StepField::Regex, StepField::Replacement, StepField::TargetLabel];
        let field = fields.iter().find_map(|field| step.spans.field(*field));
        field.map_or(step.spans.item, |field| field.value)
    });
    let message = format!("no label tells the targets `{one}` and `{other}` apart");
    let subject = Subject {
        job: Some(job.name.clone()),
        chain: Some(chain.path.clone()),
        step: step.and(place),
    };
    let shown = |target: &Discovered| sample::show(&target.labels);
    let finding = context
        .finding(location, message)
        .subject(subject)
        .evidence(Evidence::Proof(format!(
            "the targets are `{}` and `{}`; what both expose becomes one series",
            shown(pair[0]),
            shown(pair[1])
        )))
        .consequence("values of the targets interleave in one series, without any error")
        .remedy("keep `instance`, or give each target a label of its own");
    context.report(finding);
}

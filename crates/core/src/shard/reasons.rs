//! What in the configurations of a fleet leads to a fault: moduli that differ, labels that differ, a
//! forgotten `keep`, jobs that are often forgotten as a whole.

use super::fleet::{Hashed, Member, filters};
use crate::config::Job;
use crate::relabel::Action;

/// More configurations than this are not named.
const NAMED: usize = 3;

/// The reasons for a fault of a job that some of the members have.
pub(super) fn reasons(members: &[Member<'_>], job: &str) -> Vec<String> {
    let mut hashes: Vec<(&str, Hashed, u64)> = Vec::new();
    let mut whole: Vec<(&str, &Job)> = Vec::new();
    for member in members {
        let Some(own) = member.project.jobs.iter().find(|own| own.name == job) else { continue };
        let filters = filters(member.project, job).unwrap_or_default();
        if filters.is_empty() {
            whole.push((member.name, own));
        }
        let filters = filters.into_iter().filter(|(_, filter)| filter.modulus > 1);
        hashes.extend(filters.map(|(hashed, filter)| (member.name, hashed, filter.modulus)));
    }
    let moduli = grouped(hashes.iter().map(|(name, _, modulus)| (*name, modulus.to_string())));
    let shown = |hashed: &Hashed| {
        let what = if hashed.of_series { " of series" } else { "" };
        format!("`{}`{what}", hashed.sources.join(&hashed.separator))
    };
    let labels = grouped(hashes.iter().map(|(name, hashed, _)| (*name, shown(hashed))));
    let mut reasons = Vec::new();
    if moduli.len() > 1 {
        reasons.push(format!("the moduli differ: {}", listed(&moduli)));
    }
    if labels.len() > 1 {
        reasons.push(format!("different labels are hashed: {}", listed(&labels)));
    }
    let (unread, bare): (Vec<_>, Vec<_>) = whole.iter().partition(|(_, job)| has_hash(job));
    if !unread.is_empty() {
        let names = names(unread.iter().map(|(name, _)| *name));
        reasons.push(format!("no `keep` reads the `hashmod` in {names}"));
    }
    if !bare.is_empty() && bare.len() < whole.len() + hashes.len() {
        let names = names(bare.iter().map(|(name, _)| *name));
        reasons.push(format!("there is no `hashmod` and `keep` in {names}"));
    }
    reasons.extend(whole.first().and_then(|(_, job)| forgotten(job)).map(str::to_owned));
    reasons
}

fn has_hash(job: &Job) -> bool {
    let mut steps = job.target_chain.steps.iter().filter_map(|step| step.step.as_ref());
    steps.any(|step| step.action() == Action::HashMod)
}

/// Jobs that are easily taken for those that belong on every shard.
fn forgotten(job: &Job) -> Option<&'static str> {
    let mut steps = job.target_chain.steps.iter().filter_map(|step| step.step.as_ref());
    if job.metrics_path == "/federate" {
        Some(
            "federation reads the same from every shard: leave it to one server, or to Thanos Query",
        )
    } else if job.metrics_path == "/probe" || steps.any(|it| it.target_label() == "__param_target")
    {
        Some(
            "probes need a hash, too: of `__address__` before it becomes the prober's, or of `__param_target`",
        )
    } else {
        None
    }
}

/// Values with who has them, in the order in which they first appear.
fn grouped<'n>(values: impl Iterator<Item = (&'n str, String)>) -> Vec<(String, Vec<&'n str>)> {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for (name, value) in values {
        match groups.iter_mut().find(|(own, _)| *own == value) {
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => groups.push((value, vec![name])),
        }
    }
    groups
}

fn listed(groups: &[(String, Vec<&str>)]) -> String {
    let group =
        |(value, of): &(String, Vec<&str>)| format!("{value} in {}", names(of.iter().copied()));
    groups.iter().map(group).collect::<Vec<_>>().join("; ")
}

fn names<'n>(of: impl Iterator<Item = &'n str>) -> String {
    let all: Vec<&str> = of.collect();
    match all.len() {
        more if more > NAMED => format!("{} and {} more", all[..NAMED].join(", "), more - NAMED),
        _ => all.join(", "),
    }
}

//! The linter: rules over a project and what is known about its data, one file a rule.
//!
//! A rule says *what* is wrong, the finding's consequence says what it does to the server, and its
//! evidence says how that is known. See [`rules`] for how to add one.

#[cfg(test)]
mod alloy_tests;
mod alternatives;
mod catalogue;
mod chains;
mod context;
mod data;
mod date;
mod facts;
mod filters;
pub mod fix;
mod memory;
mod parts;
mod queries;
mod reads_nothing;
mod rule;
pub mod rules;
mod sample;
mod signals;
mod suppress;
#[cfg(test)]
mod testing;
mod values;

pub use crate::shard::Member;
pub use catalogue::{Counterparts, Offer, counterparts, offer_of, offered, offering};
pub use context::{At, Context};
pub use date::Date;
pub use facts::Facts;
pub use memory::Memory;
pub use rule::{Check, Entry, FixKind, Rule};

use rayon::prelude::*;

use crate::config::{Chain, Job, Project};
use crate::finding::{Finding, RuleId, Severity};

use chains::Chains;
use context::About;

/// Which rules run, and how bad each is. Rules are named by code, name or family (`RL`).
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Only these; all when empty.
    pub select: Vec<String>,
    /// Not these.
    pub ignore: Vec<String>,
    /// Severities that replace the findings' own.
    pub severity: Vec<(String, Severity)>,
}

impl Settings {
    /// Whether findings of `rule` are wanted.
    pub fn selects(&self, rule: RuleId) -> bool {
        let names = |word: &String| names_rule(word, rule);
        (self.select.is_empty() || self.select.iter().any(names)) && !self.ignore.iter().any(names)
    }
}

/// Whether `word` names `rule`: its code, its name or its family.
fn names_rule(word: &str, rule: RuleId) -> bool {
    word.eq_ignore_ascii_case(rule.code)
        || word == rule.name
        || word.eq_ignore_ascii_case(&rule.code[..2])
}

/// Every finding that is selected and not suppressed, in the order of the files.
pub fn lint(project: &Project, facts: &Facts<'_>, settings: &Settings) -> Vec<Finding> {
    let memory = Memory::default();
    let chains = &Chains::new(facts.memory.unwrap_or(&memory), project.server);
    let own = facts.usage.is_none().then(|| facts::own_usage(project, facts)).flatten();
    let facts = &Facts { usage: facts.usage.or(own.as_ref()), ..*facts };
    let mut findings = facts.reading.to_vec();
    let (local, other): (Vec<&Entry>, Vec<&Entry>) =
        rules::entries().iter().partition(|entry| entry.rule.check.is_local());
    let of_block = |block: &Block<'_>| {
        let look = |entry: &&Entry| {
            let mut context = Context::new(project, facts, chains, entry.rule);
            block.run(&mut context, entry.rule);
            context.into_findings()
        };
        local.iter().flat_map(look).collect()
    };
    let of_rule = |entry: &&Entry| {
        let mut context = Context::new(project, facts, chains, entry.rule);
        run(&mut context, entry.rule);
        context.into_findings()
    };
    let blocks = Block::all(project);
    let found: Vec<Vec<Finding>> = if blocks.len() < 2 {
        blocks.iter().map(of_block).chain(other.iter().map(of_rule)).collect()
    } else {
        blocks.par_iter().map(of_block).chain(other.par_iter().map(of_rule)).collect()
    };
    findings.extend(found.into_iter().flatten());
    findings.sort_by_key(|finding| (finding.location, finding.rule.code));
    let mut findings = suppress::apply(project, facts, findings);
    findings.retain(|finding| settings.selects(finding.rule));
    for (word, severity) in &settings.severity {
        let named = findings.iter_mut().filter(|finding| names_rule(word, finding.rule));
        named.for_each(|finding| finding.severity = *severity);
    }
    findings.sort_by_key(|finding| (finding.location, finding.rule.code));
    // A chain that several jobs take through an alias is written once.
    findings.dedup_by(|second, first| {
        (second.location, second.rule, &second.message)
            == (first.location, first.rule, &first.message)
    });
    findings
}

/// Chains that fit into a cache together with their steps, so that all rules look at some before
/// any looks at the next.
#[derive(Default)]
struct Block<'a> {
    /// Chains without a step that the server refuses.
    chains: Vec<(Option<&'a Job>, &'a Chain)>,
    /// Steps of all chains.
    steps: Vec<(Option<&'a Job>, At<'a>)>,
}

impl<'a> Block<'a> {
    /// So many steps open the next block at the latest.
    const MOST_STEPS: usize = 500;

    /// And so many at the earliest: with fewer a block takes less time than handing it to a thread.
    const FEWEST_STEPS: usize = 50;

    fn all(project: &'a Project) -> Vec<Self> {
        let steps: usize = project.chains().map(|(_, chain)| chain.steps.len()).sum();
        // Some blocks a thread, so that all have work until the end.
        let share = |threads: usize| steps / (8 * threads);
        let full = if steps <= Self::FEWEST_STEPS {
            steps
        } else {
            share(rayon::current_num_threads()).clamp(Self::FEWEST_STEPS, Self::MOST_STEPS)
        };
        let mut blocks = vec![Self::default()];
        for (job, chain) in project.chains() {
            if blocks.last().is_some_and(|block| block.steps.len() >= full) {
                blocks.push(Self::default());
            }
            let Some(block) = blocks.last_mut() else { continue };
            // What the server refuses has no meaning that could be looked at as a whole.
            if chain.steps.iter().all(|step| step.step.is_some()) {
                block.chains.push((job, chain));
            }
            let steps = (0..chain.steps.len()).filter_map(|index| At::new(chain, index));
            block.steps.extend(steps.map(|at| (job, at)));
        }
        blocks
    }

    fn run(&self, context: &mut Context<'a>, rule: &Rule) {
        match rule.check {
            Check::Chain(check) => {
                for &(job, chain) in &self.chains {
                    context.look_at(About { job, chain: Some(chain), step: None });
                    check(context, chain);
                }
            }
            Check::Step(check) => {
                for &(job, at) in &self.steps {
                    context.look_at(About { job, chain: Some(at.chain), step: Some(at.index) });
                    check(context, at);
                }
            }
            _ => {}
        }
    }
}

/// Runs a rule that looks at more than a chain.
fn run(context: &mut Context<'_>, rule: &Rule) {
    match rule.check {
        Check::Reading | Check::Chain(_) | Check::Step(_) => {}
        Check::Flow(check) => {
            if let Some(flow) = context.facts.flow {
                check(context, flow);
            }
        }
        Check::Samples(check) => {
            if let Some(attached) = context.facts.attached {
                check(context, attached);
            }
        }
        Check::Usage(check) => {
            if let Some(usage) = context.facts.usage {
                check(context, usage);
            }
        }
        Check::Project(check) => check(context),
        Check::Job(check) => {
            for job in &context.project.jobs {
                context.look_at(About { job: Some(job), ..About::default() });
                check(context, job);
            }
        }
    }
}

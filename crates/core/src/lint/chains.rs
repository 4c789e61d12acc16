//! The analyses of chains that rules ask for: each once for all chains with the same steps, and none
//! of a chain that is seen to be in order without it. Large files repeat their chains.

use std::sync::{Arc, OnceLock};

use super::memory::{Known, Memory};
use super::parts::{self, Part};
use crate::config::{Chain, ChainKind, ConfiguredStep, Project};
use crate::regexp::language::{Language, Languages};
use crate::relabel::Step;
use crate::relabel::analysis::{Analysis, ClaimKind, Start};
use crate::series::Table;
use crate::server::Server;
use crate::signals::{Report, report};

/// What is asked about the chains of one project.
#[derive(Debug)]
pub(super) struct Chains<'a> {
    memory: &'a Memory,
    server: Server,
    /// By the address of the chain, which the project keeps where it is.
    by_place: Known<usize, Arc<Analysis>>,
    /// By the address of what a step shares with those that are written the same.
    numbers: Known<usize, u32>,
    /// What all chains leave of the signals of the one table of samples.
    signals: OnceLock<Report>,
}

impl<'a> Chains<'a> {
    pub(super) fn new(memory: &'a Memory, server: Server) -> Self {
        let (by_place, numbers) = (Known::default(), Known::default());
        Self { memory, server, by_place, numbers, signals: OnceLock::new() }
    }

    /// What is built of patterns, shared by all rules.
    pub(super) fn languages(&self) -> &'a Languages {
        self.memory.languages()
    }

    /// What the chains of `project` leave of the signals of its samples, looked at once.
    pub(super) fn signals(&self, project: &Project, attached: &Table) -> &Report {
        self.signals.get_or_init(|| report(project, attached))
    }

    /// What is certain of all that comes to such a chain.
    pub(super) fn start(&self, kind: ChainKind) -> Arc<Start> {
        self.memory.start(kind, self.server, false)
    }

    /// What filters of the chain do to whatever can come to it. Without claims where there is nothing
    /// to say about a filter, and for a chain that the server refuses.
    pub(super) fn analysis(&self, chain: &Chain) -> Arc<Analysis> {
        let place = std::ptr::from_ref(chain).addr();
        self.by_place.get(place, || self.analysis_of(chain))
    }

    /// What the step does to whatever comes to such a chain, by itself.
    pub(super) fn analysis_alone(
        &self,
        kind: ChainKind,
        configured: &ConfiguredStep,
        step: &Step,
    ) -> Arc<Analysis> {
        let key = (kind, vec![self.number(configured, step)]);
        self.memory.analysis(key, self.server, std::slice::from_ref(step))
    }

    /// All strings that a step of a chain can read, whatever the filters before it let pass and where
    /// service discovery keeps to what it guarantees. `None` where a step before it is refused.
    pub(super) fn expected(&self, chain: &Chain, index: usize, step: &Step) -> Option<Language> {
        let earlier = chain.steps[..index].iter();
        let earlier: Option<Vec<(&ConfiguredStep, &Step)>> =
            earlier.map(|configured| Some((configured, configured.step.as_ref()?))).collect();
        let mut earlier = earlier?;
        earlier.retain(|(_, step)| !step.action().is_filter());
        let steps: Vec<&Step> = earlier.iter().map(|(_, step)| *step).collect();
        let matters = parts::before(&steps, step);
        let mut numbers: Vec<u32> =
            matters.iter().map(|&at| self.number(earlier[at].0, steps[at])).collect();
        numbers.push(self.number(&chain.steps[index], step));
        let steps: Vec<&Step> = matters.iter().map(|&at| steps[at]).collect();
        self.memory.expected((chain.kind, numbers), &steps, step)
    }

    fn analysis_of(&self, chain: &Chain) -> Arc<Analysis> {
        let steps: Option<Vec<&Step>> = chain.steps.iter().map(|it| it.step.as_ref()).collect();
        let steps = steps.unwrap_or_default();
        if steps.iter().any(|step| step.needs_rows()) {
            return Arc::default();
        }
        let parts = parts::of(&steps);
        let loud = |part: &Part| !self.is_quiet(chain, &steps, part);
        if !parts.iter().any(loud) {
            return Arc::default();
        }
        let all: Part = (0..steps.len()).collect();
        self.analysis_of_part(chain, &steps, &all)
    }

    /// Whether nothing is to be said about the filters of a part, which depend on no other step.
    fn is_quiet(&self, chain: &Chain, steps: &[&Step], part: &Part) -> bool {
        if let [only] = part[..]
            && parts::lets_pass(steps[only], &self.start(chain.kind))
        {
            return true;
        }
        let analysis = self.analysis_of_part(chain, steps, part);
        !analysis.claims.iter().any(|claim| is_about_filter(steps[part[claim.step]], &claim.kind))
    }

    fn analysis_of_part(&self, chain: &Chain, steps: &[&Step], part: &Part) -> Arc<Analysis> {
        let number = |at: &usize| self.number(&chain.steps[*at], steps[*at]);
        let key = (chain.kind, part.iter().map(number).collect());
        let steps: Vec<Step> = part.iter().map(|at| steps[*at].clone()).collect();
        self.memory.analysis(key, self.server, &steps)
    }

    fn number(&self, configured: &ConfiguredStep, step: &Step) -> u32 {
        self.numbers.get(step.address(), || self.memory.number(configured, step))
    }
}

/// Whether a rule would tell of what is claimed of this step.
fn is_about_filter(step: &Step, claim: &ClaimKind) -> bool {
    match claim {
        ClaimKind::DropsEverything { .. } => true,
        ClaimKind::NoEffect { because } => !because.is_empty() && step.action().is_filter(),
        ClaimKind::Superseded { .. } => step.action().is_filter(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;
    use crate::config::{ChainOptions, chain};
    use crate::relabel::analysis::analyse;
    use crate::server::{NameScheme, Server};
    use crate::text::{FileId, SourceText};

    fn step() -> impl Strategy<Value = String> {
        let label = || prop::sample::select(vec!["a", "b", "c"]);
        let regex = prop::sample::select(vec!["x", "y", "x|y", ".*", ".+", "x.*", "", "x;y"]);
        let action = prop::sample::select(vec!["keep", "drop", "keep", "drop", "replace"]);
        (label(), label(), any::<bool>(), regex, action).prop_map(|(a, b, two, regex, action)| {
            let sources = if two { format!("{a}, {b}") } else { a.to_owned() };
            let target =
                if action == "replace" { format!(", target_label: {b}") } else { String::new() };
            format!(
                "- {{source_labels: [{sources}], regex: '{regex}', action: {action}{target}}}\n"
            )
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(1), failure_persistence: None, cases: 300,
            ..ProptestConfig::default()
        })]

        #[test]
        fn a_chain_whose_parts_are_quiet_is_quiet(steps in prop::collection::vec(step(), 1..5)) {
            let source = SourceText::new("c.yml", steps.concat());
            let (server, scheme) = (Server::default(), NameScheme::Utf8);
            let options = ChainOptions { kind: ChainKind::Metric, server, scheme };
            let (chain, _, findings) = chain(FileId::default(), &source, options);
            prop_assert_eq!(findings, []);
            let memory = Memory::default();
            let chains = Chains::new(&memory, Server::default());
            let found = chains.analysis(&chain);
            let steps: Vec<Step> = chain.steps.iter().filter_map(|it| it.step.clone()).collect();
            let whole = analyse(&steps, &chains.start(ChainKind::Metric), chains.languages());
            if found.claims.is_empty() {
                let about = whole.claims.iter().filter(|it| is_about_filter(&steps[it.step], &it.kind));
                prop_assert_eq!(about.count(), 0, "{:?}", whole.claims);
            }
        }
    }
}

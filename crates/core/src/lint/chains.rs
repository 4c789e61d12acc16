//! The analyses of chains that rules ask for: each once for all chains with the same steps, and none
//! of a chain that is seen to be in order without it. Large files repeat their chains.

use std::cell::RefCell;
use std::rc::Rc;

use foldhash::HashMap;

use super::parts::{self, Part};
use crate::config::{Chain, ChainKind, ConfiguredStep};
use crate::regexp::language::Languages;
use crate::relabel::analysis::{Analysis, ClaimKind, Start, analyse};
use crate::relabel::{RawStep, Step};
use crate::server::{NameScheme, Server};

/// Steps that stand for all that are written the same and mean the same.
type Numbers = Vec<u32>;

/// What was found out about chains so far.
#[derive(Debug, Default)]
pub(super) struct Chains {
    server: Server,
    languages: Languages,
    starts: RefCell<HashMap<ChainKind, Rc<Start>>>,
    steps: RefCell<Steps>,
    /// By the address of the chain, which the project keeps where it is.
    by_place: RefCell<HashMap<usize, Rc<Analysis>>>,
    analyses: RefCell<HashMap<(ChainKind, Numbers), Rc<Analysis>>>,
}

/// Who reads a step, and which names it may write.
type Reading = (Server, NameScheme);

/// The numbers of steps.
#[derive(Debug, Default)]
struct Steps {
    /// By how a step is written, and how it is read.
    by_text: HashMap<RawStep, Vec<(Reading, u32)>>,
    /// More than any number given.
    count: u32,
}

impl Chains {
    /// Nothing is known of the chains of this server yet.
    pub(super) fn of(server: Server) -> Self {
        Self { server, ..Self::default() }
    }

    /// What is built of patterns, shared by all rules.
    pub(super) fn languages(&self) -> &Languages {
        &self.languages
    }

    /// What is certain of all that comes to such a chain.
    pub(super) fn start(&self, kind: ChainKind) -> Rc<Start> {
        let mut starts = self.starts.borrow_mut();
        let start = starts.entry(kind).or_insert_with(|| {
            let start = start(kind, &self.languages, self.server);
            Rc::new(start)
        });
        Rc::clone(start)
    }

    /// What filters of the chain do to whatever can come to it. Without claims where there is nothing
    /// to say about a filter, and for a chain that the server refuses.
    pub(super) fn analysis(&self, chain: &Chain) -> Rc<Analysis> {
        let place = std::ptr::from_ref(chain).addr();
        if let Some(known) = self.by_place.borrow().get(&place) {
            return Rc::clone(known);
        }
        let analysis = self.analysis_of(chain);
        self.by_place.borrow_mut().insert(place, Rc::clone(&analysis));
        analysis
    }

    fn analysis_of(&self, chain: &Chain) -> Rc<Analysis> {
        let steps: Option<Vec<&Step>> = chain.steps.iter().map(|it| it.step.as_ref()).collect();
        let steps = steps.unwrap_or_default();
        if steps.iter().any(|step| step.needs_rows()) {
            return Rc::default();
        }
        let parts = parts::of(&steps);
        let numbers: Numbers =
            chain.steps.iter().filter_map(|configured| self.number(configured)).collect();
        if parts.iter().all(|part| self.is_quiet(chain.kind, &steps, &numbers, part)) {
            return Rc::default();
        }
        self.analysis_by_numbers((chain.kind, numbers), || steps.into_iter().cloned().collect())
    }

    /// Whether nothing is to be said about the filters of a part, which depend on no other step.
    fn is_quiet(&self, kind: ChainKind, steps: &[&Step], numbers: &[u32], part: &Part) -> bool {
        if let [only] = part[..]
            && parts::lets_pass(steps[only], &self.start(kind))
        {
            return true;
        }
        let key = (kind, part.iter().map(|step| numbers[*step]).collect());
        let of_part = || part.iter().map(|step| steps[*step].clone()).collect();
        let analysis = self.analysis_by_numbers(key, of_part);
        !analysis.claims.iter().any(|claim| is_about_filter(steps[part[claim.step]], &claim.kind))
    }

    fn analysis_by_numbers(
        &self,
        key: (ChainKind, Numbers),
        steps: impl FnOnce() -> Vec<Step>,
    ) -> Rc<Analysis> {
        if let Some(known) = self.analyses.borrow().get(&key) {
            return Rc::clone(known);
        }
        let analysis = Rc::new(analyse(&steps(), &self.start(key.0), &self.languages));
        self.analyses.borrow_mut().insert(key, Rc::clone(&analysis));
        analysis
    }

    /// The number of a step: the same for all that are written the same and read the same.
    fn number(&self, configured: &ConfiguredStep) -> Option<u32> {
        let step = configured.step.as_ref()?;
        let mut steps = self.steps.borrow_mut();
        let fresh = steps.count;
        steps.count += 1;
        let reading = (step.server(), step.target_names());
        let Some(alike) = steps.by_text.get_mut(&configured.raw) else {
            steps.by_text.insert(configured.raw.clone(), vec![(reading, fresh)]);
            return Some(fresh);
        };
        if let Some((_, number)) = alike.iter().find(|(other, _)| *other == reading) {
            return Some(*number);
        }
        alike.push((reading, fresh));
        Some(fresh)
    }
}

fn start(kind: ChainKind, languages: &Languages, server: Server) -> Start {
    match kind {
        ChainKind::Target => Start::target(languages, server),
        ChainKind::Metric => Start::metric(languages),
        ChainKind::Write => Start::write(languages),
        ChainKind::Alert => Start::alert(languages),
        ChainKind::Alertmanager => Start::alertmanager(languages),
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
            let chains = Chains::default();
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

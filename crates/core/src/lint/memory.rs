//! What was found out about chains and patterns so far. The projects of a run repeat each other's, so
//! they share one, from any number of threads; what is in it changes no answer.

use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::HashMap;

use crate::config::{ChainKind, ConfiguredStep};
use crate::regexp::language::{Language, Languages};
use crate::relabel::analysis::{Analysis, Start, analyse, readable};
use crate::relabel::{RawStep, Step};
use crate::server::{NameScheme, Server};

/// Steps that stand for all that are written the same and mean the same, in a chain of that kind.
pub(super) type Key = (ChainKind, Vec<u32>);

/// What was found out, for [`Facts::memory`](super::Facts::memory).
#[derive(Debug, Default)]
pub struct Memory {
    languages: Languages,
    starts: Known<(ChainKind, Server, bool), Arc<Start>>,
    steps: Mutex<Steps>,
    analyses: Known<Key, Arc<Analysis>>,
    expected: Known<Key, Option<Language>>,
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

impl Memory {
    /// What is built of patterns.
    pub(super) fn languages(&self) -> &Languages {
        &self.languages
    }

    /// What is certain of all that comes to such a chain, where what service discoveries guarantee
    /// holds too or not.
    pub(super) fn start(
        &self,
        kind: ChainKind,
        server: Server,
        with_discovery: bool,
    ) -> Arc<Start> {
        self.starts.get((kind, server, with_discovery), || {
            let start = start(kind, &self.languages, server);
            Arc::new(if with_discovery { start.with_discovery(&self.languages) } else { start })
        })
    }

    /// What these steps do to whatever comes to such a chain.
    pub(super) fn analysis(&self, key: Key, server: Server, steps: &[Step]) -> Arc<Analysis> {
        let start = self.start(key.0, server, false);
        self.analyses.get(key, || Arc::new(analyse(steps, &start, &self.languages)))
    }

    /// All strings that the last of these steps can read in such a chain, where service discovery
    /// keeps to what it guarantees.
    pub(super) fn expected(&self, key: Key, earlier: &[&Step], step: &Step) -> Option<Language> {
        let start = self.start(key.0, step.server(), true);
        self.expected.get(key, || readable(earlier, step, &start, &self.languages))
    }

    /// The number of a step: the same for all that are written the same and read the same.
    pub(super) fn number(&self, configured: &ConfiguredStep, step: &Step) -> u32 {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = steps.count;
        steps.count += 1;
        let reading = (step.server(), step.target_names());
        let Some(alike) = steps.by_text.get_mut(&configured.raw) else {
            steps.by_text.insert(configured.raw.clone(), vec![(reading, fresh)]);
            return fresh;
        };
        if let Some((_, number)) = alike.iter().find(|(other, _)| *other == reading) {
            return *number;
        }
        alike.push((reading, fresh));
        fresh
    }
}

/// Answers by question. Two threads that ask at once may both look for the answer, which is the same.
#[derive(Debug)]
pub(super) struct Known<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Default for Known<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Known<K, V> {
    pub(super) fn get(&self, key: K, find: impl FnOnce() -> V) -> V {
        let map = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = map().get(&key) {
            return known.clone();
        }
        let found = find();
        map().entry(key).or_insert(found).clone()
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

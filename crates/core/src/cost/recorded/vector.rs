//! What is known of an instant vector without its values: which label sets can be in it, and how many.

use crate::series::NameId;

/// Labels of an element, sorted by name: codes of the dictionaries that all elements share.
pub(super) type LabelSet = Vec<(NameId, u32)>;

/// Why a rule fails whenever it is evaluated, in the server's words.
pub(super) type Refused = String;

/// Most elements that a bound goes up to: more than any server holds, and sums of it can be added up.
pub(super) const MOST: u64 = 1 << 40;

/// The elements that an expression gives while targets and labels stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Vector {
    /// Every label set that may be there, sorted, each once; `None` where values make labels.
    pub(super) sets: Option<Vec<LabelSet>>,
    /// Fewest elements at a time.
    pub(super) least: u64,
    /// Most elements at a time.
    pub(super) most: u64,
    /// What keeps the two apart: the innermost reason.
    pub(super) doubt: Option<String>,
}

impl Vector {
    /// Just these elements.
    pub(super) fn exact(sets: Vec<LabelSet>) -> Self {
        let sets = distinct(sets);
        let count = sets.len() as u64;
        Self { sets: Some(sets), least: count, most: count, doubt: None }
    }

    /// The one element without labels.
    pub(super) fn one() -> Self {
        Self::exact(vec![LabelSet::new()])
    }

    /// Between so many of these elements.
    pub(super) fn within(sets: Vec<LabelSet>, (least, most): (u64, u64), of: &[&Self]) -> Self {
        let sets = distinct(sets);
        let most = most.min(sets.len() as u64);
        let doubt = of.iter().find_map(|it| it.doubt.clone());
        Self { sets: Some(sets), least: least.min(most), most, doubt }
    }

    /// Between so many elements of whatever labels.
    pub(super) fn unknown((least, most): (u64, u64), of: &[&Self], doubt: &str) -> Self {
        let first = of.iter().find_map(|it| it.doubt.clone());
        let doubt = Some(first.unwrap_or_else(|| doubt.to_owned()));
        let most = most.min(MOST);
        Self { sets: None, least: least.min(most), most, doubt }
    }

    /// Whether it is known which elements there are.
    pub(super) fn is_exact(&self) -> bool {
        self.sets.as_ref().is_some_and(|sets| sets.len() as u64 == self.least)
    }

    /// The same, any of which may be missing.
    #[must_use]
    pub(super) fn doubted(mut self, why: &str) -> Self {
        if self.most > 0 {
            self.least = 0;
            self.doubt.get_or_insert_with(|| why.to_owned());
        }
        self
    }

    /// Each element with other labels. The server fails where two become the same; a third is no
    /// matter where they only may.
    pub(super) fn map(mut self, mut to: impl FnMut(LabelSet) -> LabelSet) -> Result<Self, Refused> {
        let is_exact = self.is_exact();
        let Some(sets) = self.sets.take() else { return Ok(self) };
        let before = sets.len();
        let sets = distinct(sets.into_iter().map(&mut to).collect());
        if sets.len() < before {
            if is_exact {
                return Err("vector cannot contain metrics with the same labelset".to_owned());
            }
            self.least = 0;
            self.most = self.most.min(sets.len() as u64);
        }
        self.sets = Some(sets);
        Ok(self)
    }

    /// What may have been there at one time or another within a range of so many steps.
    #[must_use]
    pub(super) fn over_time(mut self, steps: u64) -> Self {
        self.most = match &self.sets {
            Some(sets) => sets.len() as u64,
            None => self.most.saturating_mul(steps.saturating_add(1)).min(MOST),
        };
        self
    }

    /// Each element without the metric's name.
    pub(super) fn nameless(self) -> Result<Self, Refused> {
        self.map(|mut set| {
            set.retain(|(name, _)| *name != NameId::METRIC);
            set
        })
    }
}

/// Sorted, each once.
pub(super) fn distinct(mut sets: Vec<LabelSet>) -> Vec<LabelSet> {
    sets.sort_unstable();
    sets.dedup();
    sets
}

/// The labels whose names are listed, or those that are not.
pub(super) fn kept(set: &LabelSet, names: &[NameId], listed: bool) -> LabelSet {
    set.iter().filter(|(name, _)| names.contains(name) == listed).copied().collect()
}

/// A label's code; 0 where the set has none.
pub(super) fn code(set: &LabelSet, label: NameId) -> u32 {
    set.iter().find(|(name, _)| *name == label).map_or(0, |(_, code)| *code)
}

/// With this code for a label; without the label where it is 0.
pub(super) fn put(set: &mut LabelSet, label: NameId, code: u32) {
    set.retain(|(name, _)| *name != label);
    if code != 0 {
        let at = set.partition_point(|(name, _)| *name < label);
        set.insert(at, (label, code));
    }
}

//! Sets of labels that may be open-ended: which labels something needs.

use std::collections::BTreeSet;
use std::fmt;

/// Which labels of a selector's series are needed. `__name__` is not among them; names are judged
/// apart.
///
/// That a label is *not* needed means: the result does not depend on the label being there, provided
/// that removing it merges no two series over the whole window that the query looks at. Whether
/// series merge is a question to the data (*without(L)*), not to the query.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LabelNeed {
    /// Every label.
    All,
    /// Every label but these.
    AllExcept(BTreeSet<String>),
    /// These labels.
    Only(BTreeSet<String>),
}

impl LabelNeed {
    /// No label.
    pub fn none() -> Self {
        Self::Only(BTreeSet::new())
    }

    /// These labels.
    pub fn only<'a>(labels: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Only(labels.into_iter().map(str::to_owned).collect())
    }

    /// Every label but these.
    pub fn all_except<'a>(labels: impl IntoIterator<Item = &'a str>) -> Self {
        let labels: BTreeSet<String> = labels.into_iter().map(str::to_owned).collect();
        if labels.is_empty() { Self::All } else { Self::AllExcept(labels) }
    }

    /// Whether `label` is needed.
    pub fn contains(&self, label: &str) -> bool {
        match self {
            Self::All => true,
            Self::AllExcept(labels) => !labels.contains(label),
            Self::Only(labels) => labels.contains(label),
        }
    }

    /// Whether no label is needed.
    pub fn is_none(&self) -> bool {
        matches!(self, Self::Only(labels) if labels.is_empty())
    }

    /// What either needs.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, _) | (_, Self::All) => Self::All,
            (Self::Only(a), Self::Only(b)) => Self::Only(a.union(b).cloned().collect()),
            (Self::AllExcept(a), Self::AllExcept(b)) => {
                Self::all_except(a.intersection(b).map(String::as_str))
            }
            (Self::AllExcept(out), Self::Only(labels))
            | (Self::Only(labels), Self::AllExcept(out)) => {
                Self::all_except(out.difference(labels).map(String::as_str))
            }
        }
    }
}

impl fmt::Display for LabelNeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |labels: &BTreeSet<String>| {
            labels.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
        };
        match self {
            Self::All => f.write_str("all labels"),
            Self::AllExcept(labels) => write!(f, "all labels but {}", list(labels)),
            Self::Only(labels) if labels.is_empty() => f.write_str("no label"),
            Self::Only(labels) => f.write_str(&list(labels)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unions_contain_what_they_should() {
        let sets = [
            LabelNeed::All,
            LabelNeed::none(),
            LabelNeed::only(["a", "b"]),
            LabelNeed::only(["b", "c"]),
            LabelNeed::all_except(["a"]),
            LabelNeed::all_except(["b", "c"]),
        ];
        for one in &sets {
            for other in &sets {
                for label in ["a", "b", "c", "d"] {
                    let either = one.contains(label) || other.contains(label);
                    assert_eq!(one.union(other).contains(label), either, "{one} | {other}");
                }
            }
        }
    }
}

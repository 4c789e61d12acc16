//! Which labels come and go within a block: how much of its time their series do not cover.

use std::collections::BTreeMap;

use super::pairs::Pair;
use super::summary::PairCount;
use super::symbols::Symbols;
use super::top::Top;

/// An estimate of churn as `promtool tsdb analyze` makes it: for each series the share of the
/// block's time before its first and after its last sample, summed over the series that have a
/// label, rounded down.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Churn {
    /// The pairs most involved, then by name and value.
    pub pairs: Vec<PairCount>,
    /// Every label name, most involved first, then by name.
    pub labels: Vec<(String, u64)>,
}

impl Churn {
    pub(super) fn of(pairs: &[Pair], symbols: &Symbols<'_>, span: u64, top: usize) -> Self {
        #[expect(clippy::cast_sign_loss, reason = "both have no sign")]
        let series = |uncovered: u64| (uncovered as f64 / span as f64) as u64;
        let mut most = Top::new(top);
        let mut labels = BTreeMap::<u32, u64>::new();
        let mut names = BTreeMap::<u32, &[u8]>::new();
        for pair in pairs {
            let sum = labels.entry(pair.name).or_default();
            *sum = sum.wrapping_add(pair.uncovered);
            let name = *names.entry(pair.name).or_insert_with(|| symbols.bytes_of(pair.name));
            most.add(series(pair.uncovered), (name, symbols.bytes_of(pair.value)));
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let pair =
            |(count, (name, value))| PairCount { name: text(name), value: text(value), count };
        let label = |(name, uncovered)| (text(symbols.bytes_of(name)), series(uncovered));
        let mut labels: Vec<(String, u64)> = labels.into_iter().map(label).collect();
        labels.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        Self { pairs: most.finish().into_iter().map(pair).collect(), labels }
    }
}

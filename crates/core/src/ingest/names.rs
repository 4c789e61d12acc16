//! Names that stand twice in a label set, over which a server refuses a page.

use crate::series::{METRIC_NAME, SampleLabel};

/// As many labels as are compared with each other rather than sorted.
const FEW_LABELS: usize = 64;

/// Whether two labels have one name; the metric's own is one. A few are compared pair by pair,
/// since to sort them would allocate.
pub(super) fn repeat<'a>(
    labels: &'a [SampleLabel],
    name: impl Fn(&'a SampleLabel) -> &'a [u8],
) -> bool {
    if labels.iter().any(|label| name(label) == METRIC_NAME.as_bytes()) {
        return true;
    }
    if labels.len() <= FEW_LABELS {
        let earlier = |at: usize| labels[..at].iter().any(|l| name(l) == name(&labels[at]));
        return (1..labels.len()).any(earlier);
    }
    let mut names: Vec<&[u8]> = labels.iter().map(name).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| pair[0] == pair[1])
}

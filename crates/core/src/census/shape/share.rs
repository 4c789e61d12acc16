//! The shapes of a label's values, each with its share.

use super::Shape;
use super::value::shape_of;

/// A shape and the share of the distinct values that have it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShapeShare {
    /// The shape.
    pub shape: Shape,
    /// From 0 to 1.
    pub share: f64,
}

/// Values of a label that are looked at, at most.
pub(in crate::census) const LOOKED_AT: usize = 4096;

/// The least share of the values that makes a shape the label's.
const DOMINANT: f64 = 0.5;

/// Integers that have to be there before they can be a run.
const LEAST_RUN: usize = 3;

/// The shape that at least half of the values have, if there is one.
pub(in crate::census) fn dominant(shapes: &[ShapeShare]) -> Option<ShapeShare> {
    shapes.first().copied().filter(|first| first.share >= DOMINANT)
}

/// Every shape that one of the values has: the most frequent first, then as in [`Shape::ALL`].
pub(in crate::census) fn shapes<'a>(values: impl Iterator<Item = &'a str>) -> Vec<ShapeShare> {
    let mut counts = [0usize; Shape::ALL.len()];
    let mut looked_at = 0usize;
    let mut range = (i64::MAX, i64::MIN);
    for value in values.take(LOOKED_AT) {
        looked_at += 1;
        let Some(shape) = shape_of(value) else { continue };
        counts[shape as usize] += 1;
        if shape == Shape::Integer {
            let number = value.parse().unwrap_or(i64::MAX);
            range = (range.0.min(number), range.1.max(number));
        }
    }
    let integers = counts[Shape::Integer as usize];
    // The values are distinct: as many as the range has integers leave no gap.
    if integers >= LEAST_RUN && range.1.checked_sub(range.0) == i64::try_from(integers - 1).ok() {
        counts.swap(Shape::Integer as usize, Shape::IntegerRun as usize);
    }
    let found = Shape::ALL.into_iter().zip(counts).filter(|&(_, count)| count > 0);
    let share = |count: usize| count as f64 / looked_at as f64;
    let mut found: Vec<(Shape, usize)> = found.collect();
    found.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    found.into_iter().map(|(shape, count)| ShapeShare { shape, share: share(count) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[&str], wanted: &str) {
        let shares = shapes(values.iter().copied());
        let text = |share: &ShapeShare| format!("{} {:.2}", share.shape.as_str(), share.share);
        assert_eq!(shares.iter().map(text).collect::<Vec<_>>().join(", "), wanted, "{values:?}");
    }

    #[test]
    fn a_mixed_label_has_several_shapes() {
        check(&["10.0.0.1", "db:80", "10.0.0.2", "x"], "ip 0.50, host_port 0.25");
        check(&["x", "y"], "");
        check(&[], "");
        check(&["jane@a.b", "10.0.0.1"], "ip 0.50, email 0.50");
    }

    #[test]
    fn integers_without_a_gap_are_a_run() {
        check(&["2", "0", "1"], "integer_run 1.00");
        check(&["-1", "0", "1", "x"], "integer_run 0.75");
        check(&["0", "1"], "integer 1.00");
        check(&["0", "1", "3"], "integer 1.00");
        check(&["200", "404", "500"], "integer 1.00");
        check(&["1", "2", "999999999999999"], "integer 1.00");
    }

    #[test]
    fn half_of_the_values_make_a_shape_the_labels() {
        let of = |values: &[&str]| dominant(&shapes(values.iter().copied()));
        assert_eq!(of(&["1", "2", "x"]).unwrap().shape, Shape::Integer);
        assert_eq!(of(&["1", "x", "y"]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn shapes_stand_in_the_order_of_their_numbers() {
        assert!(Shape::ALL.iter().enumerate().all(|(at, &shape)| shape as usize == at));
    }
}

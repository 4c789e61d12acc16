//! What operators between two expressions leave, and with which labels (promql/engine.go of 3.5,
//! `VectorBinop`, `resultMetric`).

use std::collections::{BTreeMap, BTreeSet};

use super::evaluate::{Value, evaluate, ids};
use super::vector::{LabelSet, Refused, Vector, code, distinct, kept, put};
use super::world::World;
use crate::promql::{Binary, BinaryOp};
use crate::series::NameId;

/// Why a comparison that filters may leave fewer.
const COMPARED: &str = "values decide which a comparison keeps";

/// What an operation gives.
pub(super) fn binary(operation: &Binary, world: &mut World<'_>) -> Result<Value, Refused> {
    let filters = operation.op.is_comparison() && !operation.return_bool;
    let sides = (evaluate(&operation.lhs, world)?, evaluate(&operation.rhs, world)?);
    Ok(Value::Vector(match sides {
        (Value::Scalar, Value::Scalar) => return Ok(Value::Scalar),
        (Value::Vector(side), Value::Scalar) | (Value::Scalar, Value::Vector(side)) if filters => {
            side.doubted(COMPARED)
        }
        (Value::Vector(side), Value::Scalar) | (Value::Scalar, Value::Vector(side)) => {
            side.nameless()?
        }
        (Value::Vector(left), Value::Vector(right)) => {
            let matching = Matching::of(operation, world);
            if operation.op.is_set() {
                set_operation(operation.op, &left, &right, &matching)
            } else {
                let join = Join {
                    matching,
                    filters,
                    names: !operation.op.is_comparison() || operation.return_bool,
                };
                join.of(left, right)?
            }
        }
    }))
}

/// `on` or `ignoring`, and which side may have several.
struct Matching {
    on: bool,
    /// The labels that are listed, and the name where that is never looked at.
    labels: Vec<NameId>,
    /// Whether the right side is the one with several.
    swapped: bool,
    /// Labels that are taken from the side with one, where the other may have several.
    include: Option<Vec<NameId>>,
}

impl Matching {
    fn of(operation: &Binary, world: &mut World<'_>) -> Self {
        let written = operation.matching.as_ref();
        let names = written.iter().flat_map(|matching| &matching.labels);
        let labels = ids(names.map(|name| &*name.text), world);
        let group = written.and_then(|matching| matching.group.as_ref());
        let include = group.map(|group| ids(group.include.iter().map(|name| &*name.text), world));
        Self {
            on: written.is_some_and(|matching| matching.on),
            labels,
            swapped: group.is_some_and(|group| !group.left),
            include,
        }
    }

    /// The labels by which an element finds others.
    fn signature(&self, set: &LabelSet) -> LabelSet {
        let mut signature = kept(set, &self.labels, self.on);
        if !self.on {
            signature.retain(|(name, _)| *name != NameId::METRIC);
        }
        signature
    }

    fn signatures(&self, sets: &[LabelSet]) -> BTreeSet<LabelSet> {
        sets.iter().map(|set| self.signature(set)).collect()
    }
}

/// `and`, `unless` and `or`.
fn set_operation(op: BinaryOp, left: &Vector, right: &Vector, matching: &Matching) -> Vector {
    let of = [left, right];
    let unknown = |count| Vector::unknown(count, &of, "values make labels");
    let (Some(ours), Some(theirs)) = (&left.sets, &right.sets) else {
        return match op {
            BinaryOp::Or => unknown((left.least, left.most + right.most)),
            _ => match &left.sets {
                Some(sets) => Vector::within(sets.clone(), (0, left.most), &of),
                None => unknown((0, left.most)),
            },
        };
    };
    let is_exact = left.is_exact() && right.is_exact();
    let found = |sets: Vec<LabelSet>, count| {
        if is_exact { Vector::exact(sets) } else { Vector::within(sets, count, &of) }
    };
    let there = matching.signatures(if op == BinaryOp::Or { ours } else { theirs });
    let is_there = |set: &&LabelSet| there.contains(&matching.signature(set));
    match op {
        BinaryOp::Or => {
            let more = theirs.iter().filter(|set| !left.is_exact() || !is_there(set));
            let all = ours.iter().chain(more).cloned().collect();
            found(all, (left.least.max(right.least.min(1)), left.most + right.most))
        }
        BinaryOp::And => found(ours.iter().filter(is_there).cloned().collect(), (0, left.most)),
        _ if right.is_exact() => {
            let rest = ours.iter().filter(|set| !is_there(set)).cloned().collect();
            found(rest, (0, left.most))
        }
        _ => {
            let sure = ours.iter().filter(|set| !is_there(set)).count() as u64;
            let least = if left.is_exact() { sure } else { 0 };
            found(ours.clone(), (least, left.most))
        }
    }
}

/// An arithmetic operator or a comparison between elements with the same signature.
struct Join {
    matching: Matching,
    /// Whether values decide what is left.
    filters: bool,
    /// Whether the metric's name goes.
    names: bool,
}

impl Join {
    fn of(&self, left: Vector, right: Vector) -> Result<Vector, Refused> {
        let several = self.matching.include.is_some();
        let (many, one) = if self.matching.swapped { (right, left) } else { (left, right) };
        // Where a side is empty the server looks no further.
        if many.most == 0 || one.most == 0 {
            return Ok(Vector::exact(Vec::new()));
        }
        let most = if several { many.most } else { many.most.min(one.most) };
        let of = [&many, &one];
        let (Some(all), Some(partners)) = (&many.sets, &one.sets) else {
            return Ok(Vector::unknown((0, most), &of, "values make labels"));
        };
        let mut by_signature: BTreeMap<LabelSet, Vec<&LabelSet>> = BTreeMap::new();
        for set in partners {
            by_signature.entry(self.matching.signature(set)).or_default().push(set);
        }
        if one.is_exact() && many.least > 0 && by_signature.len() < partners.len() {
            return Err("found duplicate series for the match group".to_owned());
        }
        let (mut results, mut matched) = (Vec::new(), Vec::new());
        for set in all {
            let signature = self.matching.signature(set);
            let Some(partners) = by_signature.get(&signature) else { continue };
            results.extend(partners.iter().map(|partner| self.result(set, partner)));
            matched.push(signature);
        }
        let pairs = matched.len() as u64;
        let is_exact = many.is_exact() && one.is_exact();
        let (count, signatures) = (results.len(), distinct(matched).len() as u64);
        let results = distinct(results);
        let ambiguous = results.len() < count || !several && signatures < pairs;
        if is_exact && ambiguous && !self.filters {
            return Err("multiple matches for labels".to_owned());
        }
        if is_exact && !self.filters {
            return Ok(Vector::exact(results));
        }
        let most = most.min(if several { pairs } else { signatures });
        let found = Vector::within(results, (0, most), &of);
        Ok(if self.filters { found.doubted(COMPARED) } else { found })
    }

    /// The labels of what an element and its partner give.
    fn result(&self, set: &LabelSet, partner: &LabelSet) -> LabelSet {
        let mut set = set.clone();
        if self.names {
            set.retain(|(name, _)| *name != NameId::METRIC);
        }
        match &self.matching.include {
            None => set = kept(&set, &self.matching.labels, self.matching.on),
            Some(include) => {
                for label in include {
                    put(&mut set, *label, code(partner, *label));
                }
            }
        }
        set
    }
}

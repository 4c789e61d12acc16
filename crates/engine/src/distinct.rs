//! Distinct series as aggregate functions of SQL: exact or sketched, whole or without labels.
//!
//! `series()`, `sketch()`, `without('pod')` and `sketch_without('pod', 'ip')` stand for the same with
//! the columns that they need before these arguments: `without(hash, labels, 'pod')`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, MapArray, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Int64Type};
use datafusion::common::{ScalarValue, exec_err, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawAggregateExpr};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Expr, Signature};
use datafusion::logical_expr::{Volatility, col};
use promsieve_core::series::Dictionary;
use promsieve_core::sketch::{Counter, Registers, mix};

use crate::rows;

/// Registers of a sketch: 16,384, for a standard error of 0.6 %; exact up to 1,024 series.
const PRECISION: u8 = 14;

/// A function that counts distinct series.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Distinct {
    name: &'static str,
    sketched: bool,
    without: bool,
    signature: Signature,
}

impl Distinct {
    fn new(name: &'static str, sketched: bool, without: bool) -> Self {
        let signature = Signature::variadic_any(Volatility::Immutable);
        Self { name, sketched, without, signature }
    }

    /// How many columns stand before the arguments that a query gives.
    fn columns(&self) -> Vec<Expr> {
        let columns = if self.without { &["hash", "labels"][..] } else { &["hash"] };
        columns.iter().map(|&name| col(name)).collect()
    }
}

/// All of them.
pub(crate) fn functions() -> Vec<AggregateUDF> {
    [("series", false, false), ("sketch", true, false), ("without", false, true)]
        .into_iter()
        .chain([("sketch_without", true, true)])
        .map(|(name, sketched, without)| Distinct::new(name, sketched, without).into())
        .collect()
}

impl AggregateUDFImpl for Distinct {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        let is_hash = arguments.first() == Some(&DataType::Int64);
        let is_labels = matches!(arguments.get(1), Some(DataType::Map(..)));
        match (is_hash, self.without, arguments.len()) {
            (true, false, 1) => Ok(DataType::Int64),
            (true, true, 3..) if is_labels => Ok(DataType::Int64),
            _ if self.without => plan_err!("{} takes names of labels", self.name),
            _ => plan_err!("{} takes no arguments", self.name),
        }
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let name = format!("{}[hashes]", args.name);
        Ok(vec![Arc::new(Field::new(name, DataType::LargeBinary, true))])
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        let hashes = if self.sketched {
            Hashes::Sketched(Counter::new(PRECISION))
        } else {
            Hashes::Exact(HashSet::new())
        };
        Ok(Box::new(hashes))
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }
}

/// Gives the functions the columns that they need.
#[derive(Debug)]
pub(crate) struct Planner;

impl ExprPlanner for Planner {
    fn plan_aggregate(&self, raw: RawAggregateExpr) -> Result<PlannerResult<RawAggregateExpr>> {
        let Some(function) = (raw.func.inner().as_ref() as &dyn std::any::Any)
            .downcast_ref::<Distinct>()
            .filter(|_| !matches!(raw.args.first(), Some(Expr::Column(_))))
            .cloned()
        else {
            return Ok(PlannerResult::Original(raw));
        };
        let shown: Vec<String> = raw.args.iter().map(shown).collect();
        let shown = format!("{}({})", function.name, shown.join(", "));
        let args = function.columns().into_iter().chain(raw.args).collect();
        let RawAggregateExpr { func, filter, order_by, null_treatment, .. } = raw;
        let call = AggregateFunction::new_udf(func, args, false, filter, order_by, null_treatment);
        Ok(PlannerResult::Planned(Expr::AggregateFunction(call).alias(shown)))
    }
}

/// An argument as a query has it.
fn shown(argument: &Expr) -> String {
    let text = match argument {
        Expr::Literal(literal, _) => literal.try_as_str().flatten(),
        _ => None,
    };
    text.map_or_else(|| argument.to_string(), |text| format!("'{text}'"))
}

/// Hashes of series, as many as there are or in registers.
#[derive(Debug)]
enum Hashes {
    Exact(HashSet<u64>),
    Sketched(Counter),
}

/// First bytes of states: what follows are hashes, or registers.
const HASHES: u8 = 0;
const REGISTERS: u8 = 1;

impl Hashes {
    /// Adds the hash of a series; those of sketches are mixed.
    fn insert(&mut self, hash: u64) {
        match self {
            Self::Exact(hashes) => {
                hashes.insert(hash);
            }
            Self::Sketched(counter) => counter.insert(mix(hash)),
        }
    }

    fn encode(&self) -> Vec<u8> {
        let hashes: Vec<u64> = match self {
            Self::Exact(hashes) => hashes.iter().copied().collect(),
            Self::Sketched(counter) => match counter.registers() {
                Some(registers) => return [&[REGISTERS], registers.as_bytes()].concat(),
                None => counter.hashes().unwrap_or_default(),
            },
        };
        let mut bytes = vec![HASHES];
        bytes.extend(hashes.iter().flat_map(|hash| hash.to_le_bytes()));
        bytes
    }

    fn merge(&mut self, state: &[u8]) -> Result<()> {
        match (self, state.split_first()) {
            (Self::Exact(hashes), Some((&HASHES, rest))) => hashes.extend(decode(rest)),
            (Self::Sketched(counter), Some((&HASHES, rest))) => {
                decode(rest).for_each(|hash| counter.insert(hash));
            }
            (Self::Sketched(counter), Some((&REGISTERS, rest))) if rest.len() == 1 << PRECISION => {
                let Some(registers) = Registers::from_bytes(rest) else {
                    return exec_err!("a state of a sketch has registers that nothing leads to");
                };
                counter.merge(&Counter::of_registers(registers));
            }
            _ => return exec_err!("a state of distinct series is of another function"),
        }
        Ok(())
    }
}

fn decode(bytes: &[u8]) -> impl Iterator<Item = u64> + '_ {
    bytes.chunks_exact(8).map(|bytes| u64::from_le_bytes(bytes.try_into().expect("8 bytes")))
}

impl Accumulator for Hashes {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let hashes = values[0].as_primitive::<Int64Type>();
        let mut removed = match values.get(1) {
            Some(labels) => Some(Removed::new(labels, &values[2..])?),
            None => None,
        };
        for (row, hash) in hashes.values().iter().enumerate() {
            let removed = removed.as_mut().map_or(0, |removed| removed.hash(row));
            self.insert(hash.cast_unsigned().wrapping_sub(removed));
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let count = match self {
            Self::Exact(hashes) => hashes.len() as u64,
            Self::Sketched(counter) => counter.count().value,
        };
        Ok(ScalarValue::Int64(Some(count.cast_signed())))
    }

    fn size(&self) -> usize {
        let held = match self {
            // Half of the slots are free at most, and each has a byte beside it.
            Self::Exact(hashes) => hashes.capacity() * 9,
            Self::Sketched(counter) => counter.bytes(),
        };
        size_of::<Self>() + held
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::LargeBinary(Some(self.encode()))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let states = states[0].as_binary::<i64>();
        states.iter().flatten().try_for_each(|state| self.merge(state))
    }
}

/// What the labels that are left out add to the hashes of series.
struct Removed<'a> {
    labels: &'a MapArray,
    names: &'a StringArray,
    values: &'a StringArray,
    /// The names that are left out, a column each.
    out: Vec<ArrayRef>,
    dictionaries: HashMap<String, Dictionary>,
}

impl<'a> Removed<'a> {
    fn new(labels: &'a ArrayRef, out: &[ArrayRef]) -> Result<Self> {
        let labels = labels.as_map();
        let out: std::result::Result<_, _> =
            out.iter().map(|names| cast(names, &DataType::Utf8)).collect();
        Ok(Self {
            labels,
            names: labels.keys().as_string(),
            values: labels.values().as_string(),
            out: out?,
            dictionaries: HashMap::new(),
        })
    }

    /// The summed hashes of the pairs that are left out of a row.
    fn hash(&mut self, row: usize) -> u64 {
        let mut sum = 0u64;
        for at in rows::entries(self.labels, row) {
            let name = self.names.value(at);
            if !self.out.iter().any(|out| out.as_string::<i32>().value(row) == name) {
                continue;
            }
            let known = self.dictionaries.contains_key(name);
            if !known {
                self.dictionaries.insert(name.to_owned(), Dictionary::of(name));
            }
            let values = self.dictionaries.get_mut(name).expect("it was put there");
            let code = values.intern(self.values.value(at));
            sum = sum.wrapping_add(values.hash(code));
        }
        sum
    }
}

//! The census as aggregate functions: `census` merges parts and counts them, exactly; `merge` merges
//! sketched censuses. Their states are what they merge.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility,
};
use promsieve_core::census::SketchedCensus;
use promsieve_core::saved::{self, Saved};

use crate::counted::Counted;
use crate::part::Part;
use crate::scan::failed;

/// What such a function merges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum What {
    /// Parts of one metric, label or job, into its counts.
    Parts,
    /// Sketched censuses, into one.
    Sketches,
}

/// A function from bytes to bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Merge {
    what: What,
    signature: Signature,
}

/// Both of them.
pub(crate) fn functions() -> Vec<AggregateUDF> {
    let function = |what| {
        let signature = Signature::exact(vec![DataType::LargeBinary], Volatility::Immutable);
        AggregateUDF::from(Merge { what, signature })
    };
    [What::Parts, What::Sketches].map(function).into()
}

impl AggregateUDFImpl for Merge {
    fn name(&self) -> &'static str {
        match self.what {
            What::Parts => "census",
            What::Sketches => "merge",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::LargeBinary)
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let name = format!("{}[state]", args.name);
        Ok(vec![Arc::new(Field::new(name, DataType::LargeBinary, true))])
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(match self.what {
            What::Parts => Box::new(Merger::<Parts>::default()),
            What::Sketches => Box::new(Merger::<Sketches>::default()),
        })
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }
}

/// Something that is merged with others of its kind, and is bytes on its way.
trait Mergeable: Sized + Send + Sync + std::fmt::Debug + 'static {
    fn decode(bytes: &[u8]) -> anyhow::Result<Self>;
    fn merge(&mut self, other: Self) -> anyhow::Result<()>;
    fn encode(&mut self) -> Vec<u8>;
    fn evaluate(&mut self) -> anyhow::Result<Vec<u8>>;
    fn size(&self) -> usize;
}

/// What came so far. One thing alone, as most are, is passed on as it came.
#[derive(Debug, Default)]
enum Merger<T> {
    #[default]
    Nothing,
    One(Vec<u8>),
    Several(Box<T>),
}

impl<T: Mergeable> Merger<T> {
    fn add(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let held = match std::mem::take(self) {
            Self::Nothing => {
                *self = Self::One(bytes.to_vec());
                return Ok(());
            }
            Self::One(first) => Box::new(T::decode(&first)?),
            Self::Several(held) => held,
        };
        *self = Self::Several(held);
        if let Self::Several(held) = self {
            held.merge(T::decode(bytes)?)?;
        }
        Ok(())
    }

    fn add_all(&mut self, values: &[ArrayRef]) -> Result<()> {
        let values = values[0].as_binary::<i64>();
        values.iter().flatten().try_for_each(|bytes| self.add(bytes).map_err(failed))
    }
}

impl<T: Mergeable> Accumulator for Merger<T> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.add_all(values)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.add_all(states)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let state = match std::mem::take(self) {
            Self::Nothing => None,
            Self::One(bytes) => Some(bytes),
            Self::Several(mut held) => Some(held.encode()),
        };
        Ok(vec![ScalarValue::LargeBinary(state)])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let result = match std::mem::take(self) {
            Self::Nothing => None,
            Self::One(bytes) => Some(T::decode(&bytes).and_then(|mut held| held.evaluate())),
            Self::Several(mut held) => Some(held.evaluate()),
        };
        Ok(ScalarValue::LargeBinary(result.transpose().map_err(failed)?))
    }

    fn size(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Nothing => 0,
                Self::One(bytes) => bytes.capacity(),
                Self::Several(held) => held.size(),
            }
    }
}

/// A part on its way to its counts.
#[derive(Debug)]
struct Parts(Part);

impl Mergeable for Parts {
    fn decode(bytes: &[u8]) -> anyhow::Result<Self> {
        Part::decode(bytes).map(Self)
    }

    fn merge(&mut self, other: Self) -> anyhow::Result<()> {
        self.0.merge(&other.0)
    }

    fn encode(&mut self) -> Vec<u8> {
        self.0.encode()
    }

    fn evaluate(&mut self) -> anyhow::Result<Vec<u8>> {
        Ok(serde_json::to_vec(&Counted::of(&mut self.0))?)
    }

    fn size(&self) -> usize {
        self.0.size()
    }
}

/// A sketched census.
#[derive(Debug)]
struct Sketches(Box<SketchedCensus>);

impl Mergeable for Sketches {
    fn decode(bytes: &[u8]) -> anyhow::Result<Self> {
        match saved::read(bytes)? {
            Saved::Sketched(census) => Ok(Self(census)),
            Saved::Exact(_) => {
                anyhow::bail!("a sketched census was expected, and these are series")
            }
        }
    }

    fn merge(&mut self, other: Self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.0.stage() == other.0.stage(),
            "scrapes and stored series are not of one stage: count them one by one"
        );
        self.0.merge(&other.0);
        Ok(())
    }

    fn encode(&mut self) -> Vec<u8> {
        saved::to_bytes(&Saved::Sketched(self.0.clone()))
    }

    fn evaluate(&mut self) -> anyhow::Result<Vec<u8>> {
        Ok(self.encode())
    }

    /// It is said by what it may become, which it tells nobody.
    fn size(&self) -> usize {
        MOST_OF_A_SKETCH
    }
}

/// What a sketched census takes, at most about.
const MOST_OF_A_SKETCH: usize = 400 << 20;

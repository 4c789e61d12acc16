//! The functions of Prometheus 3.5 with their signatures, as a table.
//!
//! Source: `promql/parser/functions.go` of v3.5.3. A server before 3.0 has `holt_winters` instead of
//! `double_exponential_smoothing`.

use super::types::ValueType::{self, Matrix as M, Scalar as S, String as T, Vector as V};

/// A function's signature.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name; case matters.
    pub name: &'static str,
    /// The types of its arguments.
    pub args: &'static [ValueType],
    /// How many of them there may be.
    pub arity: Arity,
    /// What it gives.
    pub returns: ValueType,
    /// Whether 3.5 wants `--enable-feature=promql-experimental-functions` for it.
    pub experimental: bool,
}

/// How many arguments a function takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arity {
    /// One for each type.
    Exactly,
    /// The last may be left out.
    LastOptional,
    /// The last may be left out or repeated.
    LastRepeats,
}

impl Function {
    /// The function of that name.
    pub fn of(name: &str) -> Option<&'static Self> {
        let at = FUNCTIONS.binary_search_by(|function| function.name.cmp(name)).ok()?;
        Some(&FUNCTIONS[at])
    }

    /// Every function, by name.
    pub fn all() -> &'static [Self] {
        &FUNCTIONS
    }

    /// The type that argument `at` must have; none past the last.
    pub fn arg(&self, at: usize) -> Option<ValueType> {
        match self.arity {
            Arity::LastRepeats => self.args.get(at).or(self.args.last()).copied(),
            _ => self.args.get(at).copied(),
        }
    }

    /// Fewest and most arguments.
    pub fn arg_count(&self) -> (usize, Option<usize>) {
        let types = self.args.len();
        match self.arity {
            Arity::Exactly => (types, Some(types)),
            Arity::LastOptional => (types - 1, Some(types)),
            Arity::LastRepeats => (types - 1, None),
        }
    }
}

const fn function(
    name: &'static str,
    args: &'static [ValueType],
    arity: Arity,
    returns: ValueType,
) -> Function {
    Function { name, args, arity, returns, experimental: false }
}

const fn experimental(
    name: &'static str,
    args: &'static [ValueType],
    arity: Arity,
    returns: ValueType,
) -> Function {
    Function { name, args, arity, returns, experimental: true }
}

/// Sorted by name.
static FUNCTIONS: [Function; 80] = [
    function("abs", &[V], Arity::Exactly, V),
    function("absent", &[V], Arity::Exactly, V),
    function("absent_over_time", &[M], Arity::Exactly, V),
    function("acos", &[V], Arity::Exactly, V),
    function("acosh", &[V], Arity::Exactly, V),
    function("asin", &[V], Arity::Exactly, V),
    function("asinh", &[V], Arity::Exactly, V),
    function("atan", &[V], Arity::Exactly, V),
    function("atanh", &[V], Arity::Exactly, V),
    function("avg_over_time", &[M], Arity::Exactly, V),
    function("ceil", &[V], Arity::Exactly, V),
    function("changes", &[M], Arity::Exactly, V),
    function("clamp", &[V, S, S], Arity::Exactly, V),
    function("clamp_max", &[V, S], Arity::Exactly, V),
    function("clamp_min", &[V, S], Arity::Exactly, V),
    function("cos", &[V], Arity::Exactly, V),
    function("cosh", &[V], Arity::Exactly, V),
    function("count_over_time", &[M], Arity::Exactly, V),
    function("day_of_month", &[V], Arity::LastOptional, V),
    function("day_of_week", &[V], Arity::LastOptional, V),
    function("day_of_year", &[V], Arity::LastOptional, V),
    function("days_in_month", &[V], Arity::LastOptional, V),
    function("deg", &[V], Arity::Exactly, V),
    function("delta", &[M], Arity::Exactly, V),
    function("deriv", &[M], Arity::Exactly, V),
    experimental("double_exponential_smoothing", &[M, S, S], Arity::Exactly, V),
    function("exp", &[V], Arity::Exactly, V),
    function("floor", &[V], Arity::Exactly, V),
    function("histogram_avg", &[V], Arity::Exactly, V),
    function("histogram_count", &[V], Arity::Exactly, V),
    function("histogram_fraction", &[S, S, V], Arity::Exactly, V),
    function("histogram_quantile", &[S, V], Arity::Exactly, V),
    function("histogram_stddev", &[V], Arity::Exactly, V),
    function("histogram_stdvar", &[V], Arity::Exactly, V),
    function("histogram_sum", &[V], Arity::Exactly, V),
    function("hour", &[V], Arity::LastOptional, V),
    function("idelta", &[M], Arity::Exactly, V),
    function("increase", &[M], Arity::Exactly, V),
    experimental("info", &[V, V], Arity::LastOptional, V),
    function("irate", &[M], Arity::Exactly, V),
    function("label_join", &[V, T, T, T], Arity::LastRepeats, V),
    function("label_replace", &[V, T, T, T, T], Arity::Exactly, V),
    function("last_over_time", &[M], Arity::Exactly, V),
    function("ln", &[V], Arity::Exactly, V),
    function("log10", &[V], Arity::Exactly, V),
    function("log2", &[V], Arity::Exactly, V),
    experimental("mad_over_time", &[M], Arity::Exactly, V),
    function("max_over_time", &[M], Arity::Exactly, V),
    function("min_over_time", &[M], Arity::Exactly, V),
    function("minute", &[V], Arity::LastOptional, V),
    function("month", &[V], Arity::LastOptional, V),
    function("pi", &[], Arity::Exactly, S),
    function("predict_linear", &[M, S], Arity::Exactly, V),
    function("present_over_time", &[M], Arity::Exactly, V),
    function("quantile_over_time", &[S, M], Arity::Exactly, V),
    function("rad", &[V], Arity::Exactly, V),
    function("rate", &[M], Arity::Exactly, V),
    function("resets", &[M], Arity::Exactly, V),
    function("round", &[V, S], Arity::LastOptional, V),
    function("scalar", &[V], Arity::Exactly, S),
    function("sgn", &[V], Arity::Exactly, V),
    function("sin", &[V], Arity::Exactly, V),
    function("sinh", &[V], Arity::Exactly, V),
    function("sort", &[V], Arity::Exactly, V),
    experimental("sort_by_label", &[V, T], Arity::LastRepeats, V),
    experimental("sort_by_label_desc", &[V, T], Arity::LastRepeats, V),
    function("sort_desc", &[V], Arity::Exactly, V),
    function("sqrt", &[V], Arity::Exactly, V),
    function("stddev_over_time", &[M], Arity::Exactly, V),
    function("stdvar_over_time", &[M], Arity::Exactly, V),
    function("sum_over_time", &[M], Arity::Exactly, V),
    function("tan", &[V], Arity::Exactly, V),
    function("tanh", &[V], Arity::Exactly, V),
    function("time", &[], Arity::Exactly, S),
    function("timestamp", &[V], Arity::Exactly, V),
    experimental("ts_of_last_over_time", &[M], Arity::Exactly, V),
    experimental("ts_of_max_over_time", &[M], Arity::Exactly, V),
    experimental("ts_of_min_over_time", &[M], Arity::Exactly, V),
    function("vector", &[S], Arity::Exactly, V),
    function("year", &[V], Arity::LastOptional, V),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_each_function_is_found() {
        assert!(FUNCTIONS.is_sorted_by(|a, b| a.name < b.name));
        for function in Function::all() {
            assert_eq!(Function::of(function.name), Some(function));
        }
        assert_eq!(Function::of("Rate"), None);
    }
}

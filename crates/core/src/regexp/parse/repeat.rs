//! Repetition: `*`, `+`, `?`, `{n,m}`, and what Go does not let stand.

use super::{Code, Failure, Flags, Parser};

/// Largest repeat count, and largest product of nested ones.
const MAX_REPEAT: u64 = 1000;

/// The numbers of a `{n,m}`; a number too large to hold is `None` in `Some`.
struct Counts {
    min: Option<u32>,
    max: Max,
}

enum Max {
    Open,
    At(Option<u32>),
}

impl Parser<'_> {
    /// Reads `*`, `+` or `?`.
    pub(super) fn quantifier(&mut self, operator: char) -> Result<(), Failure> {
        let at = self.at;
        self.at += 1;
        let (min, max) = match operator {
            '*' => (0, None),
            '+' => (1, None),
            _ => (0, Some(1)),
        };
        self.apply(at, min, max, false)
    }

    /// Reads `{n}`, `{n,}`, `{n,m}`, or else a literal `{`; true if it was a repetition.
    pub(super) fn braces(&mut self) -> Result<bool, Failure> {
        let at = self.at;
        let Some((counts, length)) = counts(self.rest()) else {
            self.at += 1;
            self.literal('{' as u32)?;
            return Ok(false);
        };
        self.at += length;
        let within = |n: Option<u32>| n.filter(|n| u64::from(*n) <= MAX_REPEAT);
        let bounds = match (within(counts.min), counts.max) {
            (Some(min), Max::Open) => Some((min, None)),
            (Some(min), Max::At(max)) => {
                within(max).filter(|max| min <= *max).map(|m| (min, Some(m)))
            }
            (None, _) => None,
        };
        let Some((min, max)) = bounds else {
            return Err(self.failed(Code::InvalidRepeatSize, at));
        };
        self.apply(at, min, max, true)?;
        Ok(true)
    }

    /// Applies the operator that started at `at` to what stands before it.
    fn apply(
        &mut self,
        at: usize,
        min: u32,
        max: Option<u32>,
        counted: bool,
    ) -> Result<(), Failure> {
        let mut lazy = self.flags.has(Flags::LAZY);
        if self.peek() == Some(b'?') {
            self.at += 1;
            lazy = !lazy;
        }
        if let Some(before) = self.last_repeat {
            return Err(self.failed(Code::InvalidRepeatOp, before));
        }
        let Some(operand) = self.pop_operand() else {
            return Err(self.failed(Code::MissingRepeatArgument, at));
        };
        if counted {
            self.limits.count_repeat(min, max);
        }
        let repeated = operand.repeat(min, max, !lazy, counted);
        let checked = counted && (min >= 2 || max.is_some_and(|max| max >= 2));
        let too_many = checked && repeated.repeats > MAX_REPEAT;
        self.push(repeated)?;
        if too_many {
            return Err(self.failed(Code::InvalidRepeatSize, at));
        }
        Ok(())
    }
}

/// Reads `{n}`, `{n,}` or `{n,m}` and tells its length; anything else is no repetition.
fn counts(text: &str) -> Option<(Counts, usize)> {
    let rest = text.strip_prefix('{')?;
    let (min, rest) = number(rest)?;
    let (max, rest) = match rest.strip_prefix(',') {
        None => (Max::At(min), rest),
        Some(rest) if rest.starts_with('}') => (Max::Open, rest),
        Some(rest) => {
            let (max, rest) = number(rest)?;
            (Max::At(max), rest)
        }
    };
    let rest = rest.strip_prefix('}')?;
    Some((Counts { min, max }, text.len() - rest.len()))
}

/// Reads a number without leading zeros; `Some(None)` is one beyond all limits.
fn number(text: &str) -> Option<(Option<u32>, &str)> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits == 0 || digits > 1 && text.starts_with('0') {
        return None;
    }
    Some((text[..digits].parse().ok(), &text[digits..]))
}

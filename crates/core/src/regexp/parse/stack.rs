//! The stack of a parse: what is open, what is finished, and Go's limits on both.

use regex_syntax::hir::Hir;

use super::node::{Kind, Node};
use super::{Code, Failure, Flags, Parser};

/// Largest height of a tree (`maxHeight` in Go's `regexp/syntax`).
const MAX_HEIGHT: u32 = 1000;
/// Largest number of instructions: 128 MiB of 40 bytes (`maxSize` there).
const MAX_SIZE: u64 = (128 << 20) / 40;
/// Largest number of class bounds written: 128 MiB of 4 bytes (`maxRunes` there).
const MAX_BOUNDS: usize = (128 << 20) / 4;

/// An entry of the stack.
#[derive(Debug)]
pub(super) enum Slot {
    /// An open group: its number if it captures, the flags to restore, where it opened.
    Open { group: Option<u32>, flags: Flags, at: usize },
    /// A `|` with alternatives before it.
    Bar,
    /// A finished piece.
    Done(Node),
}

/// What was counted so far, for the limits.
#[derive(Debug, Default)]
pub(super) struct Limits {
    nodes: u64,
    /// Product of all repeat counts; Go starts to measure sizes once this could matter.
    repeats: u64,
    bounds: usize,
}

impl Limits {
    /// Counts a class of so many ranges.
    pub(super) fn count_ranges(&mut self, ranges: usize) {
        self.bounds = self.bounds.saturating_add(2 * ranges);
    }

    /// Counts a repetition with braces.
    pub(super) fn count_repeat(&mut self, min: u32, max: Option<u32>) {
        let factor = u64::from(max.unwrap_or(min).max(1));
        self.repeats = self.repeats.max(1).saturating_mul(factor);
    }

    fn too_large(&self, node: &Node) -> bool {
        self.bounds > MAX_BOUNDS
            || self.nodes.saturating_mul(self.repeats.max(1)) >= MAX_SIZE && node.size > MAX_SIZE
    }
}

impl Parser<'_> {
    /// Puts a finished piece on the stack, within the limits.
    pub(super) fn push(&mut self, node: Node) -> Result<(), Failure> {
        let extends = matches!((self.stack.last(), node.kind),
            (Some(Slot::Done(last)), Kind::Literal(flags)) if last.kind == Kind::Literal(flags));
        self.limits.nodes += u64::from(!extends);
        let code = if node.height > MAX_HEIGHT {
            Some(Code::NestingDepth)
        } else if self.limits.too_large(&node) {
            Some(Code::Large)
        } else {
            None
        };
        if let Some(code) = code {
            return Err(self.whole(code));
        }
        self.stack.push(Slot::Done(node));
        Ok(())
    }

    /// Takes the piece that a repetition operator applies to.
    pub(super) fn pop_operand(&mut self) -> Option<Node> {
        match self.stack.pop()? {
            Slot::Done(node) => Some(node),
            other => {
                self.stack.push(other);
                None
            }
        }
    }

    /// Reads a `|`, already taken.
    pub(super) fn bar(&mut self) -> Result<(), Failure> {
        self.concat()?;
        self.stack.push(Slot::Bar);
        Ok(())
    }

    /// Reads a `)`, already taken.
    pub(super) fn close(&mut self) -> Result<(), Failure> {
        self.alternate()?;
        let inside = self.pop_operand();
        let (Some(inside), Some(Slot::Open { group, flags, at })) = (inside, self.stack.pop())
        else {
            let at = self.at - 1..self.at;
            return Err(Failure { at, ..self.whole(Code::UnexpectedParen) });
        };
        if self.at == self.user_end() + 1 {
            self.closed_last = Some(at);
        }
        self.flags = flags;
        let Some(index) = group else { return self.push(inside) };
        self.push(inside.capture(index))
    }

    /// What the whole pattern says.
    pub(super) fn finish(&mut self) -> Result<Hir, Failure> {
        self.alternate()?;
        let done = self.pop_operand();
        match (done, self.stack.pop()) {
            (Some(node), None) => Ok(node.hir),
            (_, Some(Slot::Open { at, .. })) => Err(self.unclosed(at)),
            _ => Err(self.whole(Code::MissingParen)),
        }
    }

    /// A group that opened at `at` has no end. If that is the wrapper's own, a group of the user's
    /// took the wrapper's `)`, or the user's last backslash (or `\Q`) did.
    fn unclosed(&self, at: usize) -> Failure {
        let is_wrapper = at == 1 && !self.dialect.anchoring.prefix().is_empty();
        let at = if is_wrapper { self.closed_last } else { Some(at) };
        let end = self.user_end();
        let last = self.text[..end].char_indices().next_back().map_or(end, |(at, _)| at);
        let at = at.map_or(last..end, |at| at..at + 1);
        Failure { at, ..self.whole(Code::MissingParen) }
    }

    /// Where the user's part of the wrapped pattern ends.
    fn user_end(&self) -> usize {
        self.text.len().saturating_sub(self.dialect.anchoring.suffix().len())
    }

    fn whole(&self, code: Code) -> Failure {
        Failure::new(code, 0..self.text.len())
    }

    /// Joins what stands since the last bar or open group.
    fn concat(&mut self) -> Result<(), Failure> {
        let from = self
            .stack
            .iter()
            .rposition(|slot| !matches!(slot, Slot::Done(_)))
            .map_or(0, |marker| marker + 1);
        let nodes = self.take(from);
        self.push(Node::concat(nodes))
    }

    /// Joins the alternatives since the last open group.
    fn alternate(&mut self) -> Result<(), Failure> {
        self.concat()?;
        let from = self
            .stack
            .iter()
            .rposition(|slot| matches!(slot, Slot::Open { .. }))
            .map_or(0, |marker| marker + 1);
        let nodes = self.take(from);
        self.push(Node::alternate(nodes))
    }

    fn take(&mut self, from: usize) -> Vec<Node> {
        self.stack
            .drain(from..)
            .filter_map(|slot| match slot {
                Slot::Done(node) => Some(node),
                _ => None,
            })
            .collect()
    }
}

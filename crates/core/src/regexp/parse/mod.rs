//! Go's regular expression syntax, read into the HIR that `regex-automata` compiles.
//!
//! The text is not translated: the two syntaxes differ in too many places (octal escapes, `\Q…\E`,
//! lone braces, nested brackets, ASCII `\d`), and the messages must be Go's. This file dispatches
//! on the next character; each construct has a file of its own.

mod bracket;
mod classes;
mod escape;
mod group;
mod node;
mod plain;
mod properties;
mod repeat;
mod stack;

use regex_syntax::hir::{Class, ClassUnicode, Dot, Hir, Look};

use self::node::{Kind, Node};
use self::stack::{Limits, Slot};
use super::dialect::Dialect;
use super::error::{Code, Failure};

pub(super) use self::plain::plain;

/// What a pattern says.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) hir: Hir,
    /// Names of the groups; index 0 is the whole match.
    pub(super) names: Vec<Option<String>>,
}

/// Reads a whole (wrapped) pattern.
pub(super) fn parse(text: &str, dialect: Dialect) -> Result<Parsed, Failure> {
    let mut parser = Parser {
        text,
        at: 0,
        dialect,
        flags: Flags::default(),
        stack: Vec::new(),
        names: vec![None],
        limits: Limits::default(),
        last_repeat: None,
        closed_last: None,
    };
    while !parser.rest().is_empty() {
        let before = parser.at;
        let repeated = parser.step()?;
        parser.last_repeat = repeated.then_some(before);
    }
    let hir = parser.finish()?;
    Ok(Parsed { hir, names: parser.names })
}

/// The class of a property as Go 1.24 names it, for templates, whose names are letters and digits.
pub(super) fn property(name: &str) -> Option<ClassUnicode> {
    properties::lookup(
        name,
        Dialect { go: crate::server::GoRelease(1, 24), anchoring: super::Anchoring::DotAll },
    )
}

/// The flags that `(?imsU)` sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Flags(u8);

impl Flags {
    /// `i`: letters match without regard to case.
    const FOLD: Self = Self(1);
    /// `m`: `^` and `$` match at line ends too.
    const MULTI: Self = Self(2);
    /// `s`: `.` matches a newline too.
    const DOT_ALL: Self = Self(4);
    /// `U`: repetitions are lazy, and with `?` greedy.
    const LAZY: Self = Self(8);

    fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }

    fn set(&mut self, flag: Self, on: bool) {
        self.0 = if on { self.0 | flag.0 } else { self.0 & !flag.0 };
    }
}

/// The state of reading one pattern.
struct Parser<'t> {
    text: &'t str,
    at: usize,
    dialect: Dialect,
    flags: Flags,
    stack: Vec<Slot>,
    names: Vec<Option<String>>,
    limits: Limits,
    /// Where the repetition operator started that was read just before.
    last_repeat: Option<usize>,
    /// Where the group opened that the wrapper's own `)` closed.
    closed_last: Option<usize>,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Takes the next character.
    fn next(&mut self) -> Option<char> {
        let c = self.rest().chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// A failure that quotes what was read since `start`.
    fn failed(&self, code: Code, start: usize) -> Failure {
        Failure::new(code, start..self.at)
    }

    /// Reads one construct; true if it was a repetition operator.
    fn step(&mut self) -> Result<bool, Failure> {
        let Some(c) = self.rest().chars().next() else { return Ok(false) };
        match c {
            '(' => self.open()?,
            '[' => self.bracket()?,
            '\\' => self.backslash()?,
            '*' | '+' | '?' => {
                self.quantifier(c)?;
                return Ok(true);
            }
            '{' => return self.braces(),
            _ => {
                self.at += c.len_utf8();
                match c {
                    '|' => self.bar()?,
                    ')' => self.close()?,
                    '^' if self.flags.has(Flags::MULTI) => self.look(Look::StartLF)?,
                    '^' => self.look(Look::Start)?,
                    '$' if self.flags.has(Flags::MULTI) => self.look(Look::EndLF)?,
                    '$' => self.look(Look::End)?,
                    '.' if self.flags.has(Flags::DOT_ALL) => self.any(Dot::AnyChar)?,
                    '.' => self.any(Dot::AnyCharExceptLF)?,
                    _ => self.literal(c as u32)?,
                }
            }
        }
        Ok(false)
    }

    fn look(&mut self, look: Look) -> Result<(), Failure> {
        self.push(Node::leaf(Hir::look(look), Kind::Other))
    }

    fn any(&mut self, dot: Dot) -> Result<(), Failure> {
        self.push(Node::leaf(Hir::dot(dot), Kind::Char))
    }

    /// One code point. A surrogate can be written (`\x{D800}`) but never occurs in valid text.
    fn literal(&mut self, code: u32) -> Result<(), Failure> {
        let Some(c) = char::from_u32(code) else {
            return self.push(Node::leaf(Hir::fail(), Kind::Literal(self.flags)));
        };
        let hir = if self.flags.has(Flags::FOLD) && (c.is_ascii_alphabetic() || !c.is_ascii()) {
            let mut class = classes::of(&[(code, code)]);
            class.case_fold_simple();
            Hir::class(Class::Unicode(class))
        } else {
            Hir::literal(c.encode_utf8(&mut [0; 4]).as_bytes())
        };
        self.push(Node::leaf(hir, Kind::Literal(self.flags)))
    }

    fn class(&mut self, class: ClassUnicode) -> Result<(), Failure> {
        self.limits.count_ranges(class.ranges().len());
        self.push(Node::leaf(Hir::class(Class::Unicode(class)), Kind::Char))
    }
}

//! An expression as text again; parsing that text gives the same tree, spans aside.

use std::fmt::{self, Display, Formatter, Write};

use super::ast::{
    Aggregate, At, Binary, Expr, ExprKind, Matching, Modifiers, Name, Number, Selector,
};
use super::literal::write_duration;

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Number(number) => number.fmt(f),
            ExprKind::String(text) => quoted(f, text),
            ExprKind::Selector(selector) => {
                write!(f, "{selector}{}", selector.modifiers)
            }
            ExprKind::Range(range) => {
                write!(f, "{}[", range.selector)?;
                seconds(f, range.range)?;
                write!(f, "]{}", range.selector.modifiers)
            }
            ExprKind::Subquery(subquery) => {
                write!(f, "{}[", subquery.expr)?;
                seconds(f, subquery.range)?;
                f.write_char(':')?;
                if let Some(step) = subquery.step {
                    seconds(f, step)?;
                }
                write!(f, "]{}", subquery.modifiers)
            }
            ExprKind::Aggregate(aggregate) => aggregate.fmt(f),
            ExprKind::Binary(binary) => binary.fmt(f),
            ExprKind::Unary(unary) => {
                write!(f, "{}{}", if unary.minus { '-' } else { '+' }, unary.expr)
            }
            ExprKind::Call(call) => {
                write!(f, "{}(", call.function.name)?;
                list(f, &call.args, |f, arg| arg.fmt(f))?;
                f.write_char(')')
            }
            ExprKind::Paren(inner) => write!(f, "({inner})"),
        }
    }
}

impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.duration {
            let sign = if self.value.is_sign_negative() { "-" } else { "" };
            if let Some(text) = write_duration(self.value.abs()) {
                return write!(f, "{sign}{text}");
            }
        }
        number(f, self.value)
    }
}

impl Display for Selector {
    /// The name and the matchers, without modifiers.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            f.write_str(&name.text)?;
            if self.matchers.is_empty() {
                return Ok(());
            }
        }
        f.write_char('{')?;
        list(f, &self.matchers, |f, matcher| {
            label(f, &matcher.label)?;
            f.write_str(matcher.op.as_str())?;
            quoted(f, &matcher.value)
        })?;
        f.write_char('}')
    }
}

impl Display for Modifiers {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.at {
            None => {}
            Some(At::Start) => f.write_str(" @ start()")?,
            Some(At::End) => f.write_str(" @ end()")?,
            Some(At::Time(time)) => {
                f.write_str(" @ ")?;
                number(f, time)?;
            }
        }
        let Some(offset) = self.offset else { return Ok(()) };
        f.write_str(" offset ")?;
        seconds(f, offset)
    }
}

impl Display for Aggregate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.op.as_str())?;
        if let Some(grouping) = &self.grouping {
            f.write_str(if grouping.without { " without " } else { " by " })?;
            labels(f, &grouping.labels)?;
            f.write_char(' ')?;
        }
        f.write_char('(')?;
        if let Some(param) = &self.param {
            write!(f, "{param}, ")?;
        }
        write!(f, "{})", self.expr)
    }
}

impl Display for Binary {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.lhs, self.op.as_str())?;
        if self.return_bool {
            f.write_str(" bool")?;
        }
        if let Some(matching) = &self.matching {
            matching.fmt(f)?;
        }
        write!(f, " {}", self.rhs)
    }
}

impl Display for Matching {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(if self.on { " on " } else { " ignoring " })?;
        labels(f, &self.labels)?;
        let Some(group) = &self.group else { return Ok(()) };
        f.write_str(if group.left { " group_left " } else { " group_right " })?;
        // Always with parentheses: those of the right side would be taken for them.
        labels(f, &group.include)
    }
}

fn list<T>(
    f: &mut Formatter<'_>,
    items: &[T],
    write: impl Fn(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            f.write_str(", ")?;
        }
        write(f, item)?;
    }
    Ok(())
}

fn labels(f: &mut Formatter<'_>, names: &[Name]) -> fmt::Result {
    f.write_char('(')?;
    list(f, names, label)?;
    f.write_char(')')
}

/// Bare where that is always read as a label, else quoted.
fn label(f: &mut Formatter<'_>, name: &Name) -> fmt::Result {
    let text = &*name.text;
    let bare = text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && !["without", "inf", "nan"].iter().any(|word| text.eq_ignore_ascii_case(word));
    if bare { f.write_str(text) } else { quoted(f, text) }
}

fn quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\t' => f.write_str("\\t")?,
            '\r' => f.write_str("\\r")?,
            // The lexer refuses a literal one.
            char::REPLACEMENT_CHARACTER => f.write_str("\\ufffd")?,
            _ => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

fn number(f: &mut Formatter<'_>, value: f64) -> fmt::Result {
    if value.is_nan() {
        f.write_str("NaN")
    } else if value.is_infinite() {
        f.write_str(if value > 0.0 { "Inf" } else { "-Inf" })
    } else {
        write!(f, "{value}")
    }
}

fn seconds(f: &mut Formatter<'_>, value: f64) -> fmt::Result {
    Number { value, duration: true }.fmt(f)
}

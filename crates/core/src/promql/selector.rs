//! Selectors with their matchers, what may follow an operand, and lists of labels.

use super::ParseError;
use super::ast::{
    At, BinaryOp, Expr, ExprKind, Group, Grouping, MatchOp, Matcher, Matching, Modifiers, Name,
    RangeSelector, Selector, Subquery,
};
use super::parser::{Parsed, Parser};
use super::token::{Keyword, TokenKind};
use crate::text::Span;

/// The longest offset or range in seconds: the server counts nanoseconds in 64 bits.
const LONGEST: f64 = 9_223_372_036.854_776;

const EXPERIMENTAL: &str = "experimental duration expression is not enabled";

impl Parser<'_> {
    /// A metric's name, matchers in braces, or both.
    pub(super) fn selector(&mut self) -> Parsed<Expr> {
        let mut span = self.peek().span;
        let name = (self.peek().kind != TokenKind::LeftBrace).then(|| {
            let span = self.next().span;
            Name { text: self.text_of(span).into(), span }
        });
        let mut matchers = Vec::new();
        if self.take(TokenKind::LeftBrace).is_some() {
            span = span.join(self.matchers(&mut matchers)?);
        }
        let selector = Selector { name, matchers, modifiers: Modifiers::default(), span };
        Ok(Expr { kind: ExprKind::Selector(Box::new(selector)), span })
    }

    /// Matchers up to the closing brace, whose span it gives.
    fn matchers(&mut self, matchers: &mut Vec<Matcher>) -> Parsed<Span> {
        loop {
            if let Some(end) = self.take(TokenKind::RightBrace) {
                return Ok(end);
            }
            matchers.push(self.matcher()?);
            if self.take(TokenKind::Comma).is_none() {
                return self.expect(TokenKind::RightBrace, "label matching", "`,` or `}`");
            }
        }
    }

    /// `label="value"`, `"label"="value"`, or the metric's name as a string alone.
    fn matcher(&mut self) -> Parsed<Matcher> {
        let place = "label matching";
        let token = self.peek();
        let text = match token.kind {
            TokenKind::Identifier => self.text_of(token.span).into(),
            TokenKind::String => self.unquoted(token.span).0,
            _ => return Err(self.unexpected(place, "identifier or `}`")),
        };
        self.next();
        let op = match self.peek().kind {
            TokenKind::Assign => MatchOp::Equal,
            TokenKind::Operator(BinaryOp::Ne) => MatchOp::NotEqual,
            TokenKind::MatchRegex => MatchOp::Regex,
            TokenKind::NotRegex => MatchOp::NotRegex,
            _ if token.kind == TokenKind::String => {
                let label = Name { text: "__name__".into(), span: token.span };
                let (op, span) = (MatchOp::Equal, token.span);
                return Ok(Matcher { label, op, value: text, value_span: span, span });
            }
            _ => return Err(self.unexpected(place, "label matching operator")),
        };
        self.next();
        let value_span = self.expect(TokenKind::String, place, "string")?;
        let (value, _) = self.unquoted(value_span);
        let label = Name { text, span: token.span };
        Ok(Matcher { label, op, value, value_span, span: token.span.join(value_span) })
    }

    /// Ranges, subqueries, `offset` and `@` after an operand.
    pub(super) fn postfix(&mut self, mut expr: Expr, height: &mut usize) -> Parsed<Expr> {
        loop {
            let token = self.peek();
            match token.kind {
                TokenKind::LeftBracket => {
                    expr = self.range(expr)?;
                    *height += 1;
                    if *height > super::MAX_DEPTH {
                        return Ok(expr);
                    }
                }
                TokenKind::Keyword(Keyword::Offset) => {
                    self.next();
                    self.offset(&mut expr)?;
                }
                TokenKind::At => {
                    self.next();
                    self.at_modifier(&mut expr)?;
                }
                _ => return Ok(expr),
            }
        }
    }

    fn range(&mut self, expr: Expr) -> Parsed<Expr> {
        let open = self.next().span;
        let range = self.range_duration("number or duration")?;
        if self.take(TokenKind::Colon).is_some() {
            return self.subquery(expr, range);
        }
        let end = self.expect(TokenKind::RightBracket, "subquery or range", "`:` or `]`")?;
        let span = expr.span.join(end);
        let ExprKind::Selector(selector) = expr.kind else {
            let message = "ranges only allowed for vector selectors";
            return Err(ParseError::new(open.join(end), message));
        };
        // The server does not notice `offset 0s` and `@ start()` here.
        if selector.modifiers.offset.is_some_and(|offset| offset != 0.0) {
            self.error(open.join(end), "no offset modifiers allowed before range");
        }
        if let Some(At::Time(_)) = selector.modifiers.at {
            self.error(open.join(end), "no @ modifiers allowed before range");
        }
        let range = RangeSelector { selector: *selector, range };
        Ok(Expr { kind: ExprKind::Range(Box::new(range)), span })
    }

    fn subquery(&mut self, expr: Expr, range: f64) -> Parsed<Expr> {
        let step = match self.peek().kind {
            TokenKind::RightBracket => None,
            _ => Some(self.range_duration("number, duration or `]`")?),
        };
        let end = self.expect(TokenKind::RightBracket, "subquery selector", "`]`")?;
        let span = expr.span.join(end);
        let subquery = Subquery { expr, range, step, modifiers: Modifiers::default() };
        Ok(Expr { kind: ExprKind::Subquery(Box::new(subquery)), span })
    }

    /// A positive duration between brackets.
    fn range_duration(&mut self, wanted: &str) -> Parsed<f64> {
        let from = self.peek().span;
        let (seconds, _) = self.signed_duration("subquery selector", wanted)?;
        if self.is_arithmetic() {
            return Err(ParseError::new(self.peek().span, EXPERIMENTAL));
        }
        if seconds <= 0.0 {
            self.error(from, "duration must be greater than 0");
        }
        Ok(seconds)
    }

    /// Signs and a number or duration: the seconds, and how many signs there were.
    fn signed_duration(&mut self, place: &str, wanted: &str) -> Parsed<(f64, usize)> {
        let (mut sign, mut signs) = (1.0, 0);
        let from = self.peek().span;
        while let TokenKind::Operator(op @ (BinaryOp::Add | BinaryOp::Sub)) = self.peek().kind {
            self.next();
            signs += 1;
            sign = if op == BinaryOp::Sub { -sign } else { sign };
        }
        match self.peek().kind {
            TokenKind::Number | TokenKind::Duration => {}
            TokenKind::LeftParen => return Err(ParseError::new(self.peek().span, EXPERIMENTAL)),
            _ => return Err(self.unexpected(place, wanted)),
        }
        let (value, _) = self.number_value();
        if value.abs() > LONGEST {
            self.error(from, "duration out of range");
        }
        Ok((sign * value, signs))
    }

    fn is_arithmetic(&self) -> bool {
        use BinaryOp::{Add, Div, Mod, Mul, Pow, Sub};
        matches!(self.peek().kind, TokenKind::Operator(Add | Sub | Mul | Div | Mod | Pow))
    }

    fn offset(&mut self, expr: &mut Expr) -> Parsed<()> {
        let (seconds, signs) = self.signed_duration("offset", "number or duration")?;
        // `foo offset -5m + 1` adds to foo, `foo offset --5m + 1` would be a duration expression.
        if signs > 1 && self.is_arithmetic() {
            return Err(ParseError::new(self.peek().span, EXPERIMENTAL));
        }
        let Some(modifiers) = self.modifiers(expr, "offset") else { return Ok(()) };
        if modifiers.offset.is_some_and(|offset| offset != 0.0) {
            let span = expr.span;
            self.error(span, "offset may not be set multiple times");
            return Ok(());
        }
        modifiers.offset = Some(seconds);
        Ok(())
    }

    fn at_modifier(&mut self, expr: &mut Expr) -> Parsed<()> {
        let word = match self.peek().kind {
            TokenKind::Keyword(Keyword::Start) => Some(At::Start),
            TokenKind::Keyword(Keyword::End) => Some(At::End),
            _ => None,
        };
        let at = if let Some(at) = word {
            self.next();
            self.expect(TokenKind::LeftParen, "@", "timestamp")?;
            self.expect(TokenKind::RightParen, "@", "timestamp")?;
            at
        } else {
            At::Time(self.timestamp()?)
        };
        let Some(modifiers) = self.modifiers(expr, "@") else { return Ok(()) };
        if modifiers.at.is_some() {
            let span = expr.span;
            self.error(span, "@ <timestamp> may not be set multiple times");
            return Ok(());
        }
        modifiers.at = Some(at);
        Ok(())
    }

    fn timestamp(&mut self) -> Parsed<f64> {
        let from = self.peek().span;
        let sign = match self.peek().kind {
            TokenKind::Operator(BinaryOp::Sub) => -1.0,
            TokenKind::Operator(BinaryOp::Add) => 1.0,
            _ => 0.0,
        };
        if sign != 0.0 {
            self.next();
        }
        if !matches!(self.peek().kind, TokenKind::Number | TokenKind::Duration) {
            return Err(self.unexpected("@", "timestamp"));
        }
        let value = self.number_value().0 * if sign < 0.0 { -1.0 } else { 1.0 };
        if value.is_nan() || value.abs() >= i64::MAX as f64 {
            self.error(from, format!("timestamp out of bounds for @ modifier: {value}"));
        }
        Ok(value)
    }

    /// The modifiers of what can have some; its span grows up to here.
    fn modifiers<'e>(&mut self, expr: &'e mut Expr, word: &str) -> Option<&'e mut Modifiers> {
        let end = self.last_span();
        expr.span = expr.span.join(end);
        match &mut expr.kind {
            ExprKind::Selector(selector) => Some(&mut selector.modifiers),
            ExprKind::Range(range) => Some(&mut range.selector.modifiers),
            ExprKind::Subquery(subquery) => Some(&mut subquery.modifiers),
            _ => {
                let message = format!(
                    "{word} modifier must be preceded by an instant vector selector or range \
                     vector selector or a subquery"
                );
                self.error(expr.span, message);
                None
            }
        }
    }

    /// `by (…)` or `without (…)`, if one comes next.
    pub(super) fn grouping(&mut self) -> Parsed<Option<Grouping>> {
        let without = match self.peek().kind {
            TokenKind::Keyword(Keyword::By) => false,
            TokenKind::Keyword(Keyword::Without) => true,
            _ => return Ok(None),
        };
        self.next();
        Ok(Some(Grouping { without, labels: self.labels()? }))
    }

    /// `on (…)` or `ignoring (…)` with its group, if one comes next.
    pub(super) fn matching(&mut self) -> Parsed<Option<Matching>> {
        let on = match self.peek().kind {
            TokenKind::Keyword(Keyword::On) => true,
            TokenKind::Keyword(Keyword::Ignoring) => false,
            _ => return Ok(None),
        };
        self.next();
        let labels = self.labels()?;
        let left = match self.peek().kind {
            TokenKind::Keyword(Keyword::GroupLeft) => true,
            TokenKind::Keyword(Keyword::GroupRight) => false,
            _ => return Ok(Some(Matching { on, labels, group: None })),
        };
        self.next();
        let include = match self.peek().kind {
            TokenKind::LeftParen => self.labels()?,
            _ => Vec::new(),
        };
        Ok(Some(Matching { on, labels, group: Some(Group { left, include }) }))
    }

    /// A list of labels in parentheses; a comma may stand last.
    fn labels(&mut self) -> Parsed<Vec<Name>> {
        let place = "grouping opts";
        self.expect(TokenKind::LeftParen, place, "`(`")?;
        let mut labels = Vec::new();
        loop {
            if self.take(TokenKind::RightParen).is_some() {
                return Ok(labels);
            }
            let token = self.peek();
            let (text, utf8) = match token.kind {
                TokenKind::String => self.unquoted(token.span),
                kind if kind.names_label() => (self.text_of(token.span).into(), true),
                _ => return Err(self.unexpected(place, "label")),
            };
            self.next();
            if text.is_empty() || !utf8 {
                self.error(token.span, format!("invalid label name for grouping: `{text}`"));
            }
            labels.push(Name { text, span: token.span });
            if self.take(TokenKind::Comma).is_none() {
                self.expect(TokenKind::RightParen, place, "`,` or `)`")?;
                return Ok(labels);
            }
        }
    }
}

//! Tokens to a tree: a Pratt parser that keeps its own stack, so that no input overflows ours.

use super::ast::{
    Aggregate, AggregateOp, Binary, BinaryOp, Call, Expr, ExprKind, Grouping, Matching, Number,
    SIGN_PRECEDENCE, Unary,
};
use super::functions::{Arity, Function};
use super::lexer::{Lexed, lex};
use super::token::{Keyword, Token, TokenKind};
use super::types::ValueType;
use super::{MAX_DEPTH, ParseError, literal};
use crate::text::Span;

/// The tree as far as there is one, and every error.
pub(super) fn parse(text: &str) -> (Option<Expr>, Vec<ParseError>) {
    let lexed = lex(text);
    let mut parser = Parser { text, lexed: &lexed, at: 0, stack: Vec::new(), errors: Vec::new() };
    match parser.expression() {
        Ok(expr) => (Some(expr), parser.errors),
        Err(error) => {
            let mut errors = parser.errors;
            errors.push(error);
            (None, errors)
        }
    }
}

/// A result whose error ends the parse; what can be survived goes to [`Parser::errors`].
pub(super) type Parsed<T> = Result<T, ParseError>;

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    lexed: &'a Lexed,
    at: usize,
    stack: Vec<Frame>,
    pub(super) errors: Vec<ParseError>,
}

/// A whole operand and how deep its tree is.
struct Operand {
    expr: Expr,
    height: usize,
}

/// What is begun and waits for its next operand.
enum Frame {
    Paren { open: Span },
    Call { function: &'static Function, name_span: Span, args: Args },
    Aggregate { op: AggregateOp, op_span: Span, grouping: Option<Grouping>, args: Args },
    Unary { minus: bool, span: Span },
    Binary { lhs: Operand, op: BinaryOp, op_span: Span, bool: bool, matching: Option<Matching> },
}

#[derive(Default)]
struct Args {
    exprs: Vec<Expr>,
    height: usize,
}

/// Stands for a function that does not exist; the tree is thrown away.
static UNKNOWN: Function = Function {
    name: "",
    args: &[],
    arity: Arity::LastRepeats,
    returns: ValueType::Vector,
    experimental: false,
};

impl Parser<'_> {
    pub(super) fn peek(&self) -> Token {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> Token {
        let tokens = &self.lexed.tokens;
        tokens[(self.at + ahead).min(tokens.len() - 1)]
    }

    pub(super) fn next(&mut self) -> Token {
        let token = self.peek();
        self.at += 1;
        token
    }

    /// Takes the next token if it is of that kind.
    pub(super) fn take(&mut self, kind: TokenKind) -> Option<Span> {
        let token = self.peek();
        (token.kind == kind).then(|| self.next().span)
    }

    pub(super) fn expect(&mut self, kind: TokenKind, place: &str, wanted: &str) -> Parsed<Span> {
        self.take(kind).ok_or_else(|| self.unexpected(place, wanted))
    }

    /// The token that was taken last.
    pub(super) fn last_span(&self) -> Span {
        self.at.checked_sub(1).map(|at| self.lexed.tokens[at].span).unwrap_or_default()
    }

    pub(super) fn text_of(&self, span: Span) -> &str {
        &self.text[span.range()]
    }

    /// The error that the next token is, or that it is here.
    pub(super) fn unexpected(&self, place: &str, wanted: &str) -> ParseError {
        let token = self.peek();
        if let (TokenKind::Error, Some(error)) = (token.kind, &self.lexed.error) {
            return error.clone();
        }
        let mut message = format!("unexpected {}", token.kind.describe(self.text_of(token.span)));
        if !place.is_empty() {
            message.push_str(" in ");
            message.push_str(place);
        }
        if !wanted.is_empty() {
            message.push_str(", expected ");
            message.push_str(wanted);
        }
        ParseError::new(token.span, message)
    }

    pub(super) fn error(&mut self, span: Span, message: impl Into<String>) {
        self.errors.push(ParseError::new(span, message));
    }

    fn expression(&mut self) -> Parsed<Expr> {
        if self.peek().kind == TokenKind::Eof {
            return Err(ParseError::new(self.peek().span, "no expression found in input"));
        }
        loop {
            let mut operand = self.operand()?;
            loop {
                operand.expr = self.postfix(operand.expr, &mut operand.height)?;
                Self::check_height(&operand)?;
                match self.peek().kind {
                    TokenKind::Operator(op) => {
                        self.operator(op, operand)?;
                        break;
                    }
                    TokenKind::Comma => {
                        self.argument(operand)?;
                        break;
                    }
                    TokenKind::RightParen => operand = self.close(operand)?,
                    TokenKind::Eof => return self.end(operand),
                    _ => return Err(self.unexpected("", "")),
                }
            }
        }
    }

    fn check_height(operand: &Operand) -> Parsed<()> {
        if operand.height <= MAX_DEPTH {
            return Ok(());
        }
        let message = format!("nested deeper than {MAX_DEPTH} levels, which is not supported");
        Err(ParseError::new(operand.expr.span, message))
    }

    fn push(&mut self, frame: Frame, span: Span) -> Parsed<()> {
        if self.stack.len() >= MAX_DEPTH {
            let message = format!("nested deeper than {MAX_DEPTH} levels, which is not supported");
            return Err(ParseError::new(span, message));
        }
        self.stack.push(frame);
        Ok(())
    }

    /// Signs and opening parentheses, then one literal, selector or empty call.
    fn operand(&mut self) -> Parsed<Operand> {
        loop {
            let token = self.peek();
            let expr = match token.kind {
                TokenKind::Operator(op @ (BinaryOp::Add | BinaryOp::Sub)) => {
                    self.next();
                    let minus = op == BinaryOp::Sub;
                    self.push(Frame::Unary { minus, span: token.span }, token.span)?;
                    continue;
                }
                TokenKind::LeftParen => {
                    self.next();
                    self.push(Frame::Paren { open: token.span }, token.span)?;
                    continue;
                }
                TokenKind::Aggregator(op) if self.aggregation_follows() => {
                    self.begin_aggregate(op)?;
                    continue;
                }
                TokenKind::Identifier if self.peek_at(1).kind == TokenKind::LeftParen => {
                    match self.begin_call()? {
                        Some(call) => call,
                        None => continue,
                    }
                }
                TokenKind::Number | TokenKind::Duration => self.number(),
                TokenKind::String => {
                    self.next();
                    let (text, _) = self.unquoted(token.span);
                    Expr { kind: ExprKind::String(text), span: token.span }
                }
                kind if kind == TokenKind::LeftBrace || kind.names_metric() => self.selector()?,
                _ => return Err(self.unexpected("", "")),
            };
            return Ok(Operand { expr, height: 1 });
        }
    }

    /// The decoded text of a string token, and whether it is UTF-8.
    pub(super) fn unquoted(&self, span: Span) -> (Box<str>, bool) {
        match String::from_utf8(literal::unquote(self.text_of(span))) {
            Ok(text) => (text.into(), true),
            Err(error) => (String::from_utf8_lossy(error.as_bytes()).into(), false),
        }
    }

    fn number(&mut self) -> Expr {
        let span = self.peek().span;
        let (value, duration) = self.number_value();
        Expr { kind: ExprKind::Number(Number { value, duration }), span }
    }

    /// The value of the number or duration that comes next, and whether it is a duration.
    pub(super) fn number_value(&mut self) -> (f64, bool) {
        let token = self.next();
        let text = self.text_of(token.span);
        if token.kind == TokenKind::Duration {
            let value = literal::duration(text);
            return match value {
                Ok(seconds) => (seconds, true),
                Err(message) => {
                    self.error(token.span, message);
                    (0.0, true)
                }
            };
        }
        let value = literal::number(text);
        if value.is_none() {
            self.error(token.span, "error parsing number: invalid syntax or out of range");
        }
        (value.unwrap_or(0.0), false)
    }

    fn aggregation_follows(&self) -> bool {
        matches!(
            self.peek_at(1).kind,
            TokenKind::LeftParen | TokenKind::Keyword(Keyword::By | Keyword::Without)
        )
    }

    fn begin_aggregate(&mut self, op: AggregateOp) -> Parsed<()> {
        let op_span = self.next().span;
        let grouping = self.grouping()?;
        self.expect(TokenKind::LeftParen, "aggregation", "`(`")?;
        if self.peek().kind == TokenKind::RightParen {
            let message = "no arguments for aggregate expression provided";
            return Err(ParseError::new(op_span.join(self.peek().span), message));
        }
        self.push(Frame::Aggregate { op, op_span, grouping, args: Args::default() }, op_span)
    }

    /// Begins a call; a call without arguments is whole at once.
    fn begin_call(&mut self) -> Parsed<Option<Expr>> {
        let name_span = self.next().span;
        self.next();
        let name = self.text_of(name_span);
        let function = Function::of(name).unwrap_or(&UNKNOWN);
        if function.name.is_empty() {
            let message = format!("unknown function with name `{name}`");
            self.error(name_span, message);
        }
        if let Some(end) = self.take(TokenKind::RightParen) {
            let call = Call { function, name_span, args: Vec::new() };
            let kind = ExprKind::Call(Box::new(call));
            return Ok(Some(Expr { kind, span: name_span.join(end) }));
        }
        self.push(Frame::Call { function, name_span, args: Args::default() }, name_span)?;
        Ok(None)
    }

    /// An operator and what may stand between it and its right side.
    fn operator(&mut self, op: BinaryOp, operand: Operand) -> Parsed<()> {
        let op_span = self.next().span;
        let lhs = self.reduce(operand, Some(op))?;
        let bool = self.take(TokenKind::Keyword(Keyword::Bool)).is_some();
        let matching = self.matching()?;
        self.push(Frame::Binary { lhs, op, op_span, bool, matching }, op_span)
    }

    /// Finishes what binds tighter than `before`; all signs and operators where there is none.
    fn reduce(&mut self, mut operand: Operand, before: Option<BinaryOp>) -> Parsed<Operand> {
        let binds = |precedence: u8| {
            before.is_none_or(|op| {
                let equal = precedence == op.precedence() && op != BinaryOp::Pow;
                precedence > op.precedence() || equal
            })
        };
        loop {
            operand = match self.stack.pop() {
                Some(Frame::Unary { minus, span }) if binds(SIGN_PRECEDENCE) => {
                    signed(minus, span, operand)
                }
                Some(Frame::Binary { lhs, op, op_span, bool, matching })
                    if binds(op.precedence()) =>
                {
                    let span = lhs.expr.span.join(operand.expr.span);
                    let height = lhs.height.max(operand.height) + 1;
                    let (lhs, rhs) = (lhs.expr, operand.expr);
                    let binary = Binary { op, op_span, lhs, rhs, return_bool: bool, matching };
                    Operand {
                        expr: Expr { kind: ExprKind::Binary(Box::new(binary)), span },
                        height,
                    }
                }
                other => {
                    self.stack.extend(other);
                    return Ok(operand);
                }
            };
            Self::check_height(&operand)?;
        }
    }

    /// A comma: the operand is one argument of several.
    fn argument(&mut self, operand: Operand) -> Parsed<()> {
        let operand = self.reduce(operand, None)?;
        let Some(Frame::Call { args, .. } | Frame::Aggregate { args, .. }) = self.stack.last_mut()
        else {
            return Err(self.unexpected("", ""));
        };
        args.height = args.height.max(operand.height);
        args.exprs.push(operand.expr);
        let comma = self.next().span;
        if self.peek().kind == TokenKind::RightParen {
            let message = "trailing commas not allowed in function call args";
            return Err(ParseError::new(comma, message));
        }
        Ok(())
    }

    /// A closing parenthesis: what it closes becomes the operand.
    fn close(&mut self, operand: Operand) -> Parsed<Operand> {
        let Operand { expr, height } = self.reduce(operand, None)?;
        match self.stack.pop() {
            Some(Frame::Paren { open }) => {
                let span = open.join(self.next().span);
                Ok(Operand {
                    expr: Expr { kind: ExprKind::Paren(Box::new(expr)), span },
                    height: height + 1,
                })
            }
            Some(Frame::Call { function, name_span, mut args }) => {
                let span = name_span.join(self.next().span);
                args.exprs.push(expr);
                let call = Call { function, name_span, args: args.exprs };
                let height = args.height.max(height) + 1;
                Ok(Operand { expr: Expr { kind: ExprKind::Call(Box::new(call)), span }, height })
            }
            Some(Frame::Aggregate { op, op_span, grouping, mut args }) => {
                let height = args.height.max(height) + 1;
                args.exprs.push(expr);
                let expr = self.end_aggregate(op, op_span, grouping, args.exprs)?;
                Ok(Operand { expr, height })
            }
            _ => Err(ParseError::new(self.peek().span, "unexpected right parenthesis")),
        }
    }

    fn end_aggregate(
        &mut self,
        op: AggregateOp,
        op_span: Span,
        before: Option<Grouping>,
        mut args: Vec<Expr>,
    ) -> Parsed<Expr> {
        self.next();
        let grouping = if before.is_some() { before } else { self.grouping()? };
        let span = op_span.join(self.last_span());
        let wanted = 1 + usize::from(op.has_param());
        let got = args.len();
        let (Some(expr), true) = (args.pop(), got == wanted) else {
            let message = format!(
                "wrong number of arguments for aggregate expression provided, \
                 expected {wanted}, got {got}"
            );
            return Err(ParseError::new(span, message));
        };
        let aggregate = Aggregate { op, op_span, param: args.pop(), expr, grouping };
        Ok(Expr { kind: ExprKind::Aggregate(Box::new(aggregate)), span })
    }

    /// The end of the text: nothing may be open.
    fn end(&mut self, operand: Operand) -> Parsed<Expr> {
        let operand = self.reduce(operand, None)?;
        let open = match self.stack.pop() {
            None => return Ok(operand.expr),
            Some(Frame::Paren { open }) => open,
            Some(Frame::Call { name_span, .. }) => name_span,
            Some(Frame::Aggregate { op_span, .. }) => op_span,
            Some(Frame::Unary { span, .. } | Frame::Binary { op_span: span, .. }) => span,
        };
        Err(ParseError::new(open, "unclosed left parenthesis"))
    }
}

/// A sign before a number is part of it.
fn signed(minus: bool, sign: Span, operand: Operand) -> Operand {
    let span = sign.join(operand.expr.span);
    let height = operand.height;
    let kind = if let ExprKind::Number(number) = operand.expr.kind {
        let value = if minus { -number.value } else { number.value };
        return Operand {
            expr: Expr { kind: ExprKind::Number(Number { value, ..number }), span },
            height,
        };
    } else {
        ExprKind::Unary(Box::new(Unary { minus, expr: operand.expr }))
    };
    Operand { expr: Expr { kind, span }, height: height + 1 }
}

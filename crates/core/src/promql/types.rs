//! Type checks: what the server refuses although it parses.

use super::ast::{Aggregate, AggregateOp, Binary, Call, Expr, ExprKind, Selector};
use super::ast::{MatchOp, Matcher, Unary};
use super::{ParseError, Regexes};

/// The type of an expression's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// One number.
    Scalar,
    /// One number for each series.
    Vector,
    /// A range of numbers for each series.
    Matrix,
    /// A text.
    String,
}

impl ValueType {
    /// The name that the documentation uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Vector => "instant vector",
            Self::Matrix => "range vector",
            Self::String => "string",
        }
    }
}

impl Expr {
    /// The type of its value.
    pub fn value_type(&self) -> ValueType {
        match &self.kind {
            ExprKind::Number(_) => ValueType::Scalar,
            ExprKind::String(_) => ValueType::String,
            ExprKind::Selector(_) | ExprKind::Aggregate(_) => ValueType::Vector,
            ExprKind::Range(_) | ExprKind::Subquery(_) => ValueType::Matrix,
            ExprKind::Binary(binary) => binary_type(binary),
            ExprKind::Unary(unary) => unary.expr.value_type(),
            ExprKind::Call(call) => call.function.returns,
            ExprKind::Paren(inner) => inner.value_type(),
        }
    }
}

/// A chain of operators leans left: the right side decides first and is short.
fn binary_type(binary: &Binary) -> ValueType {
    let scalar = |expr: &Expr| expr.value_type() == ValueType::Scalar;
    if scalar(&binary.rhs) && scalar(&binary.lhs) { ValueType::Scalar } else { ValueType::Vector }
}

/// Checks `expr` and all within.
pub(super) fn check(expr: &Expr, regexes: Regexes<'_>, errors: &mut Vec<ParseError>) {
    let mut checks = Checks { errors, regexes };
    expr.walk(&mut |expr| checks.node(expr));
}

struct Checks<'a> {
    errors: &'a mut Vec<ParseError>,
    regexes: Regexes<'a>,
}

impl Checks<'_> {
    fn error(&mut self, span: crate::text::Span, message: impl Into<String>) {
        self.errors.push(ParseError::new(span, message));
    }

    fn expect(&mut self, expr: &Expr, wanted: ValueType, place: &str) {
        let got = expr.value_type();
        if got != wanted {
            let (wanted, got) = (wanted.as_str(), got.as_str());
            self.error(expr.span, format!("expected type {wanted} in {place}, got {got}"));
        }
    }

    fn node(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Paren(_) => {}
            ExprKind::Selector(selector) => self.selector(selector),
            ExprKind::Range(range) => self.selector(&range.selector),
            ExprKind::Subquery(subquery) => {
                self.expect(&subquery.expr, ValueType::Vector, "subquery");
            }
            ExprKind::Aggregate(aggregate) => self.aggregate(aggregate),
            ExprKind::Binary(binary) => self.binary(expr, binary),
            ExprKind::Unary(unary) => self.unary(expr, unary),
            ExprKind::Call(call) => self.call(expr, call),
        }
    }

    fn aggregate(&mut self, aggregate: &Aggregate) {
        self.expect(&aggregate.expr, ValueType::Vector, "aggregation expression");
        if let Some(param) = &aggregate.param {
            let text = aggregate.op == AggregateOp::CountValues;
            let wanted = if text { ValueType::String } else { ValueType::Scalar };
            self.expect(param, wanted, "aggregation parameter");
        }
    }

    fn unary(&mut self, expr: &Expr, unary: &Unary) {
        let inner = unary.expr.value_type();
        if !matches!(inner, ValueType::Scalar | ValueType::Vector) {
            let message = format!(
                "unary expression only allowed on expressions of type scalar or instant vector, \
                 got {}",
                inner.as_str()
            );
            self.error(expr.span, message);
        }
    }

    fn binary(&mut self, expr: &Expr, binary: &Binary) {
        let (left, right) = (binary.lhs.value_type(), binary.rhs.value_type());
        let op = binary.op.as_str();
        let scalar = |t| t == ValueType::Scalar;
        if binary.return_bool && !binary.op.is_comparison() {
            self.error(binary.op_span, "bool modifier can only be used on comparison operators");
        }
        if binary.op.is_comparison() && !binary.return_bool && scalar(left) && scalar(right) {
            self.error(binary.op_span, "comparisons between scalars must use BOOL modifier");
        }
        for (side, side_type) in [(&binary.lhs, left), (&binary.rhs, right)] {
            if !matches!(side_type, ValueType::Scalar | ValueType::Vector) {
                let only = "binary expression must contain only scalar and instant vector types";
                self.error(side.span, only);
            }
        }
        if binary.op.is_set() && (scalar(left) || scalar(right)) {
            self.error(
                expr.span,
                format!("set operator `{op}` not allowed in binary scalar expression"),
            );
        }
        self.matching(expr, binary, left == ValueType::Vector && right == ValueType::Vector);
    }

    fn matching(&mut self, expr: &Expr, binary: &Binary, vectors: bool) {
        let Some(matching) = &binary.matching else { return };
        let group = matching.group.as_ref();
        if let Some(group) = group.filter(|_| matching.on) {
            for label in &matching.labels {
                if group.include.iter().any(|other| other.text == label.text) {
                    let name = &label.text;
                    let message =
                        format!("label `{name}` must not occur in ON and GROUP clause at once");
                    self.error(label.span, message);
                }
            }
        }
        if !vectors && !matching.labels.is_empty() {
            self.error(expr.span, "vector matching only allowed between instant vectors");
        }
        if vectors && binary.op.is_set() && group.is_some() {
            let message = format!("no grouping allowed for `{}` operation", binary.op.as_str());
            self.error(expr.span, message);
        }
    }

    fn call(&mut self, expr: &Expr, call: &Call) {
        let name = call.function.name;
        let (least, most) = call.function.arg_count();
        if call.args.len() < least || most.is_some_and(|most| call.args.len() > most) {
            let wanted = match most {
                Some(most) if most == least => format!("{least}"),
                Some(most) => format!("{least} to {most}"),
                None => format!("at least {least}"),
            };
            let got = call.args.len();
            self.error(
                expr.span,
                format!("expected {wanted} argument(s) in call to `{name}`, got {got}"),
            );
        }
        for (at, arg) in call.args.iter().enumerate() {
            if let Some(wanted) = call.function.arg(at) {
                self.expect(arg, wanted, &format!("call to function `{name}`"));
            }
        }
        if let (true, Some(labels)) = (name == "info", call.args.get(1)) {
            let bare = matches!(&labels.kind, ExprKind::Selector(s) if s.name.is_none());
            if !bare {
                self.error(labels.span, "expected label selectors only");
            }
        }
    }

    fn selector(&mut self, selector: &Selector) {
        if selector.name.is_some() {
            for twice in selector.matchers.iter().filter(|m| &*m.label.text == "__name__") {
                self.error(twice.span, "metric name must not be set twice");
            }
        }
        for matcher in &selector.matchers {
            if let Some(Err(message)) = self.matches_empty(matcher) {
                self.error(matcher.value_span, message);
            }
        }
    }

    /// Whether the matcher's regex matches the empty text, or why it is no regex.
    fn matches_empty(&self, matcher: &Matcher) -> Option<Result<bool, String>> {
        let is_regex = matches!(matcher.op, MatchOp::Regex | MatchOp::NotRegex);
        is_regex.then(|| (self.regexes)(&matcher.value))
    }
}

/// Selectors that select by no matcher that refuses the empty value: the server refuses them, but
/// for the second argument of `info`.
pub(super) fn check_empty(expr: &Expr, regexes: Regexes<'_>, errors: &mut Vec<ParseError>) {
    let mut spared = Vec::new();
    let mut selects_all = Vec::new();
    expr.walk(&mut |expr| match &expr.kind {
        ExprKind::Call(call) if call.function.name == "info" => {
            if let Some(ExprKind::Selector(labels)) = call.args.get(1).map(|arg| &arg.kind) {
                spared.push(labels.span);
            }
        }
        ExprKind::Selector(selector) if selects_everything(selector, regexes) => {
            selects_all.push(selector.span);
        }
        ExprKind::Range(range) if selects_everything(&range.selector, regexes) => {
            selects_all.push(range.selector.span);
        }
        _ => {}
    });
    selects_all.retain(|span| !spared.contains(span));
    let message = "vector selector must contain at least one non-empty matcher";
    errors.extend(selects_all.into_iter().map(|span| ParseError::new(span, message)));
}

fn selects_everything(selector: &Selector, regexes: Regexes<'_>) -> bool {
    selector.name.is_none()
        && selector.matchers.iter().all(|matcher| match matcher.op {
            MatchOp::Equal => matcher.value.is_empty(),
            MatchOp::NotEqual => !matcher.value.is_empty(),
            MatchOp::Regex => regexes(&matcher.value).unwrap_or(false),
            MatchOp::NotRegex => !regexes(&matcher.value).unwrap_or(true),
        })
}

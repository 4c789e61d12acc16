//! The syntax tree of a `PromQL` expression; every node knows its bytes.

use super::functions::Function;
use crate::text::Span;

/// An expression and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its bytes, modifiers included.
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// `1`, `0x1f`, `Inf`, `5m`; a sign before it is folded in.
    Number(Number),
    /// `"text"`.
    String(Box<str>),
    /// `metric{label="value"} offset 5m`: an instant vector.
    Selector(Box<Selector>),
    /// `metric[5m]`: a range vector.
    Range(Box<RangeSelector>),
    /// `expr[1h:5m]`: a range vector.
    Subquery(Box<Subquery>),
    /// `sum by (label) (expr)`.
    Aggregate(Box<Aggregate>),
    /// `lhs + on (label) rhs`.
    Binary(Box<Binary>),
    /// `-expr`, `+expr`.
    Unary(Box<Unary>),
    /// `rate(expr)`.
    Call(Box<Call>),
    /// `(expr)`.
    Paren(Box<Expr>),
}

/// A number; a duration is its seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number {
    /// The value, in seconds where it was written as a duration.
    pub value: f64,
    /// Whether it was written as a duration.
    pub duration: bool,
}

/// A name as written, decoded where it was quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub text: Box<str>,
    /// Its bytes, quotes included.
    pub span: Span,
}

/// What a vector selector selects.
#[derive(Debug, Clone, PartialEq)]
pub struct Selector {
    /// The metric's name where it stands before the braces. `{"name"}` is a matcher on `__name__`.
    pub name: Option<Name>,
    /// The matchers in braces, in order.
    pub matchers: Vec<Matcher>,
    /// `offset` and `@`.
    pub modifiers: Modifiers,
    /// The name and the braces, without range and modifiers.
    pub span: Span,
}

/// One label matcher.
#[derive(Debug, Clone, PartialEq)]
pub struct Matcher {
    /// The label.
    pub label: Name,
    /// How it compares.
    pub op: MatchOp,
    /// The value or the regex, decoded; bytes that are not UTF-8 become U+FFFD.
    pub value: Box<str>,
    /// The quoted value's bytes.
    pub value_span: Span,
    /// The whole matcher.
    pub span: Span,
}

/// How a matcher compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchOp {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Regex,
    /// `!~`
    NotRegex,
}

/// When a selector or a subquery looks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Modifiers {
    /// `offset 5m`, in seconds; may be negative.
    pub offset: Option<f64>,
    /// `@ 1700000000`, `@ start()`.
    pub at: Option<At>,
}

/// The `@` modifier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum At {
    /// Unix seconds.
    Time(f64),
    /// `start()` of the query's range.
    Start,
    /// `end()` of the query's range.
    End,
}

/// A range vector selector.
#[derive(Debug, Clone, PartialEq)]
pub struct RangeSelector {
    /// What is selected.
    pub selector: Selector,
    /// How far back, in seconds.
    pub range: f64,
}

/// A subquery.
#[derive(Debug, Clone, PartialEq)]
pub struct Subquery {
    /// What is evaluated.
    pub expr: Expr,
    /// How far back, in seconds.
    pub range: f64,
    /// The resolution in seconds; the server's evaluation interval if not given.
    pub step: Option<f64>,
    /// `offset` and `@`.
    pub modifiers: Modifiers,
}

/// An aggregation.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// Which one.
    pub op: AggregateOp,
    /// The operator's word.
    pub op_span: Span,
    /// The first of two arguments: `k`, the quantile, the label of `count_values`.
    pub param: Option<Expr>,
    /// What is aggregated.
    pub expr: Expr,
    /// `by` or `without`; none means `by ()`.
    pub grouping: Option<Grouping>,
}

/// `by (…)` or `without (…)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    /// Whether the labels are those that go.
    pub without: bool,
    /// The labels, in order, repeats included.
    pub labels: Vec<Name>,
}

/// A binary operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Binary {
    /// Which one.
    pub op: BinaryOp,
    /// The operator.
    pub op_span: Span,
    /// Left side.
    pub lhs: Expr,
    /// Right side.
    pub rhs: Expr,
    /// `bool`: compare to 0 or 1 instead of filtering.
    pub return_bool: bool,
    /// `on` or `ignoring`.
    pub matching: Option<Matching>,
}

/// How the two sides of a binary operation find each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matching {
    /// `on`, else `ignoring`.
    pub on: bool,
    /// The labels, in order.
    pub labels: Vec<Name>,
    /// `group_left` or `group_right`.
    pub group: Option<Group>,
}

/// Which side of a match has many series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// `group_left` (many on the left), else `group_right`.
    pub left: bool,
    /// Labels taken over from the one side.
    pub include: Vec<Name>,
}

/// A sign before an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Unary {
    /// `-`, else `+`.
    pub minus: bool,
    /// What it applies to.
    pub expr: Expr,
}

/// A function call.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Which function.
    pub function: &'static Function,
    /// The function's name.
    pub name_span: Span,
    /// The arguments.
    pub args: Vec<Expr>,
}

/// The aggregations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "named as in `PromQL`")]
pub enum AggregateOp {
    Sum,
    Avg,
    Count,
    Min,
    Max,
    Group,
    Stddev,
    Stdvar,
    Topk,
    Bottomk,
    CountValues,
    Quantile,
    Limitk,
    LimitRatio,
}

const AGGREGATIONS: [(&str, AggregateOp); 14] = [
    ("sum", AggregateOp::Sum),
    ("avg", AggregateOp::Avg),
    ("count", AggregateOp::Count),
    ("min", AggregateOp::Min),
    ("max", AggregateOp::Max),
    ("group", AggregateOp::Group),
    ("stddev", AggregateOp::Stddev),
    ("stdvar", AggregateOp::Stdvar),
    ("topk", AggregateOp::Topk),
    ("bottomk", AggregateOp::Bottomk),
    ("count_values", AggregateOp::CountValues),
    ("quantile", AggregateOp::Quantile),
    ("limitk", AggregateOp::Limitk),
    ("limit_ratio", AggregateOp::LimitRatio),
];

impl AggregateOp {
    /// The aggregation of that name, in any case.
    pub fn of(word: &str) -> Option<Self> {
        let found = AGGREGATIONS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        found.map(|(_, op)| *op)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        AGGREGATIONS.iter().find(|(_, op)| *op == self).map_or("", |(name, _)| name)
    }

    /// Whether it takes a parameter before the vector.
    pub fn has_param(self) -> bool {
        self.selects_series() || matches!(self, Self::CountValues | Self::Quantile)
    }

    /// Whether its result holds some of its input's series, all labels kept.
    pub fn selects_series(self) -> bool {
        matches!(self, Self::Topk | Self::Bottomk | Self::Limitk | Self::LimitRatio)
    }

    /// Whether 3.5 wants `--enable-feature=promql-experimental-functions` for it.
    pub fn experimental(self) -> bool {
        matches!(self, Self::Limitk | Self::LimitRatio)
    }
}

/// The operators between two expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is its symbol or word")]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Atan2,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    And,
    Or,
    Unless,
}

impl BinaryOp {
    /// As written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Mod => "%",
            Self::Pow => "^",
            Self::Atan2 => "atan2",
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::And => "and",
            Self::Or => "or",
            Self::Unless => "unless",
        }
    }

    /// Whether it compares.
    pub fn is_comparison(self) -> bool {
        matches!(self, Self::Eq | Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge)
    }

    /// Whether it is `and`, `or` or `unless`.
    pub fn is_set(self) -> bool {
        matches!(self, Self::And | Self::Or | Self::Unless)
    }

    /// How tightly it binds; a sign binds like `*`.
    pub(super) fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And | Self::Unless => 2,
            _ if self.is_comparison() => 3,
            Self::Add | Self::Sub => 4,
            Self::Pow => 6,
            _ => SIGN_PRECEDENCE,
        }
    }
}

/// How tightly a sign binds: `-2 ^ 2` is `-(2 ^ 2)`, `-a * b` is `(-a) * b`.
pub(super) const SIGN_PRECEDENCE: u8 = 5;

impl MatchOp {
    /// As written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Regex => "=~",
            Self::NotRegex => "!~",
        }
    }
}

impl Expr {
    /// The expressions directly inside, in the order in which they are written.
    pub fn children(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Number(_)
            | ExprKind::String(_)
            | ExprKind::Selector(_)
            | ExprKind::Range(_) => Vec::new(),
            ExprKind::Subquery(subquery) => vec![&subquery.expr],
            ExprKind::Aggregate(aggregate) => {
                aggregate.param.iter().chain([&aggregate.expr]).collect()
            }
            ExprKind::Binary(binary) => vec![&binary.lhs, &binary.rhs],
            ExprKind::Unary(unary) => vec![&unary.expr],
            ExprKind::Call(call) => call.args.iter().collect(),
            ExprKind::Paren(inner) => vec![inner],
        }
    }

    /// Calls `visit` with this expression and all within, outer before inner, left before right.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Expr)) {
        let mut open = vec![self];
        while let Some(expr) = open.pop() {
            visit(expr);
            open.extend(expr.children().into_iter().rev());
        }
    }

    /// Every vector selector within, those of range vectors included.
    pub fn selectors(&self) -> Vec<&Selector> {
        let mut found = Vec::new();
        self.walk(&mut |expr| match &expr.kind {
            ExprKind::Selector(selector) => found.push(&**selector),
            ExprKind::Range(range) => found.push(&range.selector),
            _ => {}
        });
        found
    }

    /// Uses of what 3.5 has behind `--enable-feature=promql-experimental-functions`.
    pub fn experimental(&self) -> Vec<(Span, &'static str)> {
        let mut found = Vec::new();
        self.walk(&mut |expr| match &expr.kind {
            ExprKind::Call(call) if call.function.experimental => {
                found.push((call.name_span, call.function.name));
            }
            ExprKind::Aggregate(aggregate) if aggregate.op.experimental() => {
                found.push((aggregate.op_span, aggregate.op.as_str()));
            }
            _ => {}
        });
        found
    }

    /// The expression without the parentheses around it.
    pub fn unparenthesised(&self) -> &Expr {
        let mut expr = self;
        while let ExprKind::Paren(inner) = &expr.kind {
            expr = inner;
        }
        expr
    }
}

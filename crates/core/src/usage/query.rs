//! What is asked of the data, by whom, and which labels of the answer are looked at.

use std::collections::BTreeMap;

use super::labels::LabelNeed;
use crate::doc;
use crate::text::{Location, SourceText, Span};

/// One query of one consumer.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// `PromQL` as written, dashboard variables included.
    pub text: String,
    /// Who asks.
    pub origin: Origin,
    /// Which labels of the result are looked at; all of them unless something else is known.
    pub demand: LabelNeed,
    /// For recording rules: what the result becomes.
    pub records: Option<Recorded>,
    /// Whether it is an alerting rule's expression, each element of which becomes an alert.
    pub raises_alerts: bool,
    /// For dashboards: what is known of the variables that the text may hold. `None` where `$x` means
    /// nothing.
    pub variables: Option<Variables>,
    /// Why nothing at all is known of what is asked, if so.
    pub opaque: Option<String>,
    /// Whether the text is the whole scalar at the origin's location, so that its bytes have places.
    pub is_scalar: bool,
}

/// The dashboard variables around a query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Variables {
    /// The values that a variable can take, where the dashboard lists them all.
    pub known: BTreeMap<String, Vec<String>>,
    /// What a variable that stands for a metric's name can be, as a regex, where that is known.
    pub names: BTreeMap<String, String>,
    /// Whether users can add matchers on any label (an ad hoc filter).
    pub ad_hoc: bool,
}

/// What a recording rule writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The metric's name.
    pub name: String,
    /// Labels that the rule sets itself, each with its value.
    pub sets: Vec<(String, String)>,
}

/// Where a query comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// What kind of thing asks.
    pub kind: OriginKind,
    /// The file, as the user knows it.
    pub file: String,
    /// Where in the file, if that is known.
    pub location: Option<Location>,
    /// The rule's, panel's or variable's name.
    pub name: String,
}

/// The kinds of things that ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OriginKind {
    /// A recording rule.
    Rule,
    /// An alerting rule, or a query in one of its templates.
    Alert,
    /// A panel of a dashboard.
    DashboardPanel,
    /// A variable of a dashboard.
    DashboardVariable,
    /// An annotation of a dashboard.
    Annotation,
    /// A plain list of queries.
    List,
    /// A server's query log.
    QueryLog,
    /// Another server that federates.
    Federation,
    /// A route, inhibition or template of Alertmanager: the text is a label of alerts.
    AlertRoute,
    /// An alert that Grafana manages.
    GrafanaAlert,
    /// prometheus-adapter or KEDA.
    Autoscaler,
    /// Flagger or Argo Rollouts.
    Delivery,
    /// Sloth or Pyrra.
    Slo,
    /// Kiali, `OpenCost` and others that bring their queries along.
    Program,
}

impl OriginKind {
    /// The word used in outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rule => "recording rule",
            Self::Alert => "alerting rule",
            Self::DashboardPanel => "dashboard panel",
            Self::DashboardVariable => "dashboard variable",
            Self::Annotation => "dashboard annotation",
            Self::List => "query list",
            Self::QueryLog => "query log",
            Self::Federation => "federation",
            Self::AlertRoute => "alert route",
            Self::GrafanaAlert => "Grafana alert",
            Self::Autoscaler => "autoscaler",
            Self::Delivery => "delivery check",
            Self::Slo => "SLO",
            Self::Program => "program",
        }
    }

    /// The kind of consumer it belongs to.
    pub fn consumer(self) -> ConsumerKind {
        match self {
            Self::Rule | Self::Alert => ConsumerKind::Rules,
            Self::DashboardPanel | Self::DashboardVariable | Self::Annotation => {
                ConsumerKind::Dashboards
            }
            Self::List | Self::QueryLog => ConsumerKind::QueryList,
            Self::Federation => ConsumerKind::Federation,
            Self::AlertRoute => ConsumerKind::AlertmanagerRoutes,
            Self::GrafanaAlert => ConsumerKind::GrafanaAlerts,
            Self::Autoscaler => ConsumerKind::Autoscalers,
            Self::Delivery => ConsumerKind::ProgressiveDelivery,
            Self::Slo => ConsumerKind::ServiceLevelObjectives,
            Self::Program => ConsumerKind::Programs,
        }
    }
}

/// Whatever reads series. A plan names the kinds it was not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConsumerKind {
    /// Recording and alerting rules.
    Rules,
    /// Grafana dashboards.
    Dashboards,
    /// Lists of queries, such as people's own, and query logs.
    QueryList,
    /// Other servers' `/federate`.
    Federation,
    /// Alertmanager routes, inhibitions and templates.
    AlertmanagerRoutes,
    /// Alerts that Grafana manages.
    GrafanaAlerts,
    /// prometheus-adapter, KEDA.
    Autoscalers,
    /// Flagger, Argo Rollouts.
    ProgressiveDelivery,
    /// Sloth, Pyrra.
    ServiceLevelObjectives,
    /// Kiali, `OpenCost` and others that bring their queries along.
    Programs,
}

impl ConsumerKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Rules,
        Self::Dashboards,
        Self::QueryList,
        Self::Federation,
        Self::AlertmanagerRoutes,
        Self::GrafanaAlerts,
        Self::Autoscalers,
        Self::ProgressiveDelivery,
        Self::ServiceLevelObjectives,
        Self::Programs,
    ];

    /// What to call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rules => "rule files",
            Self::Dashboards => "dashboards",
            Self::QueryList => "query lists and logs",
            Self::Federation => "federation",
            Self::AlertmanagerRoutes => "Alertmanager routes and templates",
            Self::GrafanaAlerts => "Grafana-managed alerts",
            Self::Autoscalers => "autoscalers (prometheus-adapter, KEDA)",
            Self::ProgressiveDelivery => "progressive delivery (Flagger, Argo Rollouts)",
            Self::ServiceLevelObjectives => "SLO files (Sloth, Pyrra)",
            Self::Programs => "programs with their own queries (Kiali, OpenCost)",
        }
    }
}

impl Query {
    /// A query all labels of whose result are looked at.
    pub fn new(text: impl Into<String>, origin: Origin) -> Self {
        Self {
            text: text.into(),
            origin,
            demand: LabelNeed::All,
            records: None,
            raises_alerts: false,
            variables: None,
            opaque: None,
            is_scalar: false,
        }
    }

    /// Where the bytes `span` of the text are in `source`, the file that it was read from; the place of
    /// the whole where that is all that is known.
    pub fn place(&self, span: Span, source: &SourceText) -> Option<Location> {
        let whole = self.origin.location?;
        let raw = source.text().get(whole.span.range()).filter(|_| self.is_scalar);
        let Some(raw) = raw else { return Some(whole) };
        let found = doc::scalar_span(raw, &self.text, span.range());
        let start = whole.span.start as usize;
        Some(Location { file: whole.file, span: Span::new(start + found.start, start + found.end) })
    }
}

/// The queries of a plain list, one a line; empty lines and lines that begin with `#` are none.
pub fn list_queries(file: &str, text: &str) -> Vec<Query> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    let queries = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    queries
        .map(|(number, line)| {
            let kind = OriginKind::List;
            let name = format!("line {number}");
            Query::new(line, Origin { kind, file: file.to_owned(), location: None, name })
        })
        .collect()
}

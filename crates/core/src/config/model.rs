//! What a configuration says, as plain data with the place of every part: the [`Project`].

use super::kinds::Kind;
use crate::doc::Document;
use crate::relabel::{Program, RawStep, Step};
use crate::server::{NameScheme, Server};
use crate::text::{Location, Span};

/// A value and where it is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub location: Location,
}

impl<T> Located<T> {
    /// `value`, written at `location`.
    pub fn new(value: T, location: Location) -> Self {
        Self { value, location }
    }
}

/// A configuration with the files it names, as one server version reads it.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// The server it is read for.
    pub server: Server,
    /// The `global` section, defaults filled in.
    pub global: Global,
    /// Every scrape config, of the main file first, then of `scrape_config_files`.
    pub jobs: Vec<Job>,
    /// The `remote_write` section.
    pub remote_writes: Vec<RemoteWrite>,
    /// The `alerting` section.
    pub alerting: Alerting,
    /// The rule files that were added.
    pub rule_files: Vec<RuleFile>,
    /// Patterns in `scrape_config_files`, relative to the directory of the main file.
    pub wanted_scrape_files: Vec<Located<String>>,
    /// Patterns in `rule_files`, relative to the directory of the main file.
    pub wanted_rule_files: Vec<Located<String>>,
    /// Where passwords, tokens and keys stand: no output may show them.
    pub secrets: Vec<Location>,
    /// The trees of all files, in the order they were added; what stands in the text of another
    /// tree comes before it.
    pub documents: Vec<Document>,
}

impl Project {
    /// The tree that holds `location`: of several, which stand in one another, the innermost.
    pub fn document_at(&self, location: Location) -> Option<&Document> {
        let holds = |document: &&Document| {
            document.file() == location.file && document.span().contains(location.span)
        };
        self.documents.iter().filter(holds).min_by_key(|document| document.span().len())
    }

    /// Every chain of the project with its job, in the order of the files.
    pub fn chains(&self) -> impl Iterator<Item = (Option<&Job>, &Chain)> {
        let jobs = self
            .jobs
            .iter()
            .flat_map(|job| [&job.target_chain, &job.metric_chain].map(|c| (Some(job), c)));
        let writes = self.remote_writes.iter().map(|write| (None, &write.write_chain));
        let alerting = &self.alerting;
        let managers = alerting.alertmanagers.iter();
        let managers = managers.flat_map(|m| [&m.target_chain, &m.alert_chain].map(|c| (None, c)));
        jobs.chain(writes).chain(std::iter::once((None, &alerting.alert_chain))).chain(managers)
    }
}

/// The `global` section with its defaults. Durations are milliseconds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Global {
    /// Where the section is, if it is written.
    pub location: Option<Location>,
    /// `scrape_interval`, one minute by default.
    pub scrape_interval: u64,
    /// `scrape_timeout`, ten seconds by default and never above the interval.
    pub scrape_timeout: u64,
    /// `evaluation_interval`, one minute by default.
    pub evaluation_interval: u64,
    /// Labels added to what leaves the server; values before expansion of `$VAR`.
    pub external_labels: Vec<(Located<String>, Located<String>)>,
    /// Limits for jobs that set none of their own.
    pub limits: Limits,
    /// `metric_name_validation_scheme`.
    pub name_scheme: NameScheme,
    /// What becomes of classic histograms in jobs that do not say so themselves.
    pub classic_histograms: ClassicHistograms,
}

/// What a scrape makes of classic histograms (3.0 and later).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClassicHistograms {
    /// `convert_classic_histograms_to_nhcb`: each becomes one native histogram with custom buckets.
    pub to_nhcb: bool,
    /// `always_scrape_classic_histograms`: the classic series are kept beside it.
    pub keep: bool,
}

/// Limits of a scrape; `None` where none is written. Zero means no limit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Limits {
    /// `sample_limit`, in samples after metric relabeling.
    pub sample: Option<Located<u64>>,
    /// `label_limit`, in labels a sample.
    pub label: Option<Located<u64>>,
    /// `label_name_length_limit`, in bytes.
    pub label_name_length: Option<Located<u64>>,
    /// `label_value_length_limit`, in bytes.
    pub label_value_length: Option<Located<u64>>,
    /// `target_limit`, in targets.
    pub target: Option<Located<u64>>,
    /// `body_size_limit`, in bytes.
    pub body_size: Option<Located<u64>>,
    /// `keep_dropped_targets`, in targets.
    pub keep_dropped: Option<Located<u64>>,
}

/// One scrape config. Values that are not written hold the global or the server's default.
#[derive(Debug, Clone, Default)]
pub struct Job {
    /// What it is written as. Of [`Kind::is_partial`] ones, something else adds labels, targets and
    /// settings: what is not written here is not known.
    pub kind: Kind,
    /// `job_name`, or the name that the operator gives.
    pub name: String,
    /// The whole scrape config.
    pub location: Location,
    /// The value of `job_name`, or the whole config when it has none.
    pub name_location: Location,
    /// `honor_labels`, false by default.
    pub honor_labels: bool,
    /// `honor_timestamps`, true by default.
    pub honor_timestamps: bool,
    /// `scrape_interval` in milliseconds.
    pub scrape_interval: u64,
    /// `scrape_timeout` in milliseconds.
    pub scrape_timeout: u64,
    /// Where `scrape_interval` is written, if the job has its own.
    pub interval_location: Option<Location>,
    /// Where `scrape_timeout` is written, if the job has its own.
    pub timeout_location: Option<Location>,
    /// `metrics_path`, `/metrics` by default.
    pub metrics_path: String,
    /// `scheme`, `http` by default.
    pub scheme: String,
    /// `params` in the order they are written.
    pub params: Vec<(String, Vec<String>)>,
    /// The job's limits as written in the job; the global ones are in [`Global::limits`].
    pub limits: Limits,
    /// `metric_name_validation_scheme` of the job, or the global one.
    pub name_scheme: NameScheme,
    /// What becomes of its classic histograms.
    pub classic_histograms: ClassicHistograms,
    /// `static_configs`.
    pub static_targets: Vec<StaticGroup>,
    /// Every other service discovery.
    pub discoveries: Vec<Discovery>,
    /// `relabel_configs`.
    pub target_chain: Chain,
    /// `metric_relabel_configs`.
    pub metric_chain: Chain,
}

/// One item of `static_configs`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StaticGroup {
    /// Where it is.
    pub location: Location,
    /// Its `targets`.
    pub targets: Vec<Located<String>>,
    /// Its `labels`, in the order they are written.
    pub labels: Vec<(Located<String>, Located<String>)>,
}

/// One item of a service discovery.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Discovery {
    /// The key it stands under: `kubernetes_sd_configs`.
    pub kind: String,
    /// Where it is.
    pub location: Location,
    /// Its `role`, when it has one: `pod`.
    pub role: Option<String>,
}

/// One item of `remote_write`.
#[derive(Debug, Clone, Default)]
pub struct RemoteWrite {
    /// Its `name`, if it has one.
    pub name: Option<String>,
    /// Where it is.
    pub location: Location,
    /// Its `url`, secrets included.
    pub url: String,
    /// `write_relabel_configs`.
    pub write_chain: Chain,
}

/// The `alerting` section.
#[derive(Debug, Clone, Default)]
pub struct Alerting {
    /// `alert_relabel_configs`.
    pub alert_chain: Chain,
    /// `alertmanagers`.
    pub alertmanagers: Vec<Alertmanager>,
}

/// One item of `alertmanagers`.
#[derive(Debug, Clone, Default)]
pub struct Alertmanager {
    /// Where it is.
    pub location: Location,
    /// `relabel_configs`: which Alertmanagers are found.
    pub target_chain: Chain,
    /// `alert_relabel_configs`: what is sent to them.
    pub alert_chain: Chain,
}

/// Where in a sample's way a chain stands, and so what it sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum ChainKind {
    /// `relabel_configs` of a job: discovered labels of targets.
    #[default]
    Target,
    /// `metric_relabel_configs`: labels of samples after target labels are attached.
    Metric,
    /// `write_relabel_configs`: stored labels and external labels.
    Write,
    /// `alert_relabel_configs`: labels of alerts.
    Alert,
    /// `relabel_configs` of Alertmanagers: discovered labels of Alertmanagers.
    Alertmanager,
}

/// One list of relabel configs.
#[derive(Debug, Clone, Default)]
pub struct Chain {
    /// What it relabels.
    pub kind: ChainKind,
    /// `scrape_configs[job=app].metric_relabel_configs`.
    pub path: String,
    /// The list, or the thing that could hold it when none is written.
    pub location: Location,
    /// Whether the key is written at all.
    pub written: bool,
    /// Whether steps that are not written here run before or after: the operator's own.
    pub open: bool,
    /// Its relabel configs, those that the server refuses included.
    pub steps: Vec<ConfiguredStep>,
}

impl Chain {
    /// The chain as it runs. Steps that the server refuses are left out: it would not start.
    pub fn program(&self) -> Program {
        let steps: Vec<Step> = self.steps.iter().filter_map(|step| step.step.clone()).collect();
        Program::compile(&steps)
    }
}

/// One relabel config with its places.
#[derive(Debug, Clone)]
pub struct ConfiguredStep {
    /// As it was written.
    pub raw: RawStep,
    /// As the server takes it; `None` when it refuses it, and a finding says why, or when a
    /// placeholder hides what it will be.
    pub step: Option<Step>,
    /// Where its parts are.
    pub spans: StepSpans,
}

/// Where the parts of a relabel config are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepSpans {
    /// The whole item, without its dash.
    pub item: Location,
    /// The fields that count, in the order they are set.
    pub fields: Vec<FieldSpan>,
}

/// Where one field of a relabel config is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldSpan {
    /// Which field.
    pub field: crate::relabel::StepField,
    /// The key.
    pub key: Location,
    /// The value, quotes included; empty when none is written.
    pub value: Location,
    /// The items of a list value.
    pub items: Vec<Span>,
    /// Whether it comes from another mapping through `<<`.
    pub merged: bool,
    /// The value's node, for [`crate::doc::Node::source_offset`].
    pub node: crate::doc::NodeId,
}

impl StepSpans {
    /// Where `field` is, if it is written.
    pub fn field(&self, field: crate::relabel::StepField) -> Option<&FieldSpan> {
        self.fields.iter().rev().find(|span| span.field == field)
    }

    /// The value of `field`, or the whole item when it is not written.
    pub fn value_or_item(&self, field: crate::relabel::StepField) -> Location {
        self.field(field).map_or(self.item, |span| span.value)
    }
}

/// A rule file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RuleFile {
    /// Its groups.
    pub groups: Vec<RuleGroup>,
}

/// A group of a rule file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RuleGroup {
    /// Its name.
    pub name: Located<String>,
    /// Its `interval` in milliseconds, if it has its own.
    pub interval: Option<u64>,
    /// Its rules.
    pub rules: Vec<Rule>,
}

/// Which kind a rule is, with the name it makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleKind {
    /// `record`: the metric it writes.
    Record(Located<String>),
    /// `alert`: its name.
    Alert(Located<String>),
}

/// A recording or alerting rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Where it is.
    pub location: Location,
    /// Recording or alerting.
    pub kind: RuleKind,
    /// Its expression, decoded.
    pub expr: Located<String>,
    /// The node of the expression, for [`crate::doc::Node::source_offset`].
    pub expr_node: crate::doc::NodeId,
    /// `for` in milliseconds.
    pub for_duration: u64,
    /// `labels`, in the order they are written.
    pub labels: Vec<(Located<String>, Located<String>)>,
    /// `annotations`, in the order they are written.
    pub annotations: Vec<(Located<String>, Located<String>)>,
}

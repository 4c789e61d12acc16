//! What a check may see and do: the project, answers about patterns, places, and reporting.

use std::sync::Arc;

use super::chains::Chains;
use super::{Facts, Rule};
use crate::config::{Chain, ChainKind, ConfiguredStep, FieldSpan, Job, Project};
use crate::doc::Node;
use crate::finding::{Finding, Subject};
use crate::regexp::language::{self, Language};
use crate::regexp::{Dialect, Pattern};
use crate::relabel::analysis::Analysis;
use crate::relabel::{Step, StepField};
use crate::series::Table;
use crate::signals::Report;
use crate::text::{Location, SourceText};

/// A step that the server accepts, in its chain.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    /// The chain.
    pub chain: &'a Chain,
    /// The step's index in it.
    pub index: usize,
    /// The step with its places.
    pub configured: &'a ConfiguredStep,
    /// The step.
    pub step: &'a Step,
}

impl<'a> At<'a> {
    /// The step at `index`, if the server accepts it. A step of vmagent is none: what is proven of
    /// steps here does not hold for those with `if`, and for its own actions.
    pub fn new(chain: &'a Chain, index: usize) -> Option<Self> {
        let configured = chain.steps.get(index)?;
        Some(Self {
            chain,
            index,
            configured,
            step: configured.step.as_ref().filter(|step| !step.needs_rows())?,
        })
    }

    /// Where a field's value is, or the whole step.
    pub fn value(self, field: StepField) -> Location {
        self.configured.spans.value_or_item(field)
    }

    /// The steps before it.
    pub fn earlier(self) -> &'a [ConfiguredStep] {
        &self.chain.steps[..self.index]
    }

    /// The steps after it.
    pub fn later(self) -> &'a [ConfiguredStep] {
        &self.chain.steps[self.index + 1..]
    }

    /// Whether its action reads `field`.
    pub fn reads(self, field: StepField) -> bool {
        self.step.action().reads().contains(&field)
    }
}

/// What findings are about, before there is one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct About<'a> {
    pub(super) job: Option<&'a Job>,
    pub(super) chain: Option<&'a Chain>,
    pub(super) step: Option<usize>,
}

impl About<'_> {
    fn subject(&self) -> Subject {
        Subject {
            job: self.job.map(|job| job.name.clone()),
            chain: self.chain.map(|chain| chain.path.clone()),
            step: self.step,
        }
    }
}

/// What a check is given.
#[derive(Debug)]
pub struct Context<'a> {
    /// The project.
    pub project: &'a Project,
    /// What else is known.
    pub facts: &'a Facts<'a>,
    chains: &'a Chains<'a>,
    rule: &'static Rule,
    about: About<'a>,
    findings: Vec<Finding>,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        project: &'a Project,
        facts: &'a Facts<'a>,
        chains: &'a Chains<'a>,
        rule: &'static Rule,
    ) -> Self {
        let (about, findings) = (About::default(), Vec::new());
        Self { project, facts, chains, rule, about, findings }
    }

    /// Sets what findings are about from now on.
    pub(super) fn look_at(&mut self, about: About<'a>) {
        self.about = about;
    }

    /// The job of the chain that is looked at, if it is a job's.
    pub fn job(&self) -> Option<&'a Job> {
        self.about.job
    }

    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }

    /// A finding of this rule, to be completed and reported.
    pub fn finding(&self, location: Location, message: impl Into<String>) -> Finding {
        Finding::new(self.rule.id, self.rule.severity, location, message.into())
            .subject(self.about.subject())
    }

    /// A finding of this rule about one step of the chain that is looked at.
    pub fn step_finding(
        &self,
        step: usize,
        location: Location,
        message: impl Into<String>,
    ) -> Finding {
        let mut finding = self.finding(location, message);
        finding.subject.step = Some(step);
        finding
    }

    /// Reports a finding.
    pub fn report(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Reports findings.
    pub fn report_all(&mut self, findings: Vec<Finding>) {
        self.findings.extend(findings);
    }

    /// What the chains leave of the signals that the samples give.
    pub(super) fn signals(&self, attached: &Table) -> &'a Report {
        self.chains.signals(self.project, attached)
    }

    /// All values that a pattern matches; `None` when that is too large to tell.
    pub fn language(&self, pattern: &Pattern) -> Option<Language> {
        self.chains.languages().of(pattern).ok()
    }

    /// What is found out about chains.
    pub(super) fn chains(&self) -> &'a Chains<'a> {
        self.chains
    }

    /// What is built of patterns, shared by all rules.
    pub(super) fn languages(&self) -> &'a language::Languages {
        self.chains.languages()
    }

    /// What filters of the chain do to whatever can come to it. Without claims where there is nothing
    /// to say about a filter, and for a chain that the server refuses.
    pub fn analysis(&self, chain: &Chain) -> Arc<Analysis> {
        self.chains.analysis(chain)
    }

    /// What the step does to whatever comes to such a chain, by itself.
    pub fn analysis_alone(&self, at: At<'_>) -> Arc<Analysis> {
        self.chains.analysis_alone(at.chain.kind, at.configured, at.step)
    }

    /// The language of a regex of our own, in the dialect of the project's server.
    pub fn language_of(&self, regex: &str) -> Option<Language> {
        self.language(&Pattern::parse(regex, Dialect::of(self.project.server)).ok()?)
    }

    /// The file of a location.
    pub fn source(&self, location: Location) -> &'a SourceText {
        self.facts.sources.file(location.file)
    }

    /// The node of a field's value.
    pub fn node(&self, span: &FieldSpan) -> Option<Node<'a>> {
        Some(self.project.document_at(span.value)?.node(span.node))
    }

    /// A part of a field's decoded text in the source.
    pub fn part(&self, at: At<'_>, field: StepField, range: std::ops::Range<usize>) -> Location {
        let whole = at.value(field);
        let node = at.configured.spans.field(field).and_then(|span| self.node(span));
        let span = node.map(|node| node.source_span(self.source(whole), range));
        Location { file: whole.file, span: span.unwrap_or(whole.span) }
    }

    /// The node of a field's value, if it can be edited without touching anything else: not what
    /// comes through an alias or a merge key, and nothing that others refer to.
    pub fn editable(&self, at: At<'_>, field: StepField) -> Option<Node<'a>> {
        let span = at.configured.spans.field(field).filter(|span| !span.merged)?;
        let node = self.node(span)?;
        let mut ancestors = std::iter::successors(Some(node), |node| node.parent());
        let is_own = at.configured.spans.item.span.contains(node.span())
            && node == node.resolved()
            && ancestors.all(|node| node.anchor().is_none());
        is_own.then_some(node)
    }

    /// The mapping that a step is, if it can be edited without touching anything else.
    pub fn editable_step(&self, at: At<'_>) -> Option<Node<'a>> {
        let fields = at.configured.spans.fields.iter();
        let own = fields.filter(|span| !span.merged).map(|span| span.field);
        own.into_iter().find_map(|field| self.editable(at, field)?.parent())
    }

    /// Whether the chain relabels what was scraped, and sees no labels of discovery any more.
    pub fn is_after_scrape(chain: &Chain) -> bool {
        matches!(chain.kind, ChainKind::Metric | ChainKind::Write | ChainKind::Alert)
    }
}

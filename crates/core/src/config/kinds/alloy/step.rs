//! Blocks such as `rule { … }` to the steps of a chain.

use super::Reader;
use super::check;
use super::jobs::whole;
use super::schema::RULE;
use super::values::{self, Misfit};
use crate::config::chain::{Place, validate};
use crate::config::model::{Chain, ChainKind, ConfiguredStep, FieldSpan, StepSpans};
use crate::config::report::INVALID_STEP;
use crate::doc::Node;
use crate::finding::Subject;
use crate::relabel::{Field, RawStep, StepField};
use crate::server::{KeyCase, NameScheme};
use crate::text::Location;

/// Where a chain is.
pub(super) struct ChainAt<'a> {
    pub(super) kind: ChainKind,
    pub(super) path: String,
    pub(super) job: Option<&'a str>,
    /// Where it would be if it were written.
    pub(super) otherwise: Location,
}

impl Reader<'_, '_> {
    /// Reads the blocks called `name` in all of `bodies` as one chain.
    pub(super) fn steps(&mut self, at: ChainAt<'_>, bodies: &[Node<'_>], name: &str) -> Chain {
        let blocks = bodies.iter().flat_map(|body| body.entries());
        let blocks: Vec<_> =
            blocks.filter(|(key, value)| key.text() == name && value.is_block()).collect();
        let place = Place {
            kind: at.kind,
            path: at.path,
            job: at.job.map(str::to_owned),
            otherwise: at.otherwise,
            server: self.project.server,
            scheme: NameScheme::Legacy,
            keys: KeyCase::Snake,
            open: false,
        };
        let chain = Some(place.path.clone()).filter(|path| !path.is_empty());
        let subject = Subject { job: place.job.clone(), chain, step: None };
        let outer = std::mem::replace(&mut self.report.subject, subject);
        let rule = std::mem::replace(&mut self.report.rule, INVALID_STEP);
        let mut steps = Vec::new();
        for (index, (key, block)) in blocks.into_iter().enumerate() {
            self.report.subject.step = Some(index);
            steps.push(self.step(key, block, &place));
        }
        self.report.subject = outer;
        self.report.rule = rule;
        let location = bodies.first().map_or(place.otherwise, |body| body.location());
        let (kind, path, written) = (place.kind, place.path, !bodies.is_empty());
        Chain { kind, path, location, written, open: false, steps }
    }

    fn step(&mut self, key: Node<'_>, block: Node<'_>, place: &Place) -> ConfiguredStep {
        let before = self.report.findings.len();
        check::body(key, block, &[RULE], self.report);
        let mut step = ConfiguredStep {
            raw: RawStep::default(),
            spans: StepSpans { item: whole(key, block), fields: Vec::new() },
            step: None,
        };
        let mut is_known = true;
        for (key, value) in block.entries() {
            let field = StepField::ALL.into_iter().find(|field| field.key() == key.text());
            let Some(field) = field.filter(|_| !value.is_block()) else { continue };
            let has_unknown = value.is_unknown() || value.items().any(Node::is_unknown);
            is_known &= !has_unknown && set(&mut step.raw, field, value).is_ok();
            step.spans.fields.push(FieldSpan {
                field,
                key: key.location(),
                value: value.location(),
                items: value.items().map(Node::span).collect(),
                merged: false,
                node: value.id(),
            });
        }
        if is_known && self.report.findings.len() == before {
            validate(&mut step, place, self.report);
        }
        step
    }
}

fn set(raw: &mut RawStep, field: StepField, value: Node<'_>) -> Result<(), Misfit> {
    let text = || values::text(value).map(field_of);
    match field {
        StepField::SourceLabels => raw.source_labels = values::texts(value).map(field_of)?,
        StepField::Modulus => raw.modulus = values::unsigned(value).map(field_of)?,
        StepField::Separator => raw.separator = text()?,
        StepField::TargetLabel => raw.target_label = text()?,
        StepField::Replacement => raw.replacement = text()?,
        StepField::Regex => raw.regex = text()?,
        StepField::Action => raw.action = text()?,
        // Alloy does not have them: the check has said so.
        StepField::If | StepField::Match | StepField::Labels => {}
    }
    Ok(())
}

fn field_of<T>(value: Option<T>) -> Field<T> {
    value.map_or(Field::Null, Field::Set)
}

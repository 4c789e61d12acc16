//! Text follows a group's number without braces, and is read as a part of its name.
//!
//! ## Why
//! `$1_team` is the group *named* `1_team`, and there is none: it expands to nothing. A target label
//! that gets nothing is deleted.
//!
//! ## Bad
//! ```yaml bad
//! relabel_configs:
//!   - source_labels: [__meta_kubernetes_namespace]
//!     regex: (.+)
//!     target_label: team
//!     replacement: $1_team # error
//! ```
//!
//! ## Good
//! ```yaml fixed
//! relabel_configs:
//!   - source_labels: [__meta_kubernetes_namespace]
//!     regex: (.+)
//!     target_label: team
//!     replacement: '${1}_team'
//! ```
//!
//! ## Fix
//! Unsafe: puts braces around the number, which changes the value that is written.

use crate::doc;
use crate::finding::{Applicability, Evidence, Fix, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, sample};
use crate::regexp::{Part, PartKind, Template};
use crate::relabel::StepField;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL004", name: "template-trap" },
    severity: Severity::Error,
    fix: FixKind::Unsafe,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    let replacement = at.configured.raw.replacement.value();
    let target = at.configured.raw.target_label.value();
    if at.reads(StepField::Replacement) {
        check_field(context, at, StepField::Replacement, at.step.replacement(), replacement);
        check_field(context, at, StepField::TargetLabel, at.step.target(), target);
    }
}

fn check_field(
    context: &mut Context<'_>,
    at: At<'_>,
    field: StepField,
    template: &Template,
    text: Option<&String>,
) {
    let (Some(text), true) = (text, at.reads(field)) else { return };
    let trap = template.parts().iter().find_map(|part| Some((part, trapped(at, part)?)));
    let Some((part, (number, rest))) = trap else { return };
    let Some(labels) = context
        .language(at.step.pattern())
        .and_then(|wanted| sample::reading(context, at.step, &wanted))
    else {
        return;
    };
    let labels = sample::with_usual_labels(at.chain, labels);
    let ran = sample::run([at.step], &labels);
    let written = &text[part.span.clone()];
    let mut finding = context
        .finding(
            context.part(at, field, part.span.clone()),
            format!(
                "`{written}` is the group named `{number}{rest}`, which the pattern does not have"
            ),
        )
        .evidence(Evidence::Proof(format!(
            "no group has that name, so it expands to nothing: {}",
            sample::became(&labels, &ran)
        )))
        .consequence(consequence(at, template))
        .remedy(format!("write `${{{number}}}{rest}`"));
    finding.fix = fix(context, at, field, text);
    context.report(finding);
}

/// The number and the text that was taken for a part of its name.
fn trapped(at: At<'_>, part: &Part) -> Option<(String, String)> {
    let PartKind::Name(name) = &part.kind else { return None };
    let pattern = at.step.pattern();
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    let number: usize = name[..digits].parse().ok()?;
    let is_trap = digits < name.len()
        && number <= pattern.group_count()
        && !pattern.group_names().iter().flatten().any(|known| known == name);
    is_trap.then(|| (name[..digits].to_owned(), name[digits..].to_owned()))
}

fn consequence(at: At<'_>, template: &Template) -> String {
    let is_nothing = template.parts().len() == 1;
    match at.step.target().constant() {
        Some(target) if is_nothing => format!("label `{target}` is deleted"),
        Some(target) => format!("label `{target}` gets a value without the group"),
        None => "the label that is written is not the one that was meant".to_owned(),
    }
}

fn fix(context: &Context<'_>, at: At<'_>, field: StepField, text: &str) -> Option<Fix> {
    let node = context.editable(at, field)?;
    let mut braced = String::new();
    for part in Template::parse(text).parts() {
        match trapped(at, part).filter(|_| !text[part.span.clone()].contains('{')) {
            Some((number, rest)) => braced.extend(["${", &number, "}", &rest]),
            None => braced.push_str(&text[part.span.clone()]),
        }
    }
    let edit = doc::replace_scalar(context.source(at.value(field)), node, &braced);
    let title = format!("write `{braced}`");
    (braced != text).then(|| Fix { title, applicability: Applicability::Unsafe, edits: vec![edit] })
}

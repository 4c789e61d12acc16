//! A field stands before `<<`, and is overwritten by what is merged in.
//!
//! ## Why
//! YAML says that a mapping's own fields win over merged ones. Prometheus's reader sets them in the
//! order of the file, so that the merged value wins over a field above it.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - &runtime
//!     source_labels: [__name__]
//!     regex: go_.*
//!     action: drop
//!   - regex: process_.* # error
//!     <<: *runtime
//! ```
//!
//! ## Good
//! ```yaml good
//! metric_relabel_configs:
//!   - &runtime
//!     source_labels: [__name__]
//!     regex: go_.*
//!     action: drop
//!   - <<: *runtime
//!     regex: process_.*
//! ```
//!
//! ## Fix
//! None. Put `<<` first.

use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL026", name: "merge-key-order" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    let fields = &at.configured.spans.fields;
    for (index, own) in fields.iter().enumerate().filter(|(_, field)| !field.merged) {
        let merged = fields[index + 1..].iter().find(|f| f.field == own.field && f.merged);
        let Some(merged) = merged else { continue };
        let texts = [own, merged].map(|field| {
            let text = context.source(field.value).text();
            text.get(field.value.span.range()).unwrap_or_default()
        });
        if texts[0] == texts[1] {
            continue;
        }
        let (key, [written, counts]) = (own.field.key(), texts);
        let finding = context
            .finding(own.value, format!("`{key}: {written}` is overwritten by `<<`"))
            .related(merged.value, "this counts")
            .evidence(Evidence::Proof(format!(
                "`{}` sets fields in the order of the file: `{key}` is `{counts}`",
                context.project.server
            )))
            .consequence("the step does not do what it says")
            .remedy("put `<<` first");
        context.report(finding);
    }
}

//! Applies the fixes of findings to the texts.

use std::collections::BTreeMap;

use crate::finding::{Applicability, Edit, Finding, Fix};
use crate::text::{FileId, Sources, Span};

/// The new text of every file that a fix changes. Of fixes that touch the same bytes the first one
/// is applied: lint the result again, until nothing is left to fix.
pub fn apply(
    sources: &Sources,
    findings: &[Finding],
    most: Applicability,
) -> Vec<(FileId, String)> {
    let edited_file = |(file, taken): (FileId, Taken<'_>)| {
        let text = sources.file(file).text();
        (file, edited(text, taken.edits.values().flatten().copied()))
    };
    taken(findings, most).into_iter().map(edited_file).collect()
}

/// The edits that [`apply`] makes, by file and place.
pub fn edits(findings: &[Finding], most: Applicability) -> Vec<Edit> {
    let taken = taken(findings, most);
    taken.into_values().flat_map(|taken| taken.edits.into_values()).flatten().cloned().collect()
}

/// The edits of all fixes that fit beside those before them.
fn taken(findings: &[Finding], most: Applicability) -> BTreeMap<FileId, Taken<'_>> {
    let allowed =
        |fix: &&Fix| fix.applicability == Applicability::Safe || most == Applicability::Unsafe;
    let mut taken: BTreeMap<FileId, Taken<'_>> = BTreeMap::new();
    for fix in findings.iter().filter_map(|finding| finding.fix.as_ref()).filter(allowed) {
        let fits = |edit: &Edit| taken.get(&edit.file).is_none_or(|taken| taken.fits(edit.span));
        if fix.edits.iter().all(fits) {
            for edit in &fix.edits {
                taken.entry(edit.file).or_default().take(edit);
            }
        }
    }
    taken
}

/// The edits of a file that were taken so far. Those of different fixes do not touch.
#[derive(Default)]
struct Taken<'e> {
    /// By start; the edits of one fix may insert several times at one place.
    edits: BTreeMap<u32, Vec<&'e Edit>>,
}

impl<'e> Taken<'e> {
    /// Whether no taken edit touches `span`. Insertions at the same place do: their order would be
    /// a guess.
    fn fits(&self, span: Span) -> bool {
        // What was taken does not overlap, so of all that start before the end the last reaches
        // furthest.
        let before = self.edits.range(..span.end.max(span.start + 1)).next_back();
        before.is_none_or(|(&start, edits)| {
            start != span.start && edits.iter().all(|edit| edit.span.end <= span.start)
        })
    }

    fn take(&mut self, edit: &'e Edit) {
        self.edits.entry(edit.span.start).or_default().push(edit);
    }
}

fn edited<'e>(text: &str, edits: impl Iterator<Item = &'e Edit>) -> String {
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for edit in edits {
        out.push_str(&text[at..edit.span.start as usize]);
        out.push_str(&edit.text);
        at = edit.span.end as usize;
    }
    out.push_str(&text[at..]);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;
    use crate::finding::{RuleId, Severity};
    use crate::text::{Location, SourceText};

    /// The same by comparing each edit with each other one.
    fn slow(text: &str, fixes: &[Vec<(u32, u32)>]) -> String {
        let touches = |a: &(u32, u32), b: &(u32, u32)| a.0 < b.1 && b.0 < a.1 || a.0 == b.0;
        let mut taken: Vec<(u32, u32)> = Vec::new();
        for fix in fixes {
            if !fix.iter().any(|edit| taken.iter().any(|other| touches(edit, other))) {
                taken.extend(fix);
            }
        }
        taken.sort_unstable();
        let mut text = text.to_owned();
        for (start, end) in taken.into_iter().rev() {
            text.replace_range(start as usize..end as usize, &format!("<{start},{end}>"));
        }
        text
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(1), failure_persistence: None, cases: 2000,
            ..ProptestConfig::default()
        })]

        #[test]
        fn of_fixes_that_touch_the_first_is_applied(
            spans in prop::collection::vec((0..20u32, 0..4u32), 0..10),
        ) {
            let text = "abcdefghijklmnopqrstuvwxyz";
            let fixes: Vec<Vec<(u32, u32)>> =
                spans.iter().map(|(start, len)| vec![(*start, start + len)]).collect();
            let mut sources = Sources::default();
            let file = sources.add(SourceText::new("t", text));
            let finding = |fix: &Vec<(u32, u32)>| {
                let edit = |&(start, end): &(u32, u32)| Edit {
                    file,
                    span: Span::new(start as usize, end as usize),
                    text: format!("<{start},{end}>"),
                };
                let fix = Fix {
                    title: String::new(),
                    applicability: Applicability::Safe,
                    edits: fix.iter().map(edit).collect(),
                };
                let rule = RuleId { code: "RL000", name: "x" };
                let at = Location::default();
                Finding::new(rule, Severity::Info, at, String::new()).fix(fix)
            };
            let findings: Vec<Finding> = fixes.iter().map(finding).collect();
            let fast = apply(&sources, &findings, Applicability::Safe).pop();
            prop_assert_eq!(fast.map_or(text.to_owned(), |(_, text)| text), slow(text, &fixes));
        }
    }
}

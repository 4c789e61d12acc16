//! Comments that silence findings: `# promsieve: ignore <rule> (<reason>) [until YYYY-MM-DD]`,
//! with `//` for `#` in Alloy's syntax.
//!
//! One stands on a line of the step that it is about, on the line before it, or above everything
//! else for the whole file. One that silences nothing is itself reported.

use std::cell::LazyCell;

use super::rules::{entries, unused_suppression};
use super::{Date, Facts, names_rule};
use crate::config::Project;
use crate::doc::{Comment, Document};
use crate::finding::{Finding, RuleId};
use crate::text::{FileId, Location, SourceText};

/// What every such comment starts with.
const MARK: &str = "promsieve:";

/// A comment that silences findings.
#[derive(Debug)]
struct Suppression {
    location: Location,
    /// The rules as written.
    rules: Vec<String>,
    until: Option<Date>,
    /// First and last line that it covers, counted from zero; `None` for the whole file.
    lines: Option<(usize, usize)>,
    used: bool,
}

/// Takes away the findings that comments silence, and reports the comments that silence none.
pub(super) fn apply(
    project: &Project,
    facts: &Facts<'_>,
    mut findings: Vec<Finding>,
) -> Vec<Finding> {
    let mut problems = Vec::new();
    let mut suppressions = Vec::new();
    for document in &project.documents {
        let source = facts.sources.file(document.file());
        let steps = LazyCell::new(|| step_lines(project, document.file(), source));
        for comment in document.comments() {
            let location = Location { file: document.file(), span: comment.span };
            match parse(source.text().get(comment.span.range()).unwrap_or_default()) {
                None => {}
                Some(Err(problem)) => problems.push(unused_suppression::finding(location, problem)),
                Some(Ok((rules, until))) => {
                    let lines = covered(document, source, &steps, *comment);
                    suppressions.push(Suppression { location, rules, until, lines, used: false });
                }
            }
        }
    }
    findings.retain(|finding| !silenced(&mut suppressions, facts, finding));
    let unused = suppressions.iter().filter(|suppression| !suppression.used);
    problems.extend(unused.map(|suppression| unused_finding(suppression, facts)));
    findings.extend(problems);
    findings
}

fn silenced(suppressions: &mut [Suppression], facts: &Facts<'_>, finding: &Finding) -> bool {
    let Some(location) = finding.location else { return false };
    let line = facts.sources.file(location.file).lines().line_of(location.span.start);
    let mut silenced = false;
    for suppression in suppressions {
        let covers = suppression.location.file == location.file
            && suppression.lines.is_none_or(|(first, last)| first <= line && line <= last)
            && suppression.rules.iter().any(|word| names_rule(word, finding.rule));
        if covers && !is_over(suppression, facts) {
            suppression.used = true;
            silenced = true;
        }
    }
    silenced
}

fn is_over(suppression: &Suppression, facts: &Facts<'_>) -> bool {
    suppression.until.zip(facts.today).is_some_and(|(until, today)| until < today)
}

fn unused_finding(suppression: &Suppression, facts: &Facts<'_>) -> Finding {
    let rules = suppression.rules.join("`, `");
    let message = match suppression.until {
        Some(until) if is_over(suppression, facts) => {
            format!("the suppression of `{rules}` ended on {until}")
        }
        _ => format!("nothing here is found by `{rules}`"),
    };
    unused_suppression::finding(suppression.location, message)
}

type Parsed = Result<(Vec<String>, Option<Date>), String>;

/// Reads a comment; `None` when it is not meant for us.
fn parse(comment: &str) -> Option<Parsed> {
    let text = said(comment).trim().strip_prefix(MARK)?.trim();
    let Some(text) = text.strip_prefix("ignore ") else {
        return Some(Err("a suppression starts with `promsieve: ignore`".to_owned()));
    };
    Some(parse_rest(text))
}

/// A comment without its marks: `#`, and in Alloy's syntax `//` and `/* */`.
fn said(comment: &str) -> &str {
    match comment.strip_prefix("/*") {
        Some(rest) => rest.trim_end_matches("*/"),
        None => comment.trim_start_matches(['#', '/']),
    }
}

fn parse_rest(text: &str) -> Parsed {
    let missing = "a suppression names its reason: `ignore rule (reason)`";
    let (rules, rest) = text.split_once('(').ok_or(missing)?;
    let (reason, after) = rest.rsplit_once(')').ok_or(missing)?;
    if reason.trim().is_empty() {
        return Err(missing.to_owned());
    }
    let rules: Vec<String> =
        rules.split([',', ' ']).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let is_known = |word: &&String| !entries().iter().any(|entry| exactly(word, entry.rule.id));
    if let Some(unknown) = rules.iter().find(is_known) {
        return Err(format!("no rule is called `{unknown}`"));
    }
    if rules.is_empty() {
        return Err("a suppression names its rule: `ignore rule (reason)`".to_owned());
    }
    let until = match after.trim() {
        "" => None,
        after => {
            let date = after.strip_prefix("until ").ok_or("only `until` may follow the reason")?;
            Some(date.trim().parse()?)
        }
    };
    Ok((rules, until))
}

/// A family would silence what nobody has seen yet.
fn exactly(word: &str, rule: RuleId) -> bool {
    word == rule.code || word == rule.name
}

/// First and last line of every step in a file.
fn step_lines(project: &Project, file: FileId, source: &SourceText) -> Vec<(usize, usize)> {
    let steps = project.chains().flat_map(|(_, chain)| &chain.steps);
    let items = steps.map(|step| step.spans.item).filter(|item| item.file == file);
    let line = |offset: u32| source.lines().line_of(offset);
    items
        .map(|item| (line(item.span.start), line(item.span.end.max(item.span.start + 1) - 1)))
        .collect()
}

/// The lines that a comment is about: its own, or the next one with content; with the whole step
/// that the line belongs to.
fn covered(
    document: &Document,
    source: &SourceText,
    steps: &[(usize, usize)],
    comment: Comment,
) -> Option<(usize, usize)> {
    let mut line = source.lines().line_of(comment.span.start);
    if comment.own_line {
        let first = document.root().map(|root| root.span().start);
        if first.is_none_or(|first| comment.span.end <= first) {
            return None;
        }
        line = next_content(source, line);
    }
    let step = steps.iter().find(|(first, last)| *first <= line && line <= *last);
    Some(step.copied().unwrap_or((line, line)))
}

/// The first line after `line` that is neither blank nor a comment.
fn next_content(source: &SourceText, line: usize) -> usize {
    let lines = source.lines();
    let has_content = |line: &usize| {
        let text = source.text()[lines.line_range(source.text(), *line)].trim();
        !text.is_empty() && !text.starts_with('#') && !text.starts_with("//")
    };
    (line + 1..lines.len()).find(has_content).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(comment: &str, expected: Option<Result<&[&str], &str>>) {
        let parsed = parse(comment);
        let parsed = parsed.as_ref().map(|parsed| match parsed {
            Ok((rules, _)) => Ok(rules.iter().map(String::as_str).collect::<Vec<_>>()),
            Err(problem) => Err(problem.as_str()),
        });
        assert_eq!(parsed, expected.map(|expected| expected.map(<[_]>::to_vec)), "{comment}");
    }

    #[test]
    fn a_suppression_names_rules_and_a_reason() {
        check("# a comment", None);
        check("# promsieve: ignore RL002 (why not)", Some(Ok(&["RL002"])));
        check(
            "#promsieve: ignore RL002, template-trap (a (b) c)",
            Some(Ok(&["RL002", "template-trap"])),
        );
        check("# promsieve: ignore RL002 (r) until 2026-01-31", Some(Ok(&["RL002"])));
        check(
            "# promsieve: ignore (r)",
            Some(Err("a suppression names its rule: `ignore rule (reason)`")),
        );
        check("# promsieve: ignore no-rule (r)", Some(Err("no rule is called `no-rule`")));
        check("# promsieve: ignore RL (r)", Some(Err("no rule is called `RL`")));
        check(
            "# promsieve: ignore RL002 ()",
            Some(Err("a suppression names its reason: `ignore rule (reason)`")),
        );
        check(
            "# promsieve: ignore RL002",
            Some(Err("a suppression names its reason: `ignore rule (reason)`")),
        );
        check(
            "# promsieve: ignore RL002 (r) till 2027",
            Some(Err("only `until` may follow the reason")),
        );
        check(
            "# promsieve: ignore RL002 (r) until 2026-02-30",
            Some(Err("`2026-02-30` is no date: write `2026-01-31`")),
        );
        check("// promsieve: ignore RL002 (r)", Some(Ok(&["RL002"])));
        check("/* promsieve: ignore RL002 (r) */", Some(Ok(&["RL002"])));
        check("# promsieve: off", Some(Err("a suppression starts with `promsieve: ignore`")));
    }
}

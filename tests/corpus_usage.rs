//! Usage of public rules and dashboards: nearly every expression that promtool takes is understood,
//! and no metric is called unused that an expression names.

use std::collections::BTreeSet;

use promsieve_core::text::{FileId, SourceText};
use promsieve_core::usage::{Consumers, OriginKind, Usage, UsageOptions};

use crate::real::{Version, promtool};
use crate::real_promql::{panel_expressions, refused, rule_expressions};
use promsieve_lab::corpus;

/// The usage of each file that asks for anything, with its text.
fn usages() -> Vec<(String, Usage)> {
    let mut found = Vec::new();
    for (folder, endings) in
        [("rules", &[".yml", ".yaml", ".rules"][..]), ("dashboards", &[".json", ".yml", ".yaml"])]
    {
        for path in corpus::files(folder, endings) {
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let source = SourceText::new(path.display().to_string(), text.as_str());
            let mut consumers = Consumers::default();
            if consumers.add(FileId::default(), &source) {
                let (queries, _) = consumers.finish();
                found.push((text, Usage::of(queries, UsageOptions::default())));
            }
        }
    }
    found
}

/// Expressions of rules and panels, each once, with the reason where it is not understood.
fn expressions(usages: &[(String, Usage)]) -> Vec<(String, Option<String>)> {
    let mut found = std::collections::BTreeMap::new();
    for (_, usage) in usages {
        for query in usage.queries() {
            let kinds = [OriginKind::Rule, OriginKind::Alert, OriginKind::DashboardPanel];
            let is_empty = query.text.trim().is_empty();
            if kinds.contains(&query.origin.kind) && !is_empty {
                found.insert(query.text.clone(), None);
            }
        }
        for (query, reason) in usage.not_understood() {
            found.entry(query.text.clone()).and_modify(|why| *why = Some(reason.to_owned()));
        }
    }
    found.into_iter().collect()
}

#[test]
fn what_promtool_takes_is_understood() {
    let Some(promtool) = promtool(Version::V3) else { return };
    let usages = usages();
    if usages.is_empty() {
        return;
    }
    let expressions = expressions(&usages);
    let texts: Vec<String> = expressions.iter().map(|(text, _)| text.clone()).collect();
    let refused = refused(&promtool, &texts);
    let (mut taken, mut missed, mut neither) = (0, Vec::new(), Vec::new());
    for (at, (text, reason)) in expressions.iter().enumerate() {
        match (refused.contains(&at), reason) {
            (true, Some(reason)) => neither.push(format!("{text}: {reason}")),
            (true, None) => {}
            (false, None) => taken += 1,
            (false, Some(reason)) => missed.push(format!("{text}: {reason}")),
        }
    }
    let of_refused = refused.len() - neither.len();
    println!(
        "{} files, {} distinct expressions; promtool takes {}, of which {taken} are understood; of \
         the {} others {of_refused}, with their variables",
        usages.len(),
        expressions.len(),
        taken + missed.len(),
        refused.len(),
    );
    println!("not understood:\n{}", missed.join("\n"));
    println!("nor taken:\n{}", neither.join("\n"));
    assert!(taken > 3000 && taken * 1000 >= (taken + missed.len()) * 995, "{missed:?}");
}

/// The words of an expression that stand outside of quotes and are not plainly labels.
fn words(expression: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let (mut quote, mut start) = (None, None);
    for (at, c) in expression.char_indices().chain([(expression.len(), ' ')]) {
        let in_word = quote.is_none() && (c.is_ascii_alphanumeric() || matches!(c, '_' | ':'));
        match (in_word, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                let rest = expression[at..].trim_start();
                if !rest.starts_with(['=', '!', ',', ')']) || rest.starts_with("==") {
                    found.insert(&expression[from..at]);
                }
                start = None;
            }
            _ => {}
        }
        match quote {
            // A comment is quoted by its line.
            Some('#') if c == '\n' => quote = None,
            Some(open) if open == c && c != '#' => quote = None,
            None if matches!(c, '"' | '\'' | '`' | '#') => quote = Some(c),
            _ => {}
        }
    }
    found
}

/// Every metric of the scrapes.
fn metrics() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in corpus::texts("scrapes", &[]) {
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let end = line.find(['{', ' ']).unwrap_or(line.len());
            found.insert(line[..end].to_owned());
        }
    }
    found
}

#[test]
fn no_metric_is_unused_that_an_expression_names() {
    let usages = usages();
    if usages.is_empty() {
        return;
    }
    let metrics = metrics();
    let (mut checked, mut wrong) = (0, BTreeSet::new());
    for (text, usage) in &usages {
        if !usage.metric("nobody_has_this_name").is_unused() {
            continue;
        }
        for expression in rule_expressions(text).into_iter().chain(panel_expressions(text)) {
            for word in words(&expression).into_iter().filter(|word| metrics.contains(*word)) {
                checked += 1;
                if usage.metric(word).is_unused() {
                    wrong.insert(format!("{word} of {expression}"));
                }
            }
        }
    }
    println!("{checked} names in expressions of {} metrics that scrapes have", metrics.len());
    let wrong: Vec<&str> = wrong.iter().map(String::as_str).collect();
    assert!(wrong.is_empty(), "called unused:\n{}", wrong.join("\n"));
    assert!(checked > 1000, "{checked}");
}

#[test]
fn words_are_found_outside_of_quotes() {
    let found = words("sum by (a) (rate(m{b=\"n\"}[5m])) / x:y == z");
    assert!(["m", "x:y", "z"].iter().all(|word| found.contains(word)), "{found:?}");
    assert!(!found.contains("n") && !found.contains("b") && !found.contains("a"), "{found:?}");
}

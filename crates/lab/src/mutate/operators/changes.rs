//! Changes of steps that stand in clean configurations.

use promsieve_core::config::ChainKind;
use promsieve_core::relabel::{Action, StepField};

use super::{Change, Defect, Operator, Site};

/// The group.
pub(super) const OPERATORS: &[Operator] = &[
    Operator {
        name: "misspelt key of a step",
        rows: &[41, 42, 51],
        rules: &["RL001"],
        also: &["RL011"],
        defect: Defect::Change(misspelt),
    },
    Operator {
        name: "blank key of a step",
        rows: &[73],
        rules: &["RL018"],
        also: &["RL002", "RL003", "RL005", "SH002", "SH005"],
        defect: Defect::Change(blank),
    },
    Operator {
        name: "sources of a filter gone",
        rows: &[41, 62],
        rules: &["RL011"],
        also: &["RL002", "RL003", "SH001"],
        defect: Defect::Change(without_sources),
    },
    Operator {
        name: "separator of a pattern gone",
        rows: &[64],
        rules: &["RL006"],
        also: &["RL002", "RL003"],
        defect: Defect::Change(without_separator),
    },
    Operator {
        name: "parentheses of a pattern gone",
        rows: &[63],
        rules: &["RL013"],
        also: &[],
        defect: Defect::Change(without_parentheses),
    },
    Operator {
        name: "quotes of a pattern made typographic",
        rows: &[23],
        rules: &["RL015"],
        also: &[],
        defect: Defect::Change(typographic),
    },
    Operator {
        name: "name with single underscores",
        rows: &[52],
        rules: &["RL020"],
        also: &["RL014"],
        defect: Defect::Change(single_underscores),
    },
    Operator {
        name: "group of a template too high",
        rows: &[67],
        rules: &["RL005"],
        also: &[],
        defect: Defect::Change(next_group),
    },
    Operator {
        name: "letters behind the group of a template",
        rows: &[66],
        rules: &["RL004"],
        also: &[],
        defect: Defect::Change(letters_behind),
    },
    Operator {
        name: "dollar of a template doubled",
        rows: &[88],
        rules: &["RL019"],
        also: &[],
        defect: Defect::Change(doubled_dollar),
    },
    Operator {
        name: "key of a step twice",
        rows: &[30],
        rules: &["RL001", "SC001"],
        also: &[],
        defect: Defect::Change(twice),
    },
    Operator {
        name: "all dropped before a keep",
        rows: &[61],
        rules: &["RL002"],
        also: &[],
        defect: Defect::Change(all_dropped_before),
    },
    Operator {
        name: "residue of a shard too high",
        rows: &[99],
        rules: &["SH002"],
        also: &[],
        defect: Defect::Change(residue_too_high),
    },
];

fn action(site: &Site<'_>) -> Option<Action> {
    site.step.step.as_ref().map(promsieve_core::relabel::Step::action)
}

fn is_filter(site: &Site<'_>) -> bool {
    matches!(action(site), Some(Action::Keep | Action::Drop))
}

fn misspelt(site: &Site<'_>) -> Option<Change> {
    let range = site.key(StepField::SourceLabels)?;
    Some(Change { at: range.start, range, text: "sourceLabels".to_owned(), down: 0 })
}

/// A pattern that is not needed is as well without a value.
fn blank(site: &Site<'_>) -> Option<Change> {
    let (text, _) = site.written(StepField::Regex)?;
    let is_one_line = !text.contains('\n') && !text.is_empty();
    (is_filter(site) && is_one_line).then_some(())?;
    site.replace(StepField::Regex, "")
}

fn without_sources(site: &Site<'_>) -> Option<Change> {
    let (text, range) = site.written(StepField::SourceLabels)?;
    let (_, pattern) = site.written(StepField::Regex)?;
    (is_filter(site) && !text.contains('\n')).then_some(())?;
    let key = site.key(StepField::SourceLabels)?;
    // The key, its value and the indentation of the next line, so that the next key comes up.
    let rest = &site.text[range.end..];
    let next = rest.find('\n')? + 1;
    let indent = rest[next..].len() - rest[next..].trim_start_matches(' ').len();
    let end = range.end + next + indent;
    let is_first = key.start == site.start() && pattern.start > end;
    // The line of the pattern comes up by one.
    let at = site.text[..pattern.start].rfind('\n')?;
    let at = site.text[..at].rfind('\n').map_or(0, |at| at + 1);
    is_first.then(|| Change { range: key.start..end, text: String::new(), at, down: 0 })
}

fn without_separator(site: &Site<'_>) -> Option<Change> {
    let (text, _) = site.written(StepField::Regex)?;
    let has_one = text.matches(';').count() == 1 && !text.contains('|') && !text.contains(".*;");
    let is_plain = site.written(StepField::Separator).is_none() && !text.contains(".+;");
    (has_one && is_plain).then_some(())?;
    site.replace(StepField::Regex, text.replace(';', "/"))
}

fn without_parentheses(site: &Site<'_>) -> Option<Change> {
    let (text, _) = site.written(StepField::Regex)?;
    let (list, rest) = text.strip_prefix('(')?.split_once(");")?;
    let is_list = list.contains('|') && !list.contains(['(', ')']) && !rest.contains('|');
    (is_filter(site) && is_list).then_some(())?;
    site.replace(StepField::Regex, format!("{list};{rest}"))
}

fn typographic(site: &Site<'_>) -> Option<Change> {
    let (text, _) = site.written(StepField::Regex)?;
    let bare = text.trim_matches(['\'', '"']);
    let is_word = bare.chars().all(|c| c.is_ascii_alphanumeric() || "_-/".contains(c));
    (is_filter(site) && is_word && !bare.is_empty()).then_some(())?;
    site.replace(StepField::Regex, format!("‘{bare}’"))
}

fn single_underscores(site: &Site<'_>) -> Option<Change> {
    let (text, range) = site.written(StepField::SourceLabels)?;
    let at = text.find("__name__").filter(|_| site.chain.kind == ChainKind::Metric)?;
    let range = range.start + at..range.start + at + "__name__".len();
    Some(Change { at: range.start, range, text: "_name_".to_owned(), down: 0 })
}

/// The template of a `replace`, and the number of groups.
fn template<'a>(site: &Site<'a>) -> Option<(&'a str, usize)> {
    let (text, _) = site.written(StepField::Replacement)?;
    let step = site.step.step.as_ref().filter(|step| step.action() == Action::Replace)?;
    Some((text, step.pattern().text().matches('(').count()))
}

fn next_group(site: &Site<'_>) -> Option<Change> {
    let (text, groups) = template(site)?;
    let last = format!("${groups}");
    (text.ends_with(&last) && groups < 9).then_some(())?;
    site.replace(StepField::Replacement, text.replace(&last, &format!("${}", groups + 1)))
}

fn letters_behind(site: &Site<'_>) -> Option<Change> {
    let (text, _) = template(site)?;
    (text == "$1").then_some(())?;
    site.replace(StepField::Replacement, "$1_eu")
}

fn doubled_dollar(site: &Site<'_>) -> Option<Change> {
    let (text, _) = template(site)?;
    (text == "$1" || text == "${1}").then_some(())?;
    site.replace(StepField::Replacement, format!("${text}"))
}

fn twice(site: &Site<'_>) -> Option<Change> {
    let (text, range) = site.written(StepField::Action)?;
    let key = site.key(StepField::Action)?;
    let indent = key.start - site.text[..key.start].rfind('\n')? - 1;
    (!text.contains('\n')).then_some(())?;
    let line = format!("{text}\n{}action: {text}", " ".repeat(indent));
    // The second of them is the one too many.
    let at = range.start;
    Some(Change { at, range, text: line, down: 1 })
}

fn all_dropped_before(site: &Site<'_>) -> Option<Change> {
    let start = site.start();
    let dash = site.text[..start].rfind('-')?;
    let indent = " ".repeat(dash - site.text[..dash].rfind('\n')? - 1);
    (action(site) == Some(Action::Keep) && site.index == 0).then_some(())?;
    let source = if site.chain.kind == ChainKind::Target { "__address__" } else { "__name__" };
    let text = format!(
        "source_labels: [{source}]\n{indent}  regex: .*\n{indent}  action: drop\n{indent}- "
    );
    Some(Change { range: start..start, text, at: start, down: 3 })
}

fn residue_too_high(site: &Site<'_>) -> Option<Change> {
    let earlier = site.chain.steps[..site.index].iter().filter_map(|step| step.step.as_ref());
    let hash = earlier.into_iter().rfind(|step| step.action() == Action::HashMod)?;
    let step = site.step.step.as_ref()?;
    let reads = step.source_labels().iter().any(|name| **name == *hash.target_label());
    (reads && action(site) == Some(Action::Keep)).then_some(())?;
    site.replace(StepField::Regex, hash.modulus().to_string())
}

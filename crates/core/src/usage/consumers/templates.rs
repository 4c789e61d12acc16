//! Go's text templates, in alerts and in notifications: the queries that they ask, and the labels
//! of alerts that they show.

use crate::usage::query::{Origin, Query, Variables};

/// The queries that a template asks: `{{ query "up" }}`, `{{ with printf "up{x='%s'}" $y | query }}`.
/// Each quoted text of an action that mentions `query` is taken for one; what `printf` fills in is a
/// variable.
pub(super) fn queries_of(text: &str, origin: &Origin) -> Vec<Query> {
    let mut found = Vec::new();
    for action in actions(text) {
        let mut words = action.split(|c: char| !c.is_alphanumeric());
        if !words.clone().any(|word| word == "query") {
            continue;
        }
        let quoted = quoted_texts(action);
        if quoted.is_empty() {
            let mut query = Query::new(action.trim(), origin.clone());
            query.opaque = Some("a template makes up the query".to_owned());
            found.push(query);
        }
        let fills_in = words.any(|word| word == "printf");
        found.extend(quoted.into_iter().map(|text| {
            let variables = fills_in.then(Variables::default);
            let text = if fills_in { verbs_as_variables(&text) } else { text };
            Query { variables, ..Query::new(text, origin.clone()) }
        }));
    }
    found
}

/// The labels of alerts that a template shows, each once, in order.
pub(super) fn labels_of(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for action in actions(text) {
        for part in action.split("abels").skip(1) {
            let name = part.trim_start_matches(')').trim_start();
            let Some(name) = name.strip_prefix(['.', '"']) else { continue };
            let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
            let name = &name[..end];
            let is_method = ["SortedPairs", "Names", "Values", "Remove"].contains(&name);
            if !name.is_empty() && !is_method && !found.iter().any(|known| known == name) {
                found.push(name.to_owned());
            }
        }
    }
    found
}

/// Whether a file is one of Alertmanager's templates.
pub(super) fn is_notification(text: &str) -> bool {
    let is_template = text.trim_start().starts_with("{{");
    is_template && text.contains("define") && text.contains("abels")
}

/// What stands between `{{` and `}}`.
fn actions(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{").skip(1).map(|action| action.split_once("}}").map_or(action, |(it, _)| it))
}

fn quoted_texts(action: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut chars = action.chars();
    while let Some(quote) = chars.find(|c| matches!(c, '"' | '`')) {
        let mut text = String::new();
        while let Some(c) = chars.next() {
            match c {
                _ if c == quote => break,
                '\\' if quote == '"' => text.extend(chars.next()),
                _ => text.push(c),
            }
        }
        found.push(text);
    }
    found
}

/// `%s`, `%.2f` as variables: `$s`, `$_2f`.
fn verbs_as_variables(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let width = after.find(|c: char| !c.is_ascii_digit() && !"+-#.".contains(c));
        let width = width.unwrap_or(after.len());
        if after[width..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            out.push('$');
            out.extend(after[..width].chars().map(|_| '_'));
            rest = &after[width..];
        } else {
            out.push('%');
            rest = after.strip_prefix('%').unwrap_or(after);
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::query::OriginKind;

    #[test]
    fn templates_give_their_queries() {
        let origin =
            Origin { kind: OriginKind::Alert, file: "f".into(), location: None, name: "n".into() };
        let texts = |text: &str| -> Vec<(String, bool)> {
            let queries = queries_of(text, &origin).into_iter();
            queries.map(|query| (query.text, query.opaque.is_some())).collect()
        };
        assert_eq!(texts("{{ $labels.pod }} is down"), []);
        assert_eq!(
            texts(r#"{{ with query "up{job=\"a\"}" }}{{ . }}{{ end }}"#),
            [("up{job=\"a\"}".to_owned(), false)]
        );
        assert_eq!(
            texts("{{ printf `up{pod=\"%s\"} > %.2f` $labels.pod 1 | query }}"),
            [("up{pod=\"$s\"} > $__f".to_owned(), false)]
        );
        assert_eq!(texts("{{ query $q }}"), [("query $q".to_owned(), true)]);
    }

    #[test]
    fn templates_show_labels() {
        let text = "{{ .CommonLabels.job }} {{ range .Alerts }}{{ .Labels.pod }}{{ end }} .Labels.no \
                    {{ index .Labels \"zone\" }} {{ $labels.pod }} {{ .GroupLabels.SortedPairs }}";
        assert_eq!(labels_of(text), ["job", "pod", "zone"]);
    }
}

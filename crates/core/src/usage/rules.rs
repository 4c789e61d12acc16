//! The queries of rule files: expressions, and the queries in alerts' templates.

use super::query::{Origin, OriginKind, Query, Recorded};
use crate::config::{Rule, RuleFile, RuleKind};

/// The queries of a rule file named `name`. All labels of an alert's expression are looked at: they
/// identify the alert to Alertmanager.
pub fn rule_queries(name: &str, file: &RuleFile) -> Vec<Query> {
    let rules = file.groups.iter().flat_map(|group| &group.rules);
    rules.flat_map(|rule| rule_query(name, rule)).collect()
}

fn rule_query(file: &str, rule: &Rule) -> Vec<Query> {
    let (kind, name) = match &rule.kind {
        RuleKind::Record(name) => (OriginKind::Rule, name),
        RuleKind::Alert(name) => (OriginKind::Alert, name),
    };
    let origin = Origin {
        kind,
        file: file.to_owned(),
        location: Some(rule.expr.location),
        name: name.value.clone(),
    };
    let mut query = Query::new(rule.expr.value.clone(), origin.clone());
    if kind == OriginKind::Rule {
        let sets = rule.labels.iter().map(|(label, _)| label.value.clone()).collect();
        query.records = Some(Recorded { name: name.value.clone(), sets });
        return vec![query];
    }
    let texts = rule.labels.iter().chain(&rule.annotations).map(|(_, value)| value);
    let templated = texts.flat_map(|text| {
        let origin = Origin { location: Some(text.location), ..origin.clone() };
        template_queries(&text.value, &origin)
    });
    std::iter::once(query).chain(templated).collect()
}

/// The queries that a template asks: `{{ query "up" }}`, `{{ with printf "up{x='%s'}" $y | query }}`.
/// Each quoted text of an action that mentions `query` is taken for one; what is filled in by
/// `printf` then makes it one that can't be parsed, and so one of unknown reach.
fn template_queries(text: &str, origin: &Origin) -> Vec<Query> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("{{") {
        let (action, after) = after.split_once("}}").unwrap_or((after, ""));
        let asks = action.split(|c: char| !c.is_alphanumeric()).any(|word| word == "query");
        if asks {
            let quoted = quoted_texts(action);
            if quoted.is_empty() {
                let mut query = Query::new(action.trim(), origin.clone());
                query.opaque = Some("a template makes up the query".to_owned());
                found.push(query);
            }
            found.extend(quoted.into_iter().map(|text| Query::new(text, origin.clone())));
        }
        rest = after;
    }
    found
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Project;
    use crate::text::{SourceText, Sources};

    #[test]
    fn rule_files_give_their_expressions_and_templates() {
        let yaml = "groups:\n- name: g\n  rules:\n  - record: r:sum\n    expr: sum by (a) (m)\n    \
                    labels: {b: c}\n  - alert: A\n    expr: r:sum > 1\n    annotations:\n      \
                    s: '{{ with query \"up\" }}{{ . }}{{ end }}'\n";
        let mut sources = Sources::default();
        let file = sources.add(SourceText::new("r.yml", yaml));
        let mut project = Project::default();
        assert_eq!(project.add_rule_file(file, sources.file(file)), []);
        let queries = rule_queries("r.yml", &project.rule_files[0]);
        let texts: Vec<&str> = queries.iter().map(|query| query.text.as_str()).collect();
        assert_eq!(texts, ["sum by (a) (m)", "r:sum > 1", "up"]);
        let recorded = Recorded { name: "r:sum".to_owned(), sets: vec!["b".to_owned()] };
        assert_eq!(queries[0].records, Some(recorded));
        let at = queries[1].origin.location.unwrap();
        assert_eq!(&yaml[at.span.range()], "r:sum > 1");
    }

    #[test]
    fn templates_give_their_queries() {
        let origin =
            Origin { kind: OriginKind::Alert, file: "f".into(), location: None, name: "n".into() };
        let texts = |text: &str| -> Vec<(String, bool)> {
            let queries = template_queries(text, &origin).into_iter();
            queries.map(|query| (query.text, query.opaque.is_some())).collect()
        };
        assert_eq!(texts("{{ $labels.pod }} is down"), []);
        assert_eq!(
            texts(r#"{{ with query "up{job=\"a\"}" }}{{ . }}{{ end }}"#),
            [("up{job=\"a\"}".to_owned(), false)]
        );
        assert_eq!(
            texts("{{ printf `up{pod=\"%s\"}` $labels.pod | query }}"),
            [("up{pod=\"%s\"}".to_owned(), false)]
        );
        assert_eq!(texts("{{ query $q }}"), [("query $q".to_owned(), true)]);
    }
}

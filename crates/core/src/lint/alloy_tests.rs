//! Rules over Alloy's own syntax: what they find, what comments silence, and what fixes write.

use super::{Facts, Settings, fix, lint};
use crate::config::{Kind, read};
use crate::finding::Applicability;
use crate::server::Server;
use crate::text::{SourceText, Sources};

#[test]
fn rules_comments_and_fixes_work_in_the_syntax() {
    let rule = |body: &str| format!("  rule {{\n    {body}\n  }}\n");
    let covered =
        rule("source_labels = [\"__name__\"]\n    regex = `go_.*`\n    action = \"drop\"");
    let again = covered.replace("go_", "go_gc_");
    let silenced = format!("  // promsieve: ignore covered-filter (kept on purpose)\n{again}");
    let file = |rules: &str| format!("prometheus.relabel \"x\" {{\n  forward_to = []\n{rules}}}\n");
    let found = |text: &str| {
        let mut sources = Sources::default();
        let id = sources.add(SourceText::new("a.alloy", text));
        let (project, findings) = read(Kind::Alloy, id, sources.file(id), Server::default());
        let findings = lint(&project, &Facts::new(&sources, &findings), &Settings::default());
        let fixed = fix::apply(&sources, &findings, Applicability::Safe).pop();
        let rules: Vec<&str> = findings.iter().map(|finding| finding.rule.name).collect();
        (rules, fixed.map(|(_, text)| text))
    };
    let text = file(&format!("{covered}{again}"));
    assert_eq!(found(&text), (vec!["covered-filter"], Some(file(&covered))));
    assert_eq!(found(&file(&format!("{covered}{silenced}"))), (vec![], None));
    let anchored = covered.replace("go_.*", "^go_.*$");
    let (rules, fixed) = found(&file(&anchored));
    assert_eq!((rules, fixed), (vec!["redundant-anchors"], Some(file(&covered))));
}

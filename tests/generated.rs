//! Generated files are current; `cargo xtask bless` rewrites them.

use std::fmt::Write as _;

use promsieve_core::lint::rules::entries;

#[test]
fn generated_lint_pages_are_current() {
    let folder = xtask::workspace().join("rules/lint");
    let note =
        "<!-- Generated from the rule's source: edit that and run `cargo xtask bless`. -->\n";
    let mut index = format!(
        "{note}# Lint rules\n\n| code | rule | severity | fix | finds |\n|---|---|---|---|---|\n"
    );
    let mut wanted = Vec::new();
    for entry in entries() {
        let (name, code) = (entry.name(), entry.code());
        let (severity, fix) = (entry.rule.severity.as_str(), entry.rule.fix.as_str());
        let summary = entry.summary().replace('|', "\\|");
        writeln!(index, "| {code} | [{name}]({name}.md) | {severity} | {fix} | {summary} |")
            .unwrap();
        wanted.push((format!("{name}.md"), format!("{note}{}", entry.page())));
    }
    wanted.push(("index.md".to_owned(), index));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in &wanted {
            std::fs::write(folder.join(name), text).unwrap();
        }
    }
    for (name, text) in &wanted {
        let found = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert_eq!(&found, text, "rules/lint/{name} is stale: run `cargo xtask bless`");
    }
    let files = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(files, wanted.len(), "rules/lint holds a page of no rule");
}

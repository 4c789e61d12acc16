//! The table of known mistakes names each once, and only rules that exist.

use promsieve_core::lint::rules;

#[test]
fn the_table_of_mistakes_is_whole() {
    let path = xtask::workspace().join("docs/lint-coverage.md");
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let number: usize = cells.next()?.parse().ok()?;
        Some((number, cells.nth(1)?.trim_end_matches(" |").to_owned()))
    });
    let rows: Vec<(usize, String)> = rows.collect();
    let numbers: Vec<usize> = rows.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=127).collect::<Vec<_>>());
    for (number, by) in rows {
        if by.starts_with("no") {
            continue;
        }
        let named = by.split('`').skip(1).step_by(2);
        let mut count = 0;
        for rule in named {
            let (code, name) = rule.split_once(' ').expect("a rule is named by code and name");
            let entry = rules::find(code).unwrap_or_else(|| panic!("row {number}: no {code}"));
            assert_eq!(entry.name(), name, "row {number}");
            count += 1;
        }
        assert!(count > 0, "row {number} names no rule and gives no reason");
    }
}

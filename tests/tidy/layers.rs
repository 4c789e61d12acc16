//! A module of the library imports from lower layers only; the layers are those that the table in
//! `ARCHITECTURE.md` says.

use std::collections::{BTreeMap, BTreeSet};

use super::{Text, assert_none, sources};

const CORE: &str = "crates/core/src/";

/// The layer of every module, from the rows `| 3 | `relabel` | … |`.
fn table() -> BTreeMap<String, u32> {
    let text = std::fs::read_to_string(xtask::workspace().join("ARCHITECTURE.md")).unwrap();
    let mut layers = BTreeMap::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, layer, names, ..] = cells[..] else { continue };
        let Ok(layer) = layer.parse() else { continue };
        for name in names.split(',').map(|name| name.trim().trim_matches('`')) {
            assert_eq!(layers.insert(name.to_owned(), layer), None, "`{name}` stands there twice");
        }
    }
    layers
}

/// The top module of a file of the library; `None` for its root.
fn module(path: &str) -> Option<&str> {
    let rest = path.strip_prefix(CORE)?;
    let top = rest.split('/').next()?;
    Some(top.strip_suffix(".rs").unwrap_or(top)).filter(|top| *top != "lib")
}

/// The modules that code names through `crate::`, in braces or not; comments may name any.
fn imports(text: &str) -> BTreeSet<String> {
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let mut names = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            None => names.insert(first_name(after)),
            Some(list) => {
                names.extend(top_level(list).iter().map(|item| first_name(item)));
                true
            }
        };
    }
    names
}

/// The items of a list in braces, up to its closing one.
fn top_level(list: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut depth = 0;
    for c in list.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => items.push(String::new()),
            _ => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                items.last_mut().expect("there is always one").push(c);
            }
        }
    }
    items.retain(|item| !item.trim().is_empty());
    items
}

fn first_name(path: &str) -> String {
    path.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn modules_import_from_lower_layers_only() {
    let table = table();
    let files = sources();
    let core: Vec<(&str, &Text)> =
        files.iter().filter_map(|file| Some((module(&file.path)?, file))).collect();
    let existing: BTreeSet<String> = core.iter().map(|(name, _)| (*name).to_owned()).collect();
    let listed: BTreeSet<String> = table.keys().cloned().collect();
    assert_eq!(existing, listed, "modules, and those that ARCHITECTURE.md lists");
    let mut offenders = Vec::new();
    for (own, file) in core {
        for other in imports(&file.text).iter().filter(|other| *other != own) {
            match table.get(other) {
                Some(layer) if *layer < table[own] => {}
                Some(layer) => offenders.push(format!(
                    "{}: `{own}` of layer {} imports `{other}` of layer {layer}",
                    file.path, table[own]
                )),
                None => offenders.push(format!("{}: `crate::{other}` is no module", file.path)),
            }
        }
    }
    assert_none("imports against the layers", &offenders);
}

#[test]
fn imports_are_found_however_they_are_written() {
    let code = "use crate::text::{A, B};\n// crate::comment\nuse crate::{doc, flow::{x, y},\n  \
                units};\nfn f() -> crate::series::T {}\n";
    let found: Vec<String> = imports(code).into_iter().collect();
    assert_eq!(found, ["doc", "flow", "series", "text", "units"]);
}

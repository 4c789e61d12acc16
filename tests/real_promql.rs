//! Our parser of `PromQL` against `promtool` 3.5: both must take and refuse the same texts. The texts are
//! the expressions of the corpus, mutations of them, and tokens thrown together.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use promsieve_core::usage;

use crate::real::{Version, promtool};
use promsieve_lab::corpus;

/// The values of `expr:` keys, read by eye rather than by YAML: what comes out is a text, and all
/// that matters is that both parsers get the same one.
pub(crate) fn rule_expressions(yaml: &str) -> Vec<String> {
    let lines: Vec<&str> = yaml.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let key = line.trim_start().trim_start_matches("- ");
        let Some(value) = key.strip_prefix("expr:") else { continue };
        let own = indent(line) + line.trim_start().len() - key.len();
        let below = lines[at + 1..].iter();
        let below = below.take_while(|l| l.trim().is_empty() || indent(l) > own);
        let value = value.trim();
        let unquoted = value.trim_matches(['"', '\'']);
        let mut text = if value.starts_with(['|', '>']) { "" } else { unquoted }.to_owned();
        for line in below {
            text.push('\n');
            text.push_str(line);
        }
        found.push(text);
    }
    found
}

/// The values of `"expr"` keys of a dashboard, escapes decoded.
pub(crate) fn panel_expressions(json: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = json;
    while let Some(at) = rest.find("\"expr\":") {
        rest = rest[at + 7..].trim_start();
        let Some(body) = rest.strip_prefix('"') else { continue };
        let mut text = String::new();
        let mut chars = body.chars();
        while let Some(c) = chars.next() {
            match c {
                '"' => break,
                '\\' => match chars.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('u') => {
                        let code: String = chars.by_ref().take(4).collect();
                        let code = u32::from_str_radix(&code, 16).unwrap_or(63);
                        text.push(char::from_u32(code).unwrap_or('?'));
                    }
                    Some(other) => text.push(other),
                    None => break,
                },
                _ => text.push(c),
            }
        }
        found.push(text);
    }
    found
}

/// A small deterministic generator (`SplitMix64`).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    fn pick<'a>(&mut self, items: &[&'a str]) -> &'a str {
        items[self.below(items.len())]
    }
}

const PIECES: [&str; 96] = [
    "foo",
    "bar",
    "a:b",
    "sum",
    "avg",
    "topk",
    "count_values",
    "quantile",
    "limitk",
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "bool",
    "offset",
    "start",
    "end",
    "and",
    "or",
    "unless",
    "atan2",
    "inf",
    "NaN",
    "rate",
    "info",
    "label_replace",
    "absent",
    "time",
    "vector",
    "scalar",
    "nosuch",
    "(",
    "(",
    "(",
    ")",
    ")",
    ")",
    "{",
    "}",
    "[",
    "]",
    ",",
    ",",
    ":",
    "@",
    "=",
    "==",
    "!=",
    "=~",
    "!~",
    "<",
    "<=",
    ">",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "%",
    "^",
    "\"x\"",
    "'y'",
    "`z`",
    "\".*\"",
    "\".+\"",
    "\"a|b\"",
    "\"\\d\"",
    "\"\\\\d\"",
    "\"\"",
    "1",
    "0",
    "010",
    "08",
    "0x1f",
    "0xee",
    "1e3",
    "1e",
    "1_0",
    "1_",
    ".5",
    "1.",
    "5m",
    "1h30m",
    "30m1h",
    "1.5m",
    "5x",
    "0s",
    "(foo)",
    "(a, b)",
    "{a=\"b\"}",
    "[5m]",
    "[1h:5m]",
    " @ start()",
    " offset -5m",
];

/// Tokens thrown together, or an expression with one of them replaced, dropped or doubled.
fn generated(random: &mut Random, seeds: &[String]) -> String {
    if random.below(4) == 0 {
        let count = 1 + random.below(7);
        let pieces: Vec<&str> = (0..count).map(|_| random.pick(&PIECES)).collect();
        return pieces.join(if random.below(2) == 0 { " " } else { "" });
    }
    let seed = &seeds[random.below(seeds.len())];
    let cuts: Vec<usize> = seed
        .char_indices()
        .filter(|(_, c)| !c.is_alphanumeric() && *c != '_')
        .map(|(at, _)| at)
        .chain([0, seed.len()])
        .collect();
    let cut = cuts[random.below(cuts.len())];
    let (before, after) = seed.split_at(cut);
    match random.below(3) {
        0 => format!("{before}{}{after}", random.pick(&PIECES)),
        1 => format!("{before} {} {after}", random.pick(&PIECES)),
        _ => {
            let skipped = after.chars().next().map_or(0, char::len_utf8);
            format!("{before}{}", &after[skipped..])
        }
    }
}

/// Indices of the texts that promtool refuses as expressions.
pub(crate) fn refused(promtool: &Path, texts: &[String]) -> BTreeSet<usize> {
    let mut yaml = String::from("groups:\n");
    for (at, text) in texts.iter().enumerate() {
        if at % 500 == 0 {
            let _ = writeln!(yaml, "- name: g{at}\n  rules:");
        }
        let _ = write!(yaml, "  - record: r{at}\n    expr: \"");
        for c in text.chars() {
            match c {
                ' '..='~' if c != '"' && c != '\\' => yaml.push(c),
                _ => drop(write!(yaml, "\\U{:08x}", c as u32)),
            }
        }
        yaml.push_str("\"\n");
    }
    let file = std::env::temp_dir().join(format!("promsieve-promql-{}.yml", std::process::id()));
    std::fs::write(&file, yaml).unwrap();
    let output = Command::new(promtool)
        .args(["--enable-feature=promql-experimental-functions", "check", "rules"])
        .args(["--lint=none"])
        .arg(&file)
        .output()
        .unwrap();
    std::fs::remove_file(&file).unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("could not parse expression"), "promtool says: {said}");
    said.split(", \"r")
        .filter_map(|part| part.split_once("\": could not parse expression"))
        .filter_map(|(rule, _)| rule.parse().ok())
        .collect()
}

/// More texts: those of the JSON list that `PROMSIEVE_PROMQL_TEXTS` names.
fn named() -> Vec<String> {
    let Some(path) = std::env::var_os("PROMSIEVE_PROMQL_TEXTS") else { return Vec::new() };
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn takes_and_refuses_what_promtool_does() {
    let Some(promtool) = promtool(Version::V3) else { return };
    let mut texts: Vec<String> = Vec::new();
    for yaml in corpus::texts("rules", &[".yml", ".yaml", ".rules", ".libsonnet"]) {
        texts.extend(rule_expressions(&yaml));
    }
    let rules = texts.len();
    for json in corpus::texts("dashboards", &[".json"]) {
        texts.extend(panel_expressions(&json));
    }
    let panels = texts.len() - rules;
    texts.extend(named());
    texts.retain(|text| !text.trim().is_empty() && !text.contains('\0'));
    texts.sort();
    texts.dedup();
    let distinct = texts.len();
    let mut random = Random(1);
    let seeds: Vec<String> = texts
        .iter()
        .filter(|text| text.len() < 200 && usage::parse(text).is_ok())
        .cloned()
        .chain(["sum by (a) (rate(foo{b=~\"x|y\"}[5m])) > bool 1".to_owned()])
        .collect();
    for _ in 0..8000 {
        let text = generated(&mut random, &seeds);
        if !text.is_empty() {
            texts.push(text);
        }
    }
    let refused = refused(&promtool, &texts);
    let mut differences = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        let ours = usage::parse(text);
        if ours.is_err() != refused.contains(&at) {
            let ours = ours.map_or_else(|errors| errors[0].message.clone(), |_| "taken".to_owned());
            differences.push(format!("{text}\n  promsieve: {ours}; promtool disagrees"));
        }
    }
    println!(
        "{rules} rule and {panels} panel expressions, {distinct} distinct, {} in all; \
         promtool refuses {}; {} differences",
        texts.len(),
        refused.len(),
        differences.len()
    );
    assert!(refused.len() > 100 && refused.len() < texts.len() - 100);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

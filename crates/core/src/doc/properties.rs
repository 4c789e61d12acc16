//! Properties over generated text: nothing panics, edits leave the rest alone and parse again.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

use super::{append_key, delete_item, delete_key, insert_item_after, parse, quote, replace_scalar};
use crate::finding::Edit;
use crate::text::{FileId, SourceText};

fn config() -> Config {
    Config {
        cases: 400,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..Config::default()
    }
}

/// Lines that look like YAML, in all styles, with comments, anchors and mistakes.
fn yamlish() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a: ", "b: ", "- ", "  ", "    ", "\n", "\n", "\n", "# c\n", "{", "}", "[", "]", ", ", "x",
        "'q'", "\"d\\n\"", "|\n", ">-\n", "&x ", "*x", "<<: ", "!!str ", "null", "~", "1e3", ": ",
        "?", "%", "\t", "é", "---\n", "...\n", "\r\n", "\u{feff}", "'", "\"", "\\",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// A list of small mappings under a key, with comments, in block or flow style.
fn lists() -> impl Strategy<Value = (String, usize)> {
    let item = prop::sample::select(vec![
        "- {a: 1, b: 'x'}\n",
        "- a: 1\n  # inside\n  b: |\n    text\n\n    more\n",
        "# above\n- a: x  # right\n  b: [1, 2]\n",
        "-\n  a: &n 1\n  b: \"q\"\n",
        "\n- a: 'it''s'\n  b: >-\n    folded\n    text\n",
    ]);
    (prop::collection::vec(item, 1..6), any::<prop::sample::Index>()).prop_map(|(items, at)| {
        let index = at.index(items.len());
        (format!("# top\nlist:\n{}tail: end  # done\n", items.concat()), index)
    })
}

fn apply(text: &str, edit: &Edit) -> String {
    format!("{}{}{}", &text[..edit.span.start as usize], edit.text, &text[edit.span.end as usize..])
}

fn source(text: &str) -> SourceText {
    SourceText::new("t", text)
}

/// Each item as the texts of its `a` and `b`.
fn items(text: &str) -> Vec<(String, String)> {
    let parsed = parse(&source(text), FileId::default());
    assert_eq!(parsed.findings, [], "{text}");
    let list = parsed.documents[0].at("list").unwrap();
    let show = |node: super::Node<'_>, key| {
        let value = node.get(key);
        value.map_or(String::new(), |v| {
            let inner: Vec<_> = v.items().map(super::Node::text).collect();
            format!("{}{}", v.text(), inner.join(","))
        })
    };
    assert_eq!(parsed.documents[0].at("tail").unwrap().text(), "end");
    list.items().map(|item| (show(item, "a"), show(item, "b"))).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_text_is_read_without_panic(text in prop_oneof![yamlish(), any::<String>()]) {
        let source = source(&text);
        let parsed = parse(&source, FileId::default());
        for document in &parsed.documents {
            for node in document.nodes() {
                let span = node.span();
                prop_assert!(text.get(span.range()).is_some(), "{span:?} in {text:?}");
                prop_assert!(node.source_offset(&source, node.text().len()) <= text.len() as u32);
                node.fields();
                node.resolve();
                node.path();
            }
        }
    }

    #[test]
    fn offsets_point_at_the_same_character(text in yamlish()) {
        let source = source(&text);
        for document in &parse(&source, FileId::default()).documents {
            for node in document.nodes().filter(|node| node.style() == super::Style::Plain) {
                for (at, c) in node.text().char_indices().filter(|(_, c)| !c.is_whitespace()) {
                    let found = node.source_offset(&source, at) as usize;
                    prop_assert!(text[found..].starts_with(c), "{text:?} {at} {found}");
                }
            }
        }
    }

    #[test]
    fn quoted_text_reads_back(text in any::<String>()) {
        let yaml = format!("a: {}\n", quote(&text));
        let parsed = parse(&source(&yaml), FileId::default());
        prop_assert_eq!(&parsed.findings, &[]);
        let node = parsed.documents[0].at("a").unwrap();
        prop_assert_eq!(node.text(), &text);
        prop_assert!(!node.is_null() && !node.skips_unmarshaler(), "{}", yaml);
    }

    #[test]
    fn a_deleted_item_is_all_that_goes((text, index) in lists()) {
        let source = source(&text);
        let parsed = parse(&source, FileId::default());
        let item = parsed.documents[0].at(&format!("list[{index}]")).unwrap();
        let edit = delete_item(&source, item).unwrap();
        let mut expected = items(&text);
        expected.remove(index);
        prop_assert_eq!(items(&apply(&text, &edit)), expected);
    }

    #[test]
    fn a_missing_value_is_filled_in(
        shape in prop::sample::select(vec!["a:", "a: # c", "a :", "b: {a: , c: d}", "b: {a: }", "- a:\n- c: d", "\"a\":", "b:\n  a:\n\n\nc: d", "a: &x # c", "a: !!str", "a: &x !!str # c", "a: !!str &x\nb: *x", "{a: !, b: c}", "a: !", "{a}", "b: {\"a\", c: d}", "[{c: d, a}]", "[{? a, c: d}]", "? a", "? a # x: y\nc: d", "- c: d\n  ? a\n  e: f", "c:\n  ? \"a\"\n  # x\nd: e", "? a\n:", "? a\n# x\n: # y"]),
        value in any::<String>(),
    ) {
        let source = source(&format!("{shape}\n"));
        let is_missing = |node: &super::Node<'_>| node.is_missing();
        let parsed = parse(&source, FileId::default());
        let node = parsed.documents[0].nodes().find(is_missing).unwrap();
        let filled = self::source(&apply(source.text(), &replace_scalar(&source, node, &value)));
        let after = parse(&filled, FileId::default());
        let same = after.documents[0].at(&node.path()).unwrap();
        prop_assert_eq!(same.text(), &value, "{}", filled.text());
    }

    #[test]
    fn an_inserted_item_is_all_that_comes((text, index) in lists()) {
        let source = source(&text);
        let parsed = parse(&source, FileId::default());
        let item = parsed.documents[0].at(&format!("list[{index}]")).unwrap();
        let edit = insert_item_after(&source, item, "a: new\nb: too").unwrap();
        let mut expected = items(&text);
        expected.insert(index + 1, ("new".to_owned(), "too".to_owned()));
        prop_assert_eq!(items(&apply(&text, &edit)), expected);
    }

    #[test]
    fn keys_are_replaced_deleted_and_appended((text, index) in lists(), value in any::<String>()) {
        let source = source(&text);
        let parsed = parse(&source, FileId::default());
        let item = parsed.documents[0].at(&format!("list[{index}]")).unwrap();
        let mut expected = items(&text);
        let replaced = apply(&text, &replace_scalar(&source, item.get("a").unwrap(), &value));
        expected[index].0.clone_from(&value);
        prop_assert_eq!(items(&replaced), expected);
        for (key, which) in [("a", 0), ("b", 1)] {
            let mut expected = items(&text);
            if which == 0 { expected[index].0.clear() } else { expected[index].1.clear() }
            let edit = delete_key(&source, item, key).unwrap();
            prop_assert_eq!(items(&apply(&text, &edit)), expected);
        }
        let appended = apply(&text, &append_key(&source, item, "c", "3").unwrap());
        prop_assert_eq!(items(&appended), items(&text));
        let again = parse(&SourceText::new("t", appended), FileId::default());
        let c = again.documents[0].at(&format!("list[{index}].c")).map(|c| c.text().to_owned());
        prop_assert_eq!(c.as_deref(), Some("3"));
    }
}

#[test]
fn deep_nesting_is_refused_and_dropped_without_recursion() {
    for text in ["[".repeat(100_000), "- ".repeat(100_000), "{a: ".repeat(100_000)] {
        let parsed = parse(&source(&text), FileId::default());
        assert_eq!(parsed.findings.len(), 1);
    }
}

#[test]
fn alias_bombs_are_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let below = format!("*a{}", level - 1);
        let all = vec![below; 9].join(", ");
        text = format!("{text}a{level}: &a{level} [{all}]\n");
    }
    let parsed = parse(&source(&text), FileId::default());
    assert!(parsed.findings[0].evidence.text().unwrap().contains("excessive aliasing"));
}

#[test]
fn what_says_the_same_is_alike_however_it_is_written() {
    let alike = |one: &str, other: &str| {
        let [one, other] = [one, other].map(|text| parse(&source(text), FileId::default()));
        one.documents[0].root().unwrap().is_like(other.documents[0].root().unwrap())
    };
    assert!(alike("a: [1, 'b']\n", "# c\na:\n- 1\n- b\n"));
    assert!(alike("a: &x [1]\nb: *x\n", "a: [1]\nb: [1]\n"));
    for other in ["a: [1, b, c]\n", "a: [1, c]\n", "b: [1, b]\n", "a: {1: b}\n", "a: 1\n"] {
        assert!(!alike("a: [1, b]\n", other), "{other}");
    }
}

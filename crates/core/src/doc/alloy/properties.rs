//! Properties over generated text: what is written is read, nothing panics, and edits leave the
//! rest alone and parse again.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

use super::{parse_alloy, quote_as};
use crate::doc::{
    Document, Node, NodeKind, Style, append_text, delete_item, delete_key, insert_fields_after,
    replace_scalar,
};
use crate::finding::{Edit, Finding};
use crate::text::{FileId, SourceText};

fn config() -> Config {
    Config {
        cases: 400,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..Config::default()
    }
}

#[derive(Debug, Clone)]
enum Value {
    Text(String, Style),
    /// A number, a bool or null.
    Word(&'static str),
    Computed(&'static str),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
}

#[derive(Debug, Clone)]
enum Statement {
    Attribute(&'static str, Value),
    Block(&'static str, Option<&'static str>, Vec<Statement>),
    Comment(&'static str),
}

fn value() -> impl Strategy<Value = Value> {
    let style = prop::sample::select(vec![Style::Raw, Style::DoubleQuoted]);
    let words = vec!["1", "-5", "1.5e3", "true", "false", "null", "010"];
    let computed = vec![
        "a.b.output",
        "sys.env(\"X\")",
        "1 + 2 * x",
        "array.concat(\n a.b,\n [c],\n)",
        "!x",
        "(\"a\")",
        "a[\"b\"].c",
        "{ a = b }.c",
        "-x ^ 2 == 3 || \"a\" != b",
    ];
    let leaf = prop_oneof![
        (any::<String>(), style).prop_map(|(text, style)| Value::Text(text, style)),
        prop::sample::select(words).prop_map(Value::Word),
        prop::sample::select(computed).prop_map(Value::Computed),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let field = ("[a-z_]{1,8}", inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::List),
            prop::collection::vec(field, 0..4).prop_map(Value::Object),
        ]
    })
}

fn statements() -> impl Strategy<Value = Vec<Statement>> {
    let name = prop::sample::select(vec!["targets", "regex", "a_1", "é"]);
    let comment = prop::sample::select(vec!["// a \" comment", "/* a\nblock */", "//"]);
    let leaf = prop_oneof![
        4 => (name, value()).prop_map(|(name, value)| Statement::Attribute(name, value)),
        1 => comment.prop_map(Statement::Comment),
    ];
    let statement = leaf.prop_recursive(3, 20, 5, |inner| {
        let name = prop::sample::select(vec!["rule", "prometheus.scrape", "a.b.c"]);
        let label = prop::option::of(prop::sample::select(vec!["x", "default"]));
        let body = prop::collection::vec(inner, 0..5);
        (name, label, body).prop_map(|(name, label, body)| Statement::Block(name, label, body))
    });
    prop::collection::vec(statement, 0..6)
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Text(text, style) => out.push_str(&quote_as(*style, text)),
        Value::Word(text) | Value::Computed(text) => out.push_str(text),
        Value::List(items) => {
            out.push('[');
            for item in items {
                out.push_str("\n  ");
                write_value(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push('{');
            for (at, (name, value)) in fields.iter().enumerate() {
                out.push_str(if at == 0 { " " } else { ", // c\n" });
                out.push_str(&format!("\"{name}\"="));
                write_value(value, out);
            }
            out.push_str(" }");
        }
    }
}

fn write(statements: &[Statement], out: &mut String) {
    for statement in statements {
        match statement {
            Statement::Attribute(name, value) => {
                out.push_str(&format!("  {name} = "));
                write_value(value, out);
                out.push_str(" // why\n");
            }
            Statement::Block(name, label, body) => {
                let label = label.map_or_else(String::new, |label| format!("\"{label}\" "));
                out.push_str(&format!("{name} {label}{{\n"));
                write(body, out);
                out.push_str("}\n\n");
            }
            Statement::Comment(text) => out.push_str(&format!("{text}\n")),
        }
    }
}

/// What the tree should be, in words.
fn shape_of_value(value: &Value) -> String {
    match value {
        Value::Text(text, _) => format!("{text:?}"),
        Value::Word(text) => (*text).to_owned(),
        Value::Computed(text) => format!("<{text}>"),
        Value::List(items) => {
            format!("[{}]", items.iter().map(shape_of_value).collect::<Vec<_>>().join(","))
        }
        Value::Object(fields) => {
            let field =
                |(name, value): &(String, Value)| format!("{name}={}", shape_of_value(value));
            format!("({})", fields.iter().map(field).collect::<Vec<_>>().join(","))
        }
    }
}

fn shape_of(statements: &[Statement]) -> String {
    let shape = |statement: &Statement| match statement {
        Statement::Attribute(name, value) => Some(format!("{name}={}", shape_of_value(value))),
        Statement::Block(name, Some(label), body) => {
            Some(format!("{name}={{{label}={{{}}}}}", shape_of(body)))
        }
        Statement::Block(name, None, body) => Some(format!("{name}={{{}}}", shape_of(body))),
        Statement::Comment(_) => None,
    };
    statements.iter().filter_map(shape).collect::<Vec<_>>().join(",")
}

/// What the tree is, in the same words.
fn shape(node: Node<'_>) -> String {
    let entries = || {
        let entry = |(key, value): (Node<'_>, Node<'_>)| format!("{}={}", key.text(), shape(value));
        node.entries().map(entry).collect::<Vec<_>>().join(",")
    };
    match node.kind() {
        NodeKind::Mapping if node.is_block() => format!("{{{}}}", entries()),
        NodeKind::Mapping => format!("({})", entries()),
        NodeKind::Sequence => {
            format!("[{}]", node.items().map(shape).collect::<Vec<_>>().join(","))
        }
        _ if node.is_unknown() => format!("<{}>", node.text()),
        _ if node.style() == Style::Plain => node.text().to_owned(),
        _ => format!("{:?}", node.text()),
    }
}

fn parsed(text: &str) -> (Document, Vec<Finding>) {
    parse_alloy(&SourceText::new("a.alloy", text), FileId::default())
}

fn root_shape(text: &str) -> String {
    let (document, findings) = parsed(text);
    assert_eq!(findings, [], "{text}");
    let shown = document.root().map(shape).unwrap_or_default();
    shown.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or_default().to_owned()
}

/// Every span is one of the text, and says what the node is.
fn check_spans(text: &str, document: &Document) {
    let source = SourceText::new("a.alloy", text);
    for node in document.nodes() {
        let written = text.get(node.span().range()).expect("a span is of the text");
        node.path();
        node.resolve();
        node.fields();
        let end = node.source_offset(&source, node.text().len());
        assert!(end <= node.span().end.max(node.span().start + 1), "{node:?} in {text:?}");
        if node.kind() == NodeKind::Scalar && !written.is_empty() && node.style() == Style::Raw {
            assert!(written.starts_with('`'), "{written:?}");
        }
        let is_name = written.chars().all(|c| c == '_' || c == '.' || c.is_alphanumeric());
        if node.kind() == NodeKind::Scalar && node.style() == Style::Plain && is_name {
            assert_eq!(written, node.text(), "{text:?}");
        }
    }
    for comment in document.comments() {
        let written = &text[comment.span.range()];
        assert!(written.starts_with("//") || written.starts_with("/*"), "{written:?}");
    }
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "a.b ",
        "\"x\" ",
        "\"",
        "`",
        "{",
        "}",
        "{\n",
        "}\n",
        "[",
        "]",
        "(",
        ")",
        "= ",
        ",",
        ".",
        "\n",
        "\n",
        " ",
        "//",
        "/*",
        "*/",
        "-",
        "!",
        "+",
        "||",
        "|",
        "&",
        "1",
        "1e",
        "1.5",
        "true",
        "null",
        "\\",
        "\\x4",
        "\\d",
        "é",
        "\u{feff}",
        "\r\n",
        "'",
        "$",
        "rule {\n",
        "prometheus.relabel \"x\" {\n",
        "regex = \"a\"\n",
        "😀",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_written_is_read(statements in statements()) {
        let mut text = String::new();
        write(&statements, &mut text);
        prop_assert_eq!(root_shape(&text), shape_of(&statements), "{}", text);
        check_spans(&text, &parsed(&text).0);
    }

    #[test]
    fn any_text_is_read_without_panic(text in prop_oneof![pieces(), any::<String>()]) {
        let (document, findings) = parsed(&text);
        check_spans(&text, &document);
        for finding in findings {
            let span = finding.location.unwrap().span;
            prop_assert!(text.get(span.range()).is_some(), "{span:?} in {text:?}");
        }
    }

    #[test]
    fn what_is_broken_leaves_the_rest(
        statements in statements(),
        broken in prop::sample::select(vec!["a + b", "a = = b", "a \"x\"", "? b", "a = ]", "a }"]),
    ) {
        let mut text = String::new();
        write(&statements, &mut text);
        let whole = shape_of(&statements);
        let (document, findings) = parsed(&format!("{broken}\n{text}"));
        prop_assert!(!findings.is_empty());
        let shown = document.root().map(shape).unwrap_or_default();
        prop_assert!(shown.contains(&whole), "{shown} {whole}");
    }

    #[test]
    fn every_character_of_a_string_has_its_place(text in any::<String>()) {
        for style in [Style::Raw, Style::DoubleQuoted] {
            let written = format!("a = {}\n", quote_as(style, &text));
            let (document, findings) = parsed(&written);
            prop_assert_eq!(&findings, &[]);
            let source = SourceText::new("a.alloy", written.as_str());
            let node = document.at("a").unwrap();
            prop_assert_eq!(node.text(), text.as_str());
            for (at, c) in text.char_indices().filter(|(_, c)| c.is_alphanumeric()) {
                let found = node.source_offset(&source, at) as usize;
                prop_assert!(written[found..].starts_with(c), "{written:?} {at} {found}");
            }
        }
    }
}

/// Three rules with comments, as they are found in files.
const RULES: &str = "// top
prometheus.relabel \"x\" {
\tforward_to = [a.b.receiver]
\t// first
\trule {
\t\tregex  = `a\\d` // why
\t\taction = \"drop\"
\t} // rule

\trule { regex = \"b\" }
\t/* third */
\trule {
\t\tregex = \"c\"
\t}
}
";

fn edited(edit: Option<Edit>) -> Option<String> {
    let Edit { span, text, .. } = edit?;
    let (start, end) = (span.start as usize, span.end as usize);
    Some(format!("{}{text}{}", &RULES[..start], &RULES[end..]))
}

#[test]
fn edits_keep_the_rest_and_parse_again() {
    let source = SourceText::new("a.alloy", RULES);
    let (document, findings) = parsed(RULES);
    assert_eq!(findings, []);
    let body = document.at("prometheus.relabel").unwrap_or(document.root().unwrap());
    let body = body.entries().next().unwrap().1.labelled().1;
    let rules: Vec<_> = body.entries().filter(|(_, v)| v.is_block()).map(|(_, v)| v).collect();
    let shown = |edit: Option<Edit>| edited(edit).map(|text| root_shape(&text));
    let whole = |rules: &str| {
        Some(format!("prometheus.relabel={{x={{forward_to=[<a.b.receiver>],{rules}}}}}"))
    };
    let (b, c) = ("rule={regex=\"b\"}", "rule={regex=\"c\"}");
    let deleted = delete_item(&source, rules[0]);
    assert!(!edited(deleted.clone()).unwrap().contains("first"));
    assert_eq!(shown(deleted), whole(&format!("{b},{c}")));
    let first = r#"rule={regex="a\\d",action="drop"}"#;
    assert_eq!(shown(delete_item(&source, rules[1])), whole(&format!("{first},{c}")));
    let expected = whole(&format!("rule={{action=\"drop\"}},{b},{c}"));
    assert_eq!(shown(delete_key(&source, rules[0], "regex")), expected);
    // One statement on the line of its braces stays.
    assert_eq!(shown(delete_key(&source, rules[1], "regex")), None);
    assert_eq!(shown(append_text(&source, rules[1], "action", "keep")), None);
    let appended = shown(append_text(&source, rules[2], "action", "a\"b\\"));
    let expected = "rule={regex=\"c\",action=\"a\\\"b\\\\\"}";
    assert_eq!(appended, whole(&format!("{first},{b},{expected}")));
    let inserted = insert_fields_after(&source, rules[0], &[("regex", "n"), ("action", "keep")]);
    assert!(edited(inserted.clone()).unwrap().contains("\n\trule {\n\t\tregex = \"n\"\n"));
    let new = "rule={regex=\"n\",action=\"keep\"}";
    assert_eq!(shown(inserted), whole(&format!("{first},{new},{b},{c}")));
    let regex = rules[0].get("regex").unwrap();
    assert_eq!(replace_scalar(&source, regex, "a\\w").text, "`a\\w`");
    assert_eq!(replace_scalar(&source, regex, "a`w\\").text, "\"a`w\\\\\"");
}

#[test]
fn mistakes_are_told_in_the_words_of_the_server() {
    let check = |text: &str, expected: &[&str]| {
        let (_, findings) = parsed(text);
        let words: Vec<_> = findings.iter().filter_map(|finding| finding.evidence.text()).collect();
        assert_eq!(words, expected, "{text}");
    };
    check("a = [1\n]\n", &["missing ',' in expression list"]);
    check("a = \"\\.\"\n", &["unknown escape sequence"]);
    check("a = 'b'\n", &["illegal single-quoted string; use double quotes"]);
    check("a = \"b\n", &["string literal not terminated"]);
    check("a \"b\" \"c\" {\n}\n", &["expected block body, got STRING"]);
    check("a {\n", &["expected }, got EOF"]);
    check("a.b = 1\n", &["attribute names may only consist of a single identifier with no \".\""]);
    check("a \"b-c\" {\n}\n", &["expected block label to be a valid identifier, but got \"b-c\""]);
    check("a = b {\n}\nc = 1\n", &["cannot use a block as an expression"]);
    check("a = \nb = 1\n", &["expected TERMINATOR, got ="]);
    check(&format!("a = {}\n", "[".repeat(5000)), &["the file has more than 100 levels"]);
    let (_, findings) = parsed(&"? b\n".repeat(500));
    assert!((10..=100).contains(&findings.len()), "{}", findings.len());
}

//! Properties of test files: what is written after an update passes, and nothing else changes.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;
use crate::relabel::target::TargetDefaults;
use crate::server::Server;
use crate::text::{FileId, SourceText};

/// Runs every case of a text with its inline chain.
fn run_all(text: &str) -> (SourceText, TestFile, Vec<Verdict>) {
    let source = SourceText::new("t.yml", text);
    let (file, findings) = read(FileId::default(), &source);
    assert_eq!(findings, [], "{text}");
    let server = Server::default();
    let verdicts = file.cases.iter().map(|case| {
        let ChainSource::Inline(list) = case.chain else { panic!("inline chains only") };
        let (chain, findings) = file.inline(list, &source, case, server);
        assert_eq!(findings, [], "{text}");
        run(case, &chain, server, &TargetDefaults::default())
    });
    let verdicts = verdicts.collect();
    (source, file, verdicts)
}

fn updated(text: &str) -> String {
    let (source, file, verdicts) = run_all(text);
    let came: BTreeMap<usize, Actual> = file
        .cases
        .iter()
        .zip(verdicts)
        .filter(|(_, verdict)| !verdict.passed)
        .map(|(case, verdict)| (case.index, verdict.actual))
        .collect();
    update(&source, &file, &came).unwrap_or_else(|error| panic!("{error:?}\n{text}"))
}

fn comments(text: &str) -> Vec<String> {
    let parsed = crate::doc::parse(&SourceText::new("t", text), FileId::default());
    let document = &parsed.documents[0];
    let text = |span: crate::text::Span| text[span.range()].trim_end().to_owned();
    let mut found: Vec<String> = document.comments().iter().map(|it| text(it.span)).collect();
    found.sort();
    found
}

#[track_caller]
fn check(case: &str, expected: &str) {
    let head = "relabel_configs:\n- {source_labels: [a], regex: x, action: drop}\n\
                - {target_label: t, replacement: new}\nrelabel_tests:\n";
    let after = updated(&format!("{head}{case}"));
    assert_eq!(after, format!("{head}{expected}"));
    assert_eq!(updated(&after), after);
}

#[test]
fn the_expected_part_is_rewritten_where_it_stands() {
    // Nothing yet.
    check("- input: {b: c}\n", "- input: {b: c}\n  expect:\n    b: c\n    t: new\n");
    check("- {input: {a: x}}\n", "- {input: {a: x}, dropped: true}\n");
    check("- {input: {b: c}}\n", "- {input: {b: c}, expect: {b: c, t: new}}\n");
    // Values in place, with what stands around them.
    check(
        "- name: n # the name\n  expect:\n    # old\n    t: \"old\" # why\n    z: gone # gone\n    b: c\n  input: {b: c}\n",
        "- name: n # the name\n  expect:\n    # old\n    t: new # why\n    # gone\n    b: c\n  input: {b: c}\n",
    );
    check(
        "- input: {b: c}\n  expect:\n    t: new # t\n  # end\n",
        "- input: {b: c}\n  expect:\n    t: new # t\n    b: c\n  # end\n",
    );
    check("- input: {b: c}\n  expect: {t: x}\n", "- input: {b: c}\n  expect: {b: c, t: new}\n");
    check(
        "- input: m{b=\"c\"}\n  expect: m{b=\"d\"}\n",
        "- input: m{b=\"c\"}\n  expect: 'm{b=\"c\",t=\"new\"}'\n",
    );
    // From one kind of expectation to another.
    check(
        "- input: {b: c}\n  dropped: true # by us\n  dropped_by: step 0\n- input: {a: x}\n  # labels\n  expect: # what\n    a: x # a\n",
        "- input: {b: c}\n  expect:\n    b: c\n    t: new\n  # by us\n- input: {a: x}\n  # labels\n  dropped: true\n  # what\n  # a\n",
    );
    check(
        "- input: {a: x}\n  dropped: true\n  dropped_by: step 7 # seven\n",
        "- input: {a: x}\n  dropped: true\n  dropped_by: step 0 # seven\n",
    );
    check("- input: {b: c}\n  expect:\n", "- input: {b: c}\n  expect:\n    b: c\n    t: new\n");
    check("- input: {b: c}\r\n  expect: {}\r\n", "- input: {b: c}\r\n  expect: {b: c, t: new}\r\n");
    // What says that a label is absent goes on saying so.
    check(
        "- input: {b: c}\n  expect:\n    tmp: ''\n    t: x\n    b: c\n",
        "- input: {b: c}\n  expect:\n    tmp: ''\n    t: new\n    b: c\n",
    );
}

#[test]
fn what_is_shared_is_written_out() {
    check(
        "- input: {b: c}\n  expect: &e {t: new, b: c}\n- input: {b: d}\n  expect: *e\n",
        "- input: {b: c}\n  expect: &e {t: new, b: c}\n- input: {b: d}\n  expect:\n    b: d\n    t: new\n",
    );
}

fn comment() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", " # one", " #two", "\n    # own line"])
}

/// One case as a person could write it.
fn case() -> impl Strategy<Value = String> {
    let label = ("[abct]", prop_oneof!["[a-z]{1,2}", Just("x".to_owned()), "[ '\":#é\\\\]{0,2}"]);
    let labels = prop::collection::btree_map(label.0, label.1, 1..4);
    let layout = 0..7u8;
    (labels.clone(), labels, layout, comment(), comment()).prop_map(
        |(input, expect, layout, one, two)| {
            let quoted = |labels: &BTreeMap<String, String>, between: &str| {
                let pair = |(name, value): (&String, &String)| {
                    format!("{name}: {}", crate::doc::quote(value))
                };
                labels.iter().map(pair).collect::<Vec<_>>().join(between)
            };
            let input = quoted(&input, ", ");
            let flow = quoted(&expect, ", ");
            let lines = quoted(&expect, &format!("{one}\n      "));
            match layout {
                0 => format!("- input: {{{input}}}{one}\n"),
                1 => format!("- input: {{{input}}}\n  expect:{two}\n      {lines}{two}\n"),
                2 => format!("- expect:{one}\n      {lines}\n  input: {{{input}}}{two}\n"),
                3 => format!("- input: {{{input}}}{one}\n  expect: {{{flow}}}{two}\n"),
                4 => format!("- {{input: {{{input}}}, expect: {{{flow}}}}}{one}\n"),
                5 => format!("- dropped: true{one}\n  input: {{{input}}}{two}\n  dropped_by: 1\n"),
                _ => format!("-{one}\n  dropped: false\n  input: {{{input}}}\n  name: n{two}\n"),
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(1), failure_persistence: None, cases: 400,
        ..ProptestConfig::default()
    })]

    #[test]
    fn an_updated_file_passes_and_keeps_its_comments(
        cases in prop::collection::vec(case(), 1..4),
        end in comment(),
        line_end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
    ) {
        let text = format!(
            "# top\nrelabel_configs:\n- {{source_labels: [a], regex: x, action: drop}} # drop\n\
             - {{source_labels: [b], target_label: t, regex: '(.)(.*)', replacement: $2}}\n\
             - {{regex: c, action: labeldrop}}\nrelabel_tests:\n{}{end}\n", cases.concat()).replace('\n', line_end);
        let after = updated(&text);
        let (_, _, verdicts) = run_all(&after);
        prop_assert!(verdicts.iter().all(|verdict| verdict.passed), "{text}\n{after}");
        prop_assert_eq!(updated(&after), after.clone());
        prop_assert_eq!(comments(&after), comments(&text), "{}\n{}", text, after);
    }

    #[test]
    fn any_text_is_read(text in "(relabel_tests|input|expect|dropped|config|chain|[-:{}\\[\\]#'\"&*a \n]){0,40}") {
        let source = SourceText::new("t.yml", text);
        let (file, findings) = read(FileId::default(), &source);
        for finding in findings {
            let span = finding.location.unwrap().span;
            prop_assert!(source.text().get(span.range()).is_some());
        }
        prop_assert!(file.cases.len() <= source.text().len());
    }
}

#[test]
fn mistakes_are_told_with_a_remedy() {
    let check = |text: &str, words: &str, remedy: &str| {
        let source = SourceText::new("t.yml", text);
        let (file, findings) = read(FileId::default(), &source);
        let said = findings
            .iter()
            .any(|it| it.message.contains(words) && it.remedy.iter().any(|it| it.contains(remedy)));
        assert!(said, "{text}: {findings:?}");
        file.cases.len()
    };
    let chain = "relabel_configs: []\n";
    let of = |case: &str| format!("{chain}relabel_tests:\n- {{input: {{a: b}}}}\n- {case}\n");
    assert_eq!(check(&of("{input: {a: b}, expects: {}}"), "`expects` is no key", "`expect`"), 1);
    assert_eq!(check(&of("{labels: {a: b}}"), "`labels` is no key", "`input`"), 1);
    assert_eq!(check(&of("{input: {a: [b]}}"), "`a` is no label", "write `name: value`"), 1);
    assert_eq!(check(&of("{input: {a: b, a: c}}"), "written twice", "keep one"), 1);
    assert_eq!(check(&of("{input: {}, dropped: maybe}"), "neither true nor false", "`true`"), 1);
    assert_eq!(check(&of("{input: {}, dropped_by: 1}"), "without `dropped", "add `dropped"), 1);
    assert_eq!(check(&of("{input: {}, dropped: true, dropped_by: x}"), "no step", "`step 0`"), 1);
    assert_eq!(check(&of("{input: {}, expect: {}, dropped: true}"), "has both", "keep one"), 1);
    assert_eq!(check(&of("{input: {}, error: x}"), "says of a target", "as_target"), 1);
    assert_eq!(check(&of("{expect: {}}"), "has no `input`", "write `input:`"), 1);
    let none = "relabel_tests:\n- input: {a: b}\n";
    assert_eq!(check(none, "names no chain", "write `config"), 0);
    assert_eq!(check(&format!("relabel_config: []\n{none}"), "no key", "`relabel_configs`"), 0);
}

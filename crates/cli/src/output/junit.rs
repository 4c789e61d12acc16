//! `JUnit` XML, as CI systems read it: suites of cases, each passed, failed or in error.

use std::io::Write;

use super::xml::{attribute, text};

/// Cases that belong together, such as those of one file.
#[derive(Debug, Default)]
pub(crate) struct Suite {
    pub(crate) name: String,
    pub(crate) cases: Vec<Case>,
}

/// One case.
#[derive(Debug, Default)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// What groups cases: the file without its ending, or a rule.
    pub(crate) class: String,
    pub(crate) file: Option<String>,
    pub(crate) line: Option<u32>,
    pub(crate) problem: Option<Problem>,
}

/// Why a case did not pass.
#[derive(Debug)]
pub(crate) struct Problem {
    /// It could not be run, rather than that it failed.
    pub(crate) is_error: bool,
    pub(crate) kind: String,
    pub(crate) message: String,
    pub(crate) text: String,
}

/// Writes a document.
pub(crate) fn write(out: &mut impl Write, name: &str, suites: &[Suite]) -> std::io::Result<()> {
    let count = |suite: &Suite, is_error| {
        let problems = suite.cases.iter().filter_map(|case| case.problem.as_ref());
        problems.filter(|problem| problem.is_error == is_error).count()
    };
    let total = |of: &dyn Fn(&Suite) -> usize| suites.iter().map(of).sum::<usize>();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuites name="{}" tests="{}" failures="{}" errors="{}">"#,
        attribute(name),
        total(&|suite| suite.cases.len()),
        total(&|suite| count(suite, false)),
        total(&|suite| count(suite, true)),
    )?;
    for suite in suites {
        writeln!(
            out,
            r#"  <testsuite name="{}" tests="{}" failures="{}" errors="{}">"#,
            attribute(&suite.name),
            suite.cases.len(),
            count(suite, false),
            count(suite, true),
        )?;
        suite.cases.iter().try_for_each(|case| write_case(out, case))?;
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn write_case(out: &mut impl Write, case: &Case) -> std::io::Result<()> {
    let (name, class) = (attribute(&case.name), attribute(&case.class));
    write!(out, r#"    <testcase name="{name}" classname="{class}""#)?;
    if let Some(file) = &case.file {
        write!(out, r#" file="{}""#, attribute(file))?;
    }
    if let Some(line) = case.line {
        write!(out, r#" line="{line}""#)?;
    }
    let Some(problem) = &case.problem else { return writeln!(out, "/>") };
    let element = if problem.is_error { "error" } else { "failure" };
    let (message, kind) = (attribute(&problem.message), attribute(&problem.kind));
    writeln!(out, ">")?;
    write!(out, r#"      <{element} message="{message}" type="{kind}">"#)?;
    writeln!(out, "{}</{element}>", text(&problem.text))?;
    writeln!(out, "    </testcase>")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;
    use crate::output::xml::shown;

    fn written(name: &str, message: &str) -> String {
        let problem = Problem {
            is_error: false,
            kind: "kind".into(),
            message: message.into(),
            text: message.into(),
        };
        let case = Case { name: name.into(), problem: Some(problem), ..Case::default() };
        let mut out = Vec::new();
        write(&mut out, name, &[Suite { name: name.into(), cases: vec![case] }]).unwrap();
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(1), failure_persistence: None, cases: 500,
            ..ProptestConfig::default()
        })]

        #[test]
        fn hostile_names_come_back_from_a_parser(name in "\\PC{0,20}|[<>&\"'\\]\n\t\r\u{0}-\u{1f}\u{fffe}]{0,20}", message in any::<String>()) {
            let text = written(&name, &message);
            let document = roxmltree::Document::parse(&text).unwrap();
            let case = document.descendants().find(|it| it.has_tag_name("testcase")).unwrap();
            prop_assert_eq!(case.attribute("name"), Some(&*shown(&name)));
            let failure = case.first_element_child().unwrap();
            prop_assert_eq!(failure.attribute("message"), Some(&*shown(&message)));
            // A parser reads a bare carriage return as a line feed; ours is escaped.
            prop_assert_eq!(failure.text().unwrap_or_default(), &*shown(&message));
        }
    }
}

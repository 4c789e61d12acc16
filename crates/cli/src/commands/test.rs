//! `promsieve test`: relabel chains against the label sets that their authors wrote down.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::string::FromUtf8Error;

use anyhow::bail;
use promsieve_core::finding::{Finding, Severity};
use promsieve_core::relabel_tests::{
    Actual, INVALID_TEST, TestCase, TestFile, is_test_file, read, run as run_case, update,
};
use promsieve_core::server::Server;
use promsieve_core::text::{FileId, Location, SourceText, Sources, Span};

use crate::Status;
use crate::common::Common;
use crate::input::Source;
use crate::input::bytes::read_text;
use crate::input::discover::yaml_files;
use crate::input::replace::replace;
use crate::input::test_chain::{Chains, Place};
use crate::output::junit::{self, Case, Problem, Suite};
use crate::output::outputs::{Output, write_all};
use crate::output::view::lint::FindingView;
use crate::output::view::test::{CaseView, OutcomeView, StepView, TestView, changes, differences};
use crate::output::{json, text};

/// Arguments of `test`.
#[derive(Debug, clap::Args)]
pub(crate) struct TestArgs {
    /// Test files, or directories that hold some: YAML with the key `relabel_tests`
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<String>,

    /// Write what came out into the test files as what is expected
    #[arg(long)]
    update: bool,

    /// Only cases whose name holds this
    #[arg(long, value_name = "SUBSTRING")]
    filter: Option<String>,

    /// The server that relabels, for cases that name none; repeat it to run them on several
    #[arg(id = "server", long = "server", value_name = "PRODUCT@VERSION")]
    servers: Vec<Server>,

    /// How to print the result
    #[arg(id = "format", long = "format", value_name = "FORMAT", value_parser = ["text", "json", "junit"])]
    format: Option<String>,

    /// Another format, to a file or to stdout instead of the text: `junit=report.xml`; repeatable
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = Output::<TestFormat>::parse)]
    output: Vec<Output<TestFormat>>,
}

/// A format of test results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum TestFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// For CI systems
    Junit,
}

/// What was read and found.
#[derive(Default)]
struct Run {
    sources: Sources,
    findings: Vec<Finding>,
    view: TestView,
    chains: Chains,
}

pub(crate) fn run(
    args: &TestArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let files = test_files(args, common)?;
    let mut run = Run::default();
    for (name, text) in files {
        run.file(args, common, name, text)?;
    }
    run.view.summary.errors = run.findings.len();
    run.view.errors =
        run.findings.iter().map(|finding| FindingView::of(&run.sources, finding)).collect();
    let summary = &run.view.summary;
    if summary.passed + summary.failed + summary.errors + summary.updated == 0 {
        bail!("no case is left: `--filter` leaves out all {}", summary.filtered_out);
    }
    let default = match args.format.as_deref() {
        Some("json") => TestFormat::Json,
        Some("junit") => TestFormat::Junit,
        _ => TestFormat::Text,
    };
    write_all(&args.output, default, out, |format, to_stdout, out| match format {
        TestFormat::Text => {
            let color = to_stdout && super::lint::use_color();
            text::lint::write(out, &run.sources, &run.findings, color)?;
            Ok(text::test::write(out, &run.view)?)
        }
        TestFormat::Json => json::write(out, &run.view),
        TestFormat::Junit => Ok(junit::write(out, "promsieve test", &suites(&run.view))?),
    })?;
    Ok(match &run.view.summary {
        summary if summary.errors > 0 => Status::Incomplete,
        summary if summary.failed > 0 => Status::Findings,
        _ => Status::Clean,
    })
}

/// A test file's name, and its text if it is one.
type TestText = (String, Result<String, FromUtf8Error>);

/// The test files with their texts: those named, and those that directories hold.
fn test_files(args: &TestArgs, common: &Common) -> anyhow::Result<Vec<TestText>> {
    let mut files = Vec::new();
    for spec in &args.paths {
        for source in Source::resolve(spec)? {
            let Source::Directory(directory) = &source else {
                files.push((source.name(), Ok(read_text(&source, &common.access)?)));
                continue;
            };
            for path in yaml_files(directory) {
                let Ok(bytes) = std::fs::read(&path) else { continue };
                let name = path.strip_prefix("./").unwrap_or(&path).display().to_string();
                if is_test_file(&String::from_utf8_lossy(&bytes)) {
                    files.push((name, String::from_utf8(bytes)));
                }
            }
        }
    }
    if files.is_empty() {
        let places = args.paths.join("`, `");
        bail!("`{places}` holds no relabel tests: a test file has the key `relabel_tests`");
    }
    let mut seen = BTreeSet::new();
    files.retain(|(name, _)| seen.insert(name.clone()));
    Ok(files)
}

impl Run {
    fn file(
        &mut self,
        args: &TestArgs,
        common: &Common,
        name: String,
        text: Result<String, FromUtf8Error>,
    ) -> anyhow::Result<()> {
        self.view.summary.files += 1;
        let text = match text {
            Ok(text) => text,
            Err(error) => {
                let start = error.utf8_error().valid_up_to();
                let shown = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let file = self.sources.add(SourceText::new(name, shown));
                let at = Location { file, span: Span::new(start, start) };
                self.problem(at, "this is no UTF-8", "save the file as UTF-8");
                return Ok(());
            }
        };
        let id = self.sources.add(SourceText::new(name, text));
        let (file, findings) = read(id, self.sources.file(id));
        self.findings.extend(findings);
        let mut came: BTreeMap<usize, Actual> = BTreeMap::new();
        let first = self.view.cases.len();
        let mut failed = BTreeSet::new();
        for case in &file.cases {
            if args.filter.as_ref().is_some_and(|part| !case.name.contains(&**part)) {
                self.view.summary.filtered_out += 1;
                continue;
            }
            let servers = match (&case.servers[..], &args.servers[..]) {
                ([], []) => &[common.server][..],
                ([], servers) | (servers, _) => servers,
            };
            for server in servers {
                let server = common.built(*server);
                let Some(actual) = self.case(id, &file, case, server, common) else { continue };
                let passed = self.view.cases.last().is_some_and(|case| case.passed);
                if !passed {
                    failed.insert(case.index);
                }
                if came.insert(case.index, actual.clone()).is_some_and(|other| other != actual)
                    && args.update
                    && !passed
                {
                    let remedy = "name one `server` in the case, and write another case for each";
                    let words = "servers differ in what comes of it: nothing is written";
                    self.problem(case.location, words, remedy);
                    failed.remove(&case.index);
                }
            }
        }
        came.retain(|index, _| failed.contains(index));
        if args.update && !came.is_empty() {
            self.update(id, &file, &came, first)?;
        }
        let cases = &self.view.cases[first..];
        self.view.summary.passed += cases.iter().filter(|case| case.passed).count();
        self.view.summary.failed += cases.iter().filter(|case| !case.passed).count();
        Ok(())
    }

    /// Runs one case on one server; nothing when its chain cannot be had.
    fn case(
        &mut self,
        id: FileId,
        file: &TestFile,
        case: &TestCase,
        server: Server,
        common: &Common,
    ) -> Option<Actual> {
        let source = self.sources.file(id);
        let found = match self.chains.find(file, source, case, server, common) {
            Ok(found) => found,
            Err(problem) => {
                let at = problem.location.unwrap_or(case.location);
                self.problem(at, &problem.message, &problem.remedy);
                return None;
            }
        };
        let verdict = run_case(case, &found.chain, server, &found.defaults);
        let trace = verdict.trace.iter().map(|step| {
            let Place { path, line } = found.place(step.location, source);
            StepView {
                step: step.step,
                action: step.action,
                path,
                line,
                result: step.did.as_str(),
                changes: changes(&step.did),
            }
        });
        let view = CaseView {
            name: case.name.clone(),
            path: source.name().to_owned(),
            line: source.position(case.location.span.start).line,
            server: server.to_string(),
            chain_path: found.path(source),
            chain: Some(found.chain.path.clone()).filter(|path| !path.is_empty()),
            passed: verdict.passed,
            expected: case.expectation.as_ref().map(OutcomeView::expected),
            actual: OutcomeView::actual(&verdict.actual),
            differences: differences(&verdict),
            trace: trace.collect(),
        };
        self.view.cases.push(view);
        Some(verdict.actual)
    }

    fn update(
        &mut self,
        id: FileId,
        file: &TestFile,
        came: &BTreeMap<usize, Actual>,
        first: usize,
    ) -> anyhow::Result<()> {
        let source = self.sources.file(id);
        let text = match update(source, file, came) {
            Ok(text) => text,
            Err(refused) => {
                let case = file.cases.iter().find(|case| case.index == refused.case);
                let at =
                    case.map_or(Location { file: id, ..Location::default() }, |case| case.location);
                let words = format!("it cannot be updated: {}", refused.reason);
                self.problem(at, &words, "write what is expected by hand");
                return Ok(());
            }
        };
        replace(Path::new(source.name()), source.text(), &text)?;
        self.view.summary.updated += came.len();
        // What was updated passes now: only what could not be is left to tell.
        let names: BTreeSet<&str> = file
            .cases
            .iter()
            .filter(|case| came.contains_key(&case.index))
            .map(|case| case.name.as_str())
            .collect();
        let mut at = 0;
        self.view.cases.retain(|case| {
            at += 1;
            at <= first || case.passed || !names.contains(&*case.name)
        });
        Ok(())
    }

    fn problem(&mut self, at: Location, message: &str, remedy: &str) {
        let finding =
            Finding::new(INVALID_TEST, Severity::Error, at, message.to_owned()).remedy(remedy);
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }
}

/// A suite a file; wrong files and cases are in error.
fn suites(view: &TestView) -> Vec<Suite> {
    let mut suites: BTreeMap<String, Suite> = BTreeMap::new();
    let mut add = |path: &str, case: Case| {
        let suite = suites.entry(path.to_owned()).or_default();
        path.clone_into(&mut suite.name);
        suite.cases.push(case);
    };
    let several = view.cases.iter().any(|case| case.server != view.cases[0].server);
    for case in &view.cases {
        let server = if several { format!(" ({})", case.server) } else { String::new() };
        let problem = (!case.passed).then(|| Problem {
            is_error: false,
            kind: case.actual.outcome.to_owned(),
            message: text::test::headline(case),
            text: text::test::explanation(case),
        });
        let name = format!("{}{server}", case.name);
        let (file, line) = (Some(case.path.clone()), Some(case.line));
        add(&case.path, Case { name, class: class(&case.path), file, line, problem });
    }
    for error in &view.errors {
        let path = error.path.clone().unwrap_or_default();
        let problem = Problem {
            is_error: true,
            kind: error.rule.to_owned(),
            message: error.message.clone(),
            text: error.remedy.clone().unwrap_or_default(),
        };
        let name = format!("line {}", error.line.unwrap_or(1));
        let (class, file, line) = (class(&path), Some(path.clone()), error.line);
        add(&path, Case { name, class, file, line, problem: Some(problem) });
    }
    suites.into_values().collect()
}

/// A file's path without its ending, by which CI systems group.
fn class(path: &str) -> String {
    PathBuf::from(path).with_extension("").display().to_string()
}

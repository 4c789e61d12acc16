//! The harness: what holds for every rule, checked from the registry and the rules' pages.
//!
//! A page's block is a whole configuration, a rule file, or one chain, around which the harness puts
//! the smallest configuration; what stands beside it follows after `---`. In a `bad` block the line
//! with the finding ends with ` # error`.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use super::rules::entries;
use super::{Check, Entry, Facts, FixKind, Member, Settings, fix, lint};
use crate::census::{Census, CensusOptions};
use crate::config::{self, Project};
use crate::finding::{Applicability, Evidence, Finding, Severity};
use crate::flow::{self, FlowReport};
use crate::ingest::exposition::{Format, Reader};
use crate::regexp::language::{Language, Limits};
use crate::relabel::{Outcome, Program, Scratch, Step};
use crate::series::{LabelBuf, TableBuilder, Target};
use crate::server::Server;
use crate::text::{SourceText, Sources};
use crate::watch::Unwatched;

/// What ends the line that a finding is expected on.
const MARK: &str = " # error";

/// What the line begins with that says which server a block is for.
const SERVER: &str = "# server: ";

/// A block of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Block {
    kind: String,
    text: String,
}

/// A page's block that was read and linted: a configuration and what stands beside it.
struct Linted {
    sources: Sources,
    project: Project,
    findings: Vec<Finding>,
    /// The lines of the block before each file.
    before: Vec<u32>,
}

/// The parts of a block: the first is the configuration, others stand after a line `---`. One with
/// `groups:` is a rule file, one that begins with `# scrape <job> <instance>` a scrape, and every
/// other one a further configuration of the fleet.
fn parts(text: &str) -> Vec<(u32, &str)> {
    let (mut line, mut parts) = (0, Vec::new());
    for part in text.split("\n---\n") {
        parts.push((line, part));
        line += part.lines().count() as u32 + 1;
    }
    parts
}

impl Linted {
    fn of(text: &str, flow: Option<&FlowReport>) -> Self {
        let mut sources = Sources::default();
        let server = text.lines().find_map(|line| line.strip_prefix(SERVER));
        let server = server.map_or(Server::default(), |server| server.parse().unwrap());
        let (mut project, mut reading, mut before) = (None, Vec::new(), Vec::new());
        let (mut others, mut scrapes) = (Vec::new(), TableBuilder::default());
        for (lines, part) in parts(text) {
            if let Some(head) = part.strip_prefix("# scrape ") {
                scrape(head, part, &mut scrapes);
                continue;
            }
            let file = sources.add(SourceText::new("file.yml", part));
            before.push(lines);
            if part.lines().any(|line| line.starts_with("groups:")) {
                let project = project.get_or_insert(Project { server, ..Project::default() });
                reading.extend(project.add_rule_file(file, sources.file(file)));
            } else if project.is_none() {
                let (read, found) = config::parse(file, sources.file(file), server);
                reading = found;
                project = Some(read);
            } else {
                others.push(config::parse(file, sources.file(file), server).0);
            }
        }
        let project = project.expect("a block has a first part");
        let samples = (scrapes.samples() > 0).then(|| flow::run(&project, &scrapes.finish()));
        let census = samples
            .as_ref()
            .map(|(_, stored)| Census::of(&stored.table, CensusOptions::default(), &Unwatched));
        let members = std::iter::once(&project).chain(&others);
        let fleet: Vec<Member<'_>> =
            members.map(|project| Member { name: "file.yml", project }).collect();
        let facts = Facts {
            flow: flow.or(samples.as_ref().map(|(_, stored)| &stored.report)),
            attached: samples.as_ref().map(|(attached, _)| attached),
            census: census.as_ref(),
            fleet: &fleet,
            ..Facts::new(&sources, &reading)
        };
        let findings = lint(&project, &facts, &Settings::default());
        Self { sources, project, findings, before }
    }

    /// The one-based lines of the findings of a rule.
    fn lines(&self, rule: &str) -> Vec<u32> {
        let of_rule = self.findings.iter().filter(|finding| finding.rule.name == rule);
        of_rule.map(|finding| self.line(finding)).collect()
    }

    fn line(&self, finding: &Finding) -> u32 {
        let location = finding.location.expect("a finding about text has a place");
        let at = self.sources.iter().position(|(file, _)| file == location.file);
        let before = self.before[at.expect("it is one of the files")];
        before + self.sources.file(location.file).position(location.span.start).line
    }
}

/// Reads a scrape of a block.
fn scrape(head: &str, part: &str, builder: &mut TableBuilder) {
    let mut words = head.lines().next().unwrap_or_default().split(' ');
    let mut next = || words.next().unwrap_or_default().to_owned();
    let (job, instance) = (next(), next());
    let labels = vec![("instance".to_owned(), instance), ("job".to_owned(), job.clone())];
    builder.target(Target { job, labels });
    let mut reader = Reader::new(Format::Text);
    reader.feed(part.as_bytes(), builder);
    let report = reader.finish(builder);
    assert_eq!(report.bad_lines, 0, "{part}");
}

/// The lines, counted in the whole file, that a rule finds something on in a chain.
pub(super) fn found(chain: &str, rule: &str) -> Vec<u32> {
    Linted::of(&wrap(chain), None).lines(rule)
}

/// What is found in a chain of the job `app` of which this is known.
pub(super) fn found_in_flow(chain: &str, flow: &FlowReport) -> Vec<Finding> {
    Linted::of(&wrap(chain), Some(flow)).findings
}

/// Puts the smallest configuration around a chain.
fn wrap(block: &str) -> String {
    match block.split_once("\n---\n") {
        Some((first, rest)) => format!("{}---\n{rest}", wrap_chain(&format!("{first}\n"))),
        None => wrap_chain(block),
    }
}

fn wrap_chain(block: &str) -> String {
    if let Some((head, rest)) = block.split_once('\n').filter(|(head, _)| head.starts_with(SERVER))
    {
        return format!("{head}\n{}", wrap_chain(rest));
    }
    let job =
        "scrape_configs:\n  - job_name: app\n    static_configs:\n      - targets: ['app:8080']\n";
    let around = [
        ("metric_relabel_configs:", job, 4),
        ("relabel_configs:", job, 4),
        ("write_relabel_configs:", "remote_write:\n  - url: http://store/\n", 4),
        ("alert_relabel_configs:", "alerting:\n", 2),
    ];
    let Some((_, before, indent)) = around.iter().find(|(key, ..)| block.starts_with(key)) else {
        return block.to_owned();
    };
    let indent = " ".repeat(*indent);
    let lines = block.lines().map(|line| format!("{indent}{line}").trim_end().to_owned() + "\n");
    format!("{before}{}", lines.collect::<String>())
}

fn blocks(entry: &Entry) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for line in entry.header() {
        match (open, line.strip_prefix("```")) {
            (false, Some(language)) => {
                let kind = language.strip_prefix("yaml ").expect("a fence names its kind");
                blocks.push(Block { kind: kind.to_owned(), text: String::new() });
                open = true;
            }
            (true, Some(_)) => open = false,
            (true, None) => {
                let block = blocks.last_mut().expect("a block is open");
                block.text.push_str(line);
                block.text.push('\n');
            }
            (false, None) => {}
        }
    }
    assert!(!open, "{}: a fence is open", entry.name());
    blocks
}

/// Everything that holds for one rule.
pub(super) fn check_rule(module: &str) {
    let entry = entries().iter().find(|entry| entry.module == module).expect("it is registered");
    check_page(entry);
    let blocks = blocks(entry);
    for (at, block) in blocks.iter().enumerate() {
        match block.kind.as_str() {
            "bad" => {
                let fixed = blocks.get(at + 1).filter(|block| block.kind == "fixed");
                check_bad(entry, &block.text, fixed.map(|block| block.text.as_str()));
            }
            "good" | "fixed" => check_clean(&block.text),
            other => panic!("{module}: a block is `bad`, `good` or `fixed`, not `{other}`"),
        }
    }
    assert!(blocks.iter().any(|block| block.kind == "bad"), "{module} shows no mistake");
    let shows_fix = blocks.iter().any(|block| block.kind == "fixed");
    assert_eq!(shows_fix, entry.rule.fix != FixKind::None, "{module}: a fix is shown");
}

fn check_page(entry: &Entry) {
    let summary = entry.header().next().unwrap_or_default();
    assert!(summary.ends_with('.') && summary.len() <= 100, "{}: {summary}", entry.name());
    for section in ["## Why", "## Bad", "## Good", "## Fix"] {
        assert!(entry.header().any(|line| line == section), "{} lacks {section}", entry.name());
    }
    let fix = entry.header().skip_while(|line| *line != "## Fix").nth(1).unwrap_or_default();
    let word = match entry.rule.fix {
        FixKind::None => "None",
        FixKind::Safe => "Safe",
        FixKind::Unsafe => "Unsafe",
    };
    assert!(fix.starts_with(word), "{}: the fix is {word}: {fix}", entry.name());
    assert_eq!(entry.name().replace('-', "_"), entry.module);
}

fn check_bad(entry: &Entry, block: &str, fixed: Option<&str>) {
    let marked = wrap(block);
    let expected: Vec<u32> = marked
        .lines()
        .zip(1..)
        .filter(|(line, _)| line.ends_with(MARK))
        .map(|(_, number)| number)
        .collect();
    let [line] = expected[..] else { panic!("{}: one line is marked", entry.name()) };
    if matches!(entry.rule.check, Check::Flow(_)) && !block.contains("# scrape ") {
        // Its facts are not in the page: the rule's own tests have them.
        return;
    }
    let text = marked.replace(MARK, "");
    let linted = Linted::of(&text, None);
    assert_eq!(
        linted.lines(entry.name()),
        [line],
        "{}\n{text}\n{:#?}",
        entry.name(),
        linted.findings
    );
    linted.findings.iter().for_each(check_words);
    let attached = linted.findings.iter().filter(|finding| finding.rule.name == entry.name());
    for finding in attached {
        assert!(entry.rule.fix != FixKind::None || finding.fix.is_none());
        assert!(
            finding.severity >= entry.rule.severity,
            "findings are as bad as the rule, or worse"
        );
    }
    if let Some(fixed) = fixed {
        check_fix(entry, &linted, &wrap(fixed));
    }
    check_suppression(entry, &text, line);
}

/// The right words, and evidence where it is needed.
fn check_words(finding: &Finding) {
    let texts = [Some(&finding.message), finding.consequence.as_ref(), finding.remedy.as_ref()];
    for text in texts.into_iter().flatten() {
        assert!(!text.ends_with('.') && !text.contains("  ") || text.contains("yaml:"), "{text}");
        assert!(text.matches('`').count() % 2 == 0, "{text}");
        let is_server = finding.evidence.kind() == Some("server");
        let first = text.chars().next().expect("there are words");
        assert!(is_server || !first.is_uppercase(), "{text}");
    }
    let needs = finding.severity > Severity::Info;
    assert!(!needs || finding.evidence != Evidence::None, "{finding:#?}");
}

fn check_clean(block: &str) {
    let linted = Linted::of(&wrap(block), None);
    assert_eq!(linted.findings, [], "nothing is wrong with\n{block}");
}

fn check_fix(entry: &Entry, linted: &Linted, expected: &str) {
    let own: Vec<Finding> = {
        let own = linted.findings.iter().filter(|finding| finding.rule.name == entry.name());
        own.cloned().collect()
    };
    let applicability = own[0].fix.as_ref().expect("the page shows a fix").applicability;
    assert_eq!(applicability == Applicability::Safe, entry.rule.fix == FixKind::Safe);
    let [(_, text)] = &fix::apply(&linted.sources, &own, Applicability::Unsafe)[..] else {
        panic!("{}: the fix changes one file", entry.name());
    };
    assert_eq!(text, expected, "{}", entry.name());
    let mut rounds = 0;
    let mut text = text.clone();
    while let Some((_, next)) = {
        let again = Linted::of(&text, None);
        fix::apply(&again.sources, &again.findings, Applicability::Unsafe).pop()
    } {
        text = next;
        rounds += 1;
        assert!(rounds <= 10, "{}: fixes go on and on", entry.name());
    }
    if applicability == Applicability::Safe {
        check_same_relabeling(&linted.project, &Linted::of(expected, None).project);
    }
}

/// A suppression on the line before, and one for the file, silence the finding and are used.
fn check_suppression(entry: &Entry, text: &str, line: u32) {
    if entry.name() == "unused-suppression" {
        return;
    }
    let comment = format!("# promsieve: ignore {} (a test)", entry.name());
    let lines: Vec<&str> = text.lines().collect();
    let at = line as usize - 1;
    let indent = lines[at].len() - lines[at].trim_start().len();
    let top = lines[..at].iter().rposition(|line| *line == "---").map_or(0, |at| at + 1);
    for (place, comment) in [(at, " ".repeat(indent) + &comment), (top, comment.clone())] {
        let mut lines = lines.clone();
        lines.insert(place, &comment);
        let text = lines.join("\n") + "\n";
        let silenced = Linted::of(&text, None);
        for rule in [entry.name(), "unused-suppression"] {
            assert_eq!(silenced.lines(rule), [] as [u32; 0], "{text}");
        }
    }
}

/// Both projects relabel generated series the same.
fn check_same_relabeling(before: &Project, after: &Project) {
    let chains = before.chains().zip(after.chains());
    for ((_, before), (_, after)) in chains {
        let steps = |chain: &config::Chain| -> Vec<Step> {
            chain.steps.iter().filter_map(|step| step.step.clone()).collect()
        };
        let (before, after) = (steps(before), steps(after));
        let labels = prop::collection::vec((select(names(&before)), select(values(&before))), 0..6);
        let config = Config {
            cases: 500,
            rng_seed: RngSeed::Fixed(1),
            failure_persistence: None,
            ..Config::default()
        };
        let same = |labels: Vec<(String, String)>| {
            prop_assert_eq!(relabel(&before, &labels), relabel(&after, &labels));
            Ok(())
        };
        TestRunner::new(config).run(&labels, same).expect("the fix is safe");
    }
}

fn relabel(steps: &[Step], labels: &[(String, String)]) -> Option<Vec<(String, String)>> {
    let mut set = LabelBuf::new();
    set.refill(labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let outcome = Program::compile(steps).apply(&mut Scratch::new(), &mut set);
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    (outcome == Outcome::Kept).then(|| set.sorted().into_iter().map(owned).collect())
}

fn names(steps: &[Step]) -> Vec<String> {
    let of_step = |step: &Step| {
        let sources = step.source_labels().iter().map(ToString::to_string);
        sources.chain([step.target_label().to_owned()]).collect::<Vec<_>>()
    };
    let mut names: Vec<String> = steps.iter().flat_map(of_step).collect();
    names.extend(["__name__", "job", "pod", "le"].map(str::to_owned));
    names.retain(|name| !name.is_empty());
    names
}

/// Values that the patterns match or nearly match.
fn values(steps: &[Step]) -> Vec<String> {
    let mut values: Vec<String> = ["", "x", "a;b", "1", "1.0"].map(str::to_owned).to_vec();
    for step in steps {
        let pattern = step.pattern();
        let example = Language::of(pattern, Limits::default()).ok().and_then(|all| all.example());
        values.extend(
            example.iter().flat_map(|text| text.split(step.separator())).map(str::to_owned),
        );
        values.extend(example);
        let words = pattern.text().split(|c: char| !c.is_alphanumeric() && c != '_');
        values.extend(
            words.flat_map(|word| [word.to_owned(), format!("{word}x"), format!("x{word}")]),
        );
    }
    values
}

#[test]
fn codes_and_names_are_unique_and_well_formed() {
    let mut codes: Vec<&str> = entries().iter().map(Entry::code).collect();
    assert!(codes.is_sorted(), "{codes:?}");
    codes.dedup();
    assert_eq!(codes.len(), entries().len());
    for entry in entries() {
        let (family, number) = entry.code().split_at(2);
        assert!(["CA", "RL", "SC", "SG", "SH", "ST", "US", "VE"].contains(&family), "{family}");
        assert!(number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit()));
        let is_kebab = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
        assert!(entry.name().bytes().all(is_kebab), "{}", entry.name());
        let named = entries().iter().filter(|other| other.name() == entry.name());
        assert_eq!(named.count(), 1, "{}", entry.name());
        assert_eq!(entry.rule.since, env!("CARGO_PKG_VERSION"));
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the sources are read to compare the registry")]
fn every_file_is_registered() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/lint/rules");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .expect("the sources are there")
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
        .filter(|name| name != "mod")
        .collect();
    files.sort();
    let mut modules: Vec<&str> = entries().iter().map(|entry| entry.module).collect();
    modules.sort_unstable();
    assert_eq!(files, modules);
}

#[test]
fn suppressions_end_and_cover_their_step_only() {
    let chain = "metric_relabel_configs:
- regex: ^a$ # promsieve: ignore RL007 (one step) until 2026-01-31
  action: labeldrop
- regex: ^b$
  action: labeldrop
";
    let linted = Linted::of(&wrap(chain), None);
    assert_eq!(linted.lines("redundant-anchors"), [8]);
    let today = Some("2026-02-01".parse().unwrap());
    let facts = Facts { today, ..Facts::new(&linted.sources, &[]) };
    let findings = lint(&linted.project, &facts, &Settings::default());
    let names: Vec<&str> = findings.iter().map(|finding| finding.rule.name).collect();
    assert_eq!(names, ["redundant-anchors", "unused-suppression", "redundant-anchors"]);
    assert_eq!(findings[1].message, "the suppression of `RL007` ended on 2026-01-31");
}

#[test]
fn settings_choose_rules_and_severities() {
    let linted = Linted::of(&wrap("relabel_configs:\n- {regex: ^a$, action: labeldrop}\n"), None);
    let facts = Facts::new(&linted.sources, &[]);
    let run = |settings: Settings| lint(&linted.project, &facts, &settings);
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    assert_eq!(run(Settings { ignore: words(&["rl"]), ..Settings::default() }), []);
    assert_eq!(run(Settings { select: words(&["ST"]), ..Settings::default() }), []);
    let severity = vec![("redundant-anchors".to_owned(), Severity::Error)];
    let found = run(Settings { select: words(&["RL007"]), severity, ..Settings::default() });
    assert_eq!(found.iter().map(|finding| finding.severity).collect::<Vec<_>>(), [Severity::Error]);
}

#[test]
fn what_several_jobs_take_through_an_alias_is_told_once() {
    let text = "scrape_configs:
- job_name: a
  relabel_configs: &steps
  - {regex: ^a$, action: labeldrop}
- job_name: b
  relabel_configs: *steps
";
    assert_eq!(Linted::of(text, None).lines("redundant-anchors"), [4]);
}

//! `promsieve.toml`, found upward from what is linted: which rules, how severe, what is silenced.

mod gate;

use std::ops::Range;
use std::path::{Path, PathBuf};

use glob::Pattern;
use promsieve_core::config::near_miss;
use promsieve_core::finding::{Finding, RuleId, Severity};
use promsieve_core::lint::Date;
use promsieve_core::optimize::{Goal, Worth};
use promsieve_core::server::Server;
use promsieve_core::text::{FileId, Location, SourceText, Sources, Span};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use self::gate::GateSettings;
use super::FailOn;
use crate::common::Common;

/// The file's name.
pub(crate) const NAME: &str = "promsieve.toml";

/// A `promsieve.toml` that is wrong.
const INVALID: RuleId = RuleId { code: "TE002", name: "invalid-settings" };

/// What the file says; its defaults where there is none.
#[derive(Debug, Default)]
pub(crate) struct ProjectSettings {
    /// Its text, for findings.
    pub(crate) sources: Sources,
    /// What is wrong with it.
    pub(crate) findings: Vec<Finding>,
    directory: PathBuf,
    pub(crate) server: Option<Server>,
    pub(crate) select: Vec<String>,
    pub(crate) ignore: Vec<String>,
    pub(crate) severity: Vec<(String, Severity)>,
    pub(crate) fail_on: Option<FailOn>,
    pub(crate) baseline: Option<PathBuf>,
    vendored: Vec<Pattern>,
    pub(crate) suppressions: Vec<Suppression>,
    /// What a plan spares, and what queries are worth to it.
    pub(crate) goal: Goal,
    /// What a change must keep to.
    pub(crate) gate: GateSettings,
}

/// Findings that are silenced by path, job and rule.
#[derive(Debug)]
pub(crate) struct Suppression {
    pub(crate) location: Location,
    pub(crate) rules: Vec<String>,
    /// Relative to the directory of the file; all where there is none.
    pub(crate) paths: Vec<Pattern>,
    /// Names of scrape jobs; all where there is none.
    pub(crate) jobs: Vec<Pattern>,
    pub(crate) until: Option<Date>,
}

impl ProjectSettings {
    /// Reads the nearest file upward from `start`.
    ///
    /// # Errors
    /// When a file is there and cannot be read.
    pub(crate) fn find(start: &str) -> anyhow::Result<Self> {
        let start = std::fs::canonicalize(start).or_else(|_| std::env::current_dir())?;
        let found = start.ancestors().map(|directory| directory.join(NAME)).find(|it| it.is_file());
        let Some(path) = found else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(&path)
            .map_err(|error| anyhow::anyhow!("cannot read `{}`: {error}", path.display()))?;
        // Shown as the user would write it.
        let here = std::env::current_dir().unwrap_or_default();
        let name = path.strip_prefix(&here).unwrap_or(&path).display().to_string();
        let mut settings = Self::parse(&name, &text);
        path.parent().unwrap_or(Path::new("")).clone_into(&mut settings.directory);
        settings.baseline = settings.baseline.map(|file| settings.directory.join(file));
        Ok(settings)
    }

    fn parse(name: &str, text: &str) -> Self {
        let mut settings = Self::default();
        let file = settings.sources.add(SourceText::new(name, text));
        let mut reader = Reader { file, findings: Vec::new() };
        match DeTable::parse(text) {
            Ok(table) => reader.root(table.get_ref(), &mut settings),
            Err(error) => {
                let message = format!("this is no TOML: {}", error.message());
                reader.problem(error.span().unwrap_or(0..0), message, "");
            }
        }
        settings.findings = reader.findings;
        settings.findings.sort_by_key(|finding| finding.location);
        settings
    }

    /// What goes for all commands, with the server that the file names where the command line does
    /// not.
    pub(crate) fn common(&self, common: &Common) -> Common {
        let mut common = common.clone();
        if let Some(server) = self.server
            && common.is_default_server()
        {
            common.server = common.built(server);
        }
        common
    }

    /// That nothing is wrong with the file.
    ///
    /// # Errors
    /// What is wrong first.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        match self.findings.first() {
            Some(finding) => {
                anyhow::bail!("{NAME}: {}; `promsieve lint` shows the place", finding.message)
            }
            None => Ok(()),
        }
    }

    /// Where the file is; empty where there is none.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// A path as the file's patterns mean it.
    pub(crate) fn relative(&self, name: &str) -> String {
        let whole = std::fs::canonicalize(name).unwrap_or_else(|_| PathBuf::from(name));
        whole.strip_prefix(&self.directory).unwrap_or(&whole).display().to_string()
    }

    /// Whether only errors are wanted of a path.
    pub(crate) fn is_vendored(&self, relative: &str) -> bool {
        self.vendored.iter().any(|pattern| pattern.matches(relative))
    }
}

struct Reader {
    file: FileId,
    findings: Vec<Finding>,
}

type Value<'a> = Spanned<DeValue<'a>>;

impl Reader {
    fn location(&self, at: Range<usize>) -> Location {
        Location { file: self.file, span: Span::new(at.start, at.end) }
    }

    fn problem(&mut self, at: Range<usize>, message: impl Into<String>, remedy: &str) {
        let location = self.location(at);
        let mut finding = Finding::new(INVALID, Severity::Error, location, message.into());
        finding.remedy = Some(remedy.to_owned()).filter(|remedy| !remedy.is_empty());
        self.findings.push(finding);
    }

    fn unknown(&mut self, at: Range<usize>, name: &str, known: &[&str]) {
        let remedy = near_miss(name, known.iter().copied()).map_or_else(
            || format!("keys here are {}", known.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        self.problem(at, format!("`{name}` is no key here"), &remedy);
    }

    fn root(&mut self, table: &DeTable<'_>, settings: &mut ProjectSettings) {
        for (key, value) in table {
            let name: &str = key.get_ref();
            match name {
                "server" => settings.server = self.parsed(value),
                "lint" => match value.get_ref() {
                    DeValue::Table(lint) => self.lint(lint, settings),
                    _ => self.problem(value.span(), "`lint` is a table", "write `[lint]`"),
                },
                "optimize" => match value.get_ref() {
                    DeValue::Table(table) => self.optimize(table, &mut settings.goal),
                    _ => self.problem(value.span(), "`optimize` is a table", "write `[optimize]`"),
                },
                "gate" => match value.get_ref() {
                    DeValue::Table(table) => self.gate(table, &mut settings.gate),
                    _ => self.problem(value.span(), "`gate` is a table", "write `[gate]`"),
                },
                _ => self.unknown(key.span(), name, &["server", "lint", "optimize", "gate"]),
            }
        }
    }

    fn optimize(&mut self, table: &DeTable<'_>, goal: &mut Goal) {
        for (key, value) in table {
            let name: &str = key.get_ref();
            match name {
                "keep" => goal.keep.extend(self.regexes(value)),
                "unpin" => {
                    goal.unpin = self.texts(value).into_iter().map(|(_, text)| text).collect();
                }
                "worth" => self.worth(value, &mut goal.worth),
                _ => self.unknown(key.span(), name, &["keep", "unpin", "worth"]),
            }
        }
    }

    fn worth(&mut self, value: &Value<'_>, worth: &mut Worth) {
        let DeValue::Table(table) = value.get_ref() else {
            let remedy = "write `application = 4` and the like below `[optimize.worth]`";
            return self.problem(value.span(), "`worth` is a table", remedy);
        };
        for (key, value) in table {
            let name: &str = key.get_ref();
            let field = match name {
                "application" => &mut worth.application,
                "network" => &mut worth.network,
                "os" => &mut worth.os,
                _ => {
                    self.unknown(key.span(), name, &["application", "network", "os"]);
                    continue;
                }
            };
            *field = self.whole(value).unwrap_or(*field);
        }
    }

    fn whole<T: std::str::FromStr>(&mut self, value: &Value<'_>) -> Option<T> {
        if let DeValue::Integer(number) = value.get_ref()
            && let Ok(number) = number.as_str().parse()
        {
            return Some(number);
        }
        self.problem(value.span(), "this is no whole number", "write one from 0 on");
        None
    }

    fn lint(&mut self, table: &DeTable<'_>, settings: &mut ProjectSettings) {
        const KEYS: [&str; 7] =
            ["select", "ignore", "severity", "fail-on", "baseline", "vendored", "suppress"];
        for (key, value) in table {
            let name: &str = key.get_ref();
            match name {
                "select" => settings.select = self.rules(value, super::known),
                "ignore" => settings.ignore = self.rules(value, super::known),
                "severity" => self.severities(value, settings),
                "fail-on" => {
                    let word = self.text(value).unwrap_or_default();
                    settings.fail_on = <FailOn as clap::ValueEnum>::from_str(&word, false).ok();
                    if settings.fail_on.is_none() {
                        let remedy = "write `error`, `warning`, `info` or `never`";
                        self.problem(value.span(), "this is no severity", remedy);
                    }
                }
                "baseline" => settings.baseline = self.text(value).map(PathBuf::from),
                "vendored" => settings.vendored = self.patterns(value),
                "suppress" => self.suppressions(value, settings),
                _ => self.unknown(key.span(), name, &KEYS),
            }
        }
    }

    fn severities(&mut self, value: &Value<'_>, settings: &mut ProjectSettings) {
        let DeValue::Table(table) = value.get_ref() else {
            let remedy = "write `rule-name = \"warning\"` below `[lint.severity]`";
            return self.problem(value.span(), "`severity` is a table", remedy);
        };
        for (key, level) in table {
            let rule: &str = key.get_ref();
            if let Err(words) = super::known(rule) {
                self.problem(key.span(), format!("`{rule}`: {words}"), "");
            }
            let word = self.text(level).unwrap_or_default();
            match super::severity(&word) {
                Ok(severity) => settings.severity.push((rule.to_owned(), severity)),
                Err(words) => self.problem(level.span(), words, ""),
            }
        }
    }

    fn suppressions(&mut self, value: &Value<'_>, settings: &mut ProjectSettings) {
        let items: Vec<&Value<'_>> = match value.get_ref() {
            DeValue::Array(items) => items.iter().collect(),
            _ => Vec::new(),
        };
        if items.is_empty() {
            let remedy = "write `[[lint.suppress]]` for each";
            self.problem(value.span(), "`suppress` is a list of tables", remedy);
        }
        for item in items {
            match item.get_ref() {
                DeValue::Table(table) => {
                    let suppression = self.suppression(item.span(), table);
                    settings.suppressions.extend(suppression);
                }
                _ => self.problem(item.span(), "this is no table", "write `[[lint.suppress]]`"),
            }
        }
    }

    fn suppression(&mut self, at: Range<usize>, table: &DeTable<'_>) -> Option<Suppression> {
        const KEYS: [&str; 5] = ["rules", "paths", "jobs", "reason", "until"];
        let location = self.location(at.clone());
        let (rules, paths, jobs, until) = (Vec::new(), Vec::new(), Vec::new(), None);
        let mut found = Suppression { location, rules, paths, jobs, until };
        let mut reason = String::new();
        for (key, value) in table {
            let name: &str = key.get_ref();
            match name {
                "rules" => found.rules = self.rules(value, one_rule),
                "paths" => found.paths = self.patterns(value),
                "jobs" => found.jobs = self.patterns(value),
                "reason" => reason = self.text(value).unwrap_or_default(),
                "until" => match value.get_ref() {
                    DeValue::Datetime(date) => match date.to_string().parse() {
                        Ok(date) => found.until = Some(date),
                        Err(words) => self.problem(value.span(), words, ""),
                    },
                    _ => found.until = self.parsed(value),
                },
                _ => self.unknown(key.span(), name, &KEYS),
            }
        }
        if found.rules.is_empty() || reason.trim().is_empty() {
            let missing = if found.rules.is_empty() { "rules" } else { "reason" };
            let words = format!("a suppression has `{missing}`");
            self.problem(at, words, "name rules one by one, and why they do not count here");
            return None;
        }
        Some(found)
    }

    fn text(&mut self, value: &Value<'_>) -> Option<String> {
        if let DeValue::String(text) = value.get_ref() {
            return Some(text.to_string());
        }
        self.problem(value.span(), "this is no text", "write it in double quotes");
        None
    }

    fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(
        &mut self,
        value: &Value<'_>,
    ) -> Option<T> {
        let text = self.text(value)?;
        text.parse().map_err(|words| self.problem(value.span(), format!("{words}"), "")).ok()
    }

    fn texts(&mut self, value: &Value<'_>) -> Vec<(Range<usize>, String)> {
        let DeValue::Array(items) = value.get_ref() else {
            self.problem(value.span(), "this is no list", "write it in brackets");
            return Vec::new();
        };
        items.iter().filter_map(|item| Some((item.span(), self.text(item)?))).collect()
    }

    fn rules(
        &mut self,
        value: &Value<'_>,
        check: fn(&str) -> Result<String, String>,
    ) -> Vec<String> {
        let mut rules = Vec::new();
        for (at, word) in self.texts(value) {
            match check(&word) {
                Ok(rule) => rules.push(rule),
                Err(words) => self.problem(at, format!("`{word}`: {words}"), ""),
            }
        }
        rules
    }

    fn patterns(&mut self, value: &Value<'_>) -> Vec<Pattern> {
        let mut patterns = Vec::new();
        for (at, text) in self.texts(value) {
            match Pattern::new(&text) {
                Ok(pattern) => patterns.push(pattern),
                Err(error) => self.problem(at, format!("this is no pattern: {error}"), ""),
            }
        }
        patterns
    }
}

/// One rule: a family would silence what nobody has seen yet.
fn one_rule(word: &str) -> Result<String, String> {
    match promsieve_core::lint::rules::find(word) {
        Some(_) => Ok(word.to_owned()),
        None => Err("no such rule: see `promsieve rules`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    pub(super) fn check(text: &str, expected: &[(&str, &str)]) {
        let settings = ProjectSettings::parse(NAME, text);
        let found: Vec<(&str, &str)> = settings
            .findings
            .iter()
            .map(|it| {
                let span = it.location.unwrap().span.range();
                (&text[span], it.remedy.as_deref().unwrap_or(&it.message))
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        check(
            "server = \"prometheus@2.53\"\n[lint]\nselect = [\"RL\"]\nfail-on = \"never\"\n",
            &[],
        );
        check("servers = 1\n", &[("servers", "did you mean `server`?")]);
        check("[lint]\nfail_on = \"info\"\n", &[("fail_on", "did you mean `fail-on`?")]);
        check(
            "[lint]\nselect = [\"XX\"]\n",
            &[("\"XX\"", "`XX`: no such rule: see `promsieve rules`")],
        );
        check(
            "[lint.severity]\nRL = \"bad\"\n",
            &[("\"bad\"", "`bad` is no severity: write `error`, `warning` or `info`")],
        );
        check("[lint]\nignore = \"RL\"\n", &[("\"RL\"", "write it in brackets")]);
        check(
            "server = \"thing@1\"\n[lint]\nvendored = [\"***\"]\n",
            &[
                ("\"thing@1\"", &*"thing@1".parse::<Server>().unwrap_err()),
                (
                    "\"***\"",
                    "this is no pattern: Pattern syntax error near position 2: wildcards are either regular `*` or recursive `**`",
                ),
            ],
        );
        check(
            "[[lint.suppress]]\nrules = [\"unreachable-step\"]\nuntil = 2026-01-31\n",
            &[("[[lint.suppress]]", "name rules one by one, and why they do not count here")],
        );
        check(
            "[[lint.suppress]]\nrules = [\"RL\"]\nreason = \"r\"\njob = [\"a\"]\n",
            &[
                ("[[lint.suppress]]", "name rules one by one, and why they do not count here"),
                ("\"RL\"", "`RL`: no such rule: see `promsieve rules`"),
                ("job", "did you mean `jobs`?"),
            ],
        );
        check("[optimize]\nkeep = [\"up|x_.*\"]\nunpin = [\"reporter\"]\nworth.os = 3\n", &[]);
        check("[optimize]\nkeeps = []\n", &[("keeps", "did you mean `keep`?")]);
        check("[optimize.worth]\nos = -1\n", &[("-1", "write one from 0 on")]);
        let broken = ProjectSettings::parse(NAME, "a = [\n");
        assert!(broken.findings[0].message.starts_with("this is no TOML: "), "{broken:?}");
    }
}

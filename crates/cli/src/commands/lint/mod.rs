//! `promsieve lint`: findings about configurations and rule files, what of them is wanted, and
//! their fixes.

mod baseline;
mod changed;
mod fixes;
mod policy;
pub(crate) mod settings;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use promsieve_core::config::Kind;
use promsieve_core::finding::{Finding, Severity};
use promsieve_core::lint::{Date, Facts, Member, Memory, Settings, lint, rules};
use promsieve_core::server::Server;

use crate::Status;
use crate::common::Common;
use crate::input::config::{Loaded, leave_named_out, load_as};
use crate::input::in_order;
use crate::output::lint::{self as formats, LintFormat, Reported};
use crate::output::outputs::{Output, write_all};
use crate::output::view::lint::{FindingView, LintView};
use crate::stderr::warn;
use baseline::Baseline;
use settings::ProjectSettings;

/// Arguments of `lint`.
#[derive(Debug, Default, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct LintArgs {
    /// Configurations, rule files, or directories that hold some
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<String>,

    /// What the files are, where their content does not tell: prometheus, rules, operator, values,
    /// vmagent, otel, agent, alloy, relabel, thanos
    #[arg(long, value_name = "KIND")]
    kind: Option<Kind>,

    /// Apply the fixes that leave the relabeling of every series as it is
    #[arg(long)]
    fix: bool,

    /// Print what the fixes would change instead of changing it; exit status 1 if anything
    #[arg(long)]
    diff: bool,

    /// With `--fix` or `--diff`: also the fixes that change what is stored
    #[arg(long)]
    unsafe_fixes: bool,

    /// Only these rules: codes, names or families such as `RL`
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = known)]
    select: Vec<String>,

    /// Not these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = known)]
    ignore: Vec<String>,

    /// Another severity for a rule or a family: `unanchored-pattern=error`
    #[arg(long, value_name = "RULE=LEVEL", value_delimiter = ',', value_parser = level)]
    severity: Vec<(String, Severity)>,

    /// The least severity that makes the exit status 1; `warning` by default
    #[arg(long, value_enum)]
    fail_on: Option<FailOn>,

    /// Findings that are known already and not shown
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Write all findings into the baseline
    #[arg(long)]
    write_baseline: bool,

    /// Only findings on lines and steps that have changed since this revision of git
    #[arg(long, value_name = "REV")]
    new_from: Option<String>,

    /// The day that suppressions are judged by; today by default
    #[arg(long, value_name = "YYYY-MM-DD")]
    today: Option<Date>,

    /// How to print the result
    #[arg(
        id = "format",
        long = "format",
        value_name = "FORMAT",
        value_parser = ["text", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit",
            "checkstyle", "markdown"]
    )]
    format: Option<String>,

    /// Another format, to a file or to stdout instead of the text: `sarif=lint.sarif`; repeatable
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = Output::<LintFormat>::parse)]
    output: Vec<Output<LintFormat>>,
}

/// A severity on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum FailOn {
    Error,
    Warning,
    Info,
    Never,
}

impl FailOn {
    /// The exit status when the worst finding is this one.
    pub(crate) fn status(self, worst: Option<Severity>) -> Status {
        let least = match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Info => Severity::Info,
            Self::Never => return Status::Clean,
        };
        if worst.is_some_and(|worst| worst >= least) { Status::Findings } else { Status::Clean }
    }
}

/// A rule or a family that exists.
fn known(word: &str) -> Result<String, String> {
    let is_family = |entry: &rules::Entry| word.eq_ignore_ascii_case(&entry.code()[..2]);
    if rules::find(word).is_some() || rules::entries().iter().any(is_family) {
        return Ok(word.to_owned());
    }
    Err("no such rule: see `promsieve rules`".to_owned())
}

/// `rule=warning`.
fn level(text: &str) -> Result<(String, Severity), String> {
    let (rule, level) = text.split_once('=').ok_or("write `RULE=error`, `=warning` or `=info`")?;
    Ok((known(rule)?, severity(level)?))
}

fn severity(word: &str) -> Result<Severity, String> {
    let all = [Severity::Error, Severity::Warning, Severity::Info];
    let found = all.into_iter().find(|severity| severity.as_str() == word);
    found.ok_or_else(|| format!("`{word}` is no severity: write `error`, `warning` or `info`"))
}

/// What every step of a run needs.
pub(crate) struct Run<'a> {
    args: &'a LintArgs,
    common: Common,
    settings: Settings,
    project: ProjectSettings,
    today: Date,
    /// Shared by all projects.
    memory: Memory,
}

pub(crate) fn run(
    args: &LintArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let project = ProjectSettings::find(args.paths.first().map_or(".", String::as_str))?;
    let mut view = LintView::default();
    let mut reported: Vec<Reported> = Vec::new();
    let mut status = Status::Clean;
    if !project.findings.is_empty() {
        status = Status::Incomplete;
        view.add_bare(&project.sources, &project.findings);
    }
    let run = Run::new(args, common, project);
    let mut projects = run.load_all(&mut view, &mut status);
    if args.fix || args.diff {
        let changed = fixes::mend(&run, &projects, out)?;
        if args.diff {
            return Ok(status.max(if changed { Status::Findings } else { Status::Clean }));
        }
        if changed {
            projects = run.load_all(&mut LintView::default(), &mut status);
        }
    }
    let all = run.findings(&projects, &mut view)?;
    let mut worst = view.findings.iter().map(|_| Severity::Error).max();
    for (loaded, findings) in projects.into_iter().zip(all) {
        worst = worst.max(findings.iter().map(|finding| finding.severity).max());
        view.add(&loaded.project, &loaded.sources, &findings);
        // The process ends soon: giving back each of 10,000 jobs first is a tenth of its time.
        std::mem::forget(loaded.project);
        reported.push(Reported { sources: loaded.sources, findings });
    }
    run.write(&view, &reported, out)?;
    Ok(status.max(run.fail_on().status(worst)))
}

impl<'a> Run<'a> {
    pub(crate) fn new(args: &'a LintArgs, common: &Common, project: ProjectSettings) -> Self {
        let common = project.common(common);
        let or = |own: &Vec<String>, other: &Vec<String>| {
            if own.is_empty() { other.clone() } else { own.clone() }
        };
        let mut severity = project.severity.clone();
        severity.extend(args.severity.iter().cloned());
        let mut ignore = project.ignore.clone();
        ignore.extend(args.ignore.iter().cloned());
        let select = or(&args.select, &project.select);
        let settings = Settings { select, ignore, severity };
        let today = args.today.unwrap_or_else(today);
        Self { args, common, settings, project, today, memory: Memory::default() }
    }

    /// The server that the settings or the arguments ask for.
    pub(crate) fn server(&self) -> Server {
        self.common.server
    }

    /// What is found in each project and wanted; what is wrong with the settings goes to the view.
    ///
    /// # Errors
    /// A baseline or a revision that cannot be read.
    pub(crate) fn findings(
        &self,
        projects: &[Loaded],
        view: &mut LintView,
    ) -> anyhow::Result<Vec<Vec<Finding>>> {
        let fleet = fleet(projects);
        let mut all = in_order(projects.iter().collect(), |loaded| self.lint(loaded, &fleet));
        drop(fleet);
        policy::apply(self, projects, &mut all, view);
        if let Some(revision) = &self.args.new_from {
            changed::only_new(revision, projects, &mut all)?;
        }
        self.baseline(projects, &mut all)?;
        Ok(all)
    }

    fn fail_on(&self) -> FailOn {
        self.args.fail_on.or(self.project.fail_on).unwrap_or(FailOn::Warning)
    }

    /// Everything that the paths name; what cannot be read is a finding, and the rest goes on.
    fn load_all(&self, view: &mut LintView, status: &mut Status) -> Vec<Loaded> {
        let mut projects = Vec::new();
        let load =
            |spec: &String| load_as(spec, self.args.kind, self.common.server, &self.common.access);
        let all = in_order(self.args.paths.iter().collect(), load);
        for (spec, loaded) in self.args.paths.iter().zip(all) {
            match loaded {
                Ok(loaded) => projects.extend(loaded),
                Err(error) => {
                    *status = Status::Incomplete;
                    view.add_unreadable(FindingView::unreadable(spec, &format!("{error:#}")));
                }
            }
        }
        leave_named_out(&mut projects);
        projects
    }

    /// Lints one project; what was given with it may be the rest of its fleet.
    fn lint(&self, loaded: &Loaded, fleet: &[Member<'_>]) -> Vec<Finding> {
        let (today, memory) = (Some(self.today), Some(&self.memory));
        let facts = Facts { fleet, today, memory, ..Facts::new(&loaded.sources, &loaded.findings) };
        lint(&loaded.project, &facts, &self.settings)
    }

    fn baseline(&self, projects: &[Loaded], all: &mut [Vec<Finding>]) -> anyhow::Result<()> {
        let file = self.args.baseline.clone().or_else(|| self.project.baseline.clone());
        let Some(path) = file else {
            anyhow::ensure!(!self.args.write_baseline, "name the baseline: `--baseline FILE`");
            return Ok(());
        };
        if self.args.write_baseline {
            let count = Baseline::of(projects, all).write(&path)?;
            warn(&format!("wrote {count} findings to {}", path.display()));
        }
        let gone = Baseline::read(&path)?.take_known(projects, all);
        if gone > 0 {
            let path = path.display();
            warn(&format!("{gone} findings of {path} are gone: `--write-baseline` forgets them"));
        }
        Ok(())
    }

    fn write(
        &self,
        view: &LintView,
        reported: &[Reported],
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        let default = self.args.format.as_deref().map_or(LintFormat::Text, |name| {
            // The argument's parser has checked the name.
            <LintFormat as clap::ValueEnum>::from_str(name, true).unwrap_or(LintFormat::Text)
        });
        write_all(&self.args.output, default, out, |format, to_stdout, out| {
            formats::write(*format, view, reported, to_stdout && use_color(), out)
        })?;
        let to_stdout = self.args.output.iter().find(|it| it.is_stdout()).map(|it| it.format);
        formats::in_ci(view, to_stdout.unwrap_or(default), out)
    }
}

/// All configurations that were given together.
fn fleet(projects: &[Loaded]) -> Vec<Member<'_>> {
    projects.iter().filter_map(Loaded::member).collect()
}

/// Whether stdout shows colours.
pub(crate) fn use_color() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

pub(crate) fn today() -> Date {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Date::from_unix_days(since.map_or(0, |since| since.as_secs() / 86_400))
}

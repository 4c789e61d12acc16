//! `promsieve lint`: findings about configurations and rule files, and their fixes.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use std::path::Path;

use anyhow::Context;
use promsieve_core::finding::{Applicability, Finding, Severity};
use promsieve_core::lint::{Date, Facts, Member, Settings, fix, lint, rules};
use promsieve_core::text::{SourceText, Span};

use crate::Status;
use crate::args::{Common, Format};
use crate::input::config::{Loaded, load};
use crate::output::view::lint::LintView;
use crate::output::{json, text};

/// How often fixes are applied before the rest is left: one can make room for the next.
const ROUNDS: usize = 10;

/// Arguments of `lint`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct LintArgs {
    /// Configurations, rule files, or directories that hold some
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<String>,

    /// What the files are, where their content does not tell: prometheus, rules, operator, values,
    /// vmagent, otel, agent, relabel, thanos
    #[arg(long, value_name = "KIND")]
    kind: Option<promsieve_core::config::Kind>,

    /// Apply the fixes that leave the relabeling of every series as it is
    #[arg(long)]
    fix: bool,

    /// Print what the fixes would change instead of changing it
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

    /// The least severity that makes the exit status 1
    #[arg(long, value_enum, default_value_t = FailOn::Warning)]
    fail_on: FailOn,

    /// The day that suppressions are judged by; today by default
    #[arg(long, value_name = "YYYY-MM-DD")]
    today: Option<Date>,

    /// One line a finding
    #[arg(long)]
    concise: bool,
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

pub(crate) fn run(
    args: &LintArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let settings = Settings {
        select: args.select.clone(),
        ignore: args.ignore.clone(),
        ..Settings::default()
    };
    let today = args.today.unwrap_or_else(today);
    let mut view = LintView::default();
    let mut worst = None;
    for spec in &args.paths {
        let mut projects = load(spec, args.kind, common.server, &common.access)?;
        if args.fix || args.diff {
            if mend(args, &projects, &settings, today, out)? && !args.diff {
                projects = load(spec, args.kind, common.server, &common.access)?;
            }
            if args.diff {
                continue;
            }
        }
        for project in &projects {
            let findings = lint_one(project, &fleet(&projects), &settings, today);
            worst = worst.max(findings.iter().map(|finding| finding.severity).max());
            view.add(&project.sources, &findings);
            if common.format == Format::Text {
                write_text(args, project, &findings, out)?;
            }
        }
    }
    match common.format {
        Format::Json if !args.diff => json::write(out, &view)?,
        Format::Text if !args.diff && !args.concise => {
            text::lint::write_summary(out, &view.summary)?;
        }
        Format::Json | Format::Text => {}
    }
    Ok(args.fail_on.status(worst))
}

/// Lints one project; what was given with it may be the rest of its fleet.
fn lint_one(
    loaded: &Loaded,
    fleet: &[Member<'_>],
    settings: &Settings,
    today: Date,
) -> Vec<Finding> {
    let today = Some(today);
    let facts = Facts { fleet, today, ..Facts::new(&loaded.sources, &loaded.findings) };
    lint(&loaded.project, &facts, settings)
}

/// All configurations that were given together.
fn fleet(projects: &[Loaded]) -> Vec<Member<'_>> {
    projects.iter().filter_map(member).collect()
}

fn member(loaded: &Loaded) -> Option<Member<'_>> {
    let (_, file) = loaded.sources.iter().next()?;
    Some(Member { name: file.name(), project: &loaded.project })
}

fn write_text(
    args: &LintArgs,
    project: &Loaded,
    findings: &[Finding],
    out: &mut impl Write,
) -> anyhow::Result<()> {
    if args.concise {
        return text::lint::write_concise(out, &project.sources, findings);
    }
    let color = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    text::lint::write(out, &project.sources, findings, color)
}

/// Applies the fixes round after round, on disk or as a printed difference. Whether any was.
fn mend(
    args: &LintArgs,
    projects: &[Loaded],
    settings: &Settings,
    today: Date,
    out: &mut impl Write,
) -> anyhow::Result<bool> {
    let most = if args.unsafe_fixes { Applicability::Unsafe } else { Applicability::Safe };
    let mut changed = false;
    for project in projects {
        let server = project.project.server;
        let findings = lint_one(project, &fleet(projects), settings, today);
        for (file, text) in fix::apply(&project.sources, &findings, most) {
            let source = project.sources.file(file);
            let text = settle(text, source.name(), args.kind, server, settings, most, today);
            changed = true;
            if args.diff {
                let after = crate::input::config::load_text(source.name(), text, args.kind, server);
                text::diff::write(out, source.name(), &shown(source), &all_shown(&after))?;
            } else {
                replace(Path::new(source.name()), &text)?;
            }
        }
    }
    Ok(changed)
}

/// The text as it may be shown.
fn shown(source: &SourceText) -> Cow<'_, str> {
    source.shown(Span::new(0, source.text().len()))
}

fn all_shown(loaded: &Loaded) -> String {
    loaded.sources.iter().map(|(_, source)| shown(source)).collect()
}

/// Lints and mends one text again until nothing changes.
fn settle(
    mut text: String,
    name: &str,
    kind: Option<promsieve_core::config::Kind>,
    server: promsieve_core::server::Server,
    settings: &Settings,
    most: Applicability,
    today: Date,
) -> String {
    for _ in 0..ROUNDS {
        let loaded = crate::input::config::load_text(name, text.clone(), kind, server);
        let findings = lint_one(&loaded, &[], settings, today);
        let Some((_, next)) = fix::apply(&loaded.sources, &findings, most).pop() else { break };
        text = next;
    }
    text
}

/// Writes beside the file and renames, so that no reader sees half of it.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let name = path.file_name().context("only files can be fixed")?.to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.promsieve"));
    let permissions = std::fs::metadata(path)?.permissions();
    let written = std::fs::write(&beside, text)
        .and_then(|()| std::fs::set_permissions(&beside, permissions))
        .and_then(|()| std::fs::rename(&beside, path));
    written.with_context(|| format!("cannot write `{}`", path.display()))
}

pub(crate) fn today() -> Date {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Date::from_unix_days(since.map_or(0, |since| since.as_secs() / 86_400))
}

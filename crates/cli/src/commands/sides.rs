//! What `diff` and `gate` compare: two revisions, each read into an analysis of its own.

use std::path::{Path, PathBuf};

use promsieve_core::compare::{Change, Comparison, Revision};

use super::analysis::{Analysis, RunningArgs};
use crate::Status;
use crate::common::Common;
use crate::input::Source;
use crate::input::consumers::ConsumerArgs;
use crate::input::gather::{PageTarget, gather_as};
use crate::input::git::Checkout;

/// Two revisions, and what both have.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct SidesArgs {
    /// The old and the new one: configurations, directories or scrapes; with `--base` what is
    /// compared with its older self
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<String>,

    /// The old one is what git has of the paths at this revision
    #[arg(long, value_name = "REV")]
    base: Option<String>,

    /// What both have: scrapes under two configurations, a configuration over two scrapes, rules,
    /// dashboards; repeatable
    #[arg(long, value_name = "PATH")]
    with: Vec<String>,

    /// The job, and the instance if it matters, of pages that are given as files
    #[arg(long, value_name = "JOB[/INSTANCE]")]
    page_of: Option<String>,

    /// How many targets show such a page
    #[arg(
        long, value_name = "N", default_value_t = 1, requires = "page_of",
        value_parser = clap::value_parser!(u32).range(1..=100_000),
    )]
    targets: u32,

    #[command(flatten)]
    consumers: ConsumerArgs,

    #[command(flatten)]
    running: RunningArgs,
}

/// What is known of both sides.
pub(crate) struct Sides {
    before: Analysis,
    after: Analysis,
    /// The old and the new one, as the user named them.
    pub(crate) names: Change<String>,
}

/// What is read of one side.
struct Named {
    paths: Vec<String>,
    renamed: Vec<(PathBuf, PathBuf)>,
}

impl Sides {
    /// Reads both sides.
    ///
    /// # Errors
    /// When there are not two of them, or one cannot be read.
    pub(crate) fn of(args: &SidesArgs, common: &Common) -> anyhow::Result<Self> {
        let Some(revision) = &args.base else {
            let [old, new] = &args.paths[..] else {
                anyhow::bail!(
                    "give the old and the new path, or `--base REV` and the paths of now; what \
                     both have goes behind `--with`"
                );
            };
            let before = Named { paths: vec![old.clone()], renamed: as_new(old, new) };
            let names = Change { before: old.clone(), after: new.clone() };
            return Self::read(args, common, &before, std::slice::from_ref(new), names);
        };
        let (before, _checkouts) = at_revision(revision, &args.paths)?;
        let after = args.paths.join(" ");
        let names = Change { before: format!("{after} at {revision}"), after };
        Self::read(args, common, &before, &args.paths, names)
    }

    fn read(
        args: &SidesArgs,
        common: &Common,
        before: &Named,
        after: &[String],
        names: Change<String>,
    ) -> anyhow::Result<Self> {
        let side = |paths: &[String], renamed: &[(PathBuf, PathBuf)]| {
            let paths: Vec<String> = paths.iter().chain(&args.with).cloned().collect();
            // What both have is called the same on both, even where it lies beside one of them.
            let same = args.with.iter().map(|path| (PathBuf::from(path), PathBuf::from(path)));
            let renamed = same.chain(renamed.iter().cloned()).collect();
            gather_as(&paths, args.page().as_ref(), renamed, &args.consumers, common)
        };
        let (mut old, mut new) = (side(&before.paths, &before.renamed)?, side(after, &[])?);
        anyhow::ensure!(
            !(old.snapshots.is_empty() && new.snapshots.is_empty()),
            "there are no samples to count: give scrapes of both with `--with`, such as a directory \
             that holds `scrapes/<job>/<instance>.prom`"
        );
        old.or_no_series();
        new.or_no_series();
        Ok(Self {
            before: Analysis::with(old, &args.running, common)?,
            after: Analysis::with(new, &args.running, common)?,
            names,
        })
    }

    /// Compares them; `told` gets both sides and the comparison.
    pub(crate) fn compare<T>(
        &self,
        told: impl FnOnce(Change<&Revision<'_>>, &Comparison) -> T,
    ) -> T {
        let sides = Change { before: &self.before, after: &self.after };
        let refused = sides.map(|side| side.gathered.refused());
        let revisions = Change {
            before: revision(&self.before, &refused.before),
            after: revision(&self.after, &refused.after),
        };
        let sides = Change { before: &revisions.before, after: &revisions.after };
        told(sides, &Comparison::of(sides))
    }

    /// Whether everything could be read.
    pub(crate) fn status(&self) -> Status {
        self.before.status.max(self.after.status)
    }

    /// What the reader should know of the estimates.
    pub(crate) fn notes(&self) -> &[String] {
        &self.after.estimate.notes
    }
}

fn revision<'a>(analysis: &'a Analysis, refused: &'a [String]) -> Revision<'a> {
    Revision {
        project: &analysis.project,
        refused,
        attached: &analysis.attached,
        stored: &analysis.stored,
        census: &analysis.census,
        usage: &analysis.usage,
        load: &analysis.load,
        estimate: &analysis.estimate,
        model: &analysis.model,
        settings: &analysis.settings,
    }
}

impl SidesArgs {
    fn page(&self) -> Option<PageTarget> {
        let text = self.page_of.as_ref()?;
        let (job, instance) = text.split_once('/').unwrap_or((text, text));
        Some(PageTarget { job: job.to_owned(), instance: instance.to_owned(), count: self.targets })
    }
}

/// The files of the old path are called as those of the new one, by which queries are told apart.
fn as_new(old: &str, new: &str) -> Vec<(PathBuf, PathBuf)> {
    let (old, new) = (PathBuf::from(old), PathBuf::from(new));
    let parent = |path: &Path| path.parent().map(Path::to_owned);
    let mut renamed = Vec::new();
    if !old.is_dir()
        && let Some(folders) = parent(&old).zip(parent(&new)).filter(|(old, new)| old != new)
    {
        renamed.push(folders);
    }
    renamed.insert(0, (old, new));
    renamed
}

/// The paths as they were at a revision; those that were not there are left out.
fn at_revision(revision: &str, paths: &[String]) -> anyhow::Result<(Named, Vec<Checkout>)> {
    let mut named = Named { paths: Vec::new(), renamed: Vec::new() };
    let mut checkouts = Vec::new();
    for spec in paths {
        for source in Source::resolve(spec)? {
            let (path, folder) = match &source {
                Source::Directory(path) => (path, path.as_path()),
                Source::File(path) => (
                    path,
                    path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new(".")),
                ),
                Source::Stdin | Source::Url(_) | Source::Bucket(_) => {
                    anyhow::bail!("git has no `{spec}`: give it with `--with`")
                }
            };
            let checkout = Checkout::of(revision, folder)?;
            let there = match &source {
                Source::File(_) => checkout.folder().join(path.file_name().unwrap_or_default()),
                _ => checkout.folder().to_owned(),
            };
            if there.exists() {
                named.paths.push(there.display().to_string());
            }
            named.renamed.push((checkout.folder().to_owned(), plain(folder)));
            checkouts.push(checkout);
        }
    }
    Ok((named, checkouts))
}

/// The folder that a file's name has in front; none where that is the working directory.
fn plain(folder: &Path) -> PathBuf {
    if folder == Path::new(".") { PathBuf::new() } else { folder.to_owned() }
}

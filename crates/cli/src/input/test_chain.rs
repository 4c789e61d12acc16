//! The chains that relabel tests name: each file is read once a server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use promsieve_core::config::{self, Chain, ChainKind, ChainOptions};
use promsieve_core::finding::{Finding, Severity};
use promsieve_core::flow::target_defaults;
use promsieve_core::relabel::target::TargetDefaults;
use promsieve_core::relabel_tests::{ChainSource, TestCase, TestFile};
use promsieve_core::server::Server;
use promsieve_core::text::{Location, SourceText, Sources};

use super::Source;
use super::bytes::read_text;
use super::chain::{chain_at, describe};
use super::config::{Loaded, load};
use crate::common::Common;

type Cached = Result<Rc<Loaded>, String>;

/// Configurations that were read, by file and server.
#[derive(Debug, Default)]
pub(crate) struct Chains {
    loaded: BTreeMap<(PathBuf, Server), Cached>,
}

/// A chain as a server reads it.
pub(crate) struct Found {
    pub(crate) chain: Chain,
    /// What a target of its job starts with.
    pub(crate) defaults: TargetDefaults,
    /// The texts that its places are in; none for a chain in the test file.
    loaded: Option<Rc<Loaded>>,
}

/// A line of a file.
pub(crate) struct Place {
    pub(crate) path: String,
    pub(crate) line: u32,
}

/// Why there is no chain.
pub(crate) struct NoChain {
    /// Where the test file says it; the case when there is no better place.
    pub(crate) location: Option<Location>,
    pub(crate) message: String,
    pub(crate) remedy: String,
}

impl Found {
    /// Where a step is; `test` is the test file.
    pub(crate) fn place(&self, at: Location, test: &SourceText) -> Place {
        let file = self.loaded.as_ref().map_or(test, |loaded| loaded.sources.file(at.file));
        Place { path: file.name().to_owned(), line: file.position(at.span.start).line }
    }

    /// The file of the chain.
    pub(crate) fn path(&self, test: &SourceText) -> String {
        self.place(self.chain.location, test).path
    }
}

impl Chains {
    /// The chain of a case.
    pub(crate) fn find(
        &mut self,
        file: &TestFile,
        source: &SourceText,
        case: &TestCase,
        server: Server,
        common: &Common,
    ) -> Result<Found, NoChain> {
        match &case.chain {
            ChainSource::Inline(list) => {
                let (chain, findings) = file.inline(*list, source, case, server);
                let refused = findings.iter().find(|it| it.severity == Severity::Error);
                if let Some(finding) = refused {
                    return Err(NoChain {
                        location: finding.location,
                        message: format!("{server}: {}", finding.message),
                        remedy: finding.remedy.clone().unwrap_or_else(|| MEND.to_owned()),
                    });
                }
                Ok(Found { chain, defaults: TargetDefaults::default(), loaded: None })
            }
            ChainSource::File(name) => {
                let path = beside(source, &name.value);
                let loaded = self.cached(&path, server, || chain_file(&path, case, server, common));
                let loaded = loaded.map_err(|words| no_file(name.location, words))?;
                let chain = loaded.project.remote_writes[0].write_chain.clone();
                accepted(&loaded, &chain, name.location, server)?;
                Ok(Found { chain, defaults: TargetDefaults::default(), loaded: Some(loaded) })
            }
            ChainSource::Config { file: name, path: at } => {
                let path = beside(source, &name.value);
                let spec = path.display().to_string();
                let loaded = self.cached(&path, server, || {
                    let mut all =
                        load(&spec, server, &common.access).map_err(|e| format!("{e:#}"))?;
                    all.drain(..).next().ok_or_else(|| format!("`{spec}` holds no configuration"))
                });
                let loaded = loaded.map_err(|words| no_file(name.location, words))?;
                let (job, chain) = chain_at(&loaded.project, &at.value).map_err(|error| {
                    let words = format!("{error:#}");
                    let (message, known) = words.split_once("; ").unwrap_or((&words, ""));
                    let message = format!("{message} in `{spec}`");
                    NoChain { location: Some(at.location), message, remedy: known.to_owned() }
                })?;
                accepted(&loaded, chain, at.location, server)?;
                let defaults = job.map(target_defaults).unwrap_or_default();
                Ok(Found { chain: chain.clone(), defaults, loaded: Some(Rc::clone(&loaded)) })
            }
        }
    }

    fn cached(
        &mut self,
        path: &Path,
        server: Server,
        read: impl FnOnce() -> Result<Loaded, String>,
    ) -> Cached {
        let key = (path.to_owned(), server);
        self.loaded.entry(key).or_insert_with(|| read().map(Rc::new)).clone()
    }
}

const MEND: &str = "mend the chain: `promsieve lint` says what is wrong";

/// A path as the test file means it.
fn beside(test: &SourceText, name: &str) -> PathBuf {
    let directory = Path::new(test.name()).parent().unwrap_or(Path::new(""));
    directory.join(name)
}

fn no_file(location: Location, message: String) -> NoChain {
    let remedy = "write the path as it is from the test file's directory".to_owned();
    NoChain { location: Some(location), message, remedy }
}

/// A file that is a list of relabel configs, as a project with nothing but that chain.
fn chain_file(
    path: &Path,
    case: &TestCase,
    server: Server,
    common: &Common,
) -> Result<Loaded, String> {
    let name = path.display().to_string();
    if !path.is_file() {
        return Err(format!("`{name}` does not exist"));
    }
    let text = read_text(&Source::File(path.to_owned()), &common.access);
    let mut sources = Sources::default();
    let file = sources.add(SourceText::new(name, text.map_err(|error| format!("{error:#}"))?));
    let kind = if case.as_target { ChainKind::Target } else { ChainKind::Metric };
    let options = ChainOptions { kind, server, scheme: case.scheme };
    let (chain, _, findings) = config::chain(file, sources.file(file), options);
    let write = config::RemoteWrite { write_chain: chain, ..config::RemoteWrite::default() };
    let project =
        config::Project { server, remote_writes: vec![write], ..config::Project::default() };
    Ok(Loaded { sources, project, findings, ..Loaded::default() })
}

/// A chain with a step that the server refuses does not run.
fn accepted(loaded: &Loaded, chain: &Chain, at: Location, server: Server) -> Result<(), NoChain> {
    let in_chain = |finding: &&Finding| {
        let of_chain = finding.location.is_some_and(|found| {
            found.file == chain.location.file && chain.location.span.contains(found.span)
        });
        finding.severity == Severity::Error && (of_chain || loaded.project.documents.is_empty())
    };
    let refused = chain.steps.iter().any(|step| step.step.is_none());
    match loaded.findings.iter().find(in_chain) {
        Some(finding) => Err(NoChain {
            location: Some(at),
            message: format!("{server} refuses the chain: {}", describe(finding, &loaded.sources)),
            remedy: MEND.to_owned(),
        }),
        None if refused => Err(NoChain {
            location: Some(at),
            message: format!("{server} refuses the chain"),
            remedy: MEND.to_owned(),
        }),
        None => Ok(()),
    }
}

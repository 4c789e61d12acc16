//! One chain: a file that is a bare list, or a place in a configuration.

use anyhow::bail;
use promsieve_core::config::{self, Chain, ChainKind, ChainOptions, Job, Project};
use promsieve_core::finding::{Finding, Severity};
use promsieve_core::flow::target_defaults;
use promsieve_core::relabel::target::TargetDefaults;
use promsieve_core::server::NameScheme;
use promsieve_core::text::{SourceText, Sources};

use super::Source;
use super::bytes::read_text;
use crate::common::Common;
use crate::stderr::warn;

/// Where a chain is.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ChainArgs {
    /// A file that is a YAML list of relabel configs
    #[arg(long, value_name = "FILE", required_unless_present = "config")]
    chain: Option<String>,

    /// A Prometheus configuration that holds the chain
    #[arg(long, value_name = "FILE", requires = "chain_at", conflicts_with = "chain")]
    config: Option<String>,

    /// Where in the configuration: `scrape_configs[job=app].metric_relabel_configs`,
    /// `remote_write[1].write_relabel_configs`
    #[arg(long, value_name = "PATH", requires = "config")]
    chain_at: Option<String>,

    /// `metric_name_validation_scheme` around a bare chain: `utf8` or `legacy`
    #[arg(long, value_name = "SCHEME", default_value = "utf8")]
    name_validation: NameScheme,
}

/// A chain and what is around it.
pub(crate) struct FoundChain {
    /// The chain.
    pub(crate) chain: Chain,
    /// The job that it belongs to.
    pub(crate) job: Option<String>,
    /// Its configuration; of a bare chain nothing but the server and how it validates names.
    pub(crate) project: Project,
    /// The file it stands in.
    pub(crate) sources: Sources,
}

/// Reads a chain, and the settings of its job, where it has one.
pub(crate) fn read_chain(
    args: &ChainArgs,
    common: &Common,
) -> anyhow::Result<(Chain, TargetDefaults)> {
    let FoundChain { chain, job, project, .. } = find_chain(args, common)?;
    let job = project.jobs.iter().find(|known| Some(&known.name) == job.as_ref());
    Ok((chain, job.map(target_defaults).unwrap_or_default()))
}

/// Reads a chain with its configuration.
pub(crate) fn find_chain(args: &ChainArgs, common: &Common) -> anyhow::Result<FoundChain> {
    let spec = args.chain.as_ref().or(args.config.as_ref()).map_or("", String::as_str);
    let [source] = Source::resolve(spec)?
        .try_into()
        .map_err(|_| anyhow::anyhow!("`{spec}` names several files: name one"))?;
    if source == Source::Stdin {
        bail!("the label sets come from stdin: give the chain as a file");
    }
    let mut sources = Sources::default();
    let text = read_text(&source, &common.access)?;
    let file = sources.add(SourceText::new(source.name(), text));
    let text = sources.file(file);
    let (chain, job, project, findings) = if let Some(path) = &args.chain_at {
        let (project, findings) = config::parse(file, text, common.server);
        let (job, chain) = chain_at(&project, path)?;
        let (chain, job) = (chain.clone(), job.map(|job| job.name.clone()));
        (chain, job, project, findings)
    } else {
        let (server, scheme) = (common.server, args.name_validation);
        let options = ChainOptions { kind: ChainKind::Metric, server, scheme };
        let (chain, _, findings) = config::chain(file, text, options);
        let mut project = Project { server, ..Project::default() };
        project.global.name_scheme = scheme;
        (chain, None, project, findings)
    };
    let wrong: Vec<&Finding> =
        findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    for finding in &wrong {
        warn(&format!("error: {}", describe(finding, &sources)));
    }
    if !wrong.is_empty() {
        bail!("{} refuses the chain", common.server);
    }
    Ok(FoundChain { chain, job, project, sources })
}

/// The chain at a path such as `scrape_configs[job=app].metric_relabel_configs`, and its job.
///
/// # Errors
/// When there is none, with those that there are.
pub(crate) fn chain_at<'p>(
    project: &'p Project,
    path: &str,
) -> anyhow::Result<(Option<&'p Job>, &'p Chain)> {
    let matches = |chain: &Chain| {
        chain.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    project.chains().find(|(_, chain)| matches(chain)).ok_or_else(|| {
        let written = project.chains().filter(|(_, chain)| chain.written);
        let known: Vec<&str> = written.map(|(_, chain)| chain.path.as_str()).collect();
        anyhow::anyhow!("there is no chain at `{path}`; there are: {}", known.join(", "))
    })
}

/// A finding in one line, with its place and its remedy.
pub(crate) fn describe(finding: &Finding, sources: &Sources) -> String {
    let place = finding.location.map_or_else(String::new, |location| {
        let file = sources.file(location.file);
        let at = file.position(location.span.start);
        format!("{}:{}:{}: ", file.name(), at.line, at.column)
    });
    let remedy = finding.remedy.as_ref().map_or_else(String::new, |remedy| format!(" ({remedy})"));
    format!("{place}{}{remedy}", finding.message)
}

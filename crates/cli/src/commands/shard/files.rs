//! `shard --write`: everything that a fleet is started with, as files in one directory.

use std::fs;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use promsieve_core::shard::{self, ServerFiles, ShardServer};

use super::Sharded;
use super::input::Input;
use crate::input::replace::write_new;
use crate::stderr::warn;

/// The rule file of the global view.
const GLOBAL_RULES: &str = "rules-global.yml";

/// Writes the files. Paths that the configuration names stay as they are, so that they belong
/// beside the ones written.
pub(super) fn write(
    directory: &Path,
    input: &Input<'_>,
    sharded: &Sharded,
    replicas: u64,
    with_kubernetes: bool,
) -> anyhow::Result<()> {
    let (mut files, of_servers) = configs(input, sharded, replicas)?;
    files.extend(flags(input, sharded, replicas));
    if with_kubernetes {
        files.extend(kubernetes(input, sharded, &of_servers));
    }
    for (name, text) in &files {
        let path = directory.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make `{}`", folder.display()))?;
        }
        write_new(&path, text)?;
    }
    warn(&format!("wrote {} files into {}", files.len(), directory.display()));
    Ok(())
}

/// Names and texts of files.
type Files = Vec<(String, String)>;

/// The configuration and the rules of every server, and a template for them; and which of them a
/// server needs.
fn configs(
    input: &Input<'_>,
    sharded: &Sharded,
    replicas: u64,
) -> anyhow::Result<(Files, Vec<ServerFiles>)> {
    let Some(loaded) = input.config else {
        bail!("there is no configuration to write out: give `prometheus.yml` with the scrapes");
    };
    let variable = |name: &str| format!("${{{name}}}");
    let template = ShardServer {
        shard: variable("SHARD"),
        replica: (replicas > 1).then(|| variable("REPLICA")),
    };
    let rule_file = |shard: &str| format!("rules-shard-{shard}.yml");
    let (mut files, mut of_servers) = (Files::new(), Vec::new());
    let mut servers = shard::servers(sharded.plan.servers(), replicas);
    servers.push(template.clone());
    for server in &servers {
        let has_rules = sharded.rules.shard_file(&server.shard).is_some();
        let rules = has_rules.then(|| rule_file(&server.shard));
        let name = if *server == template { "template".to_owned() } else { server.name() };
        let written = shard::shard_config(
            &loaded.project,
            &loaded.sources,
            &sharded.plan,
            server,
            &name,
            rules.as_deref(),
        );
        let written = written.map_err(|why| anyhow!("no configuration can be written: {why}"))?;
        if *server != template {
            let names = written.iter().map(|(name, _)| name.clone()).chain(rules).collect();
            of_servers.push(ServerFiles { server: server.clone(), files: names });
        }
        files.extend(written);
    }
    for shard in 0..sharded.plan.servers() {
        let text = sharded.rules.shard_file(&shard.to_string());
        files.extend(text.map(|text| (rule_file(&shard.to_string()), text)));
    }
    files.extend(sharded.rules.global_file().map(|text| (GLOBAL_RULES.to_owned(), text)));
    Ok((files, of_servers))
}

/// Resources that run the servers with what they need.
fn kubernetes(input: &Input<'_>, sharded: &Sharded, of_servers: &[ServerFiles]) -> Files {
    let rules = sharded.rules.global_file().map(|_| GLOBAL_RULES);
    let mut found = input.project.jobs.iter().flat_map(|job| &job.discoveries);
    let discovers = found.any(|it| it.kind == "kubernetes_sd_configs");
    let version = input.project.server.prometheus_release();
    let texts = shard::kubernetes(&sharded.plan, of_servers, rules, discovers, version);
    ["kubernetes.yml", "kustomization.yml"].map(str::to_owned).into_iter().zip(texts).collect()
}

/// Flags of Thanos and of other scrapers, one a line.
fn flags(input: &Input<'_>, sharded: &Sharded, replicas: u64) -> Files {
    let plan = &sharded.plan;
    let servers = shard::servers(plan.servers(), replicas);
    let lines = |flags: Vec<String>| flags.join("\n") + "\n";
    let mut files = vec![
        ("prometheus.flags".to_owned(), lines(shard::prometheus_flags())),
        ("thanos-sidecar.flags".to_owned(), lines(shard::sidecar_flags("data"))),
        ("thanos-query.flags".to_owned(), lines(shard::query_flags(&servers))),
        ("thanos-rule.flags".to_owned(), lines(shard::ruler_flags(GLOBAL_RULES))),
        ("operator.yml".to_owned(), shard::operator_resource(input.project, plan, replicas)),
    ];
    let agents = shard::vmagent_flags(plan.shards, replicas).into_iter().zip(0..);
    files.extend(agents.map(|(flags, at)| (format!("vmagent-{at}.flags"), lines(flags))));
    files
}

//! Where queries come from besides files: servers asked for their rules, Grafana, query logs, and
//! programs whose queries are known.

use std::io::BufRead;
use std::path::PathBuf;

use anyhow::Context;
use promsieve_core::usage::{self, Query, QueryLog};

use super::Source;
use super::bytes::open;
use super::http::{Access, Wanted};
use super::server::consumers;
use crate::stderr::warn;

/// What else asks for series.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ConsumerArgs {
    /// Ask this server (Prometheus, Thanos, Mimir, vmalert) for its rules
    #[arg(long, value_name = "URL", help_heading = "Usage")]
    pub(crate) rules_of: Vec<String>,

    /// Ask this Grafana for its dashboards, library panels and alerts
    #[arg(long, value_name = "URL", help_heading = "Usage")]
    pub(crate) grafana: Vec<String>,

    /// The environment variable that holds a token for Grafana
    #[arg(long, value_name = "NAME", default_value = "GRAFANA_TOKEN", help_heading = "Usage")]
    grafana_token_env: String,

    /// File that holds a token for Grafana
    #[arg(long, value_name = "FILE", help_heading = "Usage")]
    grafana_token_file: Option<PathBuf>,

    /// Of query logs read only what was asked from this moment on: 2026-01-31 or RFC 3339
    #[arg(long, value_name = "TIME", value_parser = moment, help_heading = "Usage")]
    queries_since: Option<i64>,

    /// Of query logs read only what was asked before this moment
    #[arg(long, value_name = "TIME", value_parser = moment, help_heading = "Usage")]
    queries_until: Option<i64>,

    /// Count what this program asks, whose queries are known
    #[arg(long, value_name = "NAME", value_parser = known, help_heading = "Usage")]
    consumer: Vec<String>,
}

fn moment(text: &str) -> Result<i64, String> {
    usage::moment(text)
        .ok_or_else(|| format!("`{text}` is no moment: write 2026-01-31, or 2026-01-31T12:00:00Z"))
}

fn known(name: &str) -> Result<String, String> {
    let names = usage::built_in_names();
    if names.iter().any(|known| known == name) {
        return Ok(name.to_owned());
    }
    Err(format!("what `{name}` asks is not known: write one of {}", names.join(", ")))
}

impl ConsumerArgs {
    /// What the servers answer, each answer with its address.
    ///
    /// # Errors
    /// When a server cannot be reached or refuses.
    pub(crate) fn fetch(&self, access: &Access) -> anyhow::Result<Vec<(String, String)>> {
        let mut texts = Vec::new();
        for base in &self.rules_of {
            texts.push(consumers::rules(base, access)?);
        }
        let access = self.grafana_access(access);
        for base in &self.grafana {
            texts.extend(consumers::grafana(base, &access)?);
        }
        Ok(texts)
    }

    /// Grafana's own token, where one is given.
    fn grafana_access(&self, access: &Access) -> Access {
        let mut access = access.clone();
        if let Some(file) = &self.grafana_token_file {
            access.bearer_token_file = Some(file.clone());
        } else if let Ok(token) = std::env::var(&self.grafana_token_env) {
            access.token = Some(token.into());
        }
        access
    }

    /// What the programs ask that are named.
    pub(crate) fn built_in(&self) -> Vec<Query> {
        self.consumer.iter().filter_map(|name| usage::built_in(name)).flatten().collect()
    }

    /// The queries of a query log, within the window.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn log(&self, source: &Source, access: &Access) -> anyhow::Result<Vec<Query>> {
        let mut log = QueryLog::between(self.queries_since, self.queries_until);
        let name = source.name();
        let bytes = open(source, access, Wanted::Anything)?.bytes;
        for line in std::io::BufReader::new(bytes).lines() {
            log.line(&line.with_context(|| format!("cannot read `{name}`"))?);
        }
        if log.bad_lines() > 0 {
            warn(&format!("{name}: {} lines are no entries of a query log", log.bad_lines()));
        }
        Ok(log.queries(&name))
    }
}

/// Whether a file is a query log, by its first line.
pub(crate) fn is_query_log(source: &Source, access: &Access) -> bool {
    let opened = open(source, access, Wanted::Anything);
    let line = opened.ok().and_then(|opened| {
        let mut line = String::new();
        let bytes = std::io::Read::take(opened.bytes, 1 << 20);
        std::io::BufReader::new(bytes).read_line(&mut line).ok().map(|_| line)
    });
    line.is_some_and(|line| usage::is_query_log(&line))
}

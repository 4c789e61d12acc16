//! Classic histograms that the server could make native ones with custom buckets: one series instead
//! of one a bucket. Queries have to be written anew, so it is never part of a plan.

use std::collections::BTreeSet;

use super::{Advice, Advised, Rewrite};
use crate::config::Job;
use crate::flow::distinct;
use crate::series::{MetricType, Table, Target};
use crate::server::Product;
use crate::usage::native_form;

pub(super) fn advise(advised: &Advised<'_>) -> Vec<Advice> {
    let project = advised.evidence.project;
    let server = project.server;
    // Elsewhere the fields are the server's own or none.
    if server.product != Product::Prometheus || !server.at_least(3, 0) {
        return Vec::new();
    }
    let classic = project.jobs.iter().filter(|job| !job.classic_histograms.to_nhcb);
    classic.filter_map(|job| of_job(advised, job)).collect()
}

fn of_job(advised: &Advised<'_>, job: &Job) -> Option<Advice> {
    let left = distinct(&advised.left.select(&|target: &Target| target.job == job.name));
    let found = Histograms::of(&left);
    let after = found.natives;
    if found.parts == 0 || found.parts <= after {
        return None;
    }
    let queries = rewrites(advised, &found);
    // From 3.9 on native histograms need no flag, and this one does nothing.
    let flag = if advised.evidence.project.server.at_least(3, 9) {
        ""
    } else {
        ", and the server's `--enable-feature=native-histograms`"
    };
    let told = queries.iter().filter(|query| query.becomes.is_ok()).count();
    Some(Advice {
        kind: "native",
        job: job.name.clone(),
        set: format!("`convert_classic_histograms_to_nhcb: true`{flag}"),
        reason: format!(
            "{} series of {} histograms become {after}, each sample of which holds all buckets; not \
             part of the plan, since {} of the queries have to be written anew: {told} as said, the \
             others by hand",
            found.parts,
            found.names.len(),
            queries.len(),
        ),
        series: Some((found.parts, after)),
        queries,
    })
}

/// What is stored of classic histograms.
#[derive(Default)]
struct Histograms {
    /// Their names, without suffixes.
    names: BTreeSet<String>,
    /// Series of all their parts.
    parts: u64,
    /// Series that would take their place: one a label set without `le`.
    natives: u64,
}

impl Histograms {
    fn of(table: &Table) -> Self {
        let mut found = Self::default();
        for group in &table.metrics {
            let metric = table.metric_name(group);
            let Some((base, MetricType::Histogram)) = table.family_of(metric) else { continue };
            if metric.ends_with("_created") {
                continue;
            }
            found.names.insert(base.to_owned());
            found.parts += group.rows as u64;
            found.natives += if metric.ends_with("_count") { group.rows as u64 } else { 0 };
        }
        found
    }
}

/// The queries that read a part of the histograms, each as it would be.
fn rewrites(advised: &Advised<'_>, found: &Histograms) -> Vec<Rewrite> {
    let usage = advised.evidence.usage;
    let parts = found.names.iter().flat_map(|name| {
        ["_bucket", "_count", "_sum"].map(|suffix| usage.selectors_of(&format!("{name}{suffix}")))
    });
    let queries: BTreeSet<usize> = parts.flatten().map(|(selector, _)| selector.query).collect();
    let rewrite = |query: usize| Rewrite {
        query,
        becomes: native_form(&usage.queries()[query], &found.names),
    };
    queries.into_iter().map(rewrite).collect()
}

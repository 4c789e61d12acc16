//! Labels that nobody needs and that tell series apart: taken away by a relabel step they would merge
//! series and lose samples, so they have to be summed where series are made, or in front.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Advice, Advised};
use crate::flow::distinct;
use crate::optimize::patterns::patterns;
use crate::optimize::redundant::take_away;
use crate::packs::source_of;
use crate::series::{METRIC_NAME, MetricRows, MetricType, NameId, Table, Target};
use crate::signals::Pins;

/// Labels that sums keep: they make a series what it is.
const IDENTITY: [&str; 4] = [METRIC_NAME, "job", "le", "quantile"];

pub(super) fn advise(advised: &Advised<'_>) -> Vec<Advice> {
    let jobs = advised.evidence.project.jobs.iter();
    jobs.flat_map(|job| {
        // What the chains made the same already is one series of the server.
        let table = distinct(&advised.left.select(&|target: &Target| target.job == job.name));
        let view = View { advised, job: &job.name, pins: Pins::of(&table), table };
        let sums = view.sums();
        let of_sum = |sum: &Sum<'_>| {
            let interval = job.scrape_interval.div_ceil(1000);
            [view.at_source(sum), view.in_front(sum, interval), view.at_remote(sum)]
        };
        sums.iter().flat_map(of_sum).flatten().collect::<Vec<_>>()
    })
    .collect()
}

/// What the plan leaves of one job.
struct View<'a> {
    advised: &'a Advised<'a>,
    job: &'a str,
    table: Table,
    pins: Pins,
}

/// Metrics, and the labels over which they can be summed.
struct Sum<'t> {
    labels: Vec<&'t str>,
    groups: Vec<&'t MetricRows>,
}

impl View<'_> {
    /// Families of counters whose queries all sum them, by the labels that none of these needs.
    fn sums(&self) -> Vec<Sum<'_>> {
        let mut families: BTreeMap<&str, Vec<&MetricRows>> = BTreeMap::new();
        for group in &self.table.metrics {
            let metric = self.table.metric_name(group);
            let family = self.table.family_of(metric).map_or(metric, |(family, _)| family);
            families.entry(family).or_default().push(group);
        }
        let mut sums: BTreeMap<Vec<&str>, Vec<&MetricRows>> = BTreeMap::new();
        for groups in families.into_values() {
            if groups.iter().all(|group| self.can_be_summed(group)) {
                sums.entry(self.unneeded(&groups)).or_default().extend(groups);
            }
        }
        sums.remove(&Vec::new());
        sums.into_iter().map(|(labels, groups)| Sum { labels, groups }).collect()
    }

    fn can_be_summed(&self, group: &MetricRows) -> bool {
        let metric = self.table.metric_name(group);
        let counts = [MetricType::Counter, MetricType::Histogram];
        counts.contains(&self.table.metric_type(metric))
            && self.advised.evidence.usage.is_summed(metric)
    }

    /// Labels of a family that none of its metrics needs.
    fn unneeded(&self, groups: &[&MetricRows]) -> Vec<&str> {
        let names: BTreeSet<&str> =
            groups.iter().flat_map(|it| &it.columns).map(|it| self.table.name(it.name)).collect();
        let is_unneeded = |label: &&str| {
            groups.iter().all(|group| {
                let metric = self.table.metric_name(group);
                self.advised.evidence.usage.label(metric, label).is_unused()
                    && self.pins.label(metric, label).is_none()
            })
        };
        names.into_iter().filter(|name| !IDENTITY.contains(name)).filter(is_unneeded).collect()
    }

    /// The series of a sum's metrics and what becomes of them without some labels, where that is a
    /// tenth less; `apart` are not summed over targets.
    fn saved(&self, sum: &Sum<'_>, labels: &[&str], apart: bool) -> Option<(u64, u64)> {
        let labels: Vec<NameId> = labels.iter().filter_map(|it| self.table.name_id(it)).collect();
        let (mut before, mut after) = (0, 0);
        for group in &sum.groups {
            before += group.rows as u64;
            let mut hashes = self.table.row_hashes(group);
            for label in &labels {
                take_away(&self.table, group, *label, &mut hashes);
            }
            let targets = group.run_ranges();
            let distinct: HashSet<(u32, u64)> = targets
                .flat_map(|(target, rows)| {
                    let target = if apart { target.0 } else { 0 };
                    hashes[rows].iter().map(move |hash| (target, *hash))
                })
                .collect();
            after += distinct.len() as u64;
        }
        (after * 10 <= before * 9).then_some((before, after))
    }

    /// What the source sets, for labels that come from it.
    fn at_source(&self, sum: &Sum<'_>) -> Option<Advice> {
        let (source, _) = source_of(self.table.metric_name(sum.groups.first()?))?;
        let of_target = |label: &str| {
            self.table
                .targets
                .iter()
                .any(|target| target.job == self.job && !target.label(label).is_empty())
        };
        let labels: Vec<&str> =
            sum.labels.iter().copied().filter(|label| !of_target(label)).collect();
        let set = source.without_labels(&labels)?;
        let set = format!("{}: {set} of {}", source.who, self.names(sum).join(", "));
        Some(self.advice(set, self.saved(sum, &labels, true)?))
    }

    /// What sums in front of the server.
    fn in_front(&self, sum: &Sum<'_>, interval: u64) -> Option<Advice> {
        let series = self.saved(sum, &sum.labels, false)?;
        let names = patterns(&self.names(sum)).join("|");
        let (job, labels) = (self.job, sum.labels.join(", "));
        let set = format!(
            "vmagent's `-remoteWrite.streamAggr.config`: `- {{match: '{{__name__=~\"{names}\", \
             job=\"{job}\"}}', interval: {interval}s, without: [{labels}], outputs: [total], \
             keep_metric_names: true}}`"
        );
        Some(self.advice(set, series))
    }

    fn names(&self, sum: &Sum<'_>) -> Vec<String> {
        let names: BTreeSet<&str> =
            sum.groups.iter().map(|group| self.table.metric_name(group)).collect();
        names.into_iter().map(str::to_owned).collect()
    }

    fn advice(&self, set: String, series: (u64, u64)) -> Advice {
        let (before, after) = series;
        Advice {
            kind: "aggregation",
            job: self.job.to_owned(),
            set,
            reason: format!(
                "{before} series become {after}: whoever reads them sums them over these labels; a \
                 relabel step would lose all but one of those that become the same"
            ),
            series: Some(series),
            queries: Vec::new(),
        }
    }

    /// What records sums and writes them away in place of the series: the server keeps both.
    fn at_remote(&self, sum: &Sum<'_>) -> Option<Advice> {
        let remote = !self.advised.evidence.project.remote_writes.is_empty();
        let (before, after) = self.saved(sum, &sum.labels, false).filter(|_| remote)?;
        let names = self.names(sum);
        let (name, labels) = (names.first()?, sum.labels.join(", "));
        Some(Advice {
            kind: "remote",
            job: self.job.to_owned(),
            set: format!(
                "a recording rule for each of {}, as `{{record: {name}:rate5m, expr: sum without \
                 ({labels}) (rate({name}{{job={:?}}}[5m]))}}`, and a `drop` of them in \
                 `write_relabel_configs`",
                names.join(", "),
                self.job
            ),
            reason: format!(
                "{before} series become {after} where they are written to, and queries there read \
                 what is recorded; it saves remote cost alone: this server stores all of them and \
                 {after} more"
            ),
            series: Some((before, after)),
            queries: Vec::new(),
        })
    }
}

//! Classic histograms to native ones with custom buckets, as 3.0 and later do while they parse
//! (model/textparse, `nhcbparse.go` at 3.5): one series takes the place of all parts.

use std::collections::HashSet;
use std::ops::Range;

use foldhash::fast::FixedState;

use super::block::{Block, Blocks};
use crate::config::{ClassicHistograms, Project};
use crate::series::{MetricRows, MetricType, NameId, Stage, Table, TargetId, TypeRun};
use crate::text::parse_float;

/// The series that the parts of one target's histogram become: its metric and labels.
type Native = (TargetId, u32, Vec<(NameId, u32)>);

/// Converts the histograms of the jobs that ask for it. What a conversion needs besides names is
/// taken for given: counts that grow with the bound, and a server that stores native histograms.
pub(super) fn convert(table: Table, project: &Project) -> Table {
    let setting = |job: &str| {
        let job = project.jobs.iter().find(|known| known.name == job);
        job.map_or(ClassicHistograms::default(), |job| job.classic_histograms)
    };
    let asks = table.targets.iter().any(|target| setting(&target.job).to_nhcb);
    if !asks || !project.server.at_least(3, 0) || table.stage != Stage::Exposed {
        return table;
    }
    let mut blocks = Blocks::new(table.without_rows(Stage::Exposed));
    let mut known: HashSet<Native, FixedState> = HashSet::default();
    for group in &table.metrics {
        for (target, range) in group.run_ranges() {
            let setting = setting(&table.target(target).job);
            let parts = if setting.to_nhcb { parts(&table, group, &range) } else { Vec::new() };
            let block = Block::cut(group, target, &range);
            if parts.is_empty() {
                blocks.push(block);
                continue;
            }
            natives(&mut blocks, &block, &parts, &mut known);
            let rest = if setting.keep {
                block
            } else {
                let stays = |row: &usize| parts.binary_search_by_key(row, |part| part.0).is_err();
                block.pick(&(0..block.rows).filter(stays).collect::<Vec<_>>())
            };
            if rest.rows > 0 {
                blocks.push(rest);
            }
        }
    }
    blocks.table
}

/// The rows of a range that are parts of a histogram, with its name; rows count from the range's
/// start.
fn parts<'t>(table: &'t Table, group: &MetricRows, range: &Range<usize>) -> Vec<(usize, &'t str)> {
    let metric = table.metric_name(group);
    let Some((base, suffix)) = ["_bucket", "_sum", "_count"]
        .iter()
        .find_map(|suffix| metric.strip_suffix(suffix).map(|base| (base, *suffix)))
    else {
        return Vec::new();
    };
    let le = table.name_id("le");
    let bound = le.and_then(|le| group.column(le).map(|column| (&column.codes, table.values(le))));
    let is_bound = |row: usize| {
        let text = bound.map_or("", |(codes, values)| values.value(codes[row]));
        parse_float(text).is_some_and(|bound| !bound.is_nan())
    };
    let of_histogram =
        |run: &TypeRun| run.kind == MetricType::Histogram && table.family_name(*run) == base;
    let rows = group.notes.types().filter(|(run, _)| of_histogram(run)).flat_map(|(_, rows)| rows);
    rows.filter(|row| range.contains(row) && (suffix != "_bucket" || is_bound(*row)))
        .map(|row| (row - range.start, base))
        .collect()
}

/// Adds the histograms that parts belong to, each once.
fn natives(
    blocks: &mut Blocks,
    block: &Block,
    parts: &[(usize, &str)],
    known: &mut HashSet<Native, FixedState>,
) {
    let Some((_, base)) = parts.first() else { return };
    let metric = blocks.table.intern_value(NameId::METRIC, base);
    let le = blocks.table.name_id("le");
    let mut names: Vec<&(NameId, Vec<u32>)> =
        block.columns.iter().filter(|(name, _)| Some(*name) != le).collect();
    names.sort_by_key(|(name, _)| *name);
    let mut rows: Vec<usize> = Vec::new();
    for (row, _) in parts {
        let labels = names.iter().filter(|(_, codes)| codes[*row] != 0);
        let labels = labels.map(|(name, codes)| (*name, codes[*row])).collect();
        if known.insert((block.target, metric, labels)) {
            rows.push(*row);
        }
    }
    let mut native = block.pick(&rows);
    native.metric = metric;
    native.columns.retain(|(name, _)| Some(*name) != le);
    if native.rows > 0 {
        blocks.push(native);
    }
}

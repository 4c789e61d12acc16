//! Inputs of the targets that read binary files, written when they are needed: so the corpus holds
//! texts alone, and these are always of the newest format.

use std::collections::BTreeMap;

use anyhow::Result;
use promsieve_core::census::SketchedCensus;
use promsieve_core::ingest::index::Version;
use promsieve_core::lint::rules::entries;
use promsieve_core::saved::Saved;
use promsieve_core::series::{METRIC_NAME, Stage, Table, TableBuilder, Target};
use promsieve_core::sketch::mix;
use promsieve_lab::block::{Series, index_of};
use promsieve_lab::wal::{self, Packing, Segment};

use crate::targets::written;

/// What a target is given besides the files of its corpus.
///
/// # Errors
/// When something cannot be packed.
pub(crate) fn seeds(target: &str) -> Result<Vec<Vec<u8>>> {
    Ok(match target {
        "block_index" => vec![index(Version::V1)?, index(Version::V2)?],
        "block_meta" => vec![tombstones()],
        "fixes" => examples(),
        "chain" => choices(64),
        "plan" => choices(512),
        "head_chunks" => vec![chunks()],
        "saved" => saved(),
        "wal" => [Packing::Plain, Packing::Snappy, Packing::Zstd]
            .into_iter()
            .map(segment)
            .collect::<Result<_>>()?,
        _ => Vec::new(),
    })
}

/// Bytes that stand for choices.
fn choices(bytes: u64) -> Vec<Vec<u8>> {
    let seed = |number: u64| (0..bytes).map(|at| mix(bytes * number + at) as u8).collect();
    (0..8).map(seed).collect()
}

/// The examples of the rules' pages, as whole files.
fn examples() -> Vec<Vec<u8>> {
    let mut examples = Vec::new();
    for entry in entries() {
        let page = entry.page();
        for block in page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()) {
            let is_chain = block.starts_with("relabel_configs") || block.starts_with("metric_");
            let indented: String = block.lines().map(|line| format!("  {line}\n")).collect();
            let job = format!("scrape_configs:\n- job_name: app\n{indented}");
            examples.push(if is_chain { job } else { block.to_owned() }.into_bytes());
        }
    }
    examples
}

fn labels(at: u64) -> [(String, String); 3] {
    let metric = format!("requests_{}", at % 2);
    [(METRIC_NAME, metric), ("instance", format!("10.0.0.{at}:80")), ("job", "app".to_owned())]
        .map(|(name, value)| (name.to_owned(), value))
}

fn index(version: Version) -> Result<Vec<u8>> {
    let one = |at: u64| {
        let from = at.cast_signed() * 1000;
        Series { labels: BTreeMap::from(labels(at)), chunks: vec![(from, from + 900)] }
    };
    let series: Vec<Series> = (0..8).map(one).collect();
    let mut bytes = Vec::new();
    index_of(version, &series, &mut bytes)?;
    Ok(bytes)
}

/// Magic, version, one entry, and a sum that the target makes fit.
fn tombstones() -> Vec<u8> {
    [&0x0130_BA30u32.to_be_bytes()[..], &[1, 3, 2, 20, 0, 0, 0, 0]].concat()
}

/// Header, and two chunks of one sample each, of which one came late.
fn chunks() -> Vec<u8> {
    let mut file = [&0x0130_BC91u32.to_be_bytes()[..], &[1, 0, 0, 0]].concat();
    for (series, encoding) in [(1u64, 1u8), (2, 0x81)] {
        for number in [series, 1000, 2000] {
            file.extend(number.to_be_bytes());
        }
        file.extend([encoding, 4, 0, 1, 7, 7]);
        file.extend([0; 4]);
    }
    file
}

fn segment(packing: Packing) -> Result<Vec<u8>> {
    let mut segment = Segment::new(packing);
    let series: Vec<_> = (1..6).map(|at| (at, labels(at).to_vec())).collect();
    segment.record(&wal::series(&series))?;
    segment.record(&wal::samples(&[(1, 1000, 1.0), (2, 1000, 2.0), (1, 2000, 1.5)]))?;
    segment.record(&wal::samples_with_start_times(&[(3, 1000, 1.0), (3, 2000, 2.0)]))?;
    segment.record(&wal::histograms(&[(4, 1000, 3)]))?;
    segment.record(&wal::metadata(&[(1, 1)]))?;
    segment.record(&wal::tombstones(&[(2, 0, 1500)]))?;
    Ok(segment.bytes())
}

fn saved() -> Vec<Vec<u8>> {
    let table = table();
    let mut census = SketchedCensus::new(Stage::Exposed);
    census.add(&table);
    [Saved::Exact(table), Saved::Sketched(Box::new(census))].iter().map(written).collect()
}

fn table() -> Table {
    let mut builder = TableBuilder::default();
    let own = vec![("job".to_owned(), "app".to_owned())];
    builder.target(Target { job: "app".to_owned(), labels: own });
    for at in 0..6 {
        let labels = labels(at);
        let pairs: Vec<_> =
            labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        builder.row(pairs[0].1, &pairs[1..], 20);
    }
    builder.finish()
}

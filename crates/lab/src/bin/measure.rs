//! `measure SERVER WORKLOAD DIRECTORY`: one run, one JSON line; the workloads are in `measure/grid.rs`.
#![expect(clippy::print_stdout, reason = "the line is the result")]

use std::path::PathBuf;

use anyhow::{Context, Result};
use promsieve_lab::measure::{grid, run};

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let mut next = || args.next().context("usage: measure SERVER WORKLOAD DIRECTORY");
    let (server, name, directory) = (PathBuf::from(next()?), next()?, PathBuf::from(next()?));
    let workload = grid::workload(&name).with_context(|| format!("no workload `{name}`"))?;
    let load = workload.sums();
    let read = run::run(&server, &workload, &directory)?;
    println!(
        "{{\"workload\": \"{name}\", \"targets\": {}, \"interval\": {}, \"seconds\": {}, \
         \"series\": {}, \"label_pairs\": {}, \"label_bytes\": {}, \"exposed_bytes\": {}, \
         \"unique_pairs\": {}, \"unique_pair_bytes\": {}, \"dropped_series\": {}, \
         \"dropped_bytes\": {}, \"metric_families\": {}, \"live_heap\": {}, \"next_gc\": {}, \
         \"rss_anon\": {}, \"rss_anon_peak\": {}, \"head_series\": {}, \"head_chunks\": {}, \
         \"samples\": {}, \"wal\": {}, \"chunks_head\": {}, \"cpu_seconds\": {}}}",
        workload.targets,
        workload.interval,
        workload.seconds,
        load.series,
        load.label_pairs,
        load.label_bytes,
        load.exposed_bytes,
        load.unique_pairs,
        load.unique_pair_bytes,
        load.dropped_series,
        load.dropped_bytes,
        load.metric_families,
        read.live_heap,
        read.next_gc,
        read.rss_anon,
        read.rss_anon_peak,
        read.head_series,
        read.head_chunks,
        read.samples,
        read.wal,
        read.chunks_head,
        read.cpu_seconds,
    );
    Ok(())
}

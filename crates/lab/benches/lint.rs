//! Reading and linting a configuration, alone and after another that is like it.

use divan::Bencher;
use divan::counter::BytesCount;
use promsieve_core::config::{self, Project};
use promsieve_core::finding::Finding;
use promsieve_core::lint::{Facts, Memory, Settings, lint};
use promsieve_core::server::Server;
use promsieve_core::text::{FileId, SourceText, Sources};
use promsieve_lab::jobs;

/// Jobs of the configurations.
const SIZES: [usize; 2] = [23, 1000];

fn main() {
    divan::main();
}

fn source(jobs: usize) -> SourceText {
    SourceText::new("prometheus.yml", jobs::config(jobs))
}

#[divan::bench(args = SIZES)]
fn read(bencher: Bencher<'_, '_>, jobs: usize) {
    let source = source(jobs);
    bencher.counter(BytesCount::of_str(source.text())).bench_local(|| {
        let (project, findings) = config::parse(FileId::default(), &source, Server::default());
        assert_eq!((project.jobs.len(), findings.len()), (jobs, 0));
    });
}

/// A configuration with its text.
fn loaded(jobs: usize) -> (Sources, Project, Vec<Finding>) {
    let mut sources = Sources::default();
    let file = sources.add(source(jobs));
    let (project, findings) = config::parse(file, sources.file(file), Server::default());
    (sources, project, findings)
}

#[divan::bench(args = SIZES)]
fn rules(bencher: Bencher<'_, '_>, jobs: usize) {
    let (sources, project, reading) = loaded(jobs);
    let facts = Facts::new(&sources, &reading);
    bencher.bench_local(|| lint(&project, &facts, &Settings::default()).len());
}

/// With what was found out about one like it.
#[divan::bench(args = SIZES)]
fn rules_again(bencher: Bencher<'_, '_>, jobs: usize) {
    let (sources, project, reading) = loaded(jobs);
    let memory = Memory::default();
    let facts = Facts { memory: Some(&memory), ..Facts::new(&sources, &reading) };
    let first = lint(&project, &facts, &Settings::default());
    bencher.bench_local(|| assert_eq!(lint(&project, &facts, &Settings::default()), first));
}

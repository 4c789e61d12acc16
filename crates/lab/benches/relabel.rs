//! Chains row by row over the series of a mesh scrape.
#![expect(clippy::unwrap_used, reason = "a bench")]

use divan::Bencher;
use divan::counter::ItemsCount;
use promsieve_core::ingest::exposition::{Format, Reader};
use promsieve_core::relabel::{Field, Program, RawStep, Scratch};
use promsieve_core::series::{LabelBuf, TableBuilder};
use promsieve_core::server::{NameScheme, Server};
use promsieve_lab::mesh::{Plan, big_scrape};

fn main() {
    divan::main();
}

type Series = Vec<(String, String)>;

fn series() -> Vec<Series> {
    let mut bytes = Vec::new();
    big_scrape(Plan { services: 40, seed: 1 }, 20_000, &mut bytes).unwrap();
    let mut builder = TableBuilder::default();
    let mut reader = Reader::new(Format::Text);
    reader.feed(&bytes, &mut builder);
    reader.finish(&mut builder);
    let table = builder.finish();
    let rows = table.metrics.iter().flat_map(|group| (0..group.rows).map(move |row| (group, row)));
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    rows.map(|(group, row)| table.row_labels(group, row).into_iter().map(own).collect()).collect()
}

fn step(action: &str, source: &[&str], regex: &str) -> RawStep {
    RawStep {
        action: Field::Set(action.to_owned()),
        source_labels: match source {
            [] => Field::Absent,
            names => Field::Set(names.iter().map(|&name| name.to_owned()).collect()),
        },
        regex: Field::Set(regex.to_owned()),
        ..RawStep::default()
    }
}

fn program(steps: &[RawStep]) -> Program {
    let server = Server::default();
    let steps: Vec<_> =
        steps.iter().map(|step| step.validate(server, NameScheme::Utf8).unwrap()).collect();
    Program::compile(&steps)
}

fn run(bencher: Bencher<'_, '_>, steps: &[RawStep]) {
    let (series, program) = (series(), program(steps));
    let (mut scratch, mut labels) = (Scratch::new(), LabelBuf::new());
    bencher.counter(ItemsCount::new(series.len())).bench_local(move || {
        let kept = series.iter().filter(|series| {
            labels.refill(series.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            program.apply(&mut scratch, &mut labels) == promsieve_core::relabel::Outcome::Kept
        });
        kept.count()
    });
}

#[divan::bench]
fn refill_only(bencher: Bencher<'_, '_>) {
    run(bencher, &[]);
}

#[divan::bench]
fn drop_by_name(bencher: Bencher<'_, '_>) {
    run(bencher, &[step("drop", &["__name__"], "istio_(request|response)_bytes_bucket|go_.*")]);
}

#[divan::bench]
fn labeldrop(bencher: Bencher<'_, '_>) {
    run(bencher, &[step("labeldrop", &[], "(source|destination)_canonical_.*|url_path")]);
}

#[divan::bench]
fn typical_chain(bencher: Bencher<'_, '_>) {
    let replace = RawStep {
        target_label: Field::Set("code_class".to_owned()),
        replacement: Field::Set("${1}xx".to_owned()),
        ..step("replace", &["response_code"], "([1-5])..")
    };
    let drop = step("drop", &["__name__", "le"], "istio_.*_bucket;(2500|5000|10000)");
    run(
        bencher,
        &[drop, replace, step("labeldrop", &[], "response_code|connection_security_policy")],
    );
}

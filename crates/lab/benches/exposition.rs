//! Reading a mesh scrape: parsed only, parsed and interned, and by other parsers.
#![expect(clippy::unwrap_used, reason = "a bench")]

use divan::Bencher;
use divan::counter::BytesCount;
use promsieve_core::ingest::exposition::{Format, Part, Reader};
use promsieve_core::series::{MetricType, Sample, Sink, TableBuilder};
use promsieve_lab::mesh::{Plan, big_scrape};

#[global_allocator]
static ALLOC: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

fn scrape() -> Vec<u8> {
    let mut bytes = Vec::new();
    big_scrape(Plan { services: 40, seed: 1 }, 20_000, &mut bytes).unwrap();
    bytes
}

/// Looks at every sample as little as a sink can.
#[derive(Default)]
struct Nothing(u64);

impl Sink for Nothing {
    fn family(&mut self, _: &str, _: MetricType) {}

    fn sample(&mut self, sample: &Sample<'_>) {
        self.0 += sample.labels.len() as u64;
    }
}

fn read(bytes: &[u8], mut sink: impl Sink) -> impl Sink {
    let mut reader = Reader::new(Format::Text);
    reader.feed(bytes, &mut sink);
    assert_eq!(reader.finish(&mut sink).bad_lines, 0);
    sink
}

#[divan::bench]
fn parse_only(bencher: Bencher<'_, '_>) {
    let bytes = scrape();
    bencher
        .counter(BytesCount::new(bytes.len()))
        .bench(|| read(divan::black_box(&bytes), Nothing::default()));
}

#[divan::bench]
fn parse_and_intern(bencher: Bencher<'_, '_>) {
    let bytes = scrape();
    bencher
        .counter(BytesCount::new(bytes.len()))
        .bench(|| read(divan::black_box(&bytes), TableBuilder::default()));
}

/// In pieces side by side, on as many threads as there are.
#[divan::bench]
fn parse_and_intern_in_parts(bencher: Bencher<'_, '_>) {
    let bytes = scrape();
    let line_end =
        |at: usize| at + bytes[at..].iter().position(|&b| b == b'\n').map_or(0, |n| n + 1);
    let (first, second) = bytes.split_at(line_end(bytes.len() / 2));
    bencher.counter(BytesCount::new(bytes.len())).bench(|| {
        let (mut builder, mut reader) = (TableBuilder::default(), Reader::new(Format::Text));
        let part = |bytes| {
            let mut part = Part::new(Format::Text);
            part.feed(bytes);
            part
        };
        let (first, second) = rayon::join(|| part(first), || part(second));
        assert!(reader.add(first, &mut builder) && reader.add(second, &mut builder));
        assert_eq!(reader.finish(&mut builder).bad_lines, 0);
        builder
    });
}

#[divan::bench(sample_count = 10)]
fn prom_text_format_parser(bencher: Bencher<'_, '_>) {
    let bytes = scrape();
    let text = std::str::from_utf8(&bytes).unwrap();
    bencher
        .counter(BytesCount::new(bytes.len()))
        .bench(|| prom_text_format_parser::Scrape::parse(divan::black_box(text)).unwrap());
}

#[divan::bench(sample_count = 10)]
fn prometheus_parse(bencher: Bencher<'_, '_>) {
    let bytes = scrape();
    let text = std::str::from_utf8(&bytes).unwrap();
    bencher.counter(BytesCount::new(bytes.len())).bench(|| {
        let lines = divan::black_box(text).lines().map(|line| Ok(line.to_owned()));
        prometheus_parse::Scrape::parse(lines).unwrap()
    });
}

//! Counts a scrape: series by metric, and how many are left without each label.

use promsieve_core::census::{Census, CensusOptions};
use promsieve_core::ingest::exposition::{Format, Reader};
use promsieve_core::series::TableBuilder;
use promsieve_core::watch::Unwatched;

const SCRAPE: &str = concat!(
    "# TYPE http_requests_total counter\n",
    "http_requests_total{path=\"/\",code=\"200\"} 7\n",
    "http_requests_total{path=\"/\",code=\"500\"} 1\n",
    "http_requests_total{path=\"/user/42\",code=\"200\"} 2\n",
);

fn main() {
    let mut builder = TableBuilder::default();
    let mut reader = Reader::new(Format::Text);
    // Pieces may end anywhere: feed what the network gives.
    for piece in SCRAPE.as_bytes().chunks(16) {
        reader.feed(piece, &mut builder);
    }
    let report = reader.finish(&mut builder);
    assert_eq!((report.samples, report.bad_lines), (3, 0));

    let table = builder.finish();
    let census = Census::of(&table, CensusOptions::default(), &Unwatched);
    let metric = census.metric("http_requests_total").expect("it was scraped");
    let path = metric.labels.iter().find(|label| label.name == "path").expect("it has a path");
    assert_eq!((metric.series, path.values, path.without), (3, 2, Some(2)));
}

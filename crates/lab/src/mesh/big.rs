//! One scrape of any size: the requests of the whole mesh as a federation endpoint would show them.

use std::io::{self, Write};

use super::istio::{BUCKETS, HISTOGRAMS, Reporter, count, requests};
use super::model::{Mesh, Plan};
use super::page::{Labels, Page, borrowed};

/// What a mesh of this size keeps of Istio's labels (the canonical names, principals and clusters
/// repeat others), and the bank's `url_path`. With `le` and the name there are 16.
const KEPT: [&str; 14] = [
    "reporter",
    "source_workload",
    "source_workload_namespace",
    "source_app",
    "source_version",
    "destination_workload",
    "destination_workload_namespace",
    "destination_app",
    "destination_version",
    "destination_service_name",
    "request_protocol",
    "response_code",
    "response_flags",
    "url_path",
];
/// A counter, and three histograms of 20 buckets, a sum and a count.
const SERIES_A_SET: usize = 1 + 3 * (BUCKETS.len() + 2);
/// Text is handed on in pieces of about this size.
const PIECE: usize = 1 << 20;

/// Writes exactly `series` series, all different, in whole families; the bytes written.
///
/// # Errors
/// When `out` can't be written.
pub fn big_scrape(plan: Plan, series: usize, out: &mut impl Write) -> io::Result<u64> {
    let mesh = Mesh::at(plan, 1);
    let sets = series / SERIES_A_SET;
    let extra = series % SERIES_A_SET;
    let traffic = traffic(&mesh, sets + extra);
    let mut writer = Pieces { out, page: Page::default(), written: 0 };
    writer.page.family("istio_requests_total", "counter", "");
    for labels in &traffic {
        writer.page.sample("istio_requests_total", &borrowed(labels), count(&mesh, labels));
        writer.flush(PIECE)?;
    }
    for name in HISTOGRAMS {
        writer.page.family(name, "histogram", "");
        for labels in &traffic[..sets] {
            let total = count(&mesh, labels);
            writer.page.histogram(name, labels, &BUCKETS, 3 + (total % 6) as usize, total);
            writer.flush(PIECE)?;
        }
    }
    writer.flush(0)?;
    Ok(writer.written)
}

/// The first `wanted` distinct label sets, over as many pods as it takes.
fn traffic(mesh: &Mesh, wanted: usize) -> Vec<Labels> {
    let mut seen = std::collections::BTreeSet::new();
    let mut out = Vec::with_capacity(wanted);
    let edges = mesh.calls.iter().enumerate();
    let edges: Vec<(usize, usize)> =
        edges.flat_map(|(from, all)| all.iter().map(move |to| (from, *to))).collect();
    for pod in 0_u64.. {
        for (from, to) in &edges {
            let (from, to) = (&mesh.services[*from], &mesh.services[*to]);
            for mut labels in requests(mesh, Reporter::Destination, from, to, &pod.to_string()) {
                labels.retain(|(name, _)| KEPT.contains(name));
                if out.len() < wanted && seen.insert(labels.clone()) {
                    out.push(labels);
                }
            }
        }
        if out.len() == wanted || edges.is_empty() {
            break;
        }
    }
    out
}

struct Pieces<'a, W> {
    out: &'a mut W,
    page: Page,
    written: u64,
}

impl<W: Write> Pieces<'_, W> {
    fn flush(&mut self, at_least: usize) -> io::Result<()> {
        if self.page.text.len() > at_least {
            self.out.write_all(self.page.text.as_bytes())?;
            self.written += self.page.text.len() as u64;
            self.page.text.clear();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[track_caller]
    fn check(series: usize) {
        let mut bytes = Vec::new();
        let written = big_scrape(Plan { services: 40, seed: 1 }, series, &mut bytes).unwrap();
        assert_eq!(written, bytes.len() as u64);
        let text = String::from_utf8(bytes).unwrap();
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        let distinct: BTreeSet<&str> =
            samples.clone().filter_map(|line| line.rsplit_once(' ')).map(|(set, _)| set).collect();
        assert_eq!((samples.count(), distinct.len()), (series, series));
    }

    #[test]
    fn it_has_exactly_the_series_asked_for() {
        for series in [0, 1, 67, 1_000, 20_000] {
            check(series);
        }
    }
}

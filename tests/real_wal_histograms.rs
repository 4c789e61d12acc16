//! Native histograms in the log of a real server: counts of integers, of floats, and classic ones
//! that are stored with their own bounds, each a kind of record.

use std::time::Duration;

use promsieve_core::ingest::wal::{HeadCounts, Part, Replay, ReplayOptions};
use promsieve_lab::protobuf::{
    CONTENT_TYPE, Kind, classic, family, labels, native, native_floats, page,
};
use promsieve_lab::real::{Page, Pages, Server, Setup, Version, dir};

/// Scrapes nothing, so that a head stays as it was replayed.
const IDLE: &str = "global: {scrape_interval: 1s}\n";
const CONFIG: &str = "
global: {scrape_interval: 1s}
scrape_configs:
- job_name: j
  metrics_path: /page
  scrape_protocols: [PrometheusProto]
  static_configs: [{targets: ['ADDRESS']}]
";

/// Histograms of integers, of floats and with bounds of their own, so many of each.
const SERIES: [(&str, u64); 3] = [("integers", 5), ("floats", 3), ("custom", 7)];

fn histograms() -> Page {
    let one = |at: u64| labels(&[("id", &at.to_string())]);
    let integers = |at| one(at).message(7, &native(classic(3, 4.5, &[(1.0, 2)]), 3));
    let floats = |at| one(at).message(7, &native_floats(at as f64, 1.0));
    let custom = |at| one(at).message(7, &classic(at, 4.5, &[(0.5, 1), (1.0, at)]));
    let [(name, count), (float_name, float_count), (custom_name, custom_count)] = SERIES;
    let families = [
        family(name, Kind::Histogram, (1..=count).map(integers)),
        family(float_name, Kind::GaugeHistogram, (1..=float_count).map(floats)),
        family(custom_name, Kind::Histogram, (1..=custom_count).map(custom)),
    ];
    Page::new(page(families), CONTENT_TYPE)
}

/// A server that was killed after some scrapes of the histograms.
fn killed(version: Version, config: &str) -> Server {
    let pages = Pages::serve([("/page".to_owned(), histograms())]).unwrap();
    let args = vec!["--enable-feature=native-histograms".to_owned()];
    let setup = Setup { args, ..Setup::default() };
    let config = config.replace("ADDRESS", &pages.address());
    let mut server = Server::start_with(version, &config, &setup).unwrap();
    for _ in 0..1200 {
        if pages.scrapes("/page") >= 4 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(pages.scrapes("/page") >= 4, "{}", server.log());
    server.kill().unwrap();
    server
}

fn replayed(server: &Server) -> HeadCounts {
    let mut replay = Replay::new(ReplayOptions::default());
    replay.start_segment(Part::Log, "00000000");
    replay.feed(&std::fs::read(server.dir().join("data/wal/00000000")).unwrap());
    replay.end_segment();
    replay.finish().counts
}

#[track_caller]
fn check(version: Version, config: &str, kinds: &[(&str, u64)]) {
    if dir().is_none() {
        return;
    }
    let mut server = killed(version, config);
    let ours = replayed(&server);
    server.start_again(IDLE).unwrap();
    let mut samples = 0.0;
    for &(name, wanted) in kinds {
        let counted = server.query(&format!("count_over_time({name}[1h])")).unwrap();
        assert_eq!(counted.len() as u64, wanted, "{name}");
        let own = ours.metrics.iter().find(|metric| metric.name == name);
        assert_eq!(own.map(|metric| metric.series), Some(wanted), "{name}");
        samples += counted.iter().map(|(_, count)| count).sum::<f64>();
    }
    assert_eq!(ours.histogram_samples.to_string(), format!("{samples:.0}"));
}

#[test]
fn native_histograms_of_prometheus_2_are_counted() {
    check(Version::V2, CONFIG, &SERIES[..2]);
}

#[test]
fn native_histograms_of_prometheus_3_are_counted() {
    let custom = "  convert_classic_histograms_to_nhcb: true\n";
    check(Version::V3, &format!("{CONFIG}{custom}"), &SERIES);
}

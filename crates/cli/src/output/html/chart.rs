//! Small charts as inline SVG: they print, and need no script.

use std::fmt::Write as _;
use std::io::{self, Write};

use promsieve_core::units::SeriesCount;

use super::escape::Text;
use super::treemap::{Rect, squarify};
use crate::output::view::census::{CensusView, MetricView};

/// Metrics drawn one by one; the smaller ones of a layer share a rectangle.
const DRAWN: usize = 150;
const MAP: Rect = Rect { x: 0.0, y: 0.0, width: 1080.0, height: 460.0 };
/// Height of a layer's heading in the treemap.
const BAND: f64 = 20.0;
/// Width of a character of the treemap's labels, in its units.
const CHARACTER: f64 = 6.7;
/// Height of a line of them.
const LINE: f64 = 13.0;

/// The layers in the order of the page, each with its class and name.
pub(super) const LAYERS: [(Option<&str>, &str); 4] = [
    (Some("application"), "application"),
    (Some("network"), "network"),
    (Some("os"), "os"),
    (None, "other"),
];

/// The class and name of a layer.
pub(super) fn layer(layer: Option<&'static str>) -> &'static str {
    layer.unwrap_or("other")
}

/// A bar of `value` out of `of`.
pub(super) fn bar(value: u64, of: u64, class: &str) -> String {
    let width = share(value, of);
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect class=\"track\" width=\"1000\" height=\"10\"/>\
         <rect class=\"{class}\" width=\"{width:.1}\" height=\"10\"/></svg>"
    )
}

/// A bar up to `expected`, with the band from `low` to `high` around its end.
pub(super) fn range_bar([low, expected, high]: [u64; 3], of: u64, class: &str) -> String {
    let [low, end, high] = [low, expected, high].map(|value| share(value, of));
    format!(
        "<svg class=\"bar tall\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect class=\"track\" width=\"1000\" height=\"10\"/>\
         <rect class=\"{class}\" width=\"{end:.1}\" height=\"10\"/>\
         <rect class=\"band\" x=\"{low:.1}\" y=\"3.5\" width=\"{:.1}\" height=\"3\"/></svg>",
        (high - low).max(2.0)
    )
}

/// A bar of parts beside each other, each with its class and name.
pub(super) fn stacked(parts: &[(&str, u64)]) -> String {
    let total = parts.iter().map(|(_, value)| value).sum::<u64>().max(1);
    let mut svg = String::from(
        "<svg class=\"bar tall\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
    );
    let mut x = 0.0;
    for &(class, value) in parts {
        let width = share(value, total);
        write!(svg, "<rect class=\"{class}\" x=\"{x:.1}\" width=\"{width:.1}\" height=\"10\"/>")
            .expect("a string takes all");
        x += width;
    }
    svg.push_str("</svg>");
    svg
}

fn share(value: u64, of: u64) -> f64 {
    (value as f64 * 1000.0 / of.max(1) as f64).min(1000.0)
}

/// The treemap of series by metric, grouped by layer.
pub(super) fn treemap(out: &mut dyn Write, census: &CensusView) -> io::Result<()> {
    let mut groups = groups(census);
    groups.sort_by_key(|group| std::cmp::Reverse(group.series));
    writeln!(
        out,
        "<svg class=\"treemap\" viewBox=\"0 0 {:.0} {:.0}\" role=\"img\" aria-labelledby=\"treemap-title\">\
         <title id=\"treemap-title\">Series by metric, grouped by layer; the table above has the numbers</title>",
        MAP.width, MAP.height,
    )?;
    let weights: Vec<f64> = groups.iter().map(|group| group.series as f64).collect();
    for (group, area) in groups.iter().zip(squarify(&weights, MAP)) {
        group.write(out, area, census.series)?;
    }
    writeln!(out, "</svg>")
}

/// A layer's rectangles.
struct Group {
    class: &'static str,
    series: u64,
    cells: Vec<(String, u64)>,
}

fn groups(census: &CensusView) -> Vec<Group> {
    let group = |&(of, class): &(Option<&str>, &'static str)| {
        let in_layer = |metric: &&MetricView| metric.layer == of && metric.series > 0;
        let mut metrics: Vec<&MetricView> = census.metrics.iter().filter(in_layer).collect();
        metrics.sort_by_key(|metric| std::cmp::Reverse(metric.series));
        let (drawn, rest) = metrics.split_at(metrics.len().min(DRAWN));
        let mut cells: Vec<(String, u64)> =
            drawn.iter().map(|metric| (metric.name.clone(), metric.series)).collect();
        if !rest.is_empty() {
            let series = rest.iter().map(|metric| metric.series).sum();
            cells.push((format!("{} more", rest.len()), series));
        }
        Group { class, series: metrics.iter().map(|metric| metric.series).sum(), cells }
    };
    LAYERS.iter().map(group).filter(|group| group.series > 0).collect()
}

impl Group {
    fn write(&self, out: &mut dyn Write, area: Rect, total: u64) -> io::Result<()> {
        let band = if area.height > 3.0 * BAND && area.width > 120.0 { BAND } else { 0.0 };
        if band > 0.0 {
            let heading =
                fitting(&format!("{} · {}", self.class, SeriesCount(self.series)), area.width);
            writeln!(
                out,
                "<text class=\"heading\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                area.x + 3.0,
                area.y + 15.0,
                Text(&heading),
            )?;
        }
        let weights: Vec<f64> = self.cells.iter().map(|(_, series)| *series as f64).collect();
        let placed = squarify(&weights, area.inside(1.5, band));
        for ((name, series), rect) in self.cells.iter().zip(placed) {
            cell(out, self.class, (name, *series, total), rect.inside(0.75, 0.0))?;
        }
        Ok(())
    }
}

fn cell(
    out: &mut dyn Write,
    class: &str,
    (name, series, total): (&str, u64, u64),
    rect: Rect,
) -> io::Result<()> {
    let percent = series as f64 * 100.0 / total.max(1) as f64;
    write!(
        out,
        "<g><title>{}: {} series ({percent:.1} %)</title>\
         <rect class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"2\"/>",
        Text(name),
        SeriesCount(series),
        rect.x,
        rect.y,
        rect.width,
        rect.height,
    )?;
    let room = ((rect.height - 4.0) / LINE).max(0.0).floor();
    #[expect(clippy::cast_sign_loss, reason = "at least 0")]
    let mut lines = wrapped(name, rect.width, (room as usize).saturating_sub(1).max(1));
    lines.push(fitting(&SeriesCount(series).to_string(), rect.width));
    let mut y = rect.y + 2.0;
    for (at, line) in lines.iter().enumerate() {
        y += LINE;
        if y + 2.0 > rect.y + rect.height || line.is_empty() {
            break;
        }
        let class = if at + 1 == lines.len() { "on count" } else { "on" };
        write!(
            out,
            "<text class=\"{class}\" x=\"{:.1}\" y=\"{y:.1}\">{}</text>",
            rect.x + 5.0,
            Text(line)
        )?;
    }
    writeln!(out, "</g>")
}

/// A metric's name in at most so many lines, broken behind its underscores.
fn wrapped(name: &str, width: f64, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut rest = name;
    while !rest.is_empty() && lines.len() < most {
        let ends = rest.match_indices('_').map(|(at, _)| at + 1).chain([rest.len()]);
        let end = if lines.len() + 1 == most {
            rest.len()
        } else {
            ends.take_while(|&end| fits(rest[..end].chars().count(), width)).last().unwrap_or(0)
        };
        // A word that is too long by itself is cut, and nothing follows it.
        let end = if end == 0 { rest.len() } else { end };
        lines.push(fitting(&rest[..end], width));
        rest = &rest[end..];
    }
    lines
}

fn fits(characters: usize, width: f64) -> bool {
    characters as f64 * CHARACTER + 9.0 <= width
}

/// As much of a label as fits; nothing where that would say nothing.
fn fitting(label: &str, width: f64) -> String {
    let length = label.chars().count();
    if fits(length, width) {
        return label.to_owned();
    }
    let kept = (5..length).rev().find(|&kept| fits(kept, width));
    kept.map_or_else(String::new, |kept| label.chars().take(kept - 1).chain(['…']).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_cut_to_their_width() {
        assert_eq!(fitting("http_requests_total", 400.0), "http_requests_total");
        assert_eq!(fitting("http_requests_total", 60.0), "http_r…");
        assert_eq!(fitting("http_requests_total", 30.0), "");
    }

    #[test]
    fn names_wrap_behind_underscores() {
        let name = "node_network_receive_bytes_total";
        assert_eq!(wrapped(name, 100.0, 9), ["node_network_", "receive_", "bytes_total"]);
        assert_eq!(wrapped(name, 100.0, 2), ["node_network_", "receive_byte…"]);
        assert_eq!(wrapped(name, 100.0, 1), ["node_network…"]);
        assert_eq!(wrapped("averyveryverylongword_total", 80.0, 3), ["averyvery…"]);
    }

    #[test]
    fn bars_stay_on_their_track() {
        assert!(bar(5, 2, "os").contains("width=\"1000.0\""));
        assert!(bar(1, 2, "os").contains("width=\"500.0\""));
        assert!(bar(0, 0, "os").contains("width=\"0.0\""));
    }
}

//! Small charts as inline SVG: they print, and need no script.

use std::fmt::Write as _;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stay_on_their_track() {
        assert!(bar(5, 2, "os").contains("width=\"1000.0\""));
        assert!(bar(1, 2, "os").contains("width=\"500.0\""));
        assert!(bar(0, 0, "os").contains("width=\"0.0\""));
    }
}

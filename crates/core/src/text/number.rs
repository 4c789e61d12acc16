//! Numbers as Go writes and reads them, which is how bounds stand in labels.

/// Go's `strconv.FormatFloat(value, 'g', -1, 64)`, as client libraries write bounds in the text
/// format: the shortest digits, an exponent below 1e-4 and from 1e6 on.
pub fn go_float(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// A bound as `OpenMetrics` writes it: `.0` behind what looks like an integer (model/textparse,
/// `formatOpenMetricsFloat` at 3.5).
pub fn open_metrics_float(value: f64) -> String {
    let text = go_float(value);
    let looks_like_integer = value.is_finite() && !text.contains(['e', '.']);
    if looks_like_integer { format!("{text}.0") } else { text }
}

/// Reads a number as Go does. It accepts no sign before `NaN` and no number past the largest; hex
/// floats, which Go's `strconv` knows and Prometheus's parsers (model/textparse) refuse, are none.
pub fn parse_float(text: &str) -> Option<f64> {
    let value: f64 = text.parse().ok()?;
    let signed_nan = value.is_nan() && !text.starts_with(['n', 'N']);
    let overflow = value.is_infinite() && text.bytes().any(|byte| byte.is_ascii_digit());
    (!signed_nan && !overflow).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_follow_go() {
        for good in ["1", "-1.5", "+Inf", "inf", "NaN", "nan", "1e-3", ".5", "5.", "Infinity"] {
            assert!(parse_float(good).is_some(), "{good}");
        }
        for bad in ["", "-NaN", "+nan", "0x1p-2", "1_000", "1 ", "abc", "1\r", "1e400"] {
            assert!(parse_float(bad).is_none(), "{bad}");
        }
    }
}

//! Numbers as Prometheus's parsers read them, which is not quite as Rust does.

/// A sample's value. Go accepts no sign before `NaN` and no number past the largest, and Prometheus
/// (model/textparse) neither hex floats nor underscores.
pub(super) fn value(text: &str) -> Option<f64> {
    let value: f64 = text.parse().ok()?;
    let signed_nan = value.is_nan() && !text.starts_with(['n', 'N']);
    let overflow = value.is_infinite() && text.bytes().any(|byte| byte.is_ascii_digit());
    (!signed_nan && !overflow).then_some(value)
}

/// A timestamp in milliseconds: an integer in the text format, seconds with a fraction in
/// `OpenMetrics`. Only the latter has a dot or an exponent.
pub(super) fn timestamp(text: &str, seconds: bool) -> Option<i64> {
    if !seconds {
        // Digits only: the lexer knows no sign here.
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        return text.parse().ok().filter(|_| digits);
    }
    let value = value(text).filter(|value| value.is_finite())?;
    #[expect(clippy::cast_possible_truncation, reason = "saturates, as wanted")]
    Some((value * 1000.0) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_follow_go() {
        for good in ["1", "-1.5", "+Inf", "inf", "NaN", "nan", "1e-3", ".5", "5.", "Infinity"] {
            assert!(value(good).is_some(), "{good}");
        }
        for bad in ["", "-NaN", "+nan", "0x1p-2", "1_000", "1 ", "abc", "1\r", "1e400"] {
            assert!(value(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn timestamps_are_milliseconds_or_seconds() {
        assert_eq!(timestamp("1500", false), Some(1500));
        for bad in ["1.5", "-1", "+1", ""] {
            assert_eq!(timestamp(bad, false), None);
        }
        assert_eq!(timestamp("1.5", true), Some(1500));
        assert_eq!(timestamp("NaN", true), None);
    }
}

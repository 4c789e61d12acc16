//! Timestamps as Prometheus's parsers read them.

pub(super) use crate::text::parse_float as value;

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
    fn timestamps_are_milliseconds_or_seconds() {
        assert_eq!(timestamp("1500", false), Some(1500));
        for bad in ["1.5", "-1", "+1", ""] {
            assert_eq!(timestamp(bad, false), None);
        }
        assert_eq!(timestamp("1.5", true), Some(1500));
        assert_eq!(timestamp("NaN", true), None);
    }
}

//! Durations as Prometheus writes them: `1h30m`.

/// Units with their milliseconds, from large to small.
pub const DURATION_UNITS: [(&str, u64); 7] = [
    ("y", 365 * 24 * 3_600_000),
    ("w", 7 * 24 * 3_600_000),
    ("d", 24 * 3_600_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
];

/// What is wrong with a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DurationError {
    /// Units repeat, come in another order, or are none.
    Malformed,
    /// More nanoseconds than 64 bits hold.
    OutOfRange,
}

/// Milliseconds of a duration: each unit at most once, from years down to milliseconds
/// (prometheus/common `model/time.go`, `ParseDuration`). The lone `0` that configurations may write
/// is the caller's to allow.
///
/// # Errors
/// What is wrong with it.
pub fn duration_millis(text: &str) -> Result<u64, DurationError> {
    let mut rest = text;
    let mut units = DURATION_UNITS.iter();
    let mut sum: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (count, after) = rest.split_at(digits);
        let letters = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, next) = after.split_at(letters);
        let length = units.find(|(name, _)| *name == unit).filter(|_| digits > 0);
        let (_, length) = length.ok_or(DurationError::Malformed)?;
        let count: u64 = count.parse().unwrap_or(u64::MAX);
        sum = sum.saturating_add(count.saturating_mul(*length));
        rest = next;
    }
    // The server counts nanoseconds in 64 bits.
    if sum > i64::MAX as u64 / 1_000_000 { Err(DurationError::OutOfRange) } else { Ok(sum) }
}

/// Milliseconds as Prometheus writes a duration: `1h30m`.
pub fn duration_text(milliseconds: u64) -> String {
    // Years and weeks are written only where nothing is left of them.
    let whole_only = |unit: &str| matches!(unit, "y" | "w");
    let mut rest = milliseconds;
    let mut text = String::new();
    for (unit, size) in DURATION_UNITS {
        if rest >= size && (!whole_only(unit) || rest.is_multiple_of(size)) {
            text.push_str(&format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, wanted: Result<u64, DurationError>) {
        assert_eq!(duration_millis(text), wanted, "{text}");
    }

    #[test]
    fn units_come_once_and_from_large_to_small() {
        check("1h30m", Ok(5_400_000));
        check("1m1ms", Ok(60_001));
        check("15s", Ok(15_000));
        for malformed in ["1m1h", "1m1m", "m", "5", "1.5h", "1 h", "-1s", "5ms7"] {
            check(malformed, Err(DurationError::Malformed));
        }
        check("300y", Err(DurationError::OutOfRange));
        check("99999999999999999999s", Err(DurationError::OutOfRange));
    }

    #[test]
    fn durations_read_back() {
        for (milliseconds, text) in [(0, "0s"), (60_000, "1m"), (90_500, "1m30s500ms")] {
            assert_eq!(duration_text(milliseconds), text);
        }
        for milliseconds in [604_800_000, 694_800_000, 31_536_000_000, 1, 86_400_001] {
            let text = duration_text(milliseconds);
            assert_eq!(duration_millis(&text), Ok(milliseconds), "{text}");
        }
    }
}

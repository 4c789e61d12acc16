//! Quantities that must not be mixed up: bytes, series, durations as Prometheus writes them, days.

mod calendar;
mod duration;

use std::fmt;

pub use calendar::day_number;
pub use duration::{DURATION_UNITS, DurationError, duration_millis, duration_text};

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bytes(pub u64);

/// A number of series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SeriesCount(pub u64);

const UNITS: [(&str, u64); 5] =
    [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

impl fmt::Display for Bytes {
    /// Three digits and a binary unit: `1.25 GiB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, size) = UNITS.iter().find(|(_, size)| self.0 >= *size).unwrap_or(&("B", 1));
        let value = self.0 as f64 / *size as f64;
        match value {
            _ if *size == 1 => write!(f, "{} {unit}", self.0),
            v if v < 10.0 => write!(f, "{v:.2} {unit}"),
            v if v < 100.0 => write!(f, "{v:.1} {unit}"),
            v => write!(f, "{v:.0} {unit}"),
        }
    }
}

impl std::str::FromStr for Bytes {
    type Err = String;

    /// `8GiB`, `512 MB`, `1.5G`, `1048576`. Powers of 1024, as Prometheus reads its size limits.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = (&text[..digits], text[digits..].trim().to_ascii_lowercase());
        let shift = match unit.as_str() {
            "" | "b" => 0,
            "k" | "kb" | "kib" | "ki" => 10,
            "m" | "mb" | "mib" | "mi" => 20,
            "g" | "gb" | "gib" | "gi" => 30,
            "t" | "tb" | "tib" | "ti" => 40,
            _ => return Err(format!("`{text}` is no size: write it like `8GiB` or `512MiB`")),
        };
        let value: f64 =
            number.parse().map_err(|_| format!("`{text}` is no size: write it like `8GiB`"))?;
        #[expect(clippy::cast_sign_loss, reason = "digits and a dot have no sign")]
        Ok(Self((value * (1u64 << shift) as f64) as u64))
    }
}

impl fmt::Display for SeriesCount {
    /// With thousands separators: `1,234,567`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_and_show() {
        assert_eq!("8GiB".parse::<Bytes>(), Ok(Bytes(8 << 30)));
        assert_eq!("1.5 M".parse::<Bytes>(), Ok(Bytes(3 << 19)));
        assert!("8 apples".parse::<Bytes>().is_err());
        assert_eq!(Bytes(1536).to_string(), "1.50 KiB");
        assert_eq!(Bytes(12).to_string(), "12 B");
        assert_eq!(SeriesCount(1_234_567).to_string(), "1,234,567");
        assert_eq!(SeriesCount(12).to_string(), "12");
    }
}

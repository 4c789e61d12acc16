//! A calendar day, as suppressions name it.

use std::fmt;
use std::str::FromStr;

/// A day, ordered by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Year.
    pub year: u16,
    /// Month, from 1.
    pub month: u8,
    /// Day of the month, from 1.
    pub day: u8,
}

impl FromStr for Date {
    type Err = String;

    /// `2026-01-31`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is no date: write `2026-01-31`");
        let digits = |part: &str, len: usize| {
            let fits = part.len() == len && part.bytes().all(|byte| byte.is_ascii_digit());
            fits.then(|| part.parse::<u16>().ok()).flatten().ok_or_else(wrong)
        };
        let parts: Vec<&str> = text.split('-').collect();
        let [year, month, day] = parts[..] else { return Err(wrong()) };
        let (year, month, day) = (digits(year, 4)?, digits(month, 2)?, digits(day, 2)?);
        if !(1..=12).contains(&month) || day == 0 || day > days_in(year, month) {
            return Err(wrong());
        }
        Ok(Self { year, month: month as u8, day: day as u8 })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

fn days_in(year: u16, month: u16) -> u16 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 31,
    }
}

impl Date {
    /// The day that is `days` after 1970-01-01.
    pub fn from_unix_days(days: u64) -> Self {
        let (mut rest, mut year) = (days, 1970);
        loop {
            let length = 337 + u64::from(days_in(year, 2));
            if rest < length {
                break;
            }
            rest -= length;
            year += 1;
        }
        let mut month = 1;
        while rest >= u64::from(days_in(year, month)) {
            rest -= u64::from(days_in(year, month));
            month += 1;
        }
        Self { year, month: month as u8, day: rest as u8 + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_that_exist_are_dates() {
        for good in ["2026-01-31", "2024-02-29", "2000-02-29"] {
            assert_eq!(good.parse::<Date>().map(|date| date.to_string()).as_deref(), Ok(good));
        }
        for bad in
            ["2026-02-29", "2026-13-01", "2026-1-1", "2026-01-00", "1900-02-29", "+026-01-01"]
        {
            assert!(bad.parse::<Date>().is_err(), "{bad}");
        }
    }

    #[test]
    fn days_since_the_epoch_become_dates() {
        for (days, date) in [(0, "1970-01-01"), (365, "1971-01-01"), (19_782, "2024-02-29")] {
            assert_eq!(Date::from_unix_days(days).to_string(), date);
        }
    }
}

//! Days of the Gregorian calendar.

/// Days from 1970-01-01 to a day; `None` where there is no such month, or no month has that day.
pub fn day_number(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // In years that begin with March, so that a leap day is the last.
    let year = if month < 3 { year - 1 } else { year };
    let in_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(year * 365 + leap_days + in_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_follow_each_other() {
        assert_eq!(day_number(1970, 1, 1), Some(0));
        assert_eq!(day_number(2000, 3, 1), Some(11_017));
        assert_eq!(day_number(2024, 2, 29).map(|day| day + 1), day_number(2024, 3, 1));
        assert_eq!(day_number(1900, 2, 28).map(|day| day + 1), day_number(1900, 3, 1));
        assert_eq!((day_number(2024, 13, 1), day_number(2024, 1, 0)), (None, None));
    }
}

//! How a count goes on: a random walk with drift, the simplest model whose range is known exactly.
//!
//! The steps of the count are taken as independent, with a mean and a variance in proportion to
//! the time between snapshots. The drift is then the line from the first to the last count, and
//! the count after another `h` seconds of `T` seen has the variance `s² h (1 + h / T)`, where `s²`
//! comes from how the steps scatter about the drift: with k steps, (count - expected) / deviation
//! has Student's distribution with k - 1 degrees of freedom. Where counts scatter about a line
//! instead, the range is wider than it need be the further it looks.

/// Where a count is expected to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// Growth a second, over all that was seen.
    pub per_second: f64,
    /// Seconds after the last snapshot.
    pub ahead: f64,
    /// The count expected then.
    pub expected: f64,
    /// The count is between these in nine of ten cases, if it goes on as it did; needs three
    /// snapshots.
    pub range: Option<(f64, f64)>,
}

/// A count that left its history.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Explosion {
    /// The most that it was before.
    pub before: u64,
    /// What it is now.
    pub now: u64,
    /// The upper end of what its history let expect; needs three earlier snapshots.
    pub expected_at_most: Option<f64>,
}

/// A count that grew by less than this factor beyond what it ever was has not exploded.
const LEAST_FACTOR: f64 = 1.5;

/// Nor has one that grew by fewer than this.
const LEAST_MORE: u64 = 10;

/// Expects a count `ahead` seconds after the last snapshot. `times` are in seconds and ascend;
/// none with fewer than two.
pub fn forecast(times: &[f64], counts: &[u64], ahead: f64) -> Option<Forecast> {
    let steps = times.len().min(counts.len()).checked_sub(1).filter(|&steps| steps > 0)?;
    let seen = times[steps] - times[0];
    let last = counts[steps] as f64;
    let per_second = (last - counts[0] as f64) / seen;
    let scatter = |step: usize| {
        let length = times[step + 1] - times[step];
        let off = counts[step + 1] as f64 - counts[step] as f64 - per_second * length;
        off * off / length
    };
    let expected = per_second.mul_add(ahead, last).max(0.0);
    let range = (steps > 1).then(|| {
        let variance = (0..steps).map(scatter).sum::<f64>() / (steps - 1) as f64;
        let deviation = (variance * ahead * (1.0 + ahead / seen)).sqrt();
        let reach = student_95(steps - 1) * deviation;
        let expected = per_second.mul_add(ahead, last);
        ((expected - reach).max(0.0), (expected + reach).max(0.0))
    });
    Some(Forecast { per_second, ahead, expected, range })
}

/// Whether the last count leaves what the ones before let expect.
pub fn explosion(times: &[f64], counts: &[u64]) -> Option<Explosion> {
    let (&now, earlier) = counts.split_last()?;
    let before = *earlier.iter().max()?;
    let last = times.len().min(counts.len()) - 1;
    let expected_at_most = forecast(&times[..last], earlier, times[last] - times[last.max(1) - 1])
        .and_then(|forecast| forecast.range)
        .map(|(_, high)| high);
    let is_beyond = expected_at_most.is_none_or(|high| now as f64 > high);
    let is_more = now as f64 >= before as f64 * LEAST_FACTOR && now >= before + LEAST_MORE;
    (is_beyond && is_more).then_some(Explosion { before, now, expected_at_most })
}

/// The quantile of Student's distribution that 95 % lie below.
fn student_95(freedom: usize) -> f64 {
    const EXACT: [f64; 10] = [6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812];
    /// That of the normal distribution.
    const LIMIT: f64 = 1.644_854;
    // Beyond the table by the first two terms of Cornish and Fisher's expansion, right to 0.002.
    let n = freedom as f64;
    let first = (LIMIT.powi(3) + LIMIT) / 4.0;
    let second = (5.0 * LIMIT.powi(5) + 16.0 * LIMIT.powi(3) + 3.0 * LIMIT) / 96.0;
    EXACT.get(freedom.wrapping_sub(1)).copied().unwrap_or(LIMIT + first / n + second / (n * n))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sketch::mix;

    /// A number from a distribution that is normal in all but its far tails.
    fn normal(seed: u64) -> f64 {
        let uniform =
            |at: u64| (mix(seed.wrapping_mul(12) + at) >> 11) as f64 / (1u64 << 53) as f64;
        (0..12).map(uniform).sum::<f64>() - 6.0
    }

    const TRIALS: u64 = 4000;

    /// In how many of the trials the range covers what comes; `count` makes a trial's counts.
    #[expect(clippy::cast_sign_loss, reason = "the counts are far from 0")]
    fn covered(steps: usize, times: &[f64], count: impl Fn(u64) -> Vec<f64>) -> f64 {
        let ahead = times[steps + 1] - times[steps];
        let covers = |trial: &u64| {
            let counts: Vec<u64> = count(*trial).into_iter().map(|count| count as u64).collect();
            let forecast = forecast(&times[..=steps], &counts[..=steps], ahead).unwrap();
            let (low, high) = forecast.range.unwrap();
            (low..=high).contains(&(counts[steps + 1] as f64))
        };
        (0..TRIALS).filter(covers).count() as f64 / TRIALS as f64
    }

    #[test]
    fn nine_of_ten_random_walks_stay_in_the_range() {
        for steps in [2, 3, 5, 12, 40] {
            // Snapshots at uneven times, the last one as far ahead as a third of what was seen.
            let mut times: Vec<f64> =
                (0..=steps).map(|at| (at * 60 + at % 3 * 20) as f64).collect();
            times.push(times[steps] * 4.0 / 3.0);
            let share = covered(steps, &times, |trial| {
                let mut count = 1e6;
                let mut counts = vec![count];
                for (at, pair) in times.windows(2).enumerate() {
                    let length: f64 = pair[1] - pair[0];
                    count += 2.0 * length + 50.0 * length.sqrt() * normal(trial * 64 + at as u64);
                    counts.push(count);
                }
                counts
            });
            assert!((0.885..=0.915).contains(&share), "{steps} steps: {share}");
        }
    }

    #[test]
    fn counts_that_scatter_about_a_line_stay_in_the_range_as_often_or_more() {
        for (steps, far, least) in [(3, 1, 0.885), (30, 1, 0.885), (3, 3, 0.92), (30, 10, 0.99)] {
            let mut times: Vec<f64> = (0..=steps).map(|at| (at * 60) as f64).collect();
            times.push((60 * (steps + far)) as f64);
            let share = covered(steps, &times, |trial| {
                let noise = |at: usize| 500.0 * normal(trial * 64 + at as u64);
                times.iter().enumerate().map(|(at, t)| 1e6 + 3.0 * t + noise(at)).collect()
            });
            assert!(share > least, "{steps} steps, {far} ahead: {share}");
        }
    }

    #[test]
    fn a_line_goes_on() {
        let forecast = forecast(&[0.0, 10.0, 30.0], &[100, 110, 130], 60.0).unwrap();
        assert_eq!((forecast.expected, forecast.per_second), (190.0, 1.0));
        assert_eq!(forecast.range, Some((190.0, 190.0)));
        let falling = super::forecast(&[0.0, 10.0], &[100, 10], 60.0).unwrap();
        assert_eq!((falling.expected, falling.range), (0.0, None));
        assert_eq!(super::forecast(&[0.0], &[100], 60.0), None);
    }

    #[test]
    fn what_grows_as_ever_does_not_explode() {
        let times = [0.0, 1.0, 2.0, 3.0, 4.0];
        assert_eq!(explosion(&times, &[100, 100, 100, 100, 100]), None);
        assert_eq!(explosion(&times, &[100, 200, 300, 400, 500]), None);
        assert_eq!(explosion(&times, &[1, 1, 1, 1, 5]), None);
        let exploded = explosion(&times, &[100, 101, 100, 102, 900]).unwrap();
        assert_eq!((exploded.before, exploded.now), (102, 900));
        assert!(exploded.expected_at_most.is_some_and(|high| high < 110.0));
        assert!(explosion(&times[..2], &[100, 300]).is_some());
        assert_eq!(explosion(&times[..1], &[100]), None);
        assert_eq!(explosion(&[], &[]), None);
    }
}

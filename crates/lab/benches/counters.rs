//! The table of counters: measured errors beside the theoretical ones, time and memory, for our
//! counters and `hyperloglogplus` on the same hashes.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::hash::BuildHasherDefault;
use std::hint::black_box;

use hyperloglogplus::HyperLogLog;
use promsieve_core::sketch::hyperloglogplus::HashCounts;
use promsieve_core::sketch::{Counter, mix};
use promsieve_lab::cpu;

const PRECISIONS: [u8; 3] = [10, 12, 14];

/// Counts of as many different streams a row: their root mean square is known to 6 %.
const TRIALS: u64 = 150;

/// The relative standard error of a `HyperLogLog`, times the root of its registers.
const HYPERLOGLOG_ERROR: f64 = 1.039;

fn main() -> anyhow::Result<()> {
    println!(
        "| p | n | own error % | theory % | ratio | hyperloglogplus % | theory % | ratio | own ns | its ns |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for precision in PRECISIONS {
        for n in [100, 1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 10_000_000] {
            row(precision, n)?;
        }
    }
    Ok(())
}

fn row(precision: u8, n: u64) -> anyhow::Result<()> {
    let (mut own, mut its) = (Side::default(), Side::default());
    for trial in 0..TRIALS {
        // A stream of its own for each trial, n and precision.
        let seed = mix(u64::from(precision) << 48 ^ n << 8 ^ trial);
        own.trial(n, || {
            let mut counter = Counter::new(precision);
            (0..n).for_each(|at| counter.insert(mix(seed.wrapping_add(at))));
            counter.count().value as f64
        })?;
        its.trial(n, || {
            let mut counter = HashCounts::new(precision, BuildHasherDefault::default())
                .expect("a precision that it takes");
            (0..n).for_each(|at| counter.insert(&mix(seed.wrapping_add(at))));
            counter.count()
        })?;
    }
    let registers = f64::from(1u32 << precision).sqrt();
    let exact = n <= Counter::new(precision).exact_up_to() as u64;
    let theory = if exact { 0.0 } else { 0.7609 / registers };
    let theirs = HYPERLOGLOG_ERROR / registers;
    let (own_error, its_error) = (own.error(), its.error());
    let ratio = if exact { "exact".to_owned() } else { format!("{:.2}", own_error / theory) };
    println!(
        "| {precision} | {n} | {:.3} | {:.3} | {ratio} | {:.3} | {:.3} | {:.2} | {:.1} | {:.1} |",
        own_error * 100.0,
        theory * 100.0,
        its_error * 100.0,
        theirs * 100.0,
        its_error / theirs,
        own.nanoseconds(n * TRIALS),
        its.nanoseconds(n * TRIALS),
    );
    Ok(())
}

/// What one of the two has shown.
#[derive(Default)]
struct Side {
    squares: f64,
    nanoseconds: u64,
}

impl Side {
    fn trial(&mut self, n: u64, count: impl Fn() -> f64) -> anyhow::Result<()> {
        let start = cpu::of_this_thread()?;
        let counted = black_box(count());
        self.nanoseconds += cpu::of_this_thread()? - start;
        self.squares += (counted / n as f64 - 1.0).powi(2);
        Ok(())
    }

    /// The root of the mean square of the relative errors.
    fn error(&self) -> f64 {
        (self.squares / TRIALS as f64).sqrt()
    }

    fn nanoseconds(&self, inserts: u64) -> f64 {
        self.nanoseconds as f64 / inserts as f64
    }
}

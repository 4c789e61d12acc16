//! CPU time, which says more than wall time where other work runs beside.

use std::fs;

use anyhow::{Context, Result};

/// Nanoseconds that the calling thread has been on a CPU (`/proc/thread-self/schedstat`).
///
/// # Errors
/// On a kernel without that file.
pub fn of_this_thread() -> Result<u64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let first = text.split(' ').next().and_then(|number| number.parse().ok());
    first.with_context(|| format!("no number in `{text}`"))
}

/// CPU seconds of a process, in user and system mode, with all its threads (`/proc/PID/stat`, in
/// hundredths on Linux).
///
/// # Errors
/// When it has ended.
pub fn of_process(pid: u32) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = text.rsplit_once(") ").context("no command in stat")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks = |at: usize| -> Result<f64> {
        Ok(fields.get(at).context("stat is short")?.parse::<u64>()? as f64)
    };
    // Fields 14 and 15 of proc(5); the third is the first after the command.
    Ok((ticks(11)? + ticks(12)?) / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_takes_time() {
        let (thread, process) =
            (of_this_thread().unwrap(), of_process(std::process::id()).unwrap());
        let mut sum = 0_u64;
        while of_process(std::process::id()).unwrap() < process + 0.05 {
            sum = (0..1_000_000_u64).fold(sum, |sum, n| std::hint::black_box(sum ^ n));
        }
        assert!(of_this_thread().unwrap() > thread, "{sum}");
    }
}

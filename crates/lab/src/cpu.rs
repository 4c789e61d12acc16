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
    // Fields 14 and 15 of proc(5).
    seconds(&pid.to_string(), 14)
}

/// CPU seconds of all processes that this one has started and waited for.
///
/// # Errors
/// On a kernel without `/proc/self/stat`.
pub fn of_children() -> Result<f64> {
    // Fields 16 and 17 of proc(5).
    seconds("self", 16)
}

/// The seconds in user mode that are in a field of `/proc/…/stat`, and those in system mode after it.
fn seconds(process: &str, field: usize) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, fields) = text.rsplit_once(") ").context("no command in stat")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    // The third field is the first after the command.
    let ticks = |field: usize| -> Result<f64> {
        Ok(fields.get(field - 3).context("stat is short")?.parse::<u64>()? as f64)
    };
    Ok((ticks(field)? + ticks(field + 1)?) / 100.0)
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

//! Runs other programs and turns their failure into a [`Failure`] with their own words in it.

use std::process::{Command, Stdio};

use crate::Failure;

/// Lines of a failed program's output that are shown.
const TAIL_LINES: usize = 12;

/// Runs `command` to its end with its output captured; its stdout when it succeeds.
pub(crate) fn output(command: &mut Command, remedy: &str) -> Result<String, Failure> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::new(format!("{name} could not be started: {error}"), remedy))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let what =
        format!("{name} failed ({}):\n{}", output.status, tail(&format!("{stdout}{stderr}")));
    Err(Failure::new(what, remedy))
}

/// The file that runs when `name` is typed, if it is on PATH.
pub(crate) fn on_path(name: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let shown = &lines[lines.len().saturating_sub(TAIL_LINES)..];
    let indented: Vec<String> = shown.iter().map(|line| format!("    {line}")).collect();
    indented.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_quoted() {
        let failure = output(Command::new("sh").args(["-c", "echo broken >&2; exit 3"]), "mend it")
            .unwrap_err();
        assert!(failure.what.contains("broken"), "{failure}");
        assert!(failure.to_string().ends_with("help: mend it"), "{failure}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let failure = output(&mut Command::new("no-such-program"), "install it").unwrap_err();
        assert!(failure.what.starts_with("no-such-program could not be started"), "{failure}");
    }
}

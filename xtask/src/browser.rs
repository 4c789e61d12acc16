//! Makes sure a Chromium is there: the HTML page is tested by opening it.

use std::path::PathBuf;
use std::process::Command;

use crate::{Failure, process};

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];
const REMEDY: &str = "install Chromium (on Debian: `sudo apt-get install chromium`) or set \
                      PROMSIEVE_BROWSER to its path";

/// The browser on this machine: `PROMSIEVE_BROWSER`, or the first Chromium on PATH.
pub fn find() -> Option<PathBuf> {
    std::env::var_os("PROMSIEVE_BROWSER")
        .map(PathBuf::from)
        .or_else(|| NAMES.iter().find_map(|name| process::on_path(name)))
}

/// Installs Chromium through the machine's apt when no browser is there; its path.
///
/// # Errors
/// When there is none and this user cannot install one, or apt fails.
pub fn install() -> Result<PathBuf, Failure> {
    if let Some(browser) = find() {
        return Ok(browser);
    }
    let user = process::output(Command::new("id").arg("-u"), REMEDY)?;
    if user.trim() != "0" {
        return Err(Failure::new("no Chromium on PATH, and only root can install it", REMEDY));
    }
    process::output(&mut apt_get(&["update"]), REMEDY)?;
    process::output(
        &mut apt_get(&["install", "-y", "--no-install-recommends", "chromium"]),
        REMEDY,
    )?;
    find().ok_or_else(|| Failure::new("apt installed chromium, but it is not on PATH", REMEDY))
}

fn apt_get(args: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command.arg("-qq").args(args).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

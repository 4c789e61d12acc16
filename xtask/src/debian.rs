//! Packages of other Debian releases through apt, in a private apt state: the machine's own package
//! state stays as it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Failure, process};

/// Where the signing keys of Debian's archive lie, by release of the keyring package.
const KEYRINGS: [&str; 2] = [
    "/usr/share/keyrings/debian-archive-keyring.gpg",
    "/usr/share/keyrings/debian-archive-keyring.pgp",
];

const NO_APT: &str = "this needs Debian's apt-get and dpkg-deb; elsewhere put the programs into a \
                      directory yourself and set PROMSIEVE_REAL to it";
const NO_NETWORK: &str = "check that `apt-get update` works on this machine: the same mirror and \
                          proxy settings are used";

/// A private apt state below one directory.
pub(crate) struct Apt {
    root: PathBuf,
}

impl Apt {
    /// Sets up apt below `root` for `suites` from the mirror this machine uses, and fetches the
    /// package lists.
    pub(crate) fn set_up(root: &Path, suites: &[&str]) -> Result<Self, Failure> {
        for program in ["apt-get", "dpkg-deb"] {
            if process::on_path(program).is_none() {
                return Err(Failure::new(format!("{program} is not on PATH"), NO_APT));
            }
        }
        let mirror = configured_mirror()?;
        let keyring = KEYRINGS.iter().find(|path| Path::new(path).exists()).ok_or_else(|| {
            Failure::new(
                "Debian's archive keys are missing",
                "apt-get install debian-archive-keyring",
            )
        })?;
        for dir in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(root.join(dir)).map_err(|error| cannot_write(root, &error))?;
        }
        let sources: Vec<String> = suites
            .iter()
            .map(|suite| format!("deb [signed-by={keyring}] {mirror} {suite} main"))
            .collect();
        fs::write(
            root.join("sources.list"),
            sources.join(
                "
",
            ) + "
",
        )
        .map_err(|error| cannot_write(root, &error))?;
        let apt = Self { root: root.to_owned() };
        process::output(apt.command().arg("update"), NO_NETWORK)?;
        Ok(apt)
    }

    /// Downloads `packages` of `suite` and unpacks them; the directory that holds their files.
    pub(crate) fn unpack(&self, suite: &str, packages: &[&str]) -> Result<PathBuf, Failure> {
        let debs = self.root.join(format!("debs-{suite}"));
        let files = self.root.join(format!("files-{suite}"));
        fs::create_dir_all(&debs).map_err(|error| cannot_write(&debs, &error))?;
        let wanted = packages.iter().map(|package| format!("{package}/{suite}"));
        process::output(
            self.command().arg("download").args(wanted).current_dir(&debs),
            NO_NETWORK,
        )?;
        for entry in fs::read_dir(&debs).map_err(|error| cannot_write(&debs, &error))?.flatten() {
            process::output(
                Command::new("dpkg-deb").arg("-x").arg(entry.path()).arg(&files),
                NO_APT,
            )?;
        }
        Ok(files)
    }

    fn command(&self) -> Command {
        let mut command = Command::new("apt-get");
        let dir = |name: &str, at: &str| format!("-oDir::{name}={}", self.root.join(at).display());
        command.args(["-qq", "-oDir::Etc::sourceparts=/dev/null", "-oAcquire::Retries=3"]);
        // As root apt would otherwise download as a user that cannot write here.
        command.arg("-oAPT::Sandbox::User=root");
        command.arg(dir("State::Lists", "lists")).arg(dir("Cache", "cache"));
        command.arg(dir("Etc::sourcelist", "sources.list"));
        command
    }
}

pub(crate) fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(
        format!("{} cannot be written: {error}", path.display()),
        "choose another directory: `cargo xtask real DIR`, or PROMSIEVE_REAL=DIR",
    )
}

/// The Debian mirror in the machine's apt sources.
fn configured_mirror() -> Result<String, Failure> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    if let Ok(entries) = fs::read_dir("/etc/apt/sources.list.d") {
        files.extend(entries.flatten().map(|entry| entry.path()));
    }
    files.sort();
    files
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok())
        .find_map(|text| mirror_in(&text).map(str::to_owned))
        .ok_or_else(|| Failure::new("no Debian mirror is configured in /etc/apt", NO_APT))
}

/// The first URI of an apt source list, in either of its two formats, that holds Debian itself.
fn mirror_in(sources: &str) -> Option<&str> {
    sources
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("deb ") || line.starts_with("URIs:"))
        .flat_map(str::split_whitespace)
        .filter(|word| word.contains("://"))
        .find(|uri| uri.trim_end_matches('/').ends_with("/debian"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sources: &str, expected: Option<&str>) {
        assert_eq!(mirror_in(sources), expected, "in {sources:?}");
    }

    #[test]
    fn the_mirror_is_read_from_both_formats() {
        check("deb http://mirror.test/debian stable main\n", Some("http://mirror.test/debian"));
        check(
            "deb [arch=amd64] https://mirror.test/debian/ stable main",
            Some("https://mirror.test/debian/"),
        );
        check(
            "Types: deb\nURIs: http://mirror.test/debian\nSuites: stable\n",
            Some("http://mirror.test/debian"),
        );
    }

    #[test]
    fn other_archives_are_passed_over() {
        check("# deb http://mirror.test/debian stable main\n", None);
        check("URIs: http://mirror.test/debian-security\n", None);
        check("deb http://mirror.test/ubuntu noble main\n", None);
        check("deb-src http://mirror.test/debian stable main\n", None);
        check("URIs: http://a.test/other http://b.test/debian\n", Some("http://b.test/debian"));
    }
}

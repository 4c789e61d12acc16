//! Generated regexes, valid and not: promtool's verdict and words beside ours, and what real
//! servers match beside what we match.
//!
//! `PROMSIEVE_PATTERNS` (10,000), `PROMSIEVE_MATCHES` (100,000) and `PROMSIEVE_SEED` (1) make it
//! larger or other.
//!
//! The Go release that a promtool was built with is asked of the binary itself, since the builds of
//! distributions differ from the official ones.

pub(crate) mod grammar;
mod matches;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use promsieve_core::regexp::{Anchoring, Dialect, Pattern};
use promsieve_core::server::GoRelease;

use crate::real::{Version, dir, promtool, refusals};
use crate::real_relabel::oracle::quoted;
use promsieve_lab::random::{Random, from_env, seed};

/// The Go release in `promtool --version`: `go version: go1.24.4`.
fn go_release(promtool: &Path) -> GoRelease {
    let output = Command::new(promtool).arg("--version").output().expect("promtool runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    let release = text.split_once("go1.").expect("it names its Go release").1;
    let minor: String = release.chars().take_while(char::is_ascii_digit).collect();
    GoRelease(1, minor.parse().expect("a number"))
}

/// A configuration with one step that has this regex.
fn config(pattern: &str) -> String {
    let pattern = quoted(pattern);
    format!(
        "scrape_configs:\n- job_name: a\n  relabel_configs:\n  - action: keep\n    \
         source_labels: [a]\n    regex: {pattern}\n"
    )
}

fn dialect(version: Version) -> Dialect {
    let anchoring = match version {
        Version::V2 => Anchoring::Plain,
        Version::V3 => Anchoring::DotAll,
    };
    Dialect { go: go_release(&promtool(version).unwrap()), anchoring }
}

/// Compares the verdicts of one promtool and returns (accepted, refused).
fn compare(version: Version, patterns: &[String]) -> (usize, usize) {
    let dialect = dialect(version);
    let configs: Vec<String> = patterns.iter().map(|pattern| config(pattern)).collect();
    let theirs = refusals(version, &configs);
    let mut wrong = Vec::new();
    for (number, text) in patterns.iter().enumerate() {
        let ours = Pattern::parse(text, dialect).err().map(|error| error.message);
        let expected = theirs.get(&number).map(String::as_str);
        if ours.as_deref() != expected {
            wrong.push(format!("{text:?}: we {ours:?}, promtool {expected:?}"));
        }
    }
    let (refused, release) = (theirs.len(), dialect.go.1);
    let accepted = patterns.len() - refused;
    println!(
        "Go 1.{release}, seed {}: {accepted} accepted, {refused} refused, {} differ",
        seed(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong[..wrong.len().min(30)].join("\n"));
    (accepted, refused)
}

#[test]
fn promtool_and_we_accept_and_refuse_the_same_regexes() {
    if dir().is_none() {
        return;
    }
    let random = &mut Random::new(seed());
    let count = from_env("PROMSIEVE_PATTERNS", 10_000) as usize;
    let mut patterns = BTreeSet::new();
    while patterns.len() < count {
        patterns.insert(grammar::any(random));
    }
    let patterns: Vec<String> = patterns.into_iter().collect();
    std::thread::scope(|scope| {
        for version in Version::ALL {
            let patterns = &patterns;
            scope.spawn(move || {
                let (accepted, refused) = compare(version, patterns);
                let least = patterns.len() / 4;
                assert!(accepted > least && refused > least, "{accepted} and {refused}");
            });
        }
    });
}

//! Everything that is built has a licence that `deny.toml` allows, and comes from crates.io. The
//! tests of `crates/engine`, a workspace of its own, take these in, too.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use toml::de::DeTable;

use super::assert_none;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    license: Option<String>,
    /// None for our own.
    source: Option<String>,
}

/// The workspace of the crate that this is built into: where the nearest `deny.toml` is.
fn root() -> &'static Path {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    above.into_iter().find(|directory| directory.join("deny.toml").is_file()).unwrap()
}

/// What is built here, without a look at the network: all of it was fetched to build this test.
fn packages() -> Vec<Package> {
    let args = ["metadata", "--format-version=1", "--offline", "--locked"];
    let platform = format!("--filter-platform={}-unknown-linux-gnu", std::env::consts::ARCH);
    let mut cargo = Command::new(env!("CARGO"));
    let output = cargo.args(args).arg(platform).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Metadata = serde_json::from_slice(&output.stdout).unwrap();
    assert!(metadata.packages.len() > 100, "only {} packages", metadata.packages.len());
    metadata.packages
}

/// `licenses.allow` of `deny.toml`.
fn allowed() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("deny.toml")).unwrap();
    let file = DeTable::parse(&text).unwrap();
    let allow = file.get_ref()["licenses"].get_ref().get("allow").unwrap().get_ref();
    let names = allow.as_array().unwrap().iter();
    names.map(|name| name.get_ref().as_str().unwrap().to_owned()).collect()
}

/// Whether an SPDX expression is met by the licences allowed; `/` is how older crates write OR. AND
/// binds more than OR, and an exception (WITH) allows more than its licence does.
fn is_met(expression: &str, allowed: &dyn Fn(&str) -> bool) -> bool {
    let expression = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = expression.split_whitespace().peekable();
    let met = any(&mut words, allowed);
    assert_eq!(words.next(), None, "`{expression}` is not understood");
    met
}

type Words<'a, 'w> = &'a mut std::iter::Peekable<std::str::SplitWhitespace<'w>>;

fn any(words: Words<'_, '_>, allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut met = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        met |= all(words, allowed);
    }
    met
}

fn all(words: Words<'_, '_>, allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut met = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words, allowed);
    }
    met
}

fn one(words: Words<'_, '_>, allowed: &dyn Fn(&str) -> bool) -> bool {
    if words.next_if_eq(&"(").is_some() {
        let met = any(words, allowed);
        assert_eq!(words.next(), Some(")"), "a parenthesis is left open");
        return met;
    }
    let met = allowed(words.next().expect("an expression ends with a licence"));
    if words.next_if_eq(&"WITH").is_some() {
        words.next().expect("an exception has a name");
    }
    met
}

#[test]
fn every_dependency_has_a_licence_that_is_allowed() {
    let allowed = allowed();
    let others = packages().into_iter().filter(|package| package.source.is_some());
    let is_bad = |package: &Package| {
        let license = package.license.as_deref();
        !license.is_some_and(|license| is_met(license, &|name| allowed.contains(name)))
    };
    let offenders: Vec<String> = others
        .filter(is_bad)
        .map(|package| format!("{}: {:?}", package.name, package.license))
        .collect();
    assert_none("dependencies whose licence deny.toml does not allow", &offenders);
}

#[test]
fn no_licence_is_allowed_for_nothing() {
    let allowed = allowed();
    let licences: Vec<String> = packages().into_iter().filter_map(|it| it.license).collect();
    let is_needed = |licence: &str| {
        let without = |name: &str| name != licence && allowed.contains(name);
        licences.iter().any(|expression| !is_met(expression, &without))
    };
    let offenders: Vec<String> = allowed.iter().filter(|it| !is_needed(it)).cloned().collect();
    assert_none("licences that no dependency needs", &offenders);
}

#[test]
fn every_dependency_comes_from_the_registry() {
    let registry = "registry+https://github.com/rust-lang/crates.io-index";
    let is_other = |package: &Package| package.source.as_deref().is_some_and(|it| it != registry);
    let offenders: Vec<String> =
        packages().into_iter().filter(is_other).map(|package| package.name).collect();
    assert_none("dependencies from elsewhere", &offenders);
}

#[test]
fn expressions_are_understood() {
    let check = |expression: &str, names: &[&str], wanted: bool| {
        assert_eq!(is_met(expression, &|name| names.contains(&name)), wanted, "{expression}");
    };
    check("MIT OR Apache-2.0", &["MIT"], true);
    check("MIT/Apache-2.0", &["Apache-2.0"], true);
    check("MIT AND Apache-2.0", &["MIT"], false);
    check("A AND B OR C", &["C"], true);
    check("A AND (B OR C)", &["C"], false);
    check("(A OR B) AND C", &["B", "C"], true);
    check("Apache-2.0 WITH LLVM-exception OR GPL-3.0", &["Apache-2.0"], true);
    check("GPL-3.0 WITH GCC-exception-3.1", &["MIT"], false);
}

//! promtool's verdict on thousands of generated regexes, beside ours.
//!
//! The Go release that a promtool was built with is asked of the binary itself, since the builds of
//! distributions differ from the official ones.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use promsieve_core::regexp::{Anchoring, Dialect, Pattern};
use promsieve_core::server::GoRelease;

use crate::real::{Version, dir, promtool, refusals};

/// Pieces that mean something somewhere, valid or not.
const PIECES: &str = r"
    a b _ é . .* .+ ( ) (a) (?:b) | [ab] [^a] * + ? {2} {1,2} {,2} {0} {01} {1001} {2,1} {20}
    (a{100}) { } ^ $ \b \B \A \z \Z \d \W \s \h \pL \pX \p{Greek} \p{Any} \P{^L} \p{Letter}
    \p{lu} \p{Lu \p{Old_Italic} \p{Garay} \Q \E \Qa.\E \0 \1 \01 \12 \8 \x41 \x4 \x{62} \x{
    \x{110000} \u0041 \_ \< \C \- (?i) (?-s: (?m) (?U) (?x) (?i-s:A) (?i-) (?--i) (?) (?P<n>a)
    (?<n>b) (?P<n-m>a) (?P<n (?P=n) (?=a) (?!a) (?<!a) (?<=a) (?>a) (?#a) [[:alpha:]]
    [[:^alpha:]] [[:foo:]] [[:al [a []a] [a- [a--b] [b-a] [&&a] [\d-z] [\pL-] [\Q] [^ - ] : \ **
    a+? a?? {2}{3} (? (?P (?: < > , 0 1
";

/// Numbers that follow from the seed alone.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).expect("below a usize")
    }
}

fn patterns(seed: u64, count: usize) -> Vec<String> {
    let pieces: Vec<&str> = PIECES.split_whitespace().collect();
    let mut numbers = Numbers(seed);
    let mut one = || {
        let count = 1 + numbers.below(5);
        let text: String = (0..count).map(|_| pieces[numbers.below(pieces.len())]).collect();
        if numbers.below(3) > 0 {
            return text;
        }
        let cut = numbers.below(text.chars().count());
        text.chars().enumerate().filter(|(at, _)| *at != cut).map(|(_, c)| c).collect()
    };
    (0..count).map(|_| one()).collect()
}

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
    let mut quoted = String::new();
    for c in pattern.chars() {
        write!(quoted, "\\U{:08x}", u32::from(c)).unwrap();
    }
    format!(
        "scrape_configs:\n- job_name: a\n  relabel_configs:\n  - action: keep\n    \
         source_labels: [a]\n    regex: \"{quoted}\"\n"
    )
}

/// Compares the verdicts of one promtool and returns (accepted, refused).
fn compare(version: Version, anchoring: Anchoring, patterns: &[String]) -> (usize, usize) {
    let dialect = Dialect { go: go_release(&promtool(version).unwrap()), anchoring };
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
    println!("Go 1.{release}: {accepted} accepted, {refused} refused, {} differ", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    (accepted, refused)
}

#[test]
fn promtool_and_we_accept_and_refuse_the_same_regexes() {
    if dir().is_none() {
        return;
    }
    let patterns = patterns(20_240_619, 4000);
    for (version, anchoring) in [(Version::V2, Anchoring::Plain), (Version::V3, Anchoring::DotAll)]
    {
        let (accepted, refused) = compare(version, anchoring, &patterns);
        assert!(accepted > 500 && refused > 500, "one-sided: {accepted} and {refused}");
    }
}

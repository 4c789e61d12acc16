//! promtool's verdict on thousands of generated regexes, beside ours.
//!
//! Needs `PROMSIEVE_REAL`, the directory with `promtool-2` and `promtool-3`; skips without it. The
//! Go release that a promtool was built with is asked of the binary itself, since the builds of
//! distributions differ from the official ones.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use promsieve_core::regexp::{Anchoring, Dialect, Pattern};

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

/// A folder that goes away with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("promsieve-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a scratch folder");
        Self(folder)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The Go release in `promtool --version`: `go version: go1.24.4`.
fn go_release(promtool: &Path) -> (u16, u16) {
    let output = Command::new(promtool).arg("--version").output().expect("promtool runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    let release = text.split_once("go1.").expect("it names its Go release").1;
    let minor: String = release.chars().take_while(char::is_ascii_digit).collect();
    (1, minor.parse().expect("a number"))
}

/// promtool's refusals by file number; files without one are fine.
fn refusals(promtool: &Path, folder: &Path, patterns: &[String]) -> BTreeMap<usize, String> {
    let mut command = Command::new(promtool);
    command.current_dir(folder).args(["check", "config", "--syntax-only"]);
    for (number, pattern) in patterns.iter().enumerate() {
        let mut quoted = String::new();
        for c in pattern.chars() {
            let _ = write!(quoted, "\\U{:08x}", u32::from(c));
        }
        let text = format!(
            "scrape_configs:\n- job_name: a\n  relabel_configs:\n  - action: keep\n    \
             source_labels: [a]\n    regex: \"{quoted}\"\n"
        );
        let name = format!("{number}.yml");
        std::fs::write(folder.join(&name), text).expect("a scratch file");
        command.arg(name);
    }
    let output = command.output().expect("promtool runs");
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let checked = out.lines().chain(err.lines()).filter(|line| line.starts_with("Checking "));
    assert_eq!(checked.count(), patterns.len(), "promtool read every file: {out}{err}");
    let refusals = out.split("FAILED: ").chain(err.split("FAILED: "));
    refusals
        .filter_map(|part| part.strip_prefix("parsing YAML file ")?.split_once(".yml: "))
        .map(|(number, message)| {
            let message = message.trim_end().trim_end_matches("Checking").trim_end();
            (number.parse().expect("a number"), message.to_owned())
        })
        .collect()
}

/// Compares the verdicts of one promtool and returns (accepted, refused).
fn compare(promtool: &Path, anchoring: Anchoring, patterns: &[String]) -> (usize, usize) {
    let dialect = Dialect { go: go_release(promtool), anchoring };
    let (mut accepted, mut refused, mut wrong) = (0, 0, Vec::new());
    for batch in patterns.chunks(400) {
        let scratch = Scratch::new("regexp");
        let theirs = refusals(promtool, &scratch.0, batch);
        for (number, text) in batch.iter().enumerate() {
            let ours = Pattern::parse(text, dialect).err().map(|error| error.message);
            let expected = theirs.get(&number).map(String::as_str);
            if expected.is_some() {
                refused += 1
            } else {
                accepted += 1
            }
            if ours.as_deref() != expected {
                wrong.push(format!("{text:?}: we {ours:?}, promtool {expected:?}"));
            }
        }
    }
    let release = dialect.go.1;
    println!("Go 1.{release}: {accepted} accepted, {refused} refused, {} differ", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    (accepted, refused)
}

#[test]
fn promtool_and_we_accept_and_refuse_the_same_regexes() {
    let Some(real) = std::env::var_os("PROMSIEVE_REAL").map(PathBuf::from) else {
        println!("skipped: no real servers (PROMSIEVE_REAL)");
        return;
    };
    let patterns = patterns(20_240_619, 4000);
    for (name, anchoring) in [("promtool-2", Anchoring::Plain), ("promtool-3", Anchoring::DotAll)] {
        let (accepted, refused) = compare(&real.join(name), anchoring, &patterns);
        assert!(accepted > 500 && refused > 500, "one-sided: {accepted} and {refused}");
    }
}

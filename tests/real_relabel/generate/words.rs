//! What generated chains and targets are made of: common words, and the ones that trip servers.

use promsieve_core::relabel::Field;

use promsieve_lab::random::Random;

/// Labels that targets have. Only Prometheus 3 takes the last ones.
const NAMES: &[&str] =
    &["a", "b", "c", "a_x", "b_x", "__tmp_x", "__meta_m", "__meta_a", "job", "é.x", "a-b"];
const SOURCES: &[&str] =
    &["a", "a", "b", "b", "c", "a_x", "__tmp_x", "__meta_m", "job", "__address__", "missing", "t"];
const ODD_NAMES: &[&str] = &["é.x", "a-b", "", "1x", "instance", "__scheme__", "__name__"];
const VALUES: &[&str] = &[
    "a",
    "b",
    "ab",
    "abcd",
    "foo",
    "FOO",
    "foo-bar",
    "a-b",
    "x_y",
    "é",
    "éa",
    "ǅßİ ᾀ",
    "a\nb",
    "10.0.0.1:9090",
    "null",
    "$1",
    "8080",
    "a;b",
    ";",
    "true",
    "xx",
    " a",
    "a ",
    "1",
    "0",
    "\u{301}",
];
const PATTERNS: &[&str] = &[
    "(.*)",
    ".*",
    "(.+)",
    ".+",
    "a",
    "a|b",
    "foo.*",
    ".*b",
    "(a)(b)?(.*)",
    "(.+)_(.+)",
    "^foo$",
    "(?i)foo",
    "(?i:É)(.*)",
    "a)|(?:b",
    "()",
    "",
    "(?P<n>.+)-(?P<m>.*)",
    "[a-c]+",
    r"\d+",
    "é+",
    ".",
    "..",
    "(.)(.)?(.*)",
    "(a|ab)(c|bcd)(d*)",
    r"(\p{L}+)(.*)",
    "x*",
    "(x*)(.*)",
    "[^a]+(.*)",
    "(?U)(a+)(.*)",
    r"\bfoo\b.*",
    "a{2}|x{2}",
    "(?s)a.b",
    "(?-s)a.b",
    "(a)|(b)|(.*)",
    "a;b",
    ";",
    ";.*",
    "(.*);(.*)",
    ";+",
    r"a\nb",
    r"(?m)^a$",
    r"10\.0\.0\.(\d):(.*)",
    r"\Qa-b\E",
    "(a*)+",
    "foo|bar|",
    "[[:alpha:]]+",
    r"\w+",
    r"\S+(.*)",
    "(?P<n>a)?(?P<o>b)?.*",
];
const BAD_PATTERNS: &[&str] = &["(", "*", "(?!a)", "[b-a]", r"\8", "a{1001}", r"(a)\1", "a**", ")"];
const NAME_PATTERNS: &[&str] = &[
    "a",
    "a|b",
    "(.)_x",
    "(.+)_x",
    "__meta_(.+)",
    "__tmp_.*",
    "[a-c](.*)",
    "job|a",
    "(b)(_x)?",
    "a|b|c|job|__.*",
    "__(.*)__",
    "a)|(?:b",
    "(.*)",
    "t.*",
    "zzz",
];
const REPLACEMENTS: &[&str] = &[
    "$1",
    "${1}",
    "$2",
    "$1_s",
    "${1}_s",
    "$$1",
    "x${1",
    "$0|$3|$01|${2}",
    "const",
    "",
    "$n",
    "${n}",
    "$",
    "é$1",
    "$1$2",
    "null",
    "${1}-${2}",
    "$é",
    "$1é",
    "${o}x",
    "$00",
    "a;b",
    "$-",
    "${}",
    " ",
];
const TARGETS: &[&str] = &["t", "t", "a", "b", "c", "__tmp_x", "u", "job", "a_x", "instance"];
const TEMPLATES: &[&str] =
    &["t_$1", "${1}", "$1", "$2_t", "${n}", "$n$1", "t_${1}_x", "$0", "${1}_$2", "_$o"];
const ODD_TARGETS: &[&str] = &[
    "__address__",
    "__scheme__",
    "__metrics_path__",
    "__meta_n",
    "__param_p",
    "__name__",
    "t-$1",
    "é.x",
    "1x",
    "",
    "$$",
    "a b",
    "é$1",
];
const MAPPINGS: &[&str] =
    &["$1", "m_$1", "${1}_m", "$0_m", "t", "$2$1", "__tmp_$1", "u_$n", "${0}", "m$2"];
const ODD_MAPPINGS: &[&str] = &["$$", "m-$1", "é$1", "", "x${1", "1$1"];
const SEPARATORS: &[&str] = &["", ";", "-", "é", "\n", "$1", ", ", "--", ";;", "ab"];

const ACTIONS: &[&str] = &[
    "replace",
    "replace",
    "replace",
    "replace",
    "keep",
    "drop",
    "hashmod",
    "labelmap",
    "labelmap",
    "labeldrop",
    "labelkeep",
    "lowercase",
    "uppercase",
    "keepequal",
    "dropequal",
];

/// Parts of replacements; any row of them is one.
const TEMPLATE_PARTS: &[&str] = &[
    "$1", "${1}", "$2", "${2}", "$0", "$n", "${n}", "$o", "$$", "$", "${", "}", "x", "_", "-", "é",
    "$1a", "${1}a", "$01", "${01}", "$10", "${ 1}", "${1 }", "$_", "$A1", "${é}", "0", " ",
    "$9999",
];
/// Addresses of targets besides the usual one. No server takes a `/` in a static target.
const ADDRESSES: &[&str] =
    &["h", "h:80", "h:443", "[::1]", "::1", "[::1]:9", "h:", ":9", "", "é", "h:x", "a b"];
/// Large and odd moduli: powers of two, their neighbours, and 2^64 - 1.
const MODULI: &[u64] = &[
    u64::MAX,
    u64::MAX >> 1,
    1 << 63,
    (1 << 63) + 1,
    1 << 32,
    (1 << 32) - 1,
    1_000_000,
    1,
    9_999_991,
];

pub(super) fn action(random: &mut Random) -> &'static str {
    ACTIONS[random.below(ACTIONS.len())]
}

/// Names of the labels of a target.
pub(super) fn names(random: &mut Random) -> Vec<&'static str> {
    let (common, odd) = NAMES.split_at(9);
    let mut names: Vec<&str> = common.iter().filter(|_| !random.rarely(3)).copied().collect();
    names.extend(odd.iter().filter(|_| random.rarely(12)));
    names
}

pub(super) fn source(random: &mut Random) -> String {
    let names = if random.rarely(120) { ODD_NAMES } else { SOURCES };
    random.pick(names).to_owned()
}

pub(crate) fn value(random: &mut Random) -> String {
    match random.below(12) {
        0 => String::new(),
        1 => format!("{}{}", random.pick(VALUES), random.pick(VALUES)),
        2 => format!("v{}", random.below(1000)),
        _ => random.pick(VALUES).to_owned(),
    }
}

/// Another address than the usual one, now and then.
pub(super) fn address(random: &mut Random) -> Option<&'static str> {
    random.rarely(25).then(|| ADDRESSES[random.below(ADDRESSES.len())])
}

pub(super) fn separator(random: &mut Random) -> String {
    random.pick(SEPARATORS).to_owned()
}

/// A pattern for values, seldom a refused one.
pub(super) fn pattern(random: &mut Random) -> String {
    match random.below(60) {
        0 if random.rarely(3) => random.pick(BAD_PATTERNS).to_owned(),
        1..6 => format!("{}{}", random.pick(PATTERNS), random.pick(PATTERNS)),
        6..12 => format!("(?:{})|({})", random.pick(PATTERNS), random.pick(PATTERNS)),
        _ => random.pick(PATTERNS).to_owned(),
    }
}

/// A pattern for names.
pub(super) fn name_pattern(random: &mut Random) -> String {
    random.pick(NAME_PATTERNS).to_owned()
}

/// A replacement of `replace`.
pub(super) fn replacement(random: &mut Random) -> String {
    if random.rarely(5) { template(random) } else { random.pick(REPLACEMENTS).to_owned() }
}

/// A replacement of `labelmap`.
pub(super) fn mapping(random: &mut Random) -> String {
    match random.below(50) {
        0 => template(random),
        1..3 => random.pick(ODD_MAPPINGS).to_owned(),
        _ => random.pick(MAPPINGS).to_owned(),
    }
}

fn template(random: &mut Random) -> String {
    (0..=random.below(4)).map(|_| random.pick(TEMPLATE_PARTS)).collect()
}

/// A `target_label`; one with `$` now and then where the action reads templates.
pub(super) fn target(random: &mut Random, templates: bool) -> String {
    match random.below(160) {
        0..4 if templates => template(random),
        4..36 if templates => random.pick(TEMPLATES).to_owned(),
        36..43 => random.pick(ODD_TARGETS).to_owned(),
        _ => random.pick(TARGETS).to_owned(),
    }
}

pub(super) fn modulus(random: &mut Random) -> Field<u64> {
    match random.below(80) {
        0 => Field::Absent,
        1 => Field::Set(0),
        2..12 => Field::Set(MODULI[random.below(MODULI.len())]),
        other => Field::Set(other as u64 % 13 + 1),
    }
}

//! Chains and targets from a seed, with everything awkward in them.

use promsieve_core::relabel::{Field, RawStep};

use super::oracle;

/// A small reproducible source of randomness (`SplitMix64`).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// True once in `bound` times.
    pub(crate) fn rarely(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    pub(crate) fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

/// One chain and the targets it runs over.
pub(super) struct Case {
    pub(super) steps: Vec<RawStep>,
    /// The labels of each target, without address and id.
    pub(super) targets: Vec<Vec<(&'static str, String)>>,
}

const NAMES: &[&str] = &["a", "b", "c", "a_x", "b_x", "__tmp_x", "__meta_m", "__meta_a", "job"];
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
const SEPARATORS: &[&str] = &["", ";", "-", "é", "\n", "$1", ", "];

impl Case {
    pub(super) fn generate(random: &mut Random, targets: usize) -> Self {
        let steps = (0..=random.below(5)).map(|_| step(random)).collect();
        Self { steps, targets: (0..targets).map(|_| labels(random)).collect() }
    }

    /// The labels of target `at` as discovery hands them over.
    pub(super) fn discovered(&self, id: usize, at: usize) -> Vec<(String, String)> {
        let own = self.targets[at].iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let added =
            [("__address__", "127.0.0.1:1".to_owned()), ("__id__", oracle::target_id(id, at))];
        own.chain(added.map(|(name, value)| (name.to_owned(), value))).collect()
    }
}

fn labels(random: &mut Random) -> Vec<(&'static str, String)> {
    let some = NAMES.iter().filter(|_| !random.rarely(3)).copied().collect::<Vec<_>>();
    some.into_iter().map(|name| (name, value(random))).collect()
}

pub(crate) fn value(random: &mut Random) -> String {
    match random.below(12) {
        0 => String::new(),
        1 => format!("{}{}", random.pick(VALUES), random.pick(VALUES)),
        2 => format!("v{}", random.below(1000)),
        _ => random.pick(VALUES).to_owned(),
    }
}

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

/// One step, seldom a refused one.
pub(crate) fn step(random: &mut Random) -> RawStep {
    let action = random.pick(ACTIONS);
    let mut step = RawStep { action: Field::Set(action.to_owned()), ..RawStep::default() };
    match action {
        "replace" => {
            values(random, &mut step);
            step.regex = sometimes(random, 3, pattern);
            step.target_label = Field::Set(target(random, 4));
            step.replacement = sometimes(random, 4, |r| r.pick(REPLACEMENTS).to_owned());
        }
        "keep" | "drop" => {
            values(random, &mut step);
            step.regex = sometimes(random, 20, pattern);
        }
        "hashmod" => {
            values(random, &mut step);
            step.target_label = Field::Set(target(random, 20));
            step.modulus = modulus(random);
        }
        "lowercase" | "uppercase" => {
            values(random, &mut step);
            step.target_label = Field::Set(target(random, 20));
        }
        "keepequal" | "dropequal" => {
            values(random, &mut step);
            step.separator = Field::Absent;
            step.target_label = Field::Set(random.pick(SOURCES).to_owned());
        }
        _ => {
            step.regex = sometimes(random, 100, |r| r.pick(NAME_PATTERNS).to_owned());
            if let (Field::Set(text), "labelkeep") = (&mut step.regex, action)
                && !random.rarely(10)
            {
                text.push_str("|__(?:address|id|scrape_.+)__");
            }
            if action == "labelmap" {
                step.replacement = sometimes(random, 3, |r| {
                    let names = if r.rarely(25) { ODD_MAPPINGS } else { MAPPINGS };
                    r.pick(names).to_owned()
                });
            }
        }
    }
    spoil(random, &mut step);
    step
}

fn values(random: &mut Random, step: &mut RawStep) {
    let names = [0, 1, 1, 1, 1, 2, 2, 3][random.below(8)];
    let name = |random: &mut Random| {
        let names = if random.rarely(200) { ODD_NAMES } else { SOURCES };
        random.pick(names).to_owned()
    };
    step.source_labels = Field::Set((0..names).map(|_| name(random)).collect());
    if names == 0 && random.rarely(2) {
        step.source_labels = if random.rarely(2) { Field::Null } else { Field::Absent };
    }
    if random.rarely(4) {
        step.separator = Field::Set(random.pick(SEPARATORS).to_owned());
    }
}

fn pattern(random: &mut Random) -> String {
    match random.below(60) {
        0 if random.rarely(3) => random.pick(BAD_PATTERNS).to_owned(),
        1..6 => format!("{}{}", random.pick(PATTERNS), random.pick(PATTERNS)),
        6..12 => format!("(?:{})|({})", random.pick(PATTERNS), random.pick(PATTERNS)),
        _ => random.pick(PATTERNS).to_owned(),
    }
}

fn target(random: &mut Random, odd: usize) -> String {
    let names = match random.rarely(odd) {
        true if odd < 10 && !random.rarely(8) => TEMPLATES,
        true => ODD_TARGETS,
        false => TARGETS,
    };
    random.pick(names).to_owned()
}

fn modulus(random: &mut Random) -> Field<u64> {
    match random.below(80) {
        0 => Field::Absent,
        1 => Field::Set(0),
        2 => Field::Set(u64::MAX >> 1),
        other => Field::Set(other as u64 % 13 + 1),
    }
}

/// Absent once in `bound` times.
fn sometimes(
    random: &mut Random,
    bound: usize,
    make: impl Fn(&mut Random) -> String,
) -> Field<String> {
    if random.rarely(bound) { Field::Absent } else { Field::Set(make(random)) }
}

/// Now and then a field that does not belong there, a null, or another spelling of the action.
fn spoil(random: &mut Random, step: &mut RawStep) {
    match random.below(400) {
        0 => step.replacement = Field::Set("x".to_owned()),
        1 => step.modulus = Field::Set(3),
        2 => step.regex = Field::Set("(.*)".to_owned()),
        3 => step.source_labels = Field::Set(Vec::new()),
        4 => step.action = Field::Set("frobnicate\n".to_owned()),
        5 => step.action = Field::Null,
        6..12 => step.replacement = Field::Null,
        12..18 => step.regex = Field::Null,
        18..24 => step.separator = Field::Null,
        24 => step.target_label = Field::Null,
        25..40 => {
            let Field::Set(action) = &mut step.action else { return };
            *action = action.to_uppercase();
        }
        40 => step.target_label = Field::Set("extra".to_owned()),
        41..44 => step.separator = Field::Set(";".to_owned()),
        44..47 => step.replacement = Field::Set("$1".to_owned()),
        _ => {}
    }
}

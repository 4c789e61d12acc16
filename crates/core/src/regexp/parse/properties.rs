//! The names that `\p{…}` takes in Go: general categories and scripts, by Go release.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

use super::classes;
use crate::regexp::dialect::Dialect;

/// General categories that every release knows, as Go spells them.
const CATEGORIES: &str = "C Cc Cf Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi \
    Po Ps S Sc Sk Sm So Z Zl Zp Zs";

/// Scripts of Unicode 13 (Go 1.16 to 1.20).
const SCRIPTS_13: &str = "\
    Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak \
    Bengali Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian \
    Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform Cypriot Cyrillic \
    Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic \
    Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Han Hangul \
    Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited \
    Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kayah_Li \
    Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Lao Latin Lepcha Limbu Linear_A \
    Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen \
    Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs \
    Miao Modi Mongolian Mro Multani Myanmar Nabataean Nandinagari New_Tai_Lue Newa Nko Nushu \
    Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian Old_Permic \
    Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Oriya Osage Osmanya Pahawh_Hmong \
    Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra \
    Sharada Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese \
    Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangut Telugu \
    Thaana Thai Tibetan Tifinagh Tirhuta Ugaritic Vai Wancho Warang_Citi Yezidi Yi \
    Zanabazar_Square";

/// Scripts that Unicode 14 and 15 add (Go 1.21).
const SCRIPTS_15: &str = "Cypro_Minoan Kawi Nag_Mundari Old_Uyghur Tangsa Toto Vithkuqi";

/// Scripts that Unicode 16 and 17 add (Go 1.27).
const SCRIPTS_17: &str = "Beria_Erfe Garay Gurung_Khema Kirat_Rai Ol_Onal Sidetic Sunuwar Tai_Yo \
    Todhri Tolong_Siki Tulu_Tigalari";

/// Scripts of Unicode 17 that the tables of `regex-syntax` (Unicode 16) do not have yet.
const NEWEST: [(&str, &[(u32, u32)]); 4] = [
    ("Beria_Erfe", &[(0x16EA0, 0x16EB8), (0x16EBB, 0x16ED3)]),
    ("Sidetic", &[(0x10940, 0x10959)]),
    ("Tai_Yo", &[(0x1E6C0, 0x1E6DE), (0x1E6E0, 0x1E6F5), (0x1E6FE, 0x1E6FF)]),
    ("Tolong_Siki", &[(0x11DB0, 0x11DDB), (0x11DE0, 0x11DE9)]),
];

/// Long names of categories (Go 1.25), in the loose spelling.
const ALIASES: &str = "casedletter=LC closepunctuation=Pe connectorpunctuation=Pc control=Cc \
    cntrl=Cc currencysymbol=Sc dashpunctuation=Pd decimalnumber=Nd digit=Nd enclosingmark=Me \
    finalpunctuation=Pf format=Cf initialpunctuation=Pi letter=L letternumber=Nl \
    lineseparator=Zl lowercaseletter=Ll mark=M combiningmark=M mathsymbol=Sm modifierletter=Lm \
    modifiersymbol=Sk nonspacingmark=Mn number=N openpunctuation=Ps other=C otherletter=Lo \
    othernumber=No otherpunctuation=Po othersymbol=So paragraphseparator=Zp privateuse=Co \
    punctuation=P punct=P separator=Z spaceseparator=Zs spacingmark=Mc surrogate=Cs symbol=S \
    titlecaseletter=Lt unassigned=Cn uppercaseletter=Lu";

/// The class of a property name, without a leading `^`.
pub(super) fn lookup(name: &str, dialect: Dialect) -> Option<ClassUnicode> {
    if dialect.loose_properties() { loose(name, dialect) } else { exact(name, dialect) }
}

/// Before Go 1.25: the exact names of categories and scripts, and `Any`.
fn exact(name: &str, dialect: Dialect) -> Option<ClassUnicode> {
    if name == "Any" {
        return Some(classes::of(&[(0, char::MAX as u32)]));
    }
    if CATEGORIES.split_whitespace().any(|known| known == name) {
        return Some(category(name, false));
    }
    scripts(dialect).find(|known| *known == name).map(script)
}

/// From Go 1.25: without regard to case, spaces, `_` and `-`. (The first releases of it may not
/// find scripts of two words; the newest do, and so do we.)
fn loose(name: &str, dialect: Dialect) -> Option<ClassUnicode> {
    let wanted = squeeze(name);
    match wanted.as_str() {
        "any" => return Some(classes::of(&[(0, char::MAX as u32)])),
        "ascii" => return Some(classes::of(&[(0, 0x7F)])),
        "assigned" => {
            let mut class = category("Cn", true);
            class.negate();
            return Some(class);
        }
        _ => {}
    }
    let same = |known: &&str| known.eq_ignore_ascii_case(&wanted);
    if let Some(known) = CATEGORIES.split_whitespace().chain(["Cn", "LC"]).find(same) {
        return Some(category(known, true));
    }
    if let Some(known) = scripts(dialect).find(|known| squeeze(known) == wanted) {
        return Some(script(known));
    }
    let mut aliases = ALIASES.split_whitespace().filter_map(|alias| alias.split_once('='));
    aliases.find(|(alias, _)| *alias == wanted).map(|(_, known)| category(known, true))
}

fn squeeze(name: &str) -> String {
    let kept = name.chars().filter(|c| !matches!(c, ' ' | '_' | '-'));
    kept.map(|c| c.to_ascii_lowercase()).collect()
}

fn scripts(dialect: Dialect) -> impl Iterator<Item = &'static str> {
    let unicode = dialect.unicode();
    let lists = [(13, SCRIPTS_13), (15, SCRIPTS_15), (17, SCRIPTS_17)];
    lists
        .into_iter()
        .filter(move |(since, _)| unicode >= *since)
        .flat_map(|(_, list)| list.split_whitespace())
}

/// A category. `C` has the unassigned code points only from Go 1.25 on; surrogates are in no text.
fn category(name: &str, with_unassigned: bool) -> ClassUnicode {
    match name {
        "Cs" => ClassUnicode::empty(),
        "C" if !with_unassigned => {
            let mut class = table("gc=Cc");
            class.union(&table("gc=Cf"));
            class.union(&table("gc=Co"));
            class
        }
        _ => table(&format!("gc={name}")),
    }
}

fn script(name: &str) -> ClassUnicode {
    match NEWEST.iter().find(|(newest, _)| *newest == name) {
        Some((_, ranges)) => classes::of(ranges),
        None => table(&format!("sc={name}")),
    }
}

/// A table of `regex-syntax`, by the name it gives it.
fn table(name: &str) -> ClassUnicode {
    let hir = regex_syntax::parse(&format!(r"\p{{{name}}}")).expect("the name is in the tables");
    match hir.into_kind() {
        HirKind::Class(Class::Unicode(class)) => class,
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).expect("a class of text");
            ClassUnicode::new(text.chars().map(|c| ClassUnicodeRange::new(c, c)))
        }
        _ => unreachable!("a property is a class"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regexp::Anchoring;
    use crate::server::GoRelease;

    #[test]
    fn every_listed_name_has_a_table() {
        for go in [GoRelease(1, 20), GoRelease(1, 24), GoRelease(1, 27)] {
            let dialect = Dialect { go, anchoring: Anchoring::Plain };
            for name in CATEGORIES.split_whitespace().chain(scripts(dialect)) {
                let class = lookup(name, dialect).unwrap_or_else(|| panic!("{name}"));
                assert_eq!(class.ranges().is_empty(), name == "Cs", "{name}");
            }
        }
        for alias in ALIASES.split_whitespace().filter_map(|alias| alias.split_once('=')) {
            let newest = Dialect { go: GoRelease(1, 27), anchoring: Anchoring::Plain };
            assert_eq!(lookup(alias.0, newest), lookup(alias.1, newest), "{alias:?}");
        }
    }

    #[test]
    fn names_are_exact_before_go_1_25() {
        let old = Dialect { go: GoRelease(1, 24), anchoring: Anchoring::Plain };
        let new = Dialect { go: GoRelease(1, 25), ..old };
        for name in ["lu", "old_italic", "Letter", "ASCII", "Assigned", "Cn", "LC", " L u "] {
            assert!(lookup(name, old).is_none() && lookup(name, new).is_some(), "{name}");
        }
        assert!(lookup("Garay", new).is_none());
        assert!(lookup("Any", old).is_some());
    }
}

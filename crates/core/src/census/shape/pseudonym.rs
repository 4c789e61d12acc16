//! Names for values that nobody may see: they tell the shape and the length, and nothing else.
//!
//! `uuid~9f86d081884c7d65…`: the word of the shape, or `value`, and hexadecimal digits of a digest
//! that the caller makes with a key.

use super::Shape;
use super::value::shape_of;

/// What stands between the word and the digits.
const MARK: char = '~';
/// The word of a value without a shape.
const SHAPELESS: &str = "value";
/// The least number of digits: 64 bits, so that ten million values have two alike once in 370,000
/// times.
const DIGITS: usize = 16;

/// The pseudonym of a value whose keyed digest is `digest`: as many bytes as the value has, where
/// that is enough for the word and 16 digits.
pub fn pseudonym(value: &str, digest: &[u8; 32]) -> String {
    let word = shape_of(value).map_or(SHAPELESS, Shape::as_str);
    let digits = DIGITS.max(value.len().saturating_sub(word.len() + 1));
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let hex: String = hex.chars().cycle().take(digits).collect();
    format!("{word}{MARK}{hex}")
}

/// Whether a value is what [`pseudonym`] gives.
pub fn is_pseudonym(value: &str) -> bool {
    read(value).is_some()
}

/// The shape of what a pseudonym stands for; the outer `None` where `value` is none.
#[expect(clippy::option_option, reason = "a pseudonym may stand for a value without a shape")]
pub(super) fn read(value: &str) -> Option<Option<Shape>> {
    let (word, digits) = value.split_once(MARK)?;
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if digits.len() < DIGITS || !digits.as_bytes().iter().all(is_digit) {
        return None;
    }
    if word == SHAPELESS {
        return Some(None);
    }
    Shape::ALL.into_iter().find(|shape| shape.as_str() == word).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, wanted: &str) {
        let mut digest = [0x3a; 32];
        digest[0] = 0x0f;
        let name = pseudonym(value, &digest);
        assert_eq!(name, wanted);
        assert!(is_pseudonym(&name));
        assert_eq!(shape_of(&name), shape_of(value), "{value}");
    }

    #[test]
    fn a_pseudonym_keeps_shape_and_length() {
        check("", "value~0f3a3a3a3a3a3a3a");
        check("GET", "value~0f3a3a3a3a3a3a3a");
        check("4711", "integer~0f3a3a3a3a3a3a3a");
        check("jane.doe.the.third@example.org", "email~0f3a3a3a3a3a3a3a3a3a3a3a");
        check("550e8400-e29b-41d4-a716-446655440000", "uuid~0f3a3a3a3a3a3a3a3a3a3a3a3a3a3a3");
        assert_eq!(pseudonym(&"x".repeat(5000), &[7; 32]).len(), 5000);
    }

    #[test]
    fn every_shape_comes_back_from_its_word() {
        for shape in Shape::ALL {
            let name = format!("{}~0123456789abcdef", shape.as_str());
            assert_eq!(shape_of(&name), Some(shape), "{name}");
        }
    }

    #[test]
    fn other_values_are_no_pseudonyms() {
        for value in ["", "~", "uuid~0123", "home~0123456789abcdef", "uuid~0123456789ABCDEF"] {
            assert!(!is_pseudonym(value), "{value}");
        }
    }
}

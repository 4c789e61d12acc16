//! Numbers that follow from a seed alone: the same on every platform and in every order of use.

/// `SplitMix64`'s output function: spreads `state` over all 64 bits.
pub(super) const fn mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A number that belongs to `words` under `seed`: each thing of the mesh asks for its own, so adding
/// one changes none of the others.
pub(super) fn of(seed: u64, words: &[u64]) -> u64 {
    words.iter().fold(mix(seed), |state, word| mix(state ^ mix(*word)))
}

/// As [`of`], for text.
pub(super) fn of_text(seed: u64, text: &str) -> u64 {
    text.bytes().fold(mix(seed), |state, byte| mix(state ^ u64::from(byte)))
}

/// One of `choices`.
pub(super) fn pick<T: Copy>(number: u64, choices: &[T]) -> T {
    choices[(number % choices.len() as u64) as usize]
}

/// `length` characters as Kubernetes puts them behind a pod's name: no vowels, so no words.
pub(super) fn suffix(mut number: u64, length: usize) -> String {
    const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut out = String::with_capacity(length);
    for _ in 0..length {
        out.push(char::from(ALPHABET[(number % ALPHABET.len() as u64) as usize]));
        number = mix(number);
    }
    out
}

/// `number` as a UUID of version 4.
pub(super) fn uuid(number: u64) -> String {
    let (high, low) = (mix(number), mix(number ^ 1));
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        low >> 52,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_splitmix64() {
        // The first outputs of the published reference implementation for seed 1234567.
        let step = 0x9E37_79B9_7F4A_7C15_u64;
        assert_eq!(mix(1_234_567), 6_457_827_717_110_365_317);
        assert_eq!(mix(1_234_567_u64.wrapping_add(step)), 3_203_168_211_198_807_973);
    }

    #[test]
    fn numbers_depend_on_every_word() {
        assert_ne!(of(1, &[1, 2]), of(1, &[2, 1]));
        assert_ne!(of(1, &[1]), of(2, &[1]));
        assert_ne!(of_text(1, "ab"), of_text(1, "ba"));
    }

    #[test]
    fn suffixes_and_uuids_have_their_form() {
        assert_eq!(suffix(7, 5).len(), 5);
        let id = uuid(7);
        assert_eq!((id.len(), id.as_bytes()[14]), (36, b'4'), "{id}");
    }
}

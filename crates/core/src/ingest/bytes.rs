//! Numbers and strings as the TSDB's files encode them: big-endian, and base-128 varints as Go writes them.

/// A place in some bytes. Every read checks its bounds; what does not fit is `None`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    pub(super) fn be32(&mut self) -> Option<u32> {
        self.take(4).map(be32)
    }

    pub(super) fn be64(&mut self) -> Option<u64> {
        let bytes = self.take(8)?.try_into().ok()?;
        Some(u64::from_be_bytes(bytes))
    }

    /// What was read since the cursor stood at `start`.
    pub(super) fn since(&self, start: usize) -> &'a [u8] {
        &self.bytes[start..self.at]
    }

    /// What stands at `range`, which was read before.
    pub(super) fn again(&self, range: std::ops::Range<usize>) -> &'a [u8] {
        &self.bytes[range]
    }

    /// Moves behind `expected` if it stands here.
    #[inline]
    pub(super) fn skip(&mut self, expected: &[u8]) -> bool {
        let stands = self.bytes[self.at..].starts_with(expected);
        self.at += if stands { expected.len() } else { 0 };
        stands
    }

    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let bytes = self.bytes.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(bytes)
    }

    /// A length as a varint, then as many bytes.
    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.uvarint()?).ok()?;
        self.take(length)
    }

    /// An unsigned varint: seven bits a byte, the lowest first, the top bit set on all but the last.
    #[inline]
    pub(super) fn uvarint(&mut self) -> Option<u64> {
        // Nearly all numbers here have up to four bytes, and four can be looked at together.
        if let Some(four) = self.bytes.get(self.at..self.at + 4) {
            let word = u32::from_le_bytes([four[0], four[1], four[2], four[3]]);
            let ends = !word & 0x8080_8080;
            if ends != 0 {
                let bits = ends.trailing_zeros();
                self.at += (bits / 8 + 1) as usize;
                let word = word & (u32::MAX >> (31 - bits));
                return Some(u64::from(
                    word & 0x7f
                        | word >> 1 & 0x3f80
                        | word >> 2 & 0x001f_c000
                        | word >> 3 & 0x0fe0_0000,
                ));
            }
        }
        self.long_uvarint()
    }

    #[cold]
    fn long_uvarint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                // The tenth byte has room for one bit.
                return (shift < 63 || byte <= 1).then_some(value);
            }
        }
        None
    }

    /// A signed varint: the sign in the lowest bit.
    #[inline]
    pub(super) fn varint(&mut self) -> Option<i64> {
        let value = self.uvarint()?;
        Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }
}

/// The number in four bytes.
pub(super) fn be32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, &byte| number << 8 | u32::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encode(mut value: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while value >= 0x80 {
            bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        bytes.push(value as u8);
        bytes
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn varints_come_back(value in any::<u64>(), shift in 0u32..64, tail in 0usize..5) {
            let value = value >> shift;
            let mut bytes = encode(value);
            let length = bytes.len();
            bytes.extend(std::iter::repeat_n(0xff, tail));
            let mut cursor = Cursor::new(&bytes);
            prop_assert_eq!(cursor.uvarint(), Some(value));
            prop_assert_eq!(cursor.at, length);
            let signed = value.cast_signed();
            let zigzag = (signed << 1 ^ signed >> 63).cast_unsigned();
            prop_assert_eq!(Cursor::new(&encode(zigzag)).varint(), Some(signed));
            prop_assert_eq!(Cursor::new(&bytes[..length - 1]).uvarint(), None);
        }

        #[test]
        fn any_bytes_give_a_number_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..12)) {
            let mut cursor = Cursor::new(&bytes);
            while cursor.uvarint().is_some() {}
            prop_assert!(cursor.at <= bytes.len());
        }
    }

    #[test]
    fn too_long_varints_are_refused() {
        assert_eq!(Cursor::new(&[0xff; 11]).uvarint(), None);
        let mut most = vec![0xff; 9];
        most.push(1);
        assert_eq!(Cursor::new(&most).uvarint(), Some(u64::MAX));
        most[9] = 2;
        assert_eq!(Cursor::new(&most).uvarint(), None);
    }
}

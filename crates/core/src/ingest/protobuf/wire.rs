//! Protobuf's wire format: fields of a message, one after the other. Mirrors what gogo-protobuf,
//! which Prometheus reads with, takes and refuses.

/// Why a field could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The bytes end inside of it.
    Incomplete,
    /// No message has it.
    Wrong(&'static str),
}

/// The value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32,
}

impl<'a> Value<'a> {
    pub(super) fn bytes(self) -> Result<&'a [u8], Stop> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(WRONG_TYPE),
        }
    }

    pub(super) fn text(self) -> Result<&'a str, Stop> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Stop::Wrong("a text is no UTF-8"))
    }

    pub(super) fn double(self) -> Result<f64, Stop> {
        match self {
            Self::Fixed64(bits) => Ok(f64::from_bits(bits)),
            _ => Err(WRONG_TYPE),
        }
    }

    pub(super) fn varint(self) -> Result<u64, Stop> {
        match self {
            Self::Varint(number) => Ok(number),
            _ => Err(WRONG_TYPE),
        }
    }
}

const WRONG_TYPE: Stop = Stop::Wrong("a field is of another type than it should be");

/// Reads along a message.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// The next field, its number first; `None` at the end. Groups are skipped.
    pub(super) fn field(&mut self) -> Result<Option<(u32, Value<'a>)>, Stop> {
        let mut groups = 0_u32;
        loop {
            if self.at == self.bytes.len() {
                return if groups == 0 { Ok(None) } else { Err(Stop::Incomplete) };
            }
            let tag = self.varint()?;
            // As the server, which keeps 32 bits of it.
            let number = (tag >> 3) as u32;
            if number == 0 || number > i32::MAX as u32 {
                return Err(Stop::Wrong("a field has no valid number"));
            }
            let value = match tag & 7 {
                0 => Value::Varint(self.varint()?),
                1 => Value::Fixed64(self.fixed()?),
                2 => Value::Bytes(self.delimited()?),
                3 => {
                    groups += 1;
                    continue;
                }
                4 if groups > 0 => {
                    groups -= 1;
                    continue;
                }
                4 => return Err(Stop::Wrong("a group ends that did not begin")),
                5 => {
                    self.take(4)?;
                    Value::Fixed32
                }
                _ => return Err(Stop::Wrong("a field has no valid type")),
            };
            if groups == 0 {
                return Ok(Some((number, value)));
            }
        }
    }

    pub(super) fn varint(&mut self) -> Result<u64, Stop> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes.get(self.at).ok_or(Stop::Incomplete)?;
            self.at += 1;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Stop::Wrong("a number is longer than 64 bits"))
    }

    fn fixed(&mut self) -> Result<u64, Stop> {
        let bytes = self.take(8)?;
        Ok(u64::from_le_bytes(bytes.try_into().expect("eight bytes were taken")))
    }

    fn delimited(&mut self) -> Result<&'a [u8], Stop> {
        let length = self.varint()?;
        // A length that no memory holds is one that its message can't hold either.
        self.take(usize::try_from(length).unwrap_or(usize::MAX))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Stop> {
        let end = self.at.checked_add(length).ok_or(Stop::Incomplete)?;
        let taken = self.bytes.get(self.at..end).ok_or(Stop::Incomplete)?;
        self.at = end;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], wanted: Result<&[(u32, Value<'_>)], Stop>) {
        let mut cursor = Cursor::new(bytes);
        let mut found = Vec::new();
        let read = loop {
            match cursor.field() {
                Ok(Some(field)) => found.push(field),
                Ok(None) => break Ok(&found[..]),
                Err(stop) => break Err(stop),
            }
        };
        assert_eq!(read, wanted);
    }

    #[test]
    fn fields_are_cut_by_their_type() {
        check(b"", Ok(&[]));
        check(b"\x08\x96\x01", Ok(&[(1, Value::Varint(150))]));
        check(b"\x12\x02hi", Ok(&[(2, Value::Bytes(b"hi"))]));
        check(b"\x11\0\0\0\0\0\0\xf0\x3f", Ok(&[(2, Value::Fixed64(1.0_f64.to_bits()))]));
        check(b"\x1d\0\0\0\0", Ok(&[(3, Value::Fixed32)]));
        // A group in a group, with a field inside, is passed over.
        check(b"\x0b\x13\x08\x01\x14\x0c\x08\x02", Ok(&[(1, Value::Varint(2))]));
    }

    #[test]
    fn broken_fields_are_told() {
        for cut in [&b"\x08"[..], b"\x08\x96", b"\x12\x02h", b"\x11\0", b"\x0b", b"\x1d\0"] {
            check(cut, Err(Stop::Incomplete));
        }
        check(b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", Err(Stop::Incomplete));
        let wrong = |bytes: &[u8], what| check(bytes, Err(Stop::Wrong(what)));
        wrong(b"\x0c", "a group ends that did not begin");
        wrong(b"\x00", "a field has no valid number");
        wrong(b"\x0e", "a field has no valid type");
        wrong(&[0xff; 11], "a number is longer than 64 bits");
    }
}

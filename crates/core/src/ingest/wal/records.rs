//! The framing of a log: pages of 32 KiB hold fragments, fragments make records, records are packed.

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// Bytes of a page.
pub(super) const PAGE: usize = 32 << 10;
/// Type, length and checksum in front of a fragment.
const HEADER: usize = 7;
/// A record that unpacks to more is taken for a broken one: a segment has 128 MiB at most.
const MAX_RECORD: usize = 512 << 20;
/// Snappy copies at most 64 bytes for every 2 that it reads.
const SNAPPY_RATIO: usize = 64;
/// Unpacked at once.
const PIECE: usize = 1 << 20;

const TYPE_BITS: u8 = 0b111;
const SNAPPY_BIT: u8 = 1 << 3;
const ZSTD_BIT: u8 = 1 << 4;

/// Why a log cannot be read on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken {
    /// Where the record begins, in bytes from the start of its segment.
    pub(super) offset: u64,
    /// What is wrong.
    pub(super) what: String,
    /// Whether the segment ends within the record.
    pub(super) torn: bool,
}

/// Whoever takes whole, unpacked records; says what is wrong with one.
pub(super) type Taker<'t> = &'t mut dyn FnMut(&[u8]) -> Result<(), String>;

/// Reads the records of a log, one segment after the other.
pub(super) struct Records {
    /// Bytes of the segment that were taken.
    offset: u64,
    /// A page that was fed in part.
    page: Vec<u8>,
    /// The fragments of a record that goes on.
    record: Vec<u8>,
    /// Where it began.
    start: u64,
    /// Whether a record has begun.
    open: bool,
    unpacker: Unpacker,
}

#[derive(Default)]
struct Unpacker {
    snappy: snap::raw::Decoder,
    zstd: FrameDecoder,
    plain: Vec<u8>,
}

impl Default for Records {
    fn default() -> Self {
        Self {
            offset: 0,
            page: Vec::with_capacity(PAGE),
            record: Vec::new(),
            start: 0,
            open: false,
            unpacker: Unpacker::default(),
        }
    }
}

impl Records {
    /// Takes the next bytes of the segment; hands over every record that is complete.
    ///
    /// # Errors
    /// The first thing that is wrong. Nothing behind it can be read.
    pub(super) fn feed(&mut self, mut bytes: &[u8], take: Taker<'_>) -> Result<(), Broken> {
        if !self.page.is_empty() {
            let missing = (PAGE - self.page.len()).min(bytes.len());
            self.page.extend_from_slice(&bytes[..missing]);
            bytes = &bytes[missing..];
            if self.page.len() == PAGE {
                self.buffered(PAGE, take)?;
            }
        }
        let pages = bytes.chunks_exact(PAGE);
        self.page.extend_from_slice(pages.remainder());
        for page in pages {
            self.whole_page(page, PAGE, take)?;
        }
        Ok(())
    }

    /// Ends a segment. A server takes what is missing of the last page for zeros.
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub(super) fn end_segment(&mut self, take: Taker<'_>) -> Result<(), Broken> {
        let filled = self.page.len();
        if filled > 0 {
            self.page.resize(PAGE, 0);
            self.buffered(filled, take)?;
        }
        self.offset = 0;
        Ok(())
    }

    /// Ends a log: no record may go on here.
    ///
    /// # Errors
    /// When one does.
    pub(super) fn end(&mut self) -> Result<(), Broken> {
        if std::mem::take(&mut self.open) {
            return Err(Broken::new(self.start, "the last record is torn", true));
        }
        Ok(())
    }

    fn buffered(&mut self, filled: usize, take: Taker<'_>) -> Result<(), Broken> {
        let page = std::mem::take(&mut self.page);
        let result = self.whole_page(&page, filled, take);
        self.page = page;
        self.page.clear();
        result
    }

    /// Reads a page of which `filled` bytes stand in the file.
    fn whole_page(&mut self, page: &[u8], filled: usize, take: Taker<'_>) -> Result<(), Broken> {
        let mut at = 0;
        while at < PAGE {
            let rest = &page[at..];
            let start = self.offset + at as u64;
            let kind = rest[0] & TYPE_BITS;
            if kind == 0 {
                if rest[1..].iter().any(|&byte| byte != 0) {
                    return Err(Broken::new(
                        start,
                        "unexpected non-zero byte in padded page",
                        false,
                    ));
                }
                break;
            }
            let Some((header, data)) = rest.split_at_checked(HEADER) else {
                return Err(Broken::new(start, "the page ends within a header", false));
            };
            let length = usize::from(u16::from_be_bytes([header[1], header[2]]));
            let torn = at + HEADER + length > filled;
            let Some(data) = data.get(..length) else {
                return Err(Broken::new(start, format!("invalid record size {length}"), torn));
            };
            let wanted = u32::from_be_bytes([header[3], header[4], header[5], header[6]]);
            let found = crc32c::crc32c(data);
            if found != wanted {
                let what = format!("unexpected checksum {found:x}, expected {wanted:x}");
                return Err(Broken::new(start, what, torn));
            }
            let taken = self.fragment(start, header[0], data, take);
            taken.map_err(|broken| Broken { torn, ..broken })?;
            at += HEADER + length;
        }
        self.offset += PAGE as u64;
        Ok(())
    }

    fn fragment(
        &mut self,
        start: u64,
        header: u8,
        data: &[u8],
        take: Taker<'_>,
    ) -> Result<(), Broken> {
        const FULL: u8 = 1;
        const FIRST: u8 = 2;
        const MIDDLE: u8 = 3;
        const LAST: u8 = 4;
        let kind = header & TYPE_BITS;
        let what = match (kind, self.open) {
            (FULL | FIRST, false) | (MIDDLE | LAST, true) => None,
            (FULL, true) => Some("unexpected full record".to_owned()),
            (FIRST, true) => Some("unexpected first record".to_owned()),
            (MIDDLE, false) => Some("unexpected middle record".to_owned()),
            (LAST, false) => Some("unexpected last record".to_owned()),
            _ => Some(format!("unexpected record type {kind}")),
        };
        if let Some(what) = what {
            return Err(Broken::new(start, what, false));
        }
        if !self.open {
            self.start = start;
            self.record.clear();
        }
        self.open = matches!(kind, FIRST | MIDDLE);
        if kind != FULL {
            self.record.extend_from_slice(data);
            if self.record.len() > MAX_RECORD {
                return Err(Broken::new(self.start, "the record is too long", false));
            }
        }
        if self.open {
            return Ok(());
        }
        let packed = if kind == FULL { data } else { &self.record };
        let taken = self.unpacker.unpack(header, packed).and_then(take);
        taken.map_err(|what| Broken::new(self.start, what, false))
    }
}

impl Broken {
    fn new(offset: u64, what: impl Into<String>, torn: bool) -> Self {
        Self { offset, what: what.into(), torn }
    }
}

impl Unpacker {
    /// The bytes of a record whose last fragment has this header.
    fn unpack<'r>(&'r mut self, header: u8, packed: &'r [u8]) -> Result<&'r [u8], String> {
        if header & SNAPPY_BIT != 0 {
            self.unpack_snappy(packed)
        } else if header & ZSTD_BIT != 0 {
            self.unpack_zstd(packed).map(|()| &*self.plain)
        } else {
            Ok(packed)
        }
    }

    fn unpack_snappy(&mut self, packed: &[u8]) -> Result<&[u8], String> {
        let wrong = |error| format!("this is not snappy: {error}");
        let length = snap::raw::decompress_len(packed).map_err(wrong)?;
        // A length that the bytes cannot unpack to must not be allocated.
        if length > MAX_RECORD || length > packed.len().saturating_mul(SNAPPY_RATIO) {
            return Err(format!("{} bytes of snappy claim to be {length}", packed.len()));
        }
        if self.plain.len() < length {
            // A new one comes as zeros, where a longer one has to be filled with them.
            self.plain = vec![0; length];
        }
        let length = self.snappy.decompress(packed, &mut self.plain).map_err(wrong)?;
        Ok(&self.plain[..length])
    }

    fn unpack_zstd(&mut self, mut packed: &[u8]) -> Result<(), String> {
        let wrong = |error: &dyn std::fmt::Display| format!("this is not zstd: {error}");
        self.plain.clear();
        self.zstd.reset(&mut packed).map_err(|error| wrong(&error))?;
        while !self.zstd.is_finished() {
            let strategy = BlockDecodingStrategy::UptoBytes(PIECE);
            self.zstd.decode_blocks(&mut packed, strategy).map_err(|error| wrong(&error))?;
            self.zstd.collect_to_writer(&mut self.plain).map_err(|error| wrong(&error))?;
            if self.plain.len() > MAX_RECORD {
                return Err("the record unpacks to too much".to_owned());
            }
        }
        self.zstd.collect_to_writer(&mut self.plain).map_err(|error| wrong(&error))?;
        Ok(())
    }
}

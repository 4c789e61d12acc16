//! Bytes of a source, unpacked: gzip and zstd are recognised by their first bytes.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use anyhow::Context;

use super::Source;
use super::http::{Access, Wanted};

/// How much is read at once.
pub const PIECE: usize = 1 << 20;

/// What packed bytes begin with.
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// No text that is read as a whole is larger: more is no text that anybody wrote, or an answer
/// without end, which would take all memory.
const MOST_TEXT: u64 = 256 << 20;

/// A source's bytes, and the content type if a server named one.
pub struct Opened {
    /// Unpacked bytes.
    pub bytes: Box<dyn Read + Send>,
    /// The `Content-Type` of an HTTP answer.
    pub content_type: Option<String>,
    /// The file that the bytes are, where it lies as it is and can be read at any place.
    pub file: Option<File>,
}

/// Opens a file, stdin or a URL.
///
/// # Errors
/// When it cannot be opened, with what to do about it.
pub fn open(source: &Source, access: &Access, wanted: Wanted) -> anyhow::Result<Opened> {
    let (bytes, content_type, file): (Box<dyn Read + Send>, _, _) = match source {
        Source::Stdin => (Box::new(std::io::stdin()), None, None),
        Source::Url(url) => {
            let answer = access.get(url, wanted)?;
            (answer.bytes, answer.content_type, None)
        }
        Source::File(path) | Source::Directory(path) => {
            let file =
                File::open(path).with_context(|| format!("cannot open `{}`", path.display()))?;
            let plain = if is_plain(&file) { file.try_clone().ok() } else { None };
            (Box::new(file), None, plain)
        }
        Source::Bucket(_) => anyhow::bail!(
            "`{}` is a bucket: `census` counts its blocks, and `census --save` writes what other \
             commands read",
            source.name()
        ),
    };
    Ok(Opened { bytes: unpack(bytes)?, content_type, file })
}

/// Whether a file is one of bytes that are not packed.
fn is_plain(file: &File) -> bool {
    let mut start = [0; ZSTD.len()];
    file.metadata().is_ok_and(|meta| meta.is_file())
        && read_at(file, &mut start, 0).is_ok()
        && !start.starts_with(&GZIP)
        && start != ZSTD
}

/// Reads bytes at a place of a file, as many as come at once; none at its end.
pub(super) fn read_at(file: &File, room: &mut [u8], at: u64) -> std::io::Result<usize> {
    #[cfg(unix)]
    let read = |room: &mut [u8]| std::os::unix::fs::FileExt::read_at(file, room, at);
    #[cfg(windows)]
    let read = |room: &mut [u8]| std::os::windows::fs::FileExt::seek_read(file, room, at);
    loop {
        match read(room) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// Reads at most `most` bytes of a source.
///
/// # Errors
/// When it cannot be read.
pub fn read_bytes(source: &Source, access: &Access, most: usize) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(source, access, Wanted::Anything)?
        .bytes
        .take(most as u64)
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read `{}`", source.name()))?;
    Ok(bytes)
}

/// Reads a whole text, which must be UTF-8.
///
/// # Errors
/// When it cannot be read, or is not UTF-8.
pub fn read_text(source: &Source, access: &Access) -> anyhow::Result<String> {
    let opened = open(source, access, Wanted::Anything)?;
    read_whole(opened.bytes, &source.name())
}

/// Reads a whole text, which must be UTF-8, from what is called `name`.
///
/// # Errors
/// When it cannot be read, is not UTF-8, or longer.
pub(crate) fn read_whole(bytes: impl Read, name: &str) -> anyhow::Result<String> {
    let mut text = Vec::new();
    let read = bytes.take(MOST_TEXT + 1).read_to_end(&mut text);
    read.with_context(|| format!("cannot read `{name}`"))?;
    anyhow::ensure!(
        text.len() as u64 <= MOST_TEXT,
        "`{name}` is more than {} MiB long: check that it is what you mean",
        MOST_TEXT >> 20
    );
    String::from_utf8(text).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].split(|&byte| byte == b'\n').count();
        anyhow::anyhow!("{name}:{line}: invalid UTF-8: save the file as UTF-8")
    })
}

/// Bytes that may be packed, unpacked.
///
/// # Errors
/// When they cannot be read.
pub(crate) fn unpack(bytes: Box<dyn Read + Send>) -> anyhow::Result<Box<dyn Read + Send>> {
    let mut bytes = BufReader::with_capacity(PIECE, bytes);
    let start = bytes.fill_buf().context("cannot read")?;
    Ok(if start.starts_with(&GZIP) {
        Box::new(flate2::bufread::MultiGzDecoder::new(bytes))
    } else if start.starts_with(&ZSTD) {
        Box::new(zstd::Decoder::with_buffer(bytes)?)
    } else {
        Box::new(bytes)
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[track_caller]
    fn check(packed: Vec<u8>, wanted: &str) {
        let mut text = String::new();
        let mut bytes = unpack(Box::new(std::io::Cursor::new(packed))).unwrap();
        bytes.read_to_string(&mut text).unwrap();
        assert_eq!(text, wanted);
    }

    #[test]
    fn packed_parts_are_unpacked_one_after_the_other() {
        let gzip = |text: &str| {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packed.write_all(text.as_bytes()).unwrap();
            packed.finish().unwrap()
        };
        let zstd = |text: &str| zstd::encode_all(text.as_bytes(), 1).unwrap();
        check([gzip("a 1\n"), gzip("b 2\n")].concat(), "a 1\nb 2\n");
        check([zstd("a 1\n"), zstd("b 2\n")].concat(), "a 1\nb 2\n");
        check(b"a 1\n".to_vec(), "a 1\n");
        check(Vec::new(), "");
    }
}

//! Bytes of a file at any place: mapped into memory, or read where that cannot be done. The one
//! place with `unsafe`.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;

use anyhow::Context;
use memmap2::Mmap;
use promsieve_core::ingest::index::ReadAt;

/// A file, open at every place.
pub(crate) enum FileBytes {
    /// The pages come when they are looked at.
    Mapped(Mmap),
    /// Some file systems map nothing.
    Read { file: Mutex<File>, size: u64 },
}

/// Opens a file that nobody changes while it is read, as Prometheus never changes a block.
///
/// # Errors
/// When it cannot be opened.
pub(crate) fn open(path: &Path) -> anyhow::Result<FileBytes> {
    let cannot = || format!("cannot open `{}`", path.display());
    let file = File::open(path).with_context(cannot)?;
    #[expect(unsafe_code, reason = "a mapped index is read at memory speed, and costs no memory")]
    // SAFETY: the map is only read. Should another process change the file meanwhile, bytes change
    // under their checks: readers check every length where they use it and never assume that a
    // byte, read again, is the same. A file cut off meanwhile ends the process with SIGBUS, as it
    // ends any program that maps it; blocks are written once and then only removed, which leaves
    // the map as it is.
    let map = unsafe { Mmap::map(&file) };
    match map {
        Ok(map) => Ok(FileBytes::Mapped(map)),
        Err(_) => read(file).with_context(cannot),
    }
}

fn read(file: File) -> std::io::Result<FileBytes> {
    let size = file.metadata()?.len();
    Ok(FileBytes::Read { file: Mutex::new(file), size })
}

impl ReadAt for FileBytes {
    fn size(&self) -> u64 {
        match self {
            Self::Mapped(map) => map.len() as u64,
            Self::Read { size, .. } => *size,
        }
    }

    fn read(&self, range: Range<u64>) -> Result<Cow<'_, [u8]>, String> {
        match self {
            Self::Mapped(map) => ReadAt::read(map, range),
            Self::Read { file, size } => {
                let length = range.end.min(*size).saturating_sub(range.start);
                let mut bytes =
                    vec![0; usize::try_from(length).map_err(|error| error.to_string())?];
                let mut file = file.lock().map_err(|error| error.to_string())?;
                file.seek(SeekFrom::Start(range.start))
                    .and_then(|_| file.read_exact(&mut bytes))
                    .map_err(|error| format!("it cannot be read: {error}"))?;
                Ok(Cow::Owned(bytes))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mapped_or_read_the_bytes_are_the_same() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let bytes = std::fs::read(&path).unwrap();
        let mapped = open(&path).unwrap();
        assert!(matches!(mapped, FileBytes::Mapped(_)));
        for source in [mapped, read(File::open(&path).unwrap()).unwrap()] {
            assert_eq!(source.size(), bytes.len() as u64);
            for range in [0..4, 10..10, 7..source.size()] {
                let wanted = &bytes[range.start as usize..range.end as usize];
                assert_eq!(&*source.read(range).unwrap(), wanted);
            }
            let outside = source.read(source.size() - 1..source.size() + 5);
            assert!(outside.is_err() || outside.is_ok_and(|bytes| bytes.len() < 6));
        }
    }
}

//! What `--save` writes: a census that is a source again, or the series themselves as CSV. All that
//! leaves the process as series goes through here.

mod csv;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use promsieve_core::saved::{self, Saved};

use crate::input::collect::attached;
use crate::input::replace::write_new_with;

/// Writes to a file whose name says what it is: `….csv` the series, any other name the census; with
/// `.gz` or `.zst` behind, packed.
///
/// # Errors
/// When it cannot be written, or series are wanted of a census that was sketched.
pub(crate) fn save(saved: &Saved, path: &Path) -> anyhow::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let packing = [(".gz", Packing::Gzip), (".zst", Packing::Zstd)];
    let packing = packing.into_iter().find(|(end, _)| name.ends_with(end));
    let (end, packing) = packing.unwrap_or(("", Packing::None));
    let name = Path::new(name.strip_suffix(end).unwrap_or(&name));
    if name.extension().is_none_or(|extension| extension != "csv") {
        return write_new_with(path, |file| packing.write(file, &|out| write_census(saved, out)));
    }
    let Saved::Exact(table) = saved else {
        anyhow::bail!(
            "`{}` needs every series, and only counts were kept: give more `--memory`, or save a \
             part of the series",
            path.display()
        );
    };
    let table = attached(table.clone());
    write_new_with(path, |file| packing.write(file, &|out| csv::write(&table, out)))
}

fn write_census(saved: &Saved, out: &mut dyn Write) -> std::io::Result<()> {
    saved::write(saved, |piece| out.write_all(piece))
}

/// How a file is packed.
#[derive(Debug, Clone, Copy)]
enum Packing {
    None,
    Gzip,
    Zstd,
}

impl Packing {
    /// Lets `write` write into a file through the packer.
    fn write(
        self,
        file: &mut File,
        write: &dyn Fn(&mut dyn Write) -> std::io::Result<()>,
    ) -> anyhow::Result<()> {
        match self {
            Self::None => {
                let mut out = BufWriter::new(file);
                write(&mut out)?;
                out.flush()?;
            }
            Self::Gzip => {
                let mut out = BufWriter::new(GzEncoder::new(file, Compression::default()));
                write(&mut out)?;
                out.into_inner().map_err(std::io::IntoInnerError::into_error)?.finish()?;
            }
            Self::Zstd => {
                let mut out = BufWriter::new(zstd::Encoder::new(file, 0)?);
                write(&mut out)?;
                out.into_inner().map_err(std::io::IntoInnerError::into_error)?.finish()?;
            }
        }
        Ok(())
    }
}

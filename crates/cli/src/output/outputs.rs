//! `--output FORMAT[=FILE]`: several formats of one result, each to stdout or to a file.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;

use crate::input::replace::write_new;

/// A format, and the file that it goes to; stdout without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output<F> {
    pub(crate) format: F,
    file: Option<PathBuf>,
}

impl<F: clap::ValueEnum> Output<F> {
    /// Reads `json` or `junit=report.xml`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (name, file) = match text.split_once('=') {
            Some((_, "")) => return Err("a file's name is missing behind the `=`".to_owned()),
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format = F::from_str(name, true).map_err(|_| {
            let values = F::value_variants().iter().filter_map(F::to_possible_value);
            let names: Vec<String> = values.map(|value| value.get_name().to_owned()).collect();
            format!("`{name}` is no format: there are {}", names.join(", "))
        })?;
        Ok(Self { format, file })
    }

    /// Whether it goes to stdout.
    pub(crate) fn is_stdout(&self) -> bool {
        self.file.is_none()
    }

    /// To stdout.
    fn stdout(format: F) -> Self {
        Self { format, file: None }
    }
}

/// Writes each output by `write`. What stdout gets is `default`, unless one of `outputs` goes there.
///
/// # Errors
/// When one cannot be written.
pub(crate) fn write_all<F: clap::ValueEnum>(
    outputs: &[Output<F>],
    default: F,
    out: &mut impl Write,
    mut write: impl FnMut(&F, bool, &mut Vec<u8>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut all = outputs.to_vec();
    if all.iter().all(|output| output.file.is_some()) {
        all.push(Output::stdout(default));
    }
    for output in &all {
        let mut bytes = Vec::new();
        write(&output.format, output.file.is_none(), &mut bytes)?;
        match &output.file {
            None => out.write_all(&bytes)?,
            Some(path) => {
                let text = String::from_utf8(bytes).context("an output is no text")?;
                write_new(path, &text)?;
            }
        }
    }
    Ok(())
}

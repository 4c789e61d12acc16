//! JSON: a view under the schema's number.

use std::io::Write;

use serde::Serialize;

/// Version of the keys; a key is never taken away or given another meaning within one.
pub(crate) const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Versioned<'a, T> {
    schema: u32,
    #[serde(flatten)]
    view: &'a T,
}

/// A view in one line.
pub(crate) fn line(view: &impl Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_string(&Versioned { schema: SCHEMA, view })?)
}

/// Writes a view, indented, with a line end.
pub(crate) fn write(out: &mut impl Write, view: &impl Serialize) -> anyhow::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Versioned { schema: SCHEMA, view })?;
    writeln!(out)?;
    Ok(())
}

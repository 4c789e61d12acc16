//! stub
use crate::output::view::usage::UsageView;
use std::io::Write;
pub(crate) fn write(_out: &mut impl Write, _view: &UsageView) -> std::io::Result<()> {
    Ok(())
}

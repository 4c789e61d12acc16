//! stub
use crate::output::view::optimize::OptimizeView;
use std::io::Write;
pub(crate) fn write(_out: &mut impl Write, _view: &OptimizeView) -> std::io::Result<()> {
    Ok(())
}

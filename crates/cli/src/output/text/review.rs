//! stub
use crate::output::view::review::ReviewView;
use std::io::Write;
pub(crate) fn write(_out: &mut impl Write, _view: &ReviewView) -> std::io::Result<()> {
    Ok(())
}

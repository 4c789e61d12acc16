//! stub
use crate::output::view::estimate::EstimateView;
use std::io::Write;
pub(crate) fn write(_out: &mut impl Write, _view: &EstimateView) -> std::io::Result<()> {
    Ok(())
}

//! stub
use crate::output::view::shard::ShardView;
use std::io::Write;
pub(crate) fn write(_out: &mut impl Write, _view: &ShardView) -> std::io::Result<()> {
    Ok(())
}

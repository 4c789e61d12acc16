//! Labels, dictionaries, targets and tables.

mod label_buf;

pub use label_buf::{LabelBuf, LabelRef};

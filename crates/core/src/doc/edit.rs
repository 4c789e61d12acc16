//! Edits of the source by byte ranges: what is not edited stays byte for byte.

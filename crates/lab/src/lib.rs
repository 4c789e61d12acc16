//! Mesh generator, real-server harness and benches: heavy dev dependencies stay here.

#![forbid(unsafe_code)]

pub mod block;
pub mod chains;
pub mod cpu;
pub mod jobs;
pub mod measure;
pub mod mesh;
pub mod protobuf;
pub mod real;
pub mod silent;
pub mod wal;

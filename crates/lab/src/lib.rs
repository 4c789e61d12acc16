//! Mesh generator, real-server harness and benches: heavy dev dependencies stay here.

pub mod chains;
pub mod cpu;
pub mod jobs;
pub mod measure;
pub mod mesh;
pub mod real;

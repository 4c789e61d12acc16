//! Mesh generator, real-server harness and benches: heavy dev dependencies stay here.

pub mod measure;
pub mod mesh;
pub mod real;

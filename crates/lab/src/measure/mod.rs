//! Measures what a real Prometheus needs for a workload: the numbers under `rules/cost/`.

pub mod grid;
pub mod pages;
pub mod run;
pub mod workload;

//! Measures what a real Prometheus needs for a workload: the numbers under `rules/cost/`.

pub mod check;
pub mod config;
pub mod fit;
pub mod grid;
pub mod held;
pub mod pages;
mod priors;
pub mod run;
pub mod schedule;
pub mod shapes;
pub mod table;
pub mod workload;

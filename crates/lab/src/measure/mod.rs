//! Measures what a real Prometheus needs for a workload: the numbers under `rules/cost/`.

mod agent;
mod beside;
pub mod check;
pub mod config;
mod discovered;
pub mod fit;
mod fit_agent;
mod fit_beside;
mod fit_discovered;
mod fresh;
pub mod grid;
pub mod held;
mod later;
pub mod pages;
mod priors;
mod public;
mod replay;
pub mod run;
pub mod schedule;
pub mod shapes;
mod start_table;
pub mod table;
pub mod with;
pub mod workload;

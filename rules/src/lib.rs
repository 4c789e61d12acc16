//! Knowledge that promsieve ships with, as embedded data: exporter packs and cost models.

pub mod cost;

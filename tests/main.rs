//! One integration binary: every test that runs the built `promsieve` or a real server.

// `cfg(test)` always holds here; with it clippy lets the helpers of tests unwrap.
#[cfg(test)]
mod answers;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod ci_templates;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod corpus_automata;
#[cfg(test)]
mod corpus_config;
#[cfg(test)]
mod corpus_fixes;
#[cfg(test)]
mod corpus_lint;
#[cfg(test)]
mod corpus_usage;
#[cfg(test)]
mod database;
#[cfg(test)]
mod devtools;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod editor;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod hold_out;
#[cfg(test)]
mod hook;
#[cfg(test)]
mod lint_coverage;
#[cfg(test)]
mod mutants;
#[cfg(test)]
mod packs;
#[cfg(test)]
mod page;
#[cfg(test)]
mod page_explored;
#[cfg(test)]
mod page_strained;
#[cfg(test)]
mod python;
#[cfg(test)]
mod real;
#[cfg(test)]
mod real_block;
#[cfg(test)]
mod real_cost;
#[cfg(test)]
mod real_diff;
#[cfg(test)]
mod real_exposition;
#[cfg(test)]
mod real_fleet;
#[cfg(test)]
mod real_flow;
#[cfg(test)]
mod real_network;
#[cfg(test)]
mod real_plan;
#[cfg(test)]
mod real_plan_besides;
#[cfg(test)]
mod real_plan_public;
#[cfg(test)]
mod real_plan_remote;
#[cfg(test)]
mod real_promql;
#[cfg(test)]
mod real_protobuf;
#[cfg(test)]
mod real_recorded;
#[cfg(test)]
mod real_refusals;
#[cfg(test)]
mod real_regexp;
#[cfg(test)]
mod real_relabel;
#[cfg(test)]
mod real_scrape;
#[cfg(test)]
mod real_server;
#[cfg(test)]
mod real_shard;
#[cfg(test)]
mod real_shard_rules;
#[cfg(test)]
mod real_sharded;
#[cfg(test)]
mod real_signals;
#[cfg(test)]
mod real_split;
#[cfg(test)]
mod real_targets;
#[cfg(test)]
mod real_usage;
#[cfg(test)]
mod real_verify;
#[cfg(test)]
mod real_vmagent;
#[cfg(test)]
mod real_wal;
#[cfg(test)]
mod real_wal_histograms;
#[cfg(test)]
mod real_way;
#[cfg(test)]
mod rounds;
#[cfg(test)]
mod sbom;
#[cfg(test)]
mod schemas;
#[cfg(test)]
mod signal_losses;
#[cfg(test)]
mod targets;
#[cfg(test)]
mod tidy;

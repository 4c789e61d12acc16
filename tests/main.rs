//! One integration binary: every test that runs the built `promsieve` or a real server.

// `cfg(test)` always holds here; with it clippy lets the helpers of tests unwrap.
#[cfg(test)]
mod browser;
#[cfg(test)]
mod real;
mod corpus_config;

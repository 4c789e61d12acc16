//! One integration binary: every test that runs the built `promsieve` or a real server.

mod corpus_config;

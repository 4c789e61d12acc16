//! Blocks in a bucket of a server that speaks S3: counted as on disk, whatever happens on the way.
//!
//! Not among the tests that run by default, since it takes the feature and what that is built of:
//! `cargo test -p promsieve-cli --features object-storage --test object_storage`.

// `cfg(test)` always holds here; with it clippy lets the helpers of tests unwrap.
#[cfg(test)]
mod blocks;
#[cfg(test)]
mod bucket;
#[cfg(test)]
mod census;
#[cfg(test)]
mod layouts;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod resumed;

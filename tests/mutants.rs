//! The mutation test of the linter at its CI size: three mutants of each operator over our own
//! configurations; `cargo xtask mutate` has more of them, over public configurations too.

use promsieve_lab::mutate::{Options, bases, operators, passes, run, table};
use promsieve_lab::real::dir;

#[test]
fn known_mistakes_are_found_where_they_are() {
    if dir().is_none() {
        return;
    }
    let bases = bases(false).unwrap();
    let options = Options { seed: 1, each: 3 };
    let tallies = run(&operators(), &bases, options).unwrap();
    assert!(passes(&tallies), "{} clean configurations\n{}", bases.len(), table(&tallies));
}

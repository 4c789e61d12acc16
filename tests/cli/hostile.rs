//! Files made to exhaust a reader are refused with a message, instead of being read.

use std::fmt::Write as _;

use promsieve_lab::real::TempDir;

use super::run;

/// The file is refused with `words`.
#[track_caller]
fn check(content: &[u8], words: &str) {
    let dir = TempDir::new("hostile").unwrap();
    std::fs::write(dir.path().join("prometheus.yml"), content).unwrap();
    let ended = run(dir.path(), &["lint", "--format", "concise", "prometheus.yml"], b"");
    assert_eq!(ended.status, 1, "{ended:?}");
    assert!(ended.stdout.contains(words), "{ended:?}");
}

#[test]
fn alias_bombs_are_refused() {
    let mut text = "scrape_configs: []\na0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let all = vec![format!("*a{}", level - 1); 9].join(", ");
        writeln!(text, "a{level}: &a{level} [{all}]").unwrap();
    }
    check(text.as_bytes(), "excessive aliasing");
}

#[test]
fn deep_nesting_is_refused() {
    check(format!("scrape_configs: {}", "[".repeat(100_000)).as_bytes(), "max depth");
    check("- ".repeat(100_000).as_bytes(), "max depth");
}

#[test]
fn what_is_too_large_is_not_even_read() {
    check(&vec![b'a'; 17 << 20], "17825792 bytes");
    check("- a\n".repeat(1_600_000).as_bytes(), "1200000 values");
}

#[test]
fn what_is_no_utf8_is_refused_where_it_is() {
    check(b"scrape_configs:\n- job_name: \xff\n", "prometheus.yml:2:13");
}

//! Functions of SQL count what the census counts.

use promsieve_lab::real::TempDir;
use serde_json::Value;

use crate::{engine, json, sources, wanted};

#[test]
fn functions_count_what_the_census_counts() {
    let dir = TempDir::new("engine-sql").unwrap();
    let sources = sources::blocks(dir.path(), 4, 2000);
    let census = wanted(&sources, &[]);
    let query = "select metric, series(), without('pod') as pod, without('ip', 'id', 'pod') as all, \
                 sketch(), sketch_without('pod') as sketched, sum(samples) as samples \
                 from blocks group by metric having series() > 1 order by metric";
    let rows = json(engine().args(["sql", "--format", "json", query]).args(&sources));
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), census["metrics"].as_array().unwrap().len());
    for row in rows {
        let metric = find(&census["metrics"], row["metric"].as_str().unwrap());
        assert_eq!(row["series()"], metric["series"], "{row}");
        assert_eq!(row["samples"], metric["samples"], "{row}");
        assert_eq!(row["pod"], find(&metric["labels"], "pod")["without"], "{row}");
        let zones = find(&metric["labels"], "zone")["values"].as_u64().unwrap();
        assert_eq!(row["all"], zones + 1, "{row}");
        for (sketched, exact) in [("sketch()", &row["series()"]), ("sketched", &row["pod"])] {
            let (sketched, exact) = (row[sketched].as_f64().unwrap(), exact.as_f64().unwrap());
            assert!((sketched / exact - 1.0).abs() < 0.03, "{row}");
        }
    }
}

#[test]
fn kinds_of_sources_are_tables() {
    let dir = TempDir::new("engine-tables").unwrap();
    let mut sources = sources::blocks(dir.path(), 2, 200);
    sources.push(sources::log(dir.path()));
    let query = "select (select count(*) from blocks) as blocks, (select count(*) from logs) as logs, \
                 (select count(*) from series) as series, \
                 (select count(*) from series where labels['zone'] = 'z1') as zone";
    let rows = json(engine().args(["sql", "--format", "json", query]).args(&sources));
    let row = &rows[0];
    assert_eq!(row["blocks"], 400);
    assert_eq!(row["logs"], 399);
    assert_eq!(row["series"], 799);
    assert!(row["zone"].as_u64().unwrap() > 20, "{row}");
}

#[test]
fn a_wrong_call_says_what_is_right() {
    let dir = TempDir::new("engine-wrong").unwrap();
    let sources = sources::blocks(dir.path(), 1, 10);
    for (call, wanted) in [("series('pod')", "no arguments"), ("without()", "names of labels")] {
        let query = format!("select {call} from series");
        let output = engine().arg("sql").arg(query).args(&sources).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2));
        assert!(errors.contains(wanted), "{errors}");
    }
}

/// The entry of a list of the census that has this name.
fn find<'a>(list: &'a Value, name: &str) -> &'a Value {
    list.as_array().unwrap().iter().find(|entry| entry["name"] == name).unwrap()
}

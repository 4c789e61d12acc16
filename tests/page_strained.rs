//! The page of a review under strain: ten thousand metrics, names that would be scripts, paper, and the
//! rules of accessibility.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use promsieve_lab::real::TempDir;
use serde_json::Value;

use crate::devtools::Page;
use crate::page::{review, review_of};
use crate::python;

/// Reviews one target's page and opens the report.
fn open(dir: &TempDir, scrape: &str, more: &[&str]) -> Option<(Page, PathBuf, Value)> {
    let config = "scrape_configs:\n- job_name: shop\n  static_configs: [{targets: ['h:1']}]\n";
    dir.write("in/prometheus.yml", config).unwrap();
    dir.write("in/scrapes/shop/h%3A1.prom", scrape).unwrap();
    let (html, json) = review_of(dir.path(), &dir.path().join("in"), more);
    Some((Page::open(&html)?, html, json))
}

#[test]
fn ten_thousand_metrics_stay_a_page_of_rows() {
    let dir = TempDir::new("page-many").unwrap();
    let mut scrape = String::new();
    for at in 0..10_000 {
        for path in 0..=at % 3 {
            writeln!(scrape, "shop_{at:05}_{}{{path=\"/{path}\"}} 1", ["total", "bytes"][at % 2])
                .unwrap();
        }
    }
    let Some((mut page, html, _)) = open(&dir, &scrape, &[]) else { return };
    assert_eq!(page.console(), [""; 0]);
    let elements = page.count("*");
    assert!(elements < 3000, "{elements} elements");
    assert!(page.text("#metrics-says").contains("of 10,000 metrics"));
    page.press(&["/"]);
    page.write("777 total");
    let wanted = (0..10_000).filter(|at| at % 2 == 0 && format!("{at:05}").contains("777")).count();
    let says = page.text("#metrics-says");
    assert!(says.contains(&format!("of {wanted} metrics")), "{says}");
    assert_eq!(page.count("#metrics-rows tr"), wanted.min(25) as u64);
    // The map draws the largest, and then those that it left out.
    page.click("#map-drawing [aria-label^='other']");
    page.click("#map-drawing g:last-child");
    assert!(page.text("#map-says").contains("the largest 150 left out"));
    assert_eq!(page.count("#map-drawing g"), 151);
    assert!(page.count("*") < elements + 500);
    tell_times(&mut page, elements);
    let bytes = fs::read_to_string(html).unwrap();
    let (_, data) = bytes.split_once("id=\"promsieve-data\">").unwrap();
    let (data, _) = data.split_once("</script>").unwrap();
    let beside = bytes.len() - data.len();
    assert!(beside < 2_000_000, "{beside} bytes beside its data");
    eprintln!("{} bytes of data, {beside} beside it", data.len());
}

/// Says on stderr how long the script takes; docs/performance.md has the figures.
fn tell_times(page: &mut Page, elements: u64) {
    let loading = page.evaluate(
        "(({ responseEnd, loadEventStart }) => loadEventStart - responseEnd)
           (performance.getEntriesByType('navigation')[0])",
    );
    let milliseconds = |took: &Value| took.as_f64().unwrap();
    eprintln!("{elements} elements; load {:.0} ms", milliseconds(&loading));
    let search = "const search = document.getElementById('metrics-search');
        search.value = '1 total'; search.dispatchEvent(new Event('input'))";
    let sort = "document.querySelector('#metrics [data-sort=left]').click()";
    let way = "document.querySelector('#map-way button').click()";
    for (what, script) in [("search", search), ("sort", sort), ("map", way)] {
        let took = page.evaluate(&format!(
            "(() => {{ const start = performance.now(); {script}; const ran = performance.now();
               document.body.offsetHeight; return [ran - start, performance.now() - ran]; }})()"
        ));
        let [ran, laid_out] = [&took[0], &took[1]].map(milliseconds);
        eprintln!("{what}: script {ran:.0} ms, layout {laid_out:.0} ms");
    }
}

/// Names and values that would run as scripts, break markup, hide themselves or be no key of an object.
fn hostile() -> Vec<String> {
    let plain = [
        "</script><script>window.sentinel=1</script>",
        "<img src=x onerror=window.sentinel=1>",
        "\" onfocus=window.sentinel=1 autofocus x=\"",
        "' onclick='window.sentinel=1",
        "javascript:window.sentinel=1",
        "<svg onload=window.sentinel=1><style>*{display:none}</style>",
        "<!--<script>",
        "--> ]]> &lt;b&gt; &#60;i>",
        "`${window.sentinel=1}` {{window.sentinel=1}}",
        "\u{202e}gnp.exe\u{202c}",
        "\u{2067}\u{05d0}\u{05d1}\u{2069}",
        "a\u{2028}window.sentinel=1\u{2029}",
        "nul\0nul",
        "__proto__",
        "constructor",
        "all",
    ];
    let long = "L".repeat(10 * 1024);
    plain.into_iter().map(str::to_owned).chain([long]).collect()
}

#[test]
fn hostile_names_and_values_run_no_script() {
    let dir = TempDir::new("page-hostile").unwrap();
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let names = hostile();
    let mut scrape = String::new();
    for name in &names {
        for value in ["one", name] {
            let (name, value) = (escaped(name), escaped(value));
            writeln!(scrape, "{{\"{name}\",\"l{name}\"=\"{value}\"}} 1").unwrap();
        }
    }
    let Some((mut page, _, json)) = open(&dir, &scrape, &["--usage-complete"]) else { return };
    let metrics = json["census"]["metrics"].as_array().unwrap();
    assert_eq!(metrics.len(), names.len(), "the server takes every one of these names");
    // Into each metric, its label and its values; then the search and the plan's switches.
    for at in 0..names.len() {
        page.evaluate(&format!(
            "document.querySelectorAll('#metrics-rows button')[{at}].click();
             document.querySelector('#map-rows button').click()"
        ));
        assert!(page.count("#map-rows tr") >= 1);
        page.press(&["Escape", "Escape", "Escape"]);
    }
    page.press(&["/"]);
    page.write("__PROTO__");
    assert_eq!(page.text("#metrics-rows th"), "__proto__");
    page.click("#choice-none");
    page.click("#choice-all");
    assert!(page.text("#choice-steps").contains("sentinel"));
    assert_eq!(page.evaluate("typeof window.sentinel"), "undefined");
    assert_eq!(page.count("script"), 2);
    assert_eq!(page.count("img, iframe, link, object, svg style"), 0);
    assert!(page.evaluate("document.body.scrollWidth").as_u64().unwrap() <= 1280);
    assert_eq!(page.console(), [""; 0]);
}

#[test]
fn what_is_no_script_of_the_page_does_not_run() {
    let dir = TempDir::new("page-policy").unwrap();
    let page = fs::read_to_string(&review().0).unwrap();
    let evil = "<script>window.sentinel = 1</script><p onclick=\"window.sentinel = 1\" id=\"evil\">x</p></main>";
    let html = dir.write("report.html", page.replace("</main>", evil)).unwrap();
    let Some(mut page) = Page::open(&html) else { return };
    page.click("#evil");
    assert_eq!(page.evaluate("typeof window.sentinel"), "undefined");
    let refused = page.console().iter().filter(|text| text.contains("Content Security Policy"));
    assert!(refused.count() >= 2, "{:?}", page.console());
    assert_eq!(page.evaluate("document.getElementById('map').hidden"), false);
}

#[test]
fn the_page_prints_all_that_is_folded_and_no_controls() {
    let Some(mut page) = Page::open(&review().0) else { return };
    page.emulate("print", "light");
    page.evaluate("dispatchEvent(new Event('beforeprint'))");
    assert_eq!(page.count("details:not([open])"), 0);
    let visible = "Array.from(document.querySelectorAll('header nav, input[type=search], select, .turn button'))
        .filter(node => node.checkVisibility()).length";
    assert_eq!(page.evaluate(visible), 0);
    page.evaluate("dispatchEvent(new Event('afterprint'))");
    assert!(page.count("details:not([open])") > 0);
    let pdf = page.send("Page.printToPDF", &serde_json::json!({}));
    assert!(pdf["data"].as_str().unwrap().len() > 40_000);
}

/// What axe has against a part of the page, by some of its rules or all (`{}`).
fn violations(page: &mut Page, part: &str, rules: &str) -> Vec<String> {
    let found = page.evaluate(&format!(
        "axe.run({part}, {{ resultTypes: ['violations'], ...{rules} }}).then(result =>
           result.violations.flatMap(rule => rule.nodes.map(node =>
             rule.id + ': ' + node.target + ': ' + node.failureSummary)))"
    ));
    serde_json::from_value(found).unwrap()
}

#[test]
fn axe_finds_nothing_in_light_and_dark_and_at_every_depth() {
    let Some(python) = python::with(&xtask::python::AXE) else { return };
    let place = xtask::python::place(&xtask::python::AXE, &python).unwrap();
    let axe = fs::read_to_string(place.join("axe.min.js")).unwrap();
    let Some(mut page) = Page::open(&review().0) else { return };
    page.evaluate(&format!("{axe}; 0"));
    page.evaluate(
        "for (const details of document.querySelectorAll('details')) details.open = true",
    );
    assert_eq!(violations(&mut page, "document", "{}"), [""; 0]);
    page.emulate("screen", "dark");
    assert_eq!(violations(&mut page, "document", "{ runOnly: ['color-contrast'] }"), [""; 0]);
    for _ in 0..3 {
        page.click("#map-rows button");
        assert_eq!(violations(&mut page, "'#map'", "{}"), [""; 0]);
    }
    // It would say so if there were anything.
    page.evaluate(
        "document.getElementById('map-by').parentNode.replaceWith(\
                   document.getElementById('map-by'))",
    );
    let found = violations(&mut page, "'#map'", "{}");
    assert!(found.iter().any(|found| found.starts_with("select-name:")), "{found:?}");
}

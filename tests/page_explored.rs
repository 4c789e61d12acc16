//! The page of a review in use: drilled into, searched, filtered, switched, by mouse and keyboard.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use promsieve_lab::real::TempDir;
use serde_json::Value;

use crate::devtools::Page;
use crate::page::{grouped, review, review_of};

/// Rows of the table of all metrics at a time.
const PAGE: usize = 25;

/// The mesh's page and its JSON; nothing where there is no browser.
fn mesh() -> Option<(Page, &'static Value)> {
    let (html, json) = review();
    Some((Page::open(html)?, json))
}

/// The rows of the table below a selector, as texts of their cells.
fn rows(page: &mut Page, selector: &str) -> Vec<Vec<String>> {
    let cells = format!(
        "Array.from(document.querySelectorAll('{selector} tr'), row =>
           Array.from(row.children, cell => cell.textContent))"
    );
    serde_json::from_value(page.evaluate(&cells)).unwrap()
}

fn metric<'a>(json: &'a Value, name: &str) -> &'a Value {
    let metrics = json["census"]["metrics"].as_array().unwrap();
    metrics.iter().find(|metric| metric["name"] == name).unwrap()
}

#[test]
fn the_map_leads_from_layers_to_values_and_back() {
    let Some((mut page, json)) = mesh() else { return };
    let name = "istio_request_duration_milliseconds_bucket";
    let metric = metric(json, name);
    page.click("#map-drawing [aria-label^='network']");
    assert_eq!(page.text("#map-way"), "All seriesnetwork");
    page.click(&format!("#map-drawing [aria-label^='{name}:']"));
    let le = metric["labels"].as_array().unwrap().iter().find(|label| label["name"] == "le");
    let le = le.unwrap();
    let saved = metric["series"].as_u64().unwrap() - le["without"].as_u64().unwrap();
    let shown = rows(&mut page, "#map-rows");
    assert_eq!(shown[0][0], "le");
    assert_eq!(shown[0][2], saved.to_string());
    assert_eq!(shown[0][3], grouped(&le["without"]));
    page.click("#map-rows button");
    let values = rows(&mut page, "#map-rows");
    let top = le["top_values"].as_array().unwrap();
    assert_eq!(values.len(), top.len());
    for (row, value) in values.iter().zip(top) {
        assert_eq!(
            (row[0].as_str(), &row[2]),
            (value["value"].as_str().unwrap(), &grouped(&value["series"]))
        );
    }
    page.press(&["Escape", "Escape", "Escape"]);
    assert_eq!(page.text("#map-way"), "All series");
    assert_eq!(page.console(), [""; 0]);
}

#[test]
fn the_map_is_walked_by_keys_alone() {
    let Some((mut page, json)) = mesh() else { return };
    page.evaluate("document.getElementById('map-by').focus()");
    page.press(&["Tab"]);
    let focused =
        "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent";
    let first = page.evaluate(focused);
    page.press(&["ArrowDown"]);
    let below = page.evaluate(focused);
    assert_ne!(first, below);
    let below = below.as_str().unwrap();
    let (name, _) = below.split_once(':').unwrap();
    page.press(&["Enter"]);
    assert_eq!(page.text("#map-way [aria-current]"), name);
    let labels = metric(json, name)["labels"].as_array().unwrap().len();
    assert_eq!(rows(&mut page, "#map-rows").len(), labels.min(12));
    page.press(&["Escape", "Escape"]);
    assert_eq!(page.text("#map-way"), "All series");
    // By job, the rows are the jobs.
    page.evaluate("document.getElementById('map-by').focus()");
    page.press(&["ArrowDown"]);
    let jobs: Vec<String> =
        rows(&mut page, "#map-rows").into_iter().map(|row| row[0].clone()).collect();
    let wanted: Vec<&str> =
        json["by_job"].as_array().unwrap().iter().map(|job| job["job"].as_str().unwrap()).collect();
    assert_eq!(jobs, wanted);
}

#[test]
fn areas_fill_the_map_in_proportion_to_their_series() {
    let Some((mut page, _)) = mesh() else { return };
    page.click("#map-drawing [aria-label^='os']");
    let areas = page.evaluate(
        "Array.from(document.querySelectorAll('#map-drawing g'), g => {
           const number = name => Number(g.querySelector('rect').getAttribute(name));
           return [number('x') - 0.75, number('y') - 0.75, number('width') + 1.5, number('height') + 1.5,
             Number(g.getAttribute('aria-label').match(/: ([0-9,]+) series/)[1].replace(/,/g, ''))];
         })",
    );
    let areas: Vec<[f64; 5]> = serde_json::from_value(areas).unwrap();
    let total: f64 = areas.iter().map(|area| area[4]).sum();
    assert!(areas.len() > 10);
    for (at, [x, y, width, height, series]) in areas.iter().enumerate() {
        let wanted = 1080.0 * 460.0 * series / total;
        assert!(
            (width * height - wanted).abs() < 0.001 * wanted,
            "{:?} is not {wanted}",
            areas[at]
        );
        assert!(*x > -0.01 && *y > -0.01 && x + width < 1080.01 && y + height < 460.01);
        for [x2, y2, width2, height2, _] in &areas[at + 1..] {
            let apart = x + width < x2 + 0.01 || x2 + width2 < x + 0.01;
            assert!(apart || y + height < y2 + 0.01 || y2 + height2 < y + 0.01);
        }
    }
}

#[test]
fn metrics_are_searched_filtered_and_sorted() {
    let Some((mut page, json)) = mesh() else { return };
    let metrics = json["census"]["metrics"].as_array().unwrap();
    let names =
        |rows: Vec<Vec<String>>| rows.into_iter().map(|row| row[0].clone()).collect::<Vec<_>>();
    page.press(&["/"]);
    page.write("ISTIO bucket");
    let mut wanted: Vec<(&str, u64)> = metrics
        .iter()
        .map(|metric| (metric["name"].as_str().unwrap(), metric["series"].as_u64().unwrap()))
        .filter(|(name, _)| name.contains("istio") && name.contains("bucket"))
        .collect();
    assert_eq!(
        names(rows(&mut page, "#metrics-rows")),
        wanted.iter().map(|it| it.0).collect::<Vec<_>>()
    );
    page.press(&["Escape"]);
    page.click("#metrics [data-sort=name]");
    wanted = metrics.iter().map(|metric| (metric["name"].as_str().unwrap(), 0)).collect();
    wanted.sort_unstable();
    wanted.truncate(PAGE);
    assert_eq!(
        names(rows(&mut page, "#metrics-rows")),
        wanted.iter().map(|it| it.0).collect::<Vec<_>>()
    );
    assert_eq!(page.count("#metrics th[aria-sort=ascending]"), 1);
    page.click("#metrics-after");
    assert_eq!(rows(&mut page, "#metrics-rows").len(), PAGE);
    // A metric of the table opens in the map.
    let first = names(rows(&mut page, "#metrics-rows"))[0].clone();
    page.click("#metrics-rows button");
    assert_eq!(page.text("#map-way [aria-current]"), first);
    page.evaluate(
        "const job = document.getElementById('metrics-job'); job.value = 'node'; \
                   job.dispatchEvent(new Event('input'))",
    );
    let jobs = json["by_job"].as_array().unwrap();
    let node = jobs.iter().find(|job| job["job"] == "node").unwrap()["metrics"].as_array().unwrap();
    let says = page.text("#metrics-says");
    assert!(says.contains(&format!("of {} metrics", node.len())), "{says}");
    assert_eq!(page.console(), [""; 0]);
}

/// What actions that are on save, added up from the JSON.
fn after(json: &Value, is_on: &dyn Fn(u64) -> bool) -> u64 {
    let plan = &json["optimize"];
    let portions = plan["choices"]["portions"].as_array().unwrap();
    let gone = portions.iter().filter(|portion| {
        portion["dropped_by"].as_array().unwrap().iter().any(|at| is_on(at.as_u64().unwrap()))
    });
    plan["before"]["series"].as_u64().unwrap()
        - gone.map(|portion| portion["series"].as_u64().unwrap()).sum::<u64>()
}

#[test]
fn switching_an_action_off_takes_it_out_of_the_sums_and_the_steps() {
    let Some((mut page, json)) = mesh() else { return };
    let plan = &json["optimize"];
    let actions = plan["actions"].as_array().unwrap();
    let says = page.text("#choice-says");
    let whole = format!("→ {} series", grouped(&plan["after"]["series"]));
    assert!(says.contains(&whole), "{says}");
    assert_eq!(after(json, &|_| true), plan["after"]["series"].as_u64().unwrap());
    for at in 0..actions.len() as u64 {
        page.click(&format!("[data-action='{at}']"));
        let says = page.text("#choice-says");
        let wanted = promsieve_core::units::SeriesCount(after(json, &|other| other != at));
        assert!(says.contains(&format!("→ {wanted} series")), "{at}: {says}, not {wanted}");
        let steps = page.text("#choice-steps");
        let taken = steps.matches("# promsieve: ").count();
        assert_eq!(taken, actions.len() - 1);
        page.press(&[" "]);
    }
    page.click("#choice-none");
    assert!(page.text("#choice-says").starts_with("0 of "));
    assert_eq!(page.text("#choice-steps"), "# none is chosen");
    page.click("#choice-all");
    assert_eq!(page.text("#choice-says"), says);
    assert_eq!(page.console(), [""; 0]);
}

/// The mesh under a configuration with the steps that the page shows.
fn with_steps(dir: &TempDir, steps: &str) -> Value {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/mesh");
    let config = fs::read_to_string(fixture.join("prometheus.yml")).unwrap();
    let mut config: serde_yaml::Value = serde_yaml::from_str(&config).unwrap();
    let jobs = config["scrape_configs"].as_sequence_mut().unwrap();
    for block in steps.split("# job_name: ").skip(1) {
        let (name, yaml) = block.split_once('\n').unwrap();
        let name: String = serde_json::from_str(name).unwrap();
        let job = jobs.iter_mut().find(|job| job["job_name"] == *name).unwrap();
        let chain = &mut job["metric_relabel_configs"];
        let steps = chain.as_sequence().cloned().unwrap_or_default();
        let more: serde_yaml::Value = serde_yaml::from_str(yaml).unwrap();
        let more = more["metric_relabel_configs"].as_sequence().unwrap().iter();
        *chain = steps.into_iter().chain(more.cloned()).collect();
    }
    dir.write("in/prometheus.yml", serde_yaml::to_string(&config).unwrap()).unwrap();
    symlink(fixture.join("scrapes").canonicalize().unwrap(), dir.path().join("in/scrapes"))
        .unwrap();
    review_of(dir.path(), &dir.path().join("in"), &[]).1
}

#[test]
fn the_steps_of_a_choice_leave_what_it_says() {
    let Some((mut page, json)) = mesh() else { return };
    for at in [0, 3, 4, 8] {
        page.click(&format!("[data-action='{at}']"));
    }
    let says = page.text("#choice-says");
    let steps = page.text("#choice-steps");
    let chosen = TempDir::new("page-steps-chosen").unwrap();
    let stored = with_steps(&chosen, &steps)["census"]["series"].clone();
    assert!(says.contains(&format!("→ {} series", grouped(&stored))), "{says}, not {stored}");
    assert!(stored.as_u64() > json["optimize"]["after"]["series"].as_u64());
}

#[test]
fn a_choice_that_is_not_proven_says_so() {
    let dir = TempDir::new("page-caveat").unwrap();
    let (html, json) = review();
    let page = fs::read_to_string(html).unwrap();
    assert!(page.contains("\"caveat\":null"), "every choice of the mesh's plan holds");
    let page = page.replace("\"caveat\":null", "\"caveat\":\"why\"");
    let html = dir.write("report.html", page).unwrap();
    let Some(mut page) = Page::open(&html) else { return };
    let caveat = "document.getElementById('choice-caveat').checkVisibility()";
    assert_eq!(page.evaluate(caveat), false, "the whole plan is proven");
    page.click("[data-action='0']");
    assert_eq!(page.evaluate(caveat), true);
    // Where no label is taken away, nothing can become one.
    for (at, action) in json["optimize"]["actions"].as_array().unwrap().iter().enumerate() {
        if action["kind"] == "drop_label" {
            page.click(&format!("[data-action='{at}']"));
        }
    }
    assert_eq!(page.evaluate(caveat), false);
}

#[test]
fn findings_are_filtered_by_words_and_severity() {
    let Some((mut page, json)) = mesh() else { return };
    let findings = json["lint"]["findings"].as_array().unwrap();
    let is = |finding: &&Value, severity: &str| finding["severity"] == severity;
    let warnings = findings.iter().filter(|finding| is(finding, "warning"));
    let shown = "Array.from(document.querySelectorAll('#findings .finding'))
        .filter(node => node.checkVisibility()).length";
    page.evaluate("document.getElementById('findings-severity').focus()");
    page.press(&["ArrowDown", "ArrowDown"]);
    assert_eq!(page.evaluate(shown), warnings.clone().count());
    page.click("#findings-search");
    page.write("signal-lost");
    let lost = warnings.filter(|finding| finding["rule"] == "signal-lost").count();
    assert_eq!(page.evaluate(shown), lost);
    assert_eq!(page.text("#findings-says"), format!("{lost} of {} findings", findings.len()));
}

#[test]
fn growth_shows_each_snapshot() {
    let Some((mut page, json)) = mesh() else { return };
    let snapshots = json["census"]["over_time"]["snapshots"].as_array().unwrap();
    assert_eq!(snapshots.len(), json["inputs"]["snapshots"].as_u64().unwrap() as usize);
    let shown = rows(&mut page, "#growth tbody");
    for (row, snapshot) in shown.iter().zip(snapshots) {
        assert_eq!(row[2..5], ["series", "came", "went"].map(|key| grouped(&snapshot[key])));
    }
    // The newest is what the rest of the page is about.
    assert_eq!(snapshots.last().unwrap()["series"], json["census"]["series"]);
}

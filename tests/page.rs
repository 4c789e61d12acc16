//! The page of a review in a real browser: it renders in silence and shows what the JSON says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use promsieve_lab::real::TempDir;
use serde_json::Value;

use crate::browser::{check_page, screenshot};

/// Findings that the page writes out; its data has the rest.
const FINDINGS_SHOWN: usize = 200;

/// A screenshot of one colour takes about 6 KB at this size.
const NOT_BLANK: u64 = 40_000;

/// The review of the mesh, made once: the page's file, and what `--format json` says.
pub(crate) fn review() -> &'static (PathBuf, Value) {
    static MESH: OnceLock<(PathBuf, Value)> = OnceLock::new();
    MESH.get_or_init(|| {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/mesh");
        review_of(Path::new(env!("CARGO_TARGET_TMPDIR")), &directory, &[])
    })
}

/// Reviews a directory; the page goes to another.
pub(crate) fn review_of(dir: &Path, directory: &Path, more: &[&str]) -> (PathBuf, Value) {
    let page = dir.join("report.html");
    let output = Command::new(env!("CARGO_BIN_EXE_promsieve"))
        .args(["review", "--format", "json", "--html"])
        .arg(&page)
        .arg(directory)
        .args(more)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    // The fixture's mistakes are findings.
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}: {stderr}", output.status);
    let json = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("stdout is no JSON: {error}: {stderr}"));
    (page, json)
}

/// With thousands separators, as the page writes counts.
pub(crate) fn grouped(count: &Value) -> String {
    promsieve_core::units::SeriesCount(count.as_u64().unwrap()).to_string()
}

/// The page without its embedded data, which would hold any text looked for.
fn visible(dom: &str) -> String {
    let (before, data) = dom.split_once("<script type=\"application/json\"").unwrap();
    let (_, after) = data.split_once("</script>").unwrap();
    format!("{before}{after}")
}

#[test]
fn the_browser_shows_what_the_json_says() {
    let (page, json) = review();
    let Some(report) = check_page(page) else { return };
    assert_eq!(report.console_errors, [""; 0]);
    let shown = visible(&report.dom);
    let headings = ["Findings", "What makes it large", "What it costs", "What is used"];
    let optional = [("optimize", "The plan"), ("shard", "Shards")];
    let present = optional.iter().filter(|(key, _)| !json[key].is_null()).map(|(_, name)| *name);
    for heading in headings.into_iter().chain(present) {
        assert!(shown.contains(&format!("{heading}</h2>")), "no heading {heading}");
    }
    assert!(shown.contains(&format!("<dd>{}</dd>", grouped(&json["census"]["series"]))));
    assert!(shown.contains(&format!("of {} exposed", grouped(&json["exposed_series"]))));
    let findings = json["lint"]["findings"].as_array().unwrap().len().min(FINDINGS_SHOWN);
    assert_eq!(shown.matches("<article class=\"finding ").count(), findings);
    for job in json["jobs"].as_array().unwrap() {
        let name = job["job"].as_str().unwrap();
        let row = shown.split_once(&format!("<th scope=\"row\">{name}</th>"));
        let (row, _) =
            row.unwrap_or_else(|| panic!("no row {name}")).1.split_once("</tr>").unwrap();
        for key in ["targets", "exposed", "stored", "merged", "failing_targets"] {
            assert!(row.contains(&format!(">{}</td>", grouped(&job[key]))), "{name} {key}: {row}");
        }
    }
    for metric in json["census"]["metrics"].as_array().unwrap().iter().take(10) {
        let name = metric["name"].as_str().unwrap();
        let title = format!("<title>{name}: {} series (", grouped(&metric["series"]));
        assert!(shown.contains(&title), "{title} is not in the map");
    }
}

#[test]
fn the_page_stands_alone_and_carries_the_json() {
    let (page, json) = review();
    let html = fs::read_to_string(page).unwrap();
    // Escaped text has no quotation marks, so what is quoted is markup; the data comes last.
    let (markup, _) = html.split_once("<script type=\"application/json\"").unwrap();
    let (_, styled) = markup.split_once("<style>").unwrap();
    let (style, body) = styled.split_once("</style>").unwrap();
    assert!(!style.contains("url(") && !style.contains("@import"));
    assert!(!body.contains(" src=\"") && !body.contains("<link") && !body.contains("<iframe"));
    for (at, _) in body.match_indices(" href=\"") {
        let target = &body[at + " href=\"".len()..];
        assert!(target.starts_with('#'), "{}", target.split('"').next().unwrap());
    }
    let (_, data) = html.split_once("id=\"promsieve-data\">").unwrap();
    let (data, _) = data.split_once("</script>").unwrap();
    assert!(!data.contains('<'));
    assert_eq!(serde_json::from_str::<Value>(data).unwrap(), *json);
}

#[test]
fn light_and_dark_differ_and_neither_is_blank() {
    let dir = TempDir::new("review-page").unwrap();
    let (page, _) = review();
    let pictures = [false, true].map(|dark| {
        let png = dir.path().join(format!("dark-{dark}.png"));
        screenshot(page, &png, 1280, 1600, dark).then(|| fs::read(png).unwrap())
    });
    let [Some(light), Some(dark)] = pictures else { return };
    for picture in [&light, &dark] {
        assert!(picture.len() as u64 > NOT_BLANK, "{} bytes", picture.len());
    }
    assert_ne!(light, dark);
}

#[test]
fn findings_show_their_lines_without_secrets() {
    let dir = TempDir::new("review-snippets").unwrap();
    let config = "scrape_configs:\n- job_name: shop\n  static_configs: [{targets: ['h:1']}]\n  \
                  metric_relabel_configs:\n  - {regex: a, action: labeldrop} # one\n  \
                  - {source_labels: [a], regex: '(.+)', target_label: b, replacement: $2}\n  \
                  basic_auth: {username: u, password: canary-7d1}\n";
    dir.write("in/prometheus.yml", config).unwrap();
    dir.write("in/scrapes/shop/h%3A1.prom", "up{a=\"x\"} 1\n").unwrap();
    let (page, json) = review_of(dir.path(), &dir.path().join("in"), &[]);
    let findings = json["lint"]["findings"].as_array().unwrap();
    assert!(!findings.is_empty());
    let lines: Vec<&str> = config.lines().collect();
    for finding in findings {
        let (line, snippet) = (finding["line"].as_u64().unwrap(), &finding["snippet"]);
        let first = snippet["first"].as_u64().unwrap();
        let shown = snippet["lines"].as_array().unwrap();
        assert_eq!(shown[(line - first) as usize], lines[line as usize - 1], "{finding}");
    }
    let html = fs::read_to_string(page).unwrap();
    assert!(html.contains("password: **********") && !html.contains("canary-7d1"));
}

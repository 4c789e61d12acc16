//! A Grafana dashboard for the cells of a layer that the data gives.

use serde_json::{Value, json};

use super::giver::Giver;
use super::report::{CellReport, Report};
use crate::packs::{Layer, flags};

/// The version of Grafana's classic dashboard model that is written; Grafana 11 and 12 read it.
const SCHEMA_VERSION: u32 = 39;
/// Columns of Grafana's grid.
const GRID: u64 = 24;
const PANELS_A_LINE: u64 = 3;
const HEIGHT: u64 = 8;

/// The dashboard of a layer, in Grafana's classic model: a row for what is watched, a panel for each
/// signal of it, and one for each group of response flags. `None` where no cell is given.
pub fn dashboard(report: &Report, layer: Layer) -> Option<Value> {
    let given: Vec<&CellReport> = report
        .cells
        .iter()
        .filter(|found| found.cell.layer == layer && found.state.is_given())
        .collect();
    let mut grid = Grid::default();
    let rows = given.chunk_by(|one, other| one.cell.row == other.cell.row);
    for row in rows {
        grid.row(&row[0].cell.row);
        if row[0].cell.is_flag() {
            flag_panels(&mut grid, row);
        } else {
            for found in row {
                cell_panel(&mut grid, found);
            }
        }
    }
    let name = layer.as_str();
    (!grid.panels.is_empty()).then(|| {
        json!({
            "uid": format!("promsieve-{name}"),
            "title": format!("Signals: {name}"),
            "tags": ["promsieve", name],
            "schemaVersion": SCHEMA_VERSION,
            "editable": true,
            "time": {"from": "now-6h", "to": "now"},
            "refresh": "1m",
            "templating": {"list": [
                {"name": "datasource", "type": "datasource", "query": "prometheus"},
            ]},
            "panels": grid.panels,
        })
    })
}

fn cell_panel(grid: &mut Grid, found: &CellReport) {
    let ways = found.ways();
    let title = format!("{}: {}", found.cell.row.replace('_', " "), found.cell.signal);
    let targets = ways.iter().map(|giver| (giver.query.as_str(), legend(giver)));
    grid.panel(&title, &found.cell.of, targets.collect());
}

fn flag_panels(grid: &mut Grid, given: &[&CellReport]) {
    let known = |found: &&&CellReport| flags().iter().find(|flag| flag.flag == found.cell.signal);
    for group in given.chunk_by(|a, b| known(&a).map(|f| &f.group) == known(&b).map(|f| &f.group)) {
        let Some(first) = group.first().and_then(|found| known(&found)) else { continue };
        let meanings: Vec<String> =
            group.iter().map(|found| format!("{}: {}", found.cell.signal, found.cell.of)).collect();
        let targets = group.iter().flat_map(|found| {
            let named = |giver: &&'static Giver| {
                let legend = format!("{} {}", found.cell.signal, legend(giver));
                (giver.query.as_str(), legend)
            };
            found.ways().iter().map(named).collect::<Vec<_>>()
        });
        let title = format!("response flags: {}", first.group);
        grid.panel(&title, &meanings.join("\n"), targets.collect());
    }
}

/// The labels that tell the lines of a panel apart.
fn legend(giver: &Giver) -> String {
    let Some(part) = giver.parts.first() else { return String::new() };
    let labels = part.labels.iter().filter(|label| *label != "le" && !part.matches_by(label));
    labels.map(|label| format!("{{{{{label}}}}}")).collect::<Vec<_>>().join(" ")
}

/// Panels with their places.
#[derive(Default)]
struct Grid {
    panels: Vec<Value>,
    x: u64,
    y: u64,
}

impl Grid {
    fn row(&mut self, name: &str) {
        self.end_line();
        let place = json!({"x": 0, "y": self.y, "w": GRID, "h": 1});
        self.push(json!({
            "type": "row",
            "title": name.replace('_', " "),
            "collapsed": false,
            "gridPos": place,
            "panels": [],
        }));
        self.y += 1;
    }

    fn panel(&mut self, title: &str, description: &str, targets: Vec<(&str, String)>) {
        let width = GRID / PANELS_A_LINE;
        if self.x + width > GRID {
            self.end_line();
        }
        let datasource = json!({"type": "prometheus", "uid": "${datasource}"});
        let targets = targets.into_iter().enumerate().map(|(at, (query, legend))| {
            json!({
                "refId": format!("Q{at}"),
                "datasource": datasource,
                "expr": query,
                "legendFormat": legend,
            })
        });
        let place = json!({"x": self.x, "y": self.y, "w": width, "h": HEIGHT});
        self.push(json!({
            "type": "timeseries",
            "title": title,
            "description": description,
            "datasource": datasource,
            "gridPos": place,
            "fieldConfig": {"defaults": {"min": 0}, "overrides": []},
            "targets": targets.collect::<Vec<_>>(),
        }));
        self.x += width;
    }

    fn end_line(&mut self) {
        if self.x > 0 {
            (self.x, self.y) = (0, self.y + HEIGHT);
        }
    }

    fn push(&mut self, mut panel: Value) {
        panel["id"] = json!(self.panels.len() + 1);
        self.panels.push(panel);
    }
}

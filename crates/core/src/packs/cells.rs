//! The table that an operator looks at: layers, their rows, and the signals of each row.

use std::sync::OnceLock;

use serde::Deserialize;

use super::Layer;

/// The row of Envoy's response flags; its signals are the flags.
const FLAGS_ROW: &str = "response_flags";

/// One cell: a signal of a row of a layer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// Which layer.
    pub layer: Layer,
    /// What is watched: `cpu`, `requests_source`.
    pub row: String,
    /// What of it: `utilisation`, `errors`, or a response flag.
    pub signal: String,
    /// What is watched, in words.
    pub of: String,
}

impl Cell {
    /// The cell's name in packs: `cpu/utilisation`.
    pub fn id(&self) -> String {
        format!("{}/{}", self.row, self.signal)
    }

    /// Whether it is one of Envoy's response flags.
    pub fn is_flag(&self) -> bool {
        self.row == FLAGS_ROW
    }
}

/// One of Envoy's response flags.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flag {
    /// As `response_flags` holds it.
    pub flag: String,
    /// What goes with it: `discovery`, `connections`, `limits`, `protocol`, `injected`.
    pub group: String,
    /// What it means.
    pub meaning: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LayerRows {
    layer: Layer,
    rows: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(rename = "row")]
    name: String,
    of: String,
    signals: Vec<String>,
}

/// Every response flag, by group.
pub fn flags() -> &'static [Flag] {
    static FLAGS: OnceLock<Vec<Flag>> = OnceLock::new();
    FLAGS.get_or_init(|| {
        serde_json::from_str(promsieve_rules::signals::FLAGS)
            .expect("a test reads the embedded file")
    })
}

/// Every cell, the layer closest to an error first; response flags end the network layer.
pub fn cells() -> &'static [Cell] {
    static CELLS: OnceLock<Vec<Cell>> = OnceLock::new();
    CELLS.get_or_init(|| {
        let layers: Vec<LayerRows> = serde_json::from_str(promsieve_rules::signals::CELLS)
            .expect("a test reads the embedded file");
        layers.into_iter().flat_map(cells_of).collect()
    })
}

/// The cell of that name.
pub fn cell(id: &str) -> Option<&'static Cell> {
    let (row, signal) = id.split_once('/')?;
    cells().iter().find(|cell| cell.row == row && cell.signal == signal)
}

fn cells_of(LayerRows { layer, rows }: LayerRows) -> Vec<Cell> {
    let mut cells = Vec::new();
    for Row { name, of, signals } in rows {
        cells.extend(signals.into_iter().map(|signal| Cell {
            layer,
            row: name.clone(),
            signal,
            of: of.clone(),
        }));
    }
    if layer == Layer::Network {
        cells.extend(flags().iter().map(|flag| Cell {
            layer,
            row: FLAGS_ROW.to_owned(),
            signal: flag.flag.clone(),
            of: flag.meaning.clone(),
        }));
    }
    cells
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn cells_are_named_once_and_layers_stand_in_their_order() {
        let ids: BTreeSet<String> = cells().iter().map(Cell::id).collect();
        assert_eq!(ids.len(), cells().len());
        assert!(cells().is_sorted_by_key(|cell| cell.layer));
        assert_eq!(cell("cpu/errors").map(|cell| cell.layer), Some(Layer::Os));
        assert_eq!(cells().iter().filter(|cell| cell.is_flag()).count(), flags().len());
        assert_eq!(cell("cpu/rate"), None);
    }

    #[test]
    fn the_use_method_is_asked_in_full_of_every_resource_of_a_machine() {
        for row in ["cpu", "memory", "disk", "network", "file_system"] {
            for signal in ["utilisation", "saturation", "errors"] {
                assert!(cell(&format!("{row}/{signal}")).is_some(), "{row} {signal}");
            }
        }
    }
}

//! The JSON schemas in schema/, generated from the views so that they cannot go stale.

use std::path::Path;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::json;

use super::view::census::CensusView;
use super::view::compare::ComparisonView;
use super::view::estimate::EstimateView;
use super::view::explain::ExplainView;
use super::view::fleet::FleetView;
use super::view::gate::GateView;
use super::view::lint::{DiffView, LintView};
use super::view::optimize::OptimizeView;
use super::view::relabel::RelabelView;
use super::view::review::ReviewView;
use super::view::shard::ShardView;
use super::view::signals::SignalsView;
use super::view::targets::{ChangeView, TargetsView};
use super::view::test::TestView;
use super::view::usage::UsageView;
use super::view::verify::VerifyView;

/// The schema of a command's `--format json`: its view under the number of the keys' version.
fn schema<T: JsonSchema>(command: &str) -> String {
    let mut schema =
        SchemaSettings::default().for_serialize().into_generator().into_root_schema_for::<T>();
    let object = schema.ensure_object();
    object.insert("title".to_owned(), json!(format!("promsieve {command} --format json")));
    let properties = object.entry("properties").or_insert_with(|| json!({}));
    properties["schema"] = json!({"description": "Version of the keys.", "const": 1});
    let required = object.entry("required").or_insert_with(|| json!([]));
    required.as_array_mut().expect("`required` is a list").insert(0, json!("schema"));
    format!("{:#}\n", schema.to_value())
}

#[test]
fn generated_schemas_are_current() {
    let schemas = [
        ("census", schema::<CensusView>("census")),
        ("diff", schema::<ComparisonView>("diff")),
        ("estimate", schema::<EstimateView>("estimate")),
        ("gate", schema::<GateView>("gate")),
        ("lint", schema::<LintView>("lint")),
        ("lint-diff", schema::<DiffView>("lint --diff")),
        ("optimize", schema::<OptimizeView>("optimize")),
        ("optimize-explain", schema::<ExplainView>("optimize --explain")),
        ("relabel", schema::<RelabelView>("relabel --scrape")),
        ("review", schema::<ReviewView>("review")),
        ("shard", schema::<ShardView>("shard")),
        ("shard-check", schema::<FleetView>("shard --check")),
        ("signals", schema::<SignalsView>("signals")),
        ("targets", schema::<TargetsView>("targets --once")),
        ("targets-change", schema::<ChangeView>("targets, a line of its log:")),
        ("test", schema::<TestView>("test")),
        ("usage", schema::<UsageView>("usage")),
        ("verify", schema::<VerifyView>("verify")),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema");
    for (name, wanted) in schemas {
        let path = folder.join(format!("{name}.json"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &wanted).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == wanted, "schema/{name}.json is stale: run `cargo xtask bless`");
    }
}

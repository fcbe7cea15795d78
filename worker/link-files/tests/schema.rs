//! The schema of model files that is committed is the one of the code.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

use linkage::Model;

#[test]
fn the_committed_schema_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/model.schema.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let current = Model::json_schema().unwrap() + "\n";
    assert!(
        committed == current,
        "run `musubi model schema > docs/model.schema.json`"
    );
}

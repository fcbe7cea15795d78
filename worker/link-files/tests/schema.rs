//! The schema of model files that is committed is the one of the code.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

use linkage::Model;

#[test]
fn the_committed_schema_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/model.schema.json");
    let current = Model::json_schema().unwrap() + "\n";
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, &current).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == current,
        "run `UPDATE_SCHEMA=1 cargo test -p link-files --test schema`"
    );
}

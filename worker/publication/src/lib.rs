//! Releases: histories as NDJSON, events as Parquet, with a manifest of versions, counts and hashes.

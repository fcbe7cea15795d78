//! FHIR R4: Bulk Data export, paged search and folders of NDJSON.

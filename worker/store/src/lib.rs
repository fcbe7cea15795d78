//! All SQL: SQLite by default and PostgreSQL, one suite of tests over both.

//! TRUMP-like transplant exports: a file or a folder of CSV files.

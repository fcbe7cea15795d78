//! The transplant and cell-therapy linkage model: mapped records to the engine's columns, HLA, event dates, vetoes.

//! Stories over the whole pipeline, a fault harness, and the house rules as tests.

//! The `musubi` command.
fn main() {}

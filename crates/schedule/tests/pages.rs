//! Every page under `src/rules` is a test.

fn main() {}

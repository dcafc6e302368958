//! Plays the pages of this engine's rules.

use permits::PermitsEngine;

const COMMON: &str = concat!(
    include_str!("../../../config/rulebook/log.toml"),
    include_str!("../../../config/rulebook/profiles.toml")
);

fn main() -> std::process::ExitCode {
    scenario::run::<PermitsEngine>("src/rules", COMMON)
}

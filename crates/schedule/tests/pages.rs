//! Plays the pages of this engine's rules.

use schedule::ScheduleEngine;

const COMMON: &str = concat!(
    include_str!("../../../config/rulebook/log.toml"),
    include_str!("../../../config/rulebook/profiles.toml"),
    include_str!("../../../config/rulebook/products.toml")
);

fn main() -> std::process::ExitCode {
    scenario::run::<ScheduleEngine>("src/rules", COMMON)
}

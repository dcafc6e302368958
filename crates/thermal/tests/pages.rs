//! Plays the pages of this engine's rules.

use scenario::OneShipment;
use thermal::{Thermal, rules::ALL};

const COMMON: &str = concat!(
    include_str!("../../../config/rulebook/log.toml"),
    include_str!("../../../config/rulebook/profiles.toml")
);

fn main() -> std::process::ExitCode {
    scenario::run("src/rules", ALL, COMMON, OneShipment::<Thermal>::new)
}

//! The `coldwatch` command. All of it stands in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    coldwatch::main()
}

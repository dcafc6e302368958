//! The form of snapshots: a snapshot that another program wrote is not read, but folded again.

use sha2::{Digest, Sha256};
use std::sync::OnceLock;

/// The first 8 bytes of SHA-256 of this program, read once.
pub(crate) fn of_this_program() -> u64 {
    static FORM: OnceLock<u64> = OnceLock::new();
    *FORM.get_or_init(|| {
        let program = std::env::current_exe().and_then(std::fs::read);
        // A program that cannot read itself reads no snapshot of another and none of its own past.
        let bytes = program.unwrap_or_else(|_| std::process::id().to_le_bytes().to_vec());
        Sha256::digest(bytes).iter().take(8).fold(0, |n, byte| n << 8 | u64::from(*byte))
    })
}

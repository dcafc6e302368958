//! The form of a snapshot, which its name and its header bear: how it is framed, and the schema of the state in it. A release reads
//! the snapshots of every release that has both in common with it; any other one is not read, and the log is worked off instead.

/// The form of the snapshots of a stage whose state has this schema.
pub(crate) fn of(schema: u32) -> u64 {
    u64::from(fold::snapshot::FRAME) << 32 | u64::from(schema)
}

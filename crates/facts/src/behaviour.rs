//! What each behaviour number brought. A log is judged by the number that it is at, so that what was judged once is judged
//! so again; which numbers a release knows stands in `pipeline::stage_configs`.

/// From this number on shipments are put away in all stages, also those that nobody has closed, and never while an incident
/// is open; what is said of a party again is told once; and incidents that were only a race end by themselves.
pub const PUTS_AWAY: u32 = 3;

/// From this number on ids are near twins that look alike, and not only those that differ in case; and hidden characters that
/// were taken off an id are told.
pub const LOOKS_ALIKE: u32 = 3;

/// From this number on the first action on a card is one that still fits: what helps on the way makes room for the next one once
/// the goods have come.
pub const ACTION_FITS: u32 = 3;

/// From this number on a second person's scan of a release is known as that also where the goods have been handed on again in the
/// same minutes, or where the party of the release had not held them: it is no other wrong release.
pub const SIGNED_AGAIN: u32 = 4;

/// The last of them: new logs begin at it.
pub const LATEST: u32 = SIGNED_AGAIN;

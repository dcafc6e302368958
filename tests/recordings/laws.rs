//! Laws: what may not change a verdict, whatever happened. Each is tried on random histories of the simulator, with the
//! noise of the field and with what the field showed to be missed.
//!
//! A law is a pair of recordings, one without and one with something, and what must hold between what is said of them.
//! A history that has nothing of what the law speaks of is not counted as tried: another one is drawn.
//! Where it is broken, the pair is made as small as it can be and still break it, and written to `target/tmp/laws`;
//! the message names the seed and the two files.
//!
//! - `common`: pairs, how they are judged, and how a counterexample is made small
//! - `knowledge`: losing knowledge ends nothing; one wrong clock hides nothing; whoever watches nothing is told of
//! - `minutes`: unknown or known, never neither, minute by minute
//! - `repeats`: saying it again changes nothing; renaming and shifting by days changes nothing
//! - `parts`: some units, parties without a part, parts of a house, staff, excuses, papers of another act

mod common;
mod knowledge;
mod minutes;
mod parts;
mod repeats;

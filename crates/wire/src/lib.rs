//! From the bytes of the outside world to events, and back; every decoder is total.
//!
//! # Layout
//!
//! - [`native`]: CloudEvents 1.0, structured JSON, one event a line
//! - [`logger`]: text exports of temperature loggers (Fridge-tag 2 L, Q-tag CLm doc)
//! - `ids`: ids from outside are cleaned, and what was taken off is told
//! - [`lines`]: a stream as records, in bounded memory
//! - [`reject`]: what is refused: a stable code, the place, the reason
//! - [`limits`]: how long and how deep a record may be; `size`: how much an event may say
//!
//! **Invariant:** no bytes make a decoder panic, and none is dropped without a rejection.

mod check;
mod day;
mod envelope;
mod explain;
mod ids;
pub mod limits;
pub mod lines;
pub mod logger;
pub mod native;
pub mod reject;
mod size;

pub use limits::{Limits, without_mark};
pub use native::DecodedEvent;
pub use reject::{Code, Location, Rejection};

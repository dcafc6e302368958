//! What comes out of a replay, for programs and for people.

pub mod lines;
pub mod timeline;

use crate::ahead::Ahead;
use crate::run::Summary;
use facts::Event;
use pipeline::Output;
use std::io;
use wire::Rejection;

/// Who writes down what comes out, in its order.
pub trait Report {
    /// One finding, incident or expired event.
    fn output(&mut self, output: &Output) -> io::Result<()>;
    /// One record that could not be taken in.
    fn rejection(&mut self, rejection: &Rejection) -> io::Result<()>;
    /// One record whose stamp is ahead of its neighbours'.
    fn ahead(&mut self, ahead: &Ahead) -> io::Result<()>;
    /// One fact that was taken in, for those who tell the story around the findings.
    fn fact(&mut self, _event: &Event) {}
    /// The end, with the counts.
    fn summary(&mut self, summary: &Summary) -> io::Result<()>;
}

//! A refusal, for people.

use super::Frame;
use crate::words::Foreign;
use askama::Template;

/// The page.
#[derive(Template)]
#[template(path = "fault.html")]
pub(crate) struct Fault {
    pub(crate) frame: Frame,
    pub(crate) heading: String,
    pub(crate) sentence: Foreign,
}

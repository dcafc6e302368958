//! The pages and the live feed: what is wrong, who holds the goods, by when, what to do.
//!
//! # Layout
//!
//! - [`read_model`]: the projection of three topics, pure; what is known, and how current that is
//! - `words`: how it is said to people
//! - `chart`: the temperature as a picture, and as a table
//! - `view`: what the HTTP interface answers; `pages`: what people see
//! - [`Desk`], [`Acts`], [`Feed`]: what the process around it brings
//! - [`router`]: the routes; [`document`]: their description
//!
//! **Invariant:** unknown is never shown as fine. An empty list says "no open incident" only when every
//! stage was heard and is fresh, and says as of when.
//!
//! **Invariant:** an act is shown as done only when it came back from the log.

mod chart;
mod desk;
mod http;
mod pages;
pub mod read_model;
mod refusal;
mod view;
mod words;

pub use desk::{Acts, Appending, Client, Desk, Feed, Item};
pub use http::names::{takes, unheard};
pub use http::openapi::document;
pub use http::router;
pub use read_model::{Freshness, ReadModel};
pub use refusal::Refusal;

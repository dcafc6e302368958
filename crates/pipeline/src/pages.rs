//! Every rule page there is.

pub use crate::roles::Page;

/// Every rule, engine by engine, in the order of their lists.
pub fn all() -> Vec<Page> {
    crate::roles::every_page()
}

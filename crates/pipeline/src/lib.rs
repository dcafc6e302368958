//! All of it in one process; the rulebook.

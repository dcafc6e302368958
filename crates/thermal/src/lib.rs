//! How warm, for how long, and how sure are we.

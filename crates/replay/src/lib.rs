//! Runs a recording again.

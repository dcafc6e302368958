//! Checks of ids that carry one.

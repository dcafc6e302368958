//! Findings become incidents that people take, answer and close.

//! Bytes to facts and back, one file per outside format.

//! Shipments with known faults, as inbound records with their ground truth.

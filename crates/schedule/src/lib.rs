//! Slots, deadlines, the dose, the patient's point of no return.

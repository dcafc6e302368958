//! Who must hear of a fact.

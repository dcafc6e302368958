//! Who holds the goods, is it the right thing, is the chain of hands whole.

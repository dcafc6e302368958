//! What the papers allow, at the place and moment of each legal act.

//! One partition of one service: admission, log time, timers, rules, counts, faults.

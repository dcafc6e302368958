//! What each service is: its engine, how it reads its rules, which behaviours it knows.

use crate::registry;
use alerts::Alerts;
use custody::Custody;
use dispatch::Dispatch;
use facts::Rules;
use fold::{Contain, Role};
use permits::Permits;
use schedule::Schedule;
use std::panic::{AssertUnwindSafe, catch_unwind};
use thermal::Thermal;

/// The behaviour numbers that this release implements. A new log begins at the last of them; every change of what is
/// judged or passed on, on the same log under the same rulebook, is a new number.
pub const BEHAVIOURS: std::ops::RangeInclusive<u32> = 2..=3;

const CONTAIN: Contain = |work| catch_unwind(AssertUnwindSafe(work)).is_ok();

fn role<E: facts::Engine<Rules = Rules<M>>, M: 'static>(
    name: &'static str,
    rules: fn(&facts::Book, u32) -> Result<Rules<M>, facts::BookError>,
) -> Role<E> {
    Role { name, rules, behaviours: BEHAVIOURS, contain: CONTAIN }
}

/// What dispatch is.
pub fn dispatch() -> Role<Dispatch> {
    Role {
        name: "dispatch",
        rules: dispatch::Rules::read,
        behaviours: BEHAVIOURS,
        contain: CONTAIN,
    }
}
/// What custody is.
pub fn custody() -> Role<Custody> {
    role("custody", |book, n| Rules::read(custody::rules::ALL, book, n))
}
/// What thermal is.
pub fn thermal() -> Role<Thermal> {
    role("thermal", |book, n| Rules::read(thermal::rules::ALL, book, n))
}
/// What permits is.
pub fn permits() -> Role<Permits> {
    role("permits", |book, n| Rules::read(permits::rules::ALL, book, n))
}
/// What schedule is.
pub fn schedule() -> Role<Schedule> {
    role("schedule", |book, n| Rules::read(schedule::rules::ALL, book, n))
}
/// What alerts is.
pub fn alerts() -> Role<Alerts> {
    let rules = |book: &facts::Book, behaviour| {
        let later = registry::rules()
            .iter()
            .filter_map(|rule| Some((rule.name, facts::action::once_received(rule.page)?)));
        Ok(alerts::Rules::read(book, behaviour)?.with_actions(later))
    };
    Role { name: "alerts", rules, behaviours: BEHAVIOURS, contain: CONTAIN }
}

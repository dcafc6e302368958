//! What each service is: its engine, how it reads its rules, which behaviours it knows.

use alerts::Alerts;
use custody::Custody;
use dispatch::Dispatch;
use facts::{Kind, Rules};
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
        let later = every_page().into_iter().filter_map(|Page { name, page, .. }| {
            Some((name, facts::action::once_received(page)?))
        });
        Ok(alerts::Rules::read(book, behaviour)?.with_actions(later))
    };
    Role { name: "alerts", rules, behaviours: BEHAVIOURS, contain: CONTAIN }
}

/// A rule as everybody but its engine sees it.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Its name.
    pub name: &'static str,
    /// Its code in the catalogue.
    pub code: &'static str,
    /// Its page.
    pub page: &'static str,
}

fn each<M>(all: &'static [Kind<M>]) -> impl Iterator<Item = Page> {
    all.iter().map(|kind| Page { name: kind.name, code: kind.code, page: kind.page })
}

/// Every rule, engine by engine.
pub(crate) fn every_page() -> Vec<Page> {
    let mut pages: Vec<Page> = each(custody::rules::ALL).collect();
    pages.extend(each(thermal::rules::ALL));
    pages.extend(each(permits::rules::ALL));
    pages.extend(each(schedule::rules::ALL));
    pages.extend(each(alerts::rules::ALL));
    pages
}

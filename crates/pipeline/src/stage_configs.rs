//! What each service is: its engine, how it reads its rules, which behaviours it knows.

use crate::{engines, registry};
use alerts::Alerts;
use dispatch::Dispatch;
use facts::{RuleEngine, Rules};
use fold::{PanicGuard, PartitionConfig, Release};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The behaviour numbers that this release implements. A new log begins at the last of them; every change of what is
/// judged or passed on, on the same log under the same rulebook, is a new number.
pub const BEHAVIOURS: std::ops::RangeInclusive<u32> = 2..=facts::behaviour::LATEST;

/// The release that this program is: it judges by the rulebook as it stands in the log.
pub const RELEASE: Release = Release::knowing(BEHAVIOURS);

const PANIC_GUARD: PanicGuard = |work| catch_unwind(AssertUnwindSafe(work)).is_ok();

/// What dispatch is.
pub fn dispatch() -> PartitionConfig<Dispatch> {
    PartitionConfig {
        name: "dispatch",
        rules: dispatch::DispatchRules::read,
        release: RELEASE,
        guard: PANIC_GUARD,
    }
}

/// What a rule engine is.
pub fn engine<E: RuleEngine>() -> PartitionConfig<E> {
    engine_of(RELEASE)
}

/// What a rule engine is in a release.
pub fn engine_of<E: RuleEngine>(release: Release) -> PartitionConfig<E> {
    let rules = |book: &facts::Rulebook, behaviour| Rules::read(E::ABOUT.rules, book, behaviour);
    PartitionConfig { name: E::ABOUT.name, rules, release, guard: PANIC_GUARD }
}

/// What alerts is.
pub fn alerts() -> PartitionConfig<Alerts> {
    let rules = |book: &facts::Rulebook, behaviour| {
        let later = registry::rules()
            .iter()
            .filter_map(|rule| Some((rule.name, facts::action::once_received(rule.page)?)));
        let rules = alerts::AlertRules::read(book, behaviour, engines::names())?;
        Ok(rules.with_actions(later).speaking(registry::registry().words()))
    };
    PartitionConfig { name: "alerts", rules, release: RELEASE, guard: PANIC_GUARD }
}

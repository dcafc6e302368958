//! Every rule of this release, and what each says of itself.

use facts::{Kind, Registry, RuleInfo};
use std::sync::LazyLock;

static RULES: LazyLock<Vec<&'static RuleInfo>> = LazyLock::new(|| {
    let mut all: Vec<&'static RuleInfo> = each(custody::rules::ALL).collect();
    all.extend(each(thermal::rules::ALL));
    all.extend(each(permits::rules::ALL));
    all.extend(each(schedule::rules::ALL));
    all.extend(each(alerts::rules::ALL));
    all
});

fn each<M>(all: &'static [Kind<M>]) -> impl Iterator<Item = &'static RuleInfo> {
    all.iter().map(|kind| kind.info)
}

/// Every rule, engine by engine, in the order of their lists.
pub fn rules() -> &'static [&'static RuleInfo] {
    &RULES
}

/// What bears a code, by its name.
pub fn registry() -> Registry {
    Registry::new(rules())
}

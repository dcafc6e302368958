//! Every rule of this release and what its stages find by themselves, with what each says of itself: all that a card can show
//! the code of.

use crate::stage;
use facts::{Kind, Registry, RuleInfo, SystemFinding};
use std::sync::LazyLock;

static RULES: LazyLock<Vec<&'static RuleInfo>> = LazyLock::new(|| {
    let mut all: Vec<&'static RuleInfo> = each(custody::rules::ALL).collect();
    all.extend(each(thermal::rules::ALL));
    all.extend(each(permits::rules::ALL));
    all.extend(each(schedule::rules::ALL));
    all.extend(each(alerts::rules::ALL));
    all
});

static ALL: LazyLock<Vec<&'static RuleInfo>> =
    LazyLock::new(|| rules().iter().copied().chain(system().map(|found| &found.info)).collect());

fn each<M>(all: &'static [Kind<M>]) -> impl Iterator<Item = &'static RuleInfo> {
    all.iter().map(|kind| kind.info)
}

/// Every rule, engine by engine, in the order of their lists.
pub fn rules() -> &'static [&'static RuleInfo] {
    &RULES
}

/// What stages find by themselves, without a rule that judges.
pub fn system() -> impl Iterator<Item = &'static SystemFinding> {
    let ours = [&alerts::stages::SILENT, &stage::FAULTED];
    dispatch::findings::ALL.iter().copied().chain(ours)
}

/// All of it, looked up by name.
pub fn registry() -> Registry {
    Registry::new(&ALL)
}

//! Every rule of this release and what its stages find by themselves, with what each says of itself: all that a card can show
//! the code of.

use crate::engines::{self, ENGINES, EngineSpec};
use crate::stage;
use facts::{Registry, RuleInfo, SystemFinding};
use std::sync::LazyLock;

static RULES: LazyLock<Vec<&'static RuleInfo>> = LazyLock::new(|| {
    let of_engines = ENGINES.iter().flat_map(EngineSpec::rules);
    of_engines.chain(alerts::rules::ALL.iter().map(|kind| kind.info)).collect()
});

static ALL: LazyLock<Vec<&'static RuleInfo>> =
    LazyLock::new(|| rules().iter().copied().chain(system().map(|found| &found.info)).collect());

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
    Registry::new(engines::names(), &ALL)
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn each_message_has_one_name_and_each_rule_has_words_for_what_it_says() {
        let mut words = BTreeMap::new();
        for info in registry().all() {
            let own = format!("{}:", info.name);
            let (engine, _) = info.name.split_once('/').unwrap_or_default();
            let mut says = false;
            for template in info.messages.iter().copied().flatten() {
                says |= template.id.starts_with(&own);
                let before = words.insert(template.id, template.words);
                assert!(before.is_none_or(|before| before == template.words), "{}", template.id);
                // What several rules share is named after their engine and its file.
                let shared = template.id.starts_with(&format!("{engine}/"))
                    && registry().find(template.id.split(':').next().unwrap_or_default()).is_none();
                assert!(
                    template.id.starts_with(&own) || shared,
                    "{} of {}",
                    template.id,
                    info.name
                );
            }
            assert!(says, "{} says nothing", info.name);
        }
        for (id, words) in &words {
            assert_eq!(words.matches('{').count(), words.matches('}').count(), "{id}");
            assert!(!words.trim().is_empty(), "{id}");
        }
    }
}

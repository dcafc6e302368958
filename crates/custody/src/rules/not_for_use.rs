#![doc = include_str!("not_for_use.md")]

use super::CORRECTED;
use crate::ledger::{CustodyLedger, UnitFate, UnitUse};
use crate::unit::{by_name, compared};
use alloc::{collections::BTreeMap, string::String, vec::Vec};
use facts::timeline::{ENDS, WHO_HAS_THEM};
use facts::{
    Effects, Episode, FactKind, Family, Hears, Message, Moment, Precedence, Rule, RuleContext,
    RuleInfo, Severity, Span, Template, UnitId, say,
};
use serde::Deserialize;

facts::messages! {
    "custody/not-for-use":
    UNIT "unit" = "{unit} was {used} at {at}, and {why} at {then}";
    ALL "all" = "all of it was {used} at {at}, and {why} at {then}";
    SOME "some" =
        "{used} at {at} without saying which units, and {unit} {why} at {then}: whether it was among them is unknown";
    THAWED "thawed" = "thawed";
    INFUSED "infused" = "infused";
    DISCARDED "discarded" = "was decided against";
    DESTROYED "destroyed" = "was destroyed";
    REFUSED "refused" = "was refused at the door";
}

/// A unit was thawed or given that must not be used.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotForUse {
    waste: Span,
}

/// What was said last of a unit.
#[derive(Debug, Clone, Copy)]
struct Said {
    what: UnitFate,
    at: Moment,
    offset: u64,
}

impl Said {
    /// Why it must not be used; `None` while nothing stands against it.
    fn against(self) -> Option<Template> {
        match self.what {
            UnitFate::Discarded => Some(DISCARDED),
            UnitFate::Destroyed => Some(DESTROYED),
            UnitFate::Refused => Some(REFUSED),
            UnitFate::TakenIn | UnitFate::Allowed | UnitFate::Thawed | UnitFate::Infused => None,
        }
    }
}

impl Rule for NotForUse {
    type Memory = CustodyLedger;
    const INFO: RuleInfo = RuleInfo {
        name: "custody/not-for-use",
        code: "IDN-08",
        family: Family::Identity,
        effects: Effects {
            compromises: Some(Severity::P2),
            precedence: Precedence::Identity,
            ..Effects::NONE
        },
        hears: Hears::Only(&[
            WHO_HAS_THEM,
            ENDS,
            CORRECTED,
            &[FactKind::Dispositioned, FactKind::QualityReleased],
        ]),
        messages: &[MESSAGES],
        page: include_str!("not_for_use.md"),
    };

    fn judge(&self, ledger: &CustodyLedger, _: &RuleContext<'_>, found: &mut Vec<Episode>) {
        let mut state = State { waste: self.waste, ..State::default() };
        for used in &ledger.uses {
            match used.what {
                UnitFate::Thawed => state.uses(used, THAWED, ledger),
                UnitFate::Infused => state.uses(used, INFUSED, ledger),
                _ => state.says(used),
            }
        }
        found.extend(state.found.into_values());
        found.sort_by_key(|episode| episode.since);
    }

    fn next_deadline(&self, _: &CustodyLedger, _: &RuleContext<'_>) -> Option<Moment> {
        None
    }
}

#[derive(Debug, Default)]
struct State {
    /// So long before its use an empty bag may have been put into the waste, by another clock.
    waste: Span,
    /// What was said last of the shipment as a whole.
    whole: Option<Said>,
    /// What was said last of units by name, after that.
    units: BTreeMap<String, Said>,
    /// By unit, as it is compared; empty for the whole shipment. One finding for each, from its first use.
    found: BTreeMap<String, Episode>,
}

impl State {
    fn says(&mut self, used: &UnitUse) {
        let said = Said { what: used.what, at: used.report.at, offset: used.report.offset };
        // What is gone does not come back, and what quality decided is not undone at a door.
        let stays = |before: &Said| match before.what {
            UnitFate::Destroyed => true,
            UnitFate::Discarded => matches!(said.what, UnitFate::TakenIn | UnitFate::Refused),
            _ => false,
        };
        if used.units.is_empty() {
            // Who releases the whole does not mean the bag that was discarded by its name.
            let meant =
                |before: &Said| !stays(before) && !matches!(before.what, UnitFate::Discarded);
            self.units.retain(|_, before| !meant(before));
            if !self.whole.as_ref().is_some_and(stays) {
                self.whole = Some(said);
            }
        }
        for unit in &used.units {
            let before = self.units.get(&compared(unit)).copied().or(self.whole);
            if !before.as_ref().is_some_and(stays) {
                self.units.insert(compared(unit), said);
            }
        }
    }

    fn uses(&mut self, used: &UnitUse, did: Template, ledger: &CustodyLedger) {
        for (name, unit) in by_name(&used.units) {
            let said = self.units.get(&name).copied().or(self.whole);
            let said = said.filter(|said| !self.is_waste(said, used));
            if let Some((said, why)) = said.and_then(|said| Some((said, said.against()?))) {
                let message = say!(UNIT, unit, say!(did), used.report.at, say!(why), said.at);
                self.tell(name, unit.as_str(), message, used, said, false);
            }
        }
        if used.units.is_empty() {
            self.uses_whole(used, did, ledger);
        }
    }

    /// Whether the empty bag was put into the waste: the two scans are of one moment, by two clocks.
    fn is_waste(&self, said: &Said, used: &UnitUse) -> bool {
        said.what == UnitFate::Destroyed && used.report.at <= said.at + self.waste
    }

    /// Which units were meant is not said: all of them may be, or those that were left.
    fn uses_whole(&mut self, used: &UnitUse, did: Template, ledger: &CustodyLedger) {
        let aboard = by_name(ledger.aboard());
        let of = |name: &String| self.units.get(name).copied().or(self.whole);
        let against = |said: Option<Said>| {
            said.filter(|said| said.against().is_some() && !self.is_waste(said, used))
        };
        let out: Vec<(&UnitId, Said)> =
            aboard.iter().filter_map(|(name, unit)| Some((*unit, against(of(name))?))).collect();
        let all = match aboard.is_empty() {
            true => against(self.whole),
            false => out.first().map(|(_, said)| *said).filter(|_| out.len() == aboard.len()),
        };
        if let Some((said, why)) = all.and_then(|said| Some((said, said.against()?))) {
            let message = say!(ALL, say!(did), used.report.at, say!(why), said.at);
            return self.tell(String::new(), "", message, used, said, false);
        }
        let first = out.first().and_then(|(unit, said)| Some((*unit, *said, said.against()?)));
        if let Some((unit, said, why)) = first {
            let message = say!(SOME, say!(did), used.report.at, unit, say!(why), said.at);
            self.tell(String::new(), "", message, used, said, true);
        }
    }

    fn tell(
        &mut self,
        name: String,
        about: &str,
        message: Message,
        used: &UnitUse,
        said: Said,
        unknown: bool,
    ) {
        let severity = if unknown { Severity::P2 } else { Severity::P1 };
        let episode = Episode::new(severity, used.report.at, message)
            .about(about)
            .latched()
            .evidence([said.offset, used.report.offset]);
        let episode = if unknown { episode.unknown() } else { episode };
        // What was thawed is given afterwards: the first of it counts.
        self.found.entry(name).or_insert(episode);
    }
}

//! The engine value of one shipment.

use crate::intake::{QuietBand, Urgency};
use crate::memory::ThermalMemory;
use crate::rules;
use crate::window::Window;
use alloc::vec::Vec;
use facts::context::{Thermal as Known, Watch};
use facts::timeline::tells_who_has_them;
use facts::{
    About, Context, DeviceFact, Engine, EngineOutput, Event, Fact, FindingDiff, Keeps, Moment,
    PartyFact, RuleContext, RuleEngine, Rules, ShipmentFact, Span, Step, StoreFact, SystemFact,
    Trigger,
};
use serde::{Deserialize, Serialize};

/// The memory, what was said, and when to look again.
#[derive(Debug, Serialize, Deserialize)]
pub struct ThermalEngine {
    memory: ThermalMemory,
    diff: FindingDiff,
    context: Option<Context>,
    now: Moment,
    /// When silence alone changes an answer of the rules, as of the last judgement.
    next: Option<Moment>,
    /// Since when something waits to be judged.
    unjudged: Option<Moment>,
    /// When the latest reading is too old to know the temperature by.
    stale_at: Option<Moment>,
    /// How long a reading is good for, where one place alone is watched: only then a reading says all about it.
    patience: Option<Span>,
    /// Kept of the profile, as of the last judgement. It is part of the state: without it the first reading after a restart
    /// would be judged at once, and what follows would be told otherwise than before.
    quiet_band: Option<QuietBand>,
    #[serde(skip)]
    put_away: bool,
}

impl Default for ThermalEngine {
    fn default() -> Self {
        let (memory, told, now) =
            (ThermalMemory::default(), FindingDiff::default(), Moment::EARLIEST);
        Self {
            memory,
            diff: told,
            context: None,
            now,
            next: None,
            unjudged: None,
            stale_at: None,
            patience: None,
            quiet_band: None,
            put_away: false,
        }
    }
}

impl Engine for ThermalEngine {
    type Rules = Rules<ThermalMemory>;
    type Input = Event;
    type Output = EngineOutput;

    fn accepts(word: &Event) -> bool {
        let device = matches!(
            word.fact,
            Fact::Device(DeviceFact::Reading(_))
                | Fact::System(
                    SystemFact::Withdrawn(_)
                        | SystemFact::Quiet(_)
                        | SystemFact::ClockAhead(_)
                        | SystemFact::ClockRight(_)
                )
                | Fact::Device(DeviceFact::Imported(_))
        );
        let bound = matches!(
            word.fact,
            Fact::Device(
                DeviceFact::Attached(_) | DeviceFact::Detached(_) | DeviceFact::Calibrated(_)
            )
        );
        let stored = matches!(
            word.fact,
            Fact::Store(StoreFact::Holds(_) | StoreFact::NoLongerHolds(_))
                | Fact::Shipment(ShipmentFact::Stowed(_))
        );
        let boxed = matches!(
            word.fact,
            Fact::Shipment(
                ShipmentFact::Packed(_)
                    | ShipmentFact::Repacked(_)
                    | ShipmentFact::Opened(_)
                    | ShipmentFact::Unpacked(_)
                    | ShipmentFact::Thawed(_)
                    | ShipmentFact::Infused(_)
            )
        );
        let moved = matches!(
            word.fact,
            Fact::Shipment(
                ShipmentFact::Departed(_)
                    | ShipmentFact::Arrived(_)
                    | ShipmentFact::LegOffloaded(_)
                    | ShipmentFact::Released(_)
                    | ShipmentFact::Accepted(_)
                    | ShipmentFact::Received(_)
            )
        );
        // Who a party is tells whether what it did was done by the consignee.
        let plan = matches!(
            word.fact,
            Fact::Shipment(ShipmentFact::Planned(_))
                | Fact::Party(PartyFact::Described(_))
                | Fact::Shipment(
                    ShipmentFact::Cancelled(_)
                        | ShipmentFact::Dispositioned(_)
                        | ShipmentFact::Destroyed(_)
                        | ShipmentFact::Closed(_)
                )
        );
        let wrong = matches!(
            word.fact,
            Fact::Shipment(ShipmentFact::ShipmentCorrected(_))
                | Fact::Device(DeviceFact::DeviceCorrected(_))
        );
        let reach = tells_who_has_them(&word.fact)
            || matches!(word.fact, Fact::System(SystemFact::PutAway(_)));
        device || bound || stored || boxed || moved || plan || wrong || reach
    }

    fn step(
        &mut self,
        rules: &Rules<ThermalMemory>,
        entry: &Step<'_, Event>,
        said: &mut Vec<EngineOutput>,
    ) {
        self.now = self.now.max(entry.now);
        if self.memory.shipment.is_none() {
            self.memory.shipment = entry.subject.shipment();
        }
        if let Trigger::Input(event) = &entry.cause
            && matches!(event.fact, Fact::System(SystemFact::PutAway(_)))
        {
            self.put_away = true;
            return said.push(EngineOutput::PutAway);
        }
        let entry = &self.judged_before(rules, entry, said);
        let matter = match entry.cause {
            Trigger::Input(event) => {
                let matter = self.memory.hear(
                    entry,
                    event,
                    self.quiet_band.as_ref(),
                    rules.reference.settle,
                );
                if let Fact::Device(DeviceFact::Reading(reading)) = &event.fact
                    && self.memory.is_payload(&event.subject.id, &reading.channel, event.at)
                {
                    let heard = (event.at, reading);
                    if self.memory.tells(&event.subject.id, heard, &rules.reference) {
                        // What was measured long ago tells of then, and a clock that is ahead tells nothing more.
                        let heard = event.at.min(entry.now);
                        self.stale_at = self.stale_at.max(self.patience.map(|after| heard + after));
                    }
                    match (matter, self.turns(), self.patience) {
                        (Urgency::None, Some(_), Some(_)) => return,
                        // The window is over: even a calm reading fills a hole up to its end.
                        (matter, None, _) | (matter, _, None) => matter.max(Urgency::Later),
                        (matter, Some(_), Some(_)) => matter,
                    }
                } else {
                    matter
                }
            }
            Trigger::Timer | Trigger::RulesChanged => Urgency::Now,
        };
        // What stands and can end must hear of everything at once.
        let ends =
            self.diff.standing().any(|(_, episode)| episode.until.is_none() && !episode.latched);
        match matter {
            Urgency::None if !ends => {}
            Urgency::Later if !ends => drop(self.unjudged.get_or_insert(entry.now)),
            _ => return self.judge(rules, entry, said),
        }
        self.tell(rules, entry, said);
    }

    fn keeps(&self, _: &Rules<ThermalMemory>) -> Keeps {
        if self.put_away { Keeps::Mark(0) } else { Keeps::All }
    }

    fn next_deadline(&self, rules: &Rules<ThermalMemory>) -> Option<Moment> {
        let settle = rules.reference.settle;
        let held = self.diff.next_deadline(settle);
        let unjudged = self.unjudged.map(|since| since + settle);
        [held, unjudged, self.next, self.turns()].into_iter().flatten().min()
    }
}

impl RuleEngine for ThermalEngine {
    type Memory = ThermalMemory;
    const ABOUT: About<ThermalMemory> = About {
        name: "thermal",
        judges: "How warm, for how long",
        rules: rules::ALL,
        rulebook: include_str!("../../../config/rulebook/thermal.toml"),
        schema: 1,
    };

    fn memory(&self) -> Option<&ThermalMemory> {
        self.memory.shipment.as_ref().map(|_| &self.memory)
    }
}

impl ThermalEngine {
    /// Judges what waits to be judged before an act that ends the watch is taken in, and gives the entry as it goes on from
    /// there: what readings have taken the ground from was untrue, and is not over because of the act.
    fn judged_before<'e>(
        &mut self,
        rules: &Rules<ThermalMemory>,
        entry: &Step<'e, Event>,
        said: &mut Vec<EngineOutput>,
    ) -> Step<'e, Event> {
        let (waits, before) = (self.unjudged.is_some(), said.len());
        if waits && matches!(entry.cause, Trigger::Input(event) if event.fact.ends_the_watch()) {
            self.judge(rules, &Step { cause: Trigger::Timer, ..*entry }, said);
        }
        let index = entry.index + u32::try_from(said.len() - before).unwrap_or(u32::MAX);
        Step { cause: entry.cause.again(), index, ..*entry }
    }

    /// Asks every rule.
    fn judge(
        &mut self,
        rules: &Rules<ThermalMemory>,
        entry: &Step<'_, Event>,
        said: &mut Vec<EngineOutput>,
    ) {
        self.unjudged = None;
        let (mut say, corrected) = (Vec::new(), self.memory.history.corrected());
        self.diff.judge(rules, &self.memory, (entry, corrected), &mut say);
        said.extend(say.into_iter().map(|finding| EngineOutput::Finding(finding.into())));
        self.next = rules.next_deadline(&self.memory, self.now);
        self.quiet_band = self.memory.profile(&rules.reference).map(|profile| {
            let windows = self.memory.windows(profile, rules.reference.settle);
            let from = windows.iter().map(|window| window.from).max();
            QuietBand { from, ..QuietBand::of(profile) }
        });
        self.listen(rules);
        self.tell(rules, entry, said);
    }

    /// From when on the temperature is not known any more, by the readings so far.
    fn listen(&mut self, rules: &Rules<ThermalMemory>) {
        (self.stale_at, self.patience) = (None, None);
        let Some(profile) = self.memory.profile(&rules.reference) else { return };
        let windows = self.memory.windows(profile, rules.reference.settle);
        let watched = watched(&windows);
        let stale: Vec<_> = watched.iter().map(|window| self.stale_in(rules, window)).collect();
        // One place of which nothing is known is enough.
        self.stale_at = stale
            .iter()
            .all(Option::is_some)
            .then(|| stale.iter().flatten().min().copied())
            .flatten();
        if let [window] = &*watched {
            self.patience = self.memory.patience(window);
        }
    }

    /// When the latest reading of a window is too old; `None` without one, and without a probe.
    fn stale_in(&self, rules: &Rules<ThermalMemory>, window: &Window) -> Option<Moment> {
        let heard = self.memory.last_heard(window, &rules.reference).map(|at| at.min(self.now));
        heard.zip(self.memory.patience(window)).map(|(heard, after)| heard + after)
    }

    /// Where the temperature is known, and the window open or ahead: when silence alone makes it unknown.
    fn turns(&self) -> Option<Moment> {
        let Some(Context::Thermal(known)) = &self.context else { return None };
        let from = known.from.filter(|_| known.until.is_none() && known.unknown_since.is_none())?;
        let turns = self.stale_at.map_or(from, |stale| stale.max(from));
        Some(turns.max(self.now + Span::millis(1)))
    }

    /// How well the temperature is known; nothing where nothing is to be watched yet.
    fn known(&self, rules: &Rules<ThermalMemory>) -> Known {
        let setting = self.memory.setup();
        let somewhere = !setting.boxes.is_empty() || !setting.stays.is_empty();
        let under_way = setting.picked_up.is_some() || somewhere;
        let blind = if under_way { Watch::Blind } else { Watch::Ahead };
        let Some(profile) = self.memory.profile(&rules.reference) else {
            return Known { watch: blind, ..Known::default() };
        };
        let windows = self.memory.windows(profile, rules.reference.settle);
        let class = profile.class;
        let Some(last) = windows.iter().rfind(|window| window.awaited) else {
            let class = if under_way { class } else { Known::default().class };
            return Known { class, watch: blind, ..Known::default() };
        };
        let (reference, behaviour) = (&rules.reference, rules.behaviour);
        let given = RuleContext { now: self.now, reference, behaviour };
        let watch =
            if self.memory.knows_any(&given, &windows) { Watch::Known } else { Watch::Blind };
        let watched = watched(&windows);
        let Some(first) = watched.iter().map(|window| window.from).min() else {
            let (from, until) = (Some(last.from), last.until);
            return Known { class, from, until, unknown_since: None, watch };
        };
        let stale = watched.iter().filter(|window| {
            window.from <= self.now
                && self.stale_in(rules, window).is_none_or(|stale| self.now >= stale)
        });
        let since = stale.map(|window| {
            self.memory
                .last_heard(window, &rules.reference)
                .map_or(window.from, |last| last.max(window.from))
        });
        let unknown_since = since.min();
        Known { class, from: Some(first), until: None, unknown_since, watch }
    }

    /// Says how well the temperature is known, when that is another answer than before.
    fn tell(
        &mut self,
        rules: &Rules<ThermalMemory>,
        entry: &Step<'_, Event>,
        said: &mut Vec<EngineOutput>,
    ) {
        let known = self.known(rules);
        let unknown_since = known.unknown_since;
        if known == Known::default() && self.context.is_none() {
            return; // there is nothing to judge yet
        }
        let context = Some(Context::Thermal(known));
        if let (
            Trigger::Input(_),
            Some(_),
            Some(Context::Thermal(Known { unknown_since: Some(_), .. })),
        ) = (&entry.cause, unknown_since, &self.context)
        {
            // Still unknown: what comes in one go is told when all of it is in.
            self.unjudged.get_or_insert(entry.now);
            return;
        }
        if context != self.context {
            said.extend(context.clone().map(|context| EngineOutput::Context(context.into())));
            self.context = context;
        }
    }
}

/// The windows that go on or lie ahead, and in which readings are awaited.
fn watched(windows: &[Window]) -> Vec<Window> {
    windows.iter().filter(|window| window.awaited && window.until.is_none()).copied().collect()
}

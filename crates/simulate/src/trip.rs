//! One shipment: as it was planned, and as it went.

use crate::truth::Truth;
use crate::world::WEEK;
use crate::{cells, dose, vector};
use facts::fact::shipment::{Goods, Mode, Receipt};
use facts::{
    DeviceId, Fact, LegId, Moment, OrderId, PartyId, PermitId, ShipmentId, Span, Subject, UnitId,
};
use fastrand::Rng;

/// What is shipped, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cargo {
    /// Fresh cells at 2–8 °C by road.
    Cells,
    /// A vector on dry ice, by air.
    Vector,
    /// A vector at 2–8 °C, by air.
    ColdVector,
    /// A finished dose in nitrogen vapour, by air.
    Dose,
}

impl Cargo {
    pub(crate) const ALL: &'static [Cargo] =
        &[Self::Cells, Self::Vector, Self::ColdVector, Self::Dose];
}

/// One leg: its plan, and how it went.
#[derive(Debug, Clone)]
pub(crate) struct Leg {
    pub(crate) id: LegId,
    pub(crate) mode: Mode,
    pub(crate) carrier: PartyId,
    pub(crate) from: PartyId,
    pub(crate) to: PartyId,
    pub(crate) departs: Moment,
    pub(crate) arrives: Moment,
    pub(crate) departed: Moment,
    pub(crate) arrived: Moment,
    /// When customs took the goods in, and let them go.
    pub(crate) customs: Option<(Moment, Moment)>,
}

/// One hand-over, as it went.
#[derive(Debug, Clone)]
pub(crate) struct Hand {
    pub(crate) by: PartyId,
    /// Whom the release names.
    pub(crate) to: PartyId,
    /// Who really took the goods.
    pub(crate) taker: PartyId,
    pub(crate) released: Moment,
    pub(crate) accepted: Moment,
    /// Which leg begins.
    pub(crate) leg: Option<LegId>,
    pub(crate) airside: bool,
}

/// What the laboratory says of a logger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Calibration {
    Passed,
    Failed,
    /// It had passed, and its certificate ended before the journey.
    Ended,
}

/// The logger with the goods.
#[derive(Debug, Clone)]
pub(crate) struct Logger {
    /// Whether there is one.
    pub(crate) there: bool,
    pub(crate) calibration: Calibration,
    pub(crate) log_every: Span,
    /// `None`: it is read out after stowing.
    pub(crate) send_every: Option<Span>,
    /// How long after stowing its file is read in.
    pub(crate) read_out: Span,
    /// What it measures when nothing is wrong.
    pub(crate) usual: i32,
    /// From when until when it measures something else.
    pub(crate) spells: Vec<(Moment, Moment, i32)>,
    /// From when until when its readings are lost.
    pub(crate) lost: Vec<(Moment, Moment)>,
    /// From when until when it cannot send; it sends later what it measured.
    pub(crate) offline: Vec<(Moment, Moment)>,
    /// From when until when its clock is behind, and by how much.
    pub(crate) set_back: Option<(Moment, Moment, Span)>,
    /// When somebody takes it off before the goods are out of the box.
    pub(crate) off: Option<Moment>,
}

/// The import permit.
#[derive(Debug, Clone)]
pub(crate) struct Permit {
    pub(crate) id: PermitId,
    pub(crate) until: Moment,
    pub(crate) granted: u32,
    pub(crate) used: u32,
    /// When it was suspended, and when it was given back.
    pub(crate) suspended: Option<(Moment, Moment)>,
    /// New times for the border, and when they were told.
    pub(crate) expected: Vec<(Moment, Moment)>,
    /// Whether it must cover the receipt, too.
    pub(crate) receipt: bool,
}

/// The patient who waits for the dose.
#[derive(Debug, Clone)]
pub(crate) struct Patient {
    pub(crate) product: &'static str,
    pub(crate) conditioning: Moment,
    pub(crate) started: Option<Moment>,
    pub(crate) held: Option<Moment>,
    pub(crate) quality: Option<Moment>,
    pub(crate) available: Option<Moment>,
    pub(crate) infused: Option<Moment>,
    /// When all bags but the first are infused, where that is another day.
    pub(crate) second: Option<Moment>,
    /// Whether the dose waits in a tank that a logger watches.
    pub(crate) stored: bool,
}

/// Something else that somebody reports.
#[derive(Debug, Clone)]
pub(crate) struct Also {
    pub(crate) source: PartyId,
    pub(crate) subject: Subject,
    pub(crate) at: Moment,
    pub(crate) sent: Moment,
    pub(crate) fact: Fact,
}

/// One shipment.
#[derive(Debug, Clone)]
pub(crate) struct Trip {
    pub(crate) id: ShipmentId,
    pub(crate) cargo: Cargo,
    pub(crate) goods: Goods,
    pub(crate) profile: &'static str,
    pub(crate) units: Vec<UnitId>,
    pub(crate) consignor: PartyId,
    pub(crate) consignee: PartyId,
    pub(crate) planned: Moment,
    pub(crate) packed: Moment,
    pub(crate) legs: Vec<Leg>,
    pub(crate) hands: Vec<Hand>,
    pub(crate) received: Moment,
    /// As what they were taken in.
    pub(crate) verdict: Receipt,
    /// Units that were not in the box.
    pub(crate) missing: usize,
    pub(crate) unpacked: Moment,
    pub(crate) stowed: Moment,
    pub(crate) logger: Logger,
    /// The logger of the tank that the dose waits in.
    pub(crate) tank: Option<Logger>,
    pub(crate) permit: Option<Permit>,
    pub(crate) patient: Option<Patient>,
    /// Legs that were cancelled, with the new plan's moment.
    pub(crate) lost_leg: Option<(LegId, Moment, Moment)>,
    pub(crate) cancelled: Option<Moment>,
    /// Under which versions the same was planned again, and when.
    pub(crate) planned_again: Vec<(u32, Moment)>,
    /// Nobody ever sent a plan.
    pub(crate) unplanned: bool,
    /// From which leg on it was planned for a day later, and when.
    pub(crate) planned_anew: Option<(LegId, Moment)>,
    /// By how much the scanner's clock was ahead at packing.
    pub(crate) packed_stamp: Span,
    /// Who received the goods, where that was not the consignee.
    pub(crate) other_site: Option<PartyId>,
    /// What else was reported.
    pub(crate) also: Vec<Also>,
    pub(crate) closed: Moment,
    pub(crate) truth: Vec<Truth>,
}

impl Trip {
    /// A shipment without a fault, somewhere in the week.
    pub(crate) fn plan(n: u32, of: u32, cargo: Cargo, rng: &mut Rng) -> Self {
        let minutes = i64::from(n) * 7 * 24 * 60 / i64::from(of.max(1));
        let start = WEEK + Span::minutes(minutes + rng.i64(0..60));
        let id = ShipmentId::new(format!("SHP-{n:04}"));
        match cargo {
            Cargo::Cells => cells::plan(id, start, rng),
            Cargo::Vector | Cargo::ColdVector => vector::plan(id, start, cargo, rng),
            Cargo::Dose => dose::plan(id, start, rng),
        }
    }

    /// What must be found.
    pub(crate) fn must_find(&mut self, code: &str, from: Moment, until: impl Into<Option<Moment>>) {
        let (shipment, code, until) = (self.id.clone(), code.to_owned(), until.into());
        self.truth.push(Truth { shipment, code, from, until, ..Truth::default() });
    }

    /// From a moment on everything happens later; the plan stays what it was.
    pub(crate) fn delay(&mut self, from: Moment, by: Span) {
        let legs = self.legs.iter_mut().flat_map(|leg| {
            let customs = leg.customs.iter_mut().flat_map(|(entered, cleared)| [entered, cleared]);
            [&mut leg.departed, &mut leg.arrived].into_iter().chain(customs)
        });
        let hands = self.hands.iter_mut().flat_map(|hand| [&mut hand.released, &mut hand.accepted]);
        let ends = [&mut self.received, &mut self.unpacked, &mut self.stowed];
        for moment in legs.chain(hands).chain(ends).filter(|moment| **moment >= from) {
            *moment = *moment + by;
        }
    }

    /// The order of its patient.
    pub(crate) fn order(&self) -> OrderId {
        OrderId::new(format!("ORD-{}", self.id))
    }

    /// The logger in its box.
    pub(crate) fn device(&self) -> Subject {
        Subject::from(&DeviceId::new(format!("LOG-{}", self.id)))
    }

    /// The flight, where there is one.
    pub(crate) fn flight(&self) -> Option<&Leg> {
        self.legs.iter().find(|leg| leg.mode == Mode::Air)
    }

    /// Some time on the road or in the air, well inside the judged window, on the grid of the logger; the
    /// flight and the hour around it are left alone.
    pub(crate) fn quiet_hour(&self, rng: &mut Rng) -> Moment {
        let from = self.packed + Span::hours(1);
        let until = self.legs.first().map_or(self.unpacked, |leg| leg.arrived) - Span::hours(3);
        let span = (until - from).as_minutes().max(1);
        (from + Span::minutes(rng.i64(0..span))).ceil(self.logger.log_every)
    }
}

/// One of several, by chance.
pub(crate) fn one_of(role: &crate::world::Role, rng: &mut Rng) -> PartyId {
    PartyId::new(rng.choice(role.ids).copied().unwrap_or_default())
}

/// One logger that sends, or is read out.
pub(crate) fn logger(usual: i32, reads_out: bool, log_every: Span) -> Logger {
    let send_every = (!reads_out).then_some(Span::minutes(15));
    let (spells, lost, offline) = (Vec::new(), Vec::new(), Vec::new());
    let read_out = Span::minutes(25);
    let (there, calibration) = (true, Calibration::Passed);
    let (set_back, off) = (None, None);
    Logger {
        there,
        calibration,
        log_every,
        send_every,
        read_out,
        usual,
        spells,
        lost,
        offline,
        set_back,
        off,
    }
}

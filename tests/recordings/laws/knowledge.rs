//! What nobody knows: losing knowledge ends nothing, one wrong clock hides nothing, and goods that nobody watches are told of.

use super::common::{
    Broken, Pair, Recording, Said, Tried, Verdict, a_shipment, history, history_of, hold, in_order,
    is_open, is_planned, nothing, said_at, standing, tries, under_way,
};
use facts::fact::device::{Attached, Detached, Position};
use facts::{
    DeviceFact, DeviceId, Fact, Finding, Moment, OrderFact, Severity, ShipmentFact, ShipmentId,
    Span, StoreId, Subject, Verdict as Sure,
};
use fastrand::Rng;
use proptest::prelude::*;
use simulate::Arrival;

/// How knowledge is lost.
#[derive(Debug, Clone, Copy)]
enum Loss {
    /// The logger sends nothing any more.
    Silent,
    /// Somebody takes it off.
    TakenOff,
    /// Somebody scans it to another box.
    Elsewhere,
}

/// The logger with a shipment's goods, or of the tank that they are in.
fn logger_of(all: &Recording, shipment: &ShipmentId) -> Option<(Subject, Attached)> {
    let names = [format!("LOG-{shipment}"), format!("LOG-TANK-{shipment}")];
    all.iter().rev().find_map(|a| match &a.event.fact {
        Fact::Device(DeviceFact::Attached(attached))
            if names.contains(&a.event.subject.id.to_string()) =>
        {
            Some((a.event.subject.clone(), attached.clone()))
        }
        _ => None,
    })
}

/// Whether the goods stay where they are: nothing is said of them between two moments.
fn stays(all: &Recording, shipment: &ShipmentId, from: Moment, until: Moment) -> bool {
    let speaks = |a: &&Arrival| a.event.subject.id.contains(shipment.as_str());
    let moves = |a: &&Arrival| {
        !matches!(
            a.event.fact,
            Fact::Device(DeviceFact::Reading(_))
                | Fact::Shipment(ShipmentFact::Planned(_))
                | Fact::Order(OrderFact::PatientScheduled(_))
                | Fact::Shipment(
                    ShipmentFact::Released(_)
                        | ShipmentFact::Accepted(_)
                        | ShipmentFact::Departed(_)
                        | ShipmentFact::Arrived(_)
                )
        )
    };
    !all.iter().filter(speaks).filter(moves).any(|a| {
        let at = a.at.max(a.event.at);
        from - Span::minutes(20) <= at && at <= until + Span::minutes(20)
    })
}

/// An excursion of a history that goes on at some moment at which somebody knows of it.
fn an_excursion(
    all: &Recording,
    findings: &[Finding],
    rng: &mut Rng,
) -> Option<(ShipmentId, Moment)> {
    let told: Vec<&Finding> = findings
        .iter()
        .filter(|f| matches!(&*f.code, "THM-01" | "THM-02" | "THM-05") && f.until.is_none())
        .collect();
    let told = rng.choice(told)?;
    let at = told.learnt + Span::minutes(rng.i64(1..20));
    stays(all, &told.shipment, at, at + Span::hours(1)).then(|| (told.shipment.clone(), at))
}

/// What stood when knowledge was lost stands an hour later, or is unknown.
fn ends_nothing(said: &Said, _: &Pair) -> Vec<Broken> {
    let thermal = |f: &&Finding| matches!(&*f.code, "THM-01" | "THM-02" | "THM-05" | "THM-06");
    let before: Vec<&Finding> = standing(&said.without).into_iter().filter(thermal).collect();
    let after: Vec<&Finding> = standing(&said.with).into_iter().filter(thermal).collect();
    let stands = |f: &&Finding| {
        after.iter().any(|other| {
            (&other.shipment, &other.code, &other.name.about)
                == (&f.shipment, &f.code, &f.name.about)
                && (is_open(other) || other.verdict == Sure::Unknown)
        })
    };
    let gone = before.into_iter().filter(|f| is_open(f) && !stands(f));
    gone.map(|f| Broken::of(f, "ended")).collect()
}

/// Everything else goes on as it did: what stood then is still told at the end, and only a person ends what only a person ends.
fn in_the_end(
    seed: u64,
    loss: Loss,
    all: Recording,
    at: Moment,
    device: &Subject,
    lost: Option<Arrival>,
) -> Tried {
    let last = all.last().map_or(at, |a| a.at) + Span::days(2);
    let measured = |a: &Arrival| {
        a.event.subject == *device
            && matches!(
                a.event.fact,
                Fact::Device(
                    DeviceFact::Reading(_) | DeviceFact::Attached(_) | DeviceFact::Detached(_)
                )
            )
    };
    let with = all.iter().filter(|a| a.at <= at || !measured(a)).cloned().chain(lost);
    let with = in_order(with.collect());
    let without = all.into_iter().filter(|a| a.at <= at).collect();
    let law = |said: &Said, _: &Pair| -> Vec<Broken> {
        let after = standing(&said.with);
        let stands = |f: &&Finding| {
            after.iter().any(|other| {
                (&other.shipment, &other.code, &other.name.about)
                    == (&f.shipment, &f.code, &f.name.about)
                    && other.happened <= f.happened
                    && (other.latched || !f.latched)
            })
        };
        let before = standing(&said.without).into_iter();
        let of_goods = before.filter(|f| f.code.starts_with("THM") && is_open(f));
        let gone = of_goods.filter(|f| !stands(f));
        gone.map(|f| Broken::of(f, "not told any more")).collect()
    };
    let pair = Pair { without, with, until: Some((at, last)) };
    hold(&format!("losing-knowledge-in-the-end-{loss:?}"), seed, &pair, &law)
}

/// What stands at some moment stands when the logger is gone, an hour later and at the end.
fn losing_knowledge(seed: u64, rng_seed: u64, loss: Loss) -> Tried {
    let mut rng = Rng::with_seed(rng_seed);
    let codes = ["THM-01", "THM-02", "THM-05"];
    let Some(all) = history_of(&codes, seed) else { return nothing() };
    let whole = crate::common::judge(all.iter().map(|a| (a.at, a.event.clone())), None);
    let Some((shipment, at)) = an_excursion(&all, &whole.findings, &mut rng) else {
        return nothing();
    };
    let Some((device, attached)) = logger_of(&all, &shipment) else { return nothing() };
    let channel = attached.channel.clone();
    let fact = match loss {
        Loss::Silent => None,
        Loss::TakenOff => Some(Fact::Device(DeviceFact::Detached(Detached { channel }))),
        Loss::Elsewhere => {
            let store = Some(StoreId::new("SHELF"));
            Some(Fact::Device(DeviceFact::Attached(Attached { shipment: None, store, ..attached })))
        }
    };
    let lost = fact.map(|fact| said_at(at, &device, "loss", fact));
    if rng.bool() {
        return in_the_end(seed, loss, all, at, &device, lost);
    }
    let without: Recording = all.into_iter().filter(|a| a.at <= at).collect();
    let pair = Pair { until: Some((at, at + Span::hours(1))), ..Pair::adding(without, lost) };
    hold(&format!("losing-knowledge-{loss:?}"), seed, &pair, &ends_nothing)
}

/// P1 and P2 that stand at the end, whatever their bounds.
fn urgent(said: &crate::common::Outcome) -> Vec<Verdict> {
    let urgent = |f: &&Finding| f.severity <= Severity::P2;
    let all = standing(said).into_iter().filter(urgent);
    all.map(|f| Verdict { bounds: None, ..Verdict::of(f) }).collect()
}

fn hides_nothing(said: &Said, _: &Pair) -> Vec<Broken> {
    let with = urgent(&said.with);
    let gone = urgent(&said.without).into_iter().filter(|verdict| !with.contains(verdict));
    gone.map(|v| v.broken("hidden")).collect()
}

/// Any one event is dated a day ahead, but for an attachment: a use may be booked ahead, and until then its probe is not with the
/// goods, as far as anybody knows. That none is with them is told once they are under way.
fn one_wrong_clock(seed: u64, rng_seed: u64) -> Tried {
    let (without, mut rng) = (history(seed), Rng::with_seed(rng_seed));
    let readings = rng.u8(..4) == 0;
    let wanted = |a: &&Arrival| match a.event.fact {
        Fact::Device(DeviceFact::Reading(_)) => readings,
        Fact::Device(DeviceFact::Attached(_)) => false,
        _ => !readings,
    };
    let about: Vec<&Arrival> = without.iter().filter(wanted).collect();
    let Some(chosen) = rng.choice(about).map(|a| a.event.clone()) else { return nothing() };
    let mut with = without.clone();
    let same = |a: &&mut Arrival| {
        let of = |e: &facts::Event| (e.source.clone(), e.id.clone(), e.subject.clone());
        of(&a.event) == of(&chosen)
    };
    for arrival in with.iter_mut().filter(same) {
        arrival.event.at = arrival.event.at + Span::days(1);
    }
    hold(
        "one-wrong-clock",
        seed,
        &Pair { without, with: in_order(with), until: None },
        &hides_nothing,
    )
}

/// How a shipment comes to be watched by nobody.
#[derive(Debug, Clone, Copy)]
enum Blind {
    NeverAttached,
    NeverSends,
    Unfit,
    OutsideOfTheGoods,
}

/// Somebody is told that the temperature of this shipment is not known, before it is received.
fn is_told(shipment: &ShipmentId, until: Moment) -> impl Fn(&Said, &Pair) -> Vec<Broken> + '_ {
    move |said, pair| {
        // A smaller recording must still be one of goods under way for hours.
        let subject = Subject::from(shipment);
        let far = |(from, until): (Moment, Moment)| until - from > Span::hours(5);
        if !under_way(&pair.with, &subject).is_some_and(far) {
            return Vec::new();
        }
        // Where nobody has planned the goods no limits are known, and that is told.
        let planned = is_planned(&pair.with, &subject);
        let told = said.with.findings.iter().any(|f| {
            let of_temperature = f.code.starts_with("DAT") || f.code.starts_with("THM");
            let says_so = if planned { of_temperature } else { &*f.code == "SYS-REF" };
            f.shipment == *shipment && says_so && f.learnt <= until
        });
        let what = "nobody is told that its temperature is not known".to_owned();
        let broken = Broken { shipment: shipment.clone(), how: what.clone(), what };
        (!told).then_some(broken).into_iter().collect()
    }
}

fn never_neither(seed: u64, rng_seed: u64, blind: Blind) -> Tried {
    let (without, mut rng) = (history(seed), Rng::with_seed(rng_seed));
    let Some(shipment) = a_shipment(&without, &mut rng) else { return nothing() };
    let Some((from, until)) = under_way(&without, &shipment) else { return nothing() };
    let plan = without.iter().any(|a| {
        a.event.subject == shipment
            && matches!(
                a.event.fact,
                Fact::Shipment(ShipmentFact::Cancelled(_) | ShipmentFact::Opened(_))
            )
    });
    // Only what travels for hours, and whose logger sends, is judged here.
    let name = ShipmentId::new(&*shipment.id);
    let device = Subject::from(&DeviceId::new(format!("LOG-{name}")));
    let sends = without.iter().any(|a| {
        a.event.subject == device
            && matches!(&a.event.fact, Fact::Device(DeviceFact::Attached(attached)) if attached.send_every.is_some())
    });
    if plan || !sends || until - from < Span::hours(5) {
        return nothing();
    }
    let mut with = Vec::new();
    for mut arrival in without.iter().cloned() {
        let of_device = arrival.event.subject == device;
        let kept = match (&mut arrival.event.fact, blind) {
            (
                Fact::Device(DeviceFact::Attached(_) | DeviceFact::Detached(_)),
                Blind::NeverAttached,
            ) => !of_device,
            (Fact::Device(DeviceFact::Reading(_)), Blind::NeverAttached | Blind::NeverSends) => {
                !of_device
            }
            (Fact::Device(DeviceFact::Calibrated(fact)), Blind::Unfit) => {
                fact.passed &= !of_device;
                true
            }
            (Fact::Device(DeviceFact::Attached(fact)), Blind::OutsideOfTheGoods) if of_device => {
                fact.position = Position::Ambient;
                true
            }
            _ => true,
        };
        if kept {
            with.push(arrival);
        }
    }
    let pair = Pair { without: Vec::new(), with, until: None };
    // Until the goods are received, and what a flight excuses is over.
    let law = is_told(&name, until + Span::hours(1));
    hold(&format!("never-neither-{blind:?}"), seed, &pair, &law)
}

proptest! {
    #![proptest_config(tries())]

    #[test]
    fn losing_knowledge_ends_nothing_a_logger_falls_silent(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        losing_knowledge(seed, rng_seed, Loss::Silent)?;
    }

    #[test]
    fn losing_knowledge_ends_nothing_a_logger_is_taken_off(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        losing_knowledge(seed, rng_seed, Loss::TakenOff)?;
    }

    #[test]
    fn losing_knowledge_ends_nothing_a_logger_is_scanned_to_another_box(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        losing_knowledge(seed, rng_seed, Loss::Elsewhere)?;
    }

    #[test]
    fn one_wrong_clock_hides_nothing(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        one_wrong_clock(seed, rng_seed)?;
    }

    #[test]
    fn unknown_or_known_no_logger_is_attached(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        never_neither(seed, rng_seed, Blind::NeverAttached)?;
    }

    #[test]
    fn unknown_or_known_a_logger_never_sends(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        never_neither(seed, rng_seed, Blind::NeverSends)?;
    }

    #[test]
    fn unknown_or_known_a_logger_failed_its_calibration(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        never_neither(seed, rng_seed, Blind::Unfit)?;
    }

    #[test]
    fn unknown_or_known_a_logger_is_outside_of_the_goods(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        never_neither(seed, rng_seed, Blind::OutsideOfTheGoods)?;
    }
}

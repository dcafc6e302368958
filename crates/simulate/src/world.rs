//! Who there is: hospitals, plants, couriers, airlines, and who is not qualified.

use crate::arrivals::Arrivals;
use facts::fact::party::{Described, Qualified};
use facts::{Fact, Moment, PartyFact, PartyId, ShortText, Span, Subject};

/// Midnight at the beginning of the week: Monday, 2026-03-02.
pub(crate) const WEEK: Moment = Moment::from_millis(1_772_409_600_000);
/// When the parties were described.
const BEFORE: Span = Span::days(40);

/// Parties of one role.
pub(crate) struct Role {
    word: &'static str,
    zone: &'static str,
    pub(crate) ids: &'static [&'static str],
}

pub(crate) const CLINICS: Role = Role {
    word: "site",
    zone: "Europe/Brussels",
    ids: &["UZ-LEUVEN", "AKH-WIEN", "KS-LUND", "CHU-LYON"],
};
pub(crate) const CENTRES: Role = Role {
    word: "site",
    zone: "America/New_York",
    ids: &["ATC-BOSTON", "ATC-DENVER", "ATC-MIAMI"],
};
pub(crate) const PLANTS: Role =
    Role { word: "plant", zone: "Europe/Amsterdam", ids: &["PLANT-LEIDEN", "PLANT-PUURS"] };
pub(crate) const MAKERS: Role =
    Role { word: "plant", zone: "America/Chicago", ids: &["VECTOR-DALLAS", "VECTOR-AMES"] };
pub(crate) const COURIERS: Role = Role {
    word: "courier",
    zone: "Europe/Brussels",
    ids: &["COLDRUN", "VITAVAN", "NORDICARE", "SWIFTCELL"],
};
pub(crate) const AIRLINES: Role = Role {
    word: "airline",
    zone: "Europe/Amsterdam",
    ids: &["KLM-CARGO", "SAS-CARGO", "DELTA-CARGO"],
};

/// A party that is described and not qualified.
pub(crate) const STRANGER: &str = "CITY-TAXI";

/// What is known of everybody before the week begins.
pub(crate) fn emit(arrivals: &mut Arrivals) {
    let at = WEEK - BEFORE;
    for role in [CLINICS, CENTRES, PLANTS, MAKERS, COURIERS, AIRLINES] {
        for id in role.ids {
            describe(arrivals, id, role.word, role.zone, at);
            let (scope, from, until) = (ShortText::new("custody"), at, None);
            arrivals.at(
                "registry",
                &party(id),
                at,
                Fact::Party(PartyFact::Qualified(Qualified { scope, from, until })),
            );
        }
    }
    describe(arrivals, STRANGER, "courier", "Europe/Brussels", at);
}

fn describe(arrivals: &mut Arrivals, id: &str, role: &str, zone: &str, at: Moment) {
    let (name, role) = (ShortText::new(id), ShortText::new(role));
    let (zone, duty) = (Some(ShortText::new(zone)), Some(ShortText::new("+32 2 555 01 99")));
    arrivals.at(
        "registry",
        &party(id),
        at,
        Fact::Party(PartyFact::Described(Described { name, role, zone, duty, part_of: None })),
    );
}

fn party(id: &str) -> Subject {
    Subject::from(&PartyId::new(id))
}

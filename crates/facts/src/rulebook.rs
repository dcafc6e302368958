//! The rulebook as it travels in the log: one tree of tables, named by its hash.

use crate::context::{Class, Gate};
use crate::finding::Severity;
use crate::id::ShortText;
use crate::moment::Span;
use crate::unit::MilliCelsius;
use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A rulebook: its tables by name, and the hash of their canonical JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Rulebook {
    /// SHA-256 of the canonical JSON, in hexadecimal.
    pub hash: ShortText,
    /// `custody/late-handover` and the like, `profile`, `product`, `log`.
    pub tables: BTreeMap<String, Value>,
}

/// A rulebook that cannot be used, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("[{table}]: {reason}")]
pub struct RulebookError {
    /// The table.
    pub table: String,
    /// Why.
    pub reason: String,
}

impl Rulebook {
    /// Names a tree of tables.
    pub fn new(tables: BTreeMap<String, Value>) -> Self {
        let hash: [u8; 32] = Sha256::digest(canonical(&tables).as_bytes()).into();
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { hash: ShortText::new(hash), tables }
    }
    /// Its canonical JSON: members in the order of their names, no white space.
    pub fn json(&self) -> String {
        canonical(&self.tables)
    }
    /// Reads canonical JSON.
    pub fn read(json: &str) -> Result<Self, RulebookError> {
        let tables = serde_json::from_str(json).map_err(|e| wrong("rulebook", e.to_string()))?;
        Ok(Self::new(tables))
    }
}

fn canonical(tables: &BTreeMap<String, Value>) -> String {
    let members: Vec<String> = tables
        .iter()
        .map(|(name, value)| format!("{}:{value}", Value::from(name.as_str())))
        .collect();
    format!("{{{}}}", members.join(","))
}

fn wrong(table: &str, reason: String) -> RulebookError {
    RulebookError { table: table.to_string(), reason }
}

/// What rules refer to: profiles, products, and how long late facts are gathered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReferenceData {
    /// How long a verdict of absence waits, and how long one that can only shrink is held.
    pub settle: Span,
    /// Temperature profiles by name.
    pub profiles: BTreeMap<ShortText, Profile>,
    /// Products by name.
    pub products: BTreeMap<ShortText, Product>,
    /// What thermometers say instead of a temperature when they fail.
    pub fault_codes: Vec<MilliCelsius>,
}

/// How warm goods may be, for how long, and how that is measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// How fast the goods are lost.
    pub class: Class,
    /// Living cells: no mean kinetic temperature.
    pub living: bool,
    /// How long after packing the temperature settles before it is judged; what cannot be undone is judged at once.
    pub settle_in: Span,
    /// How old the goods may be when they are used, from the end of their collection on, where no label says when they
    /// expire; absent = nobody can tell that from their age.
    #[serde(default)]
    pub max_age: Option<Span>,
    /// Colder than this is out of range.
    #[serde(default)]
    pub lower: Option<MilliCelsius>,
    /// Warmer than this is out of range; absent where `steps` judge.
    #[serde(default)]
    pub upper: Option<MilliCelsius>,
    /// How long it may be too cold.
    #[serde(default)]
    pub grace_low: Option<Span>,
    /// How long it may be too warm.
    #[serde(default)]
    pub grace_high: Option<Span>,
    /// An excursion ends only when it is this much inside the limit again, in °C; absent = at the limit. It says
    /// when one ends, never how many minutes count.
    #[serde(default)]
    pub hysteresis: Option<MilliCelsius>,
    /// Two probes of one position that differ by more than this cannot both be right; absent = they always may.
    #[serde(default)]
    pub contradicts: Option<MilliCelsius>,
    /// How long it may be too warm in all; absent = no such limit.
    #[serde(default)]
    pub cumulative_high: Option<Cumulative>,
    /// How long it may be too cold in all; absent = no such limit.
    #[serde(default)]
    pub cumulative_low: Option<Cumulative>,
    /// At or below this the goods freeze and are lost; absent = freezing does no harm.
    #[serde(default)]
    pub freezes_at: Option<MilliCelsius>,
    /// Whether excursions are judged as of a medicine with mean kinetic temperature.
    #[serde(default)]
    pub mkt: Option<Mkt>,
    /// Steps that the goods may be above only so long, in all.
    #[serde(default)]
    pub steps: Vec<ProfileStep>,
}

/// How long goods may be outside a limit in all, however short each time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cumulative {
    /// From this long on.
    pub total: Span,
    /// How bad that is.
    pub severity: Severity,
}

/// Mean kinetic temperature: a fixed trailing window and its limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mkt {
    /// The window.
    pub window: Span,
    /// Above this it is violated.
    pub limit: MilliCelsius,
}

/// One step of a cryogenic label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileStep {
    /// Strictly warmer than this counts.
    pub above: MilliCelsius,
    /// For longer than this, in all; `0 min` = any reading.
    pub longer_than: Span,
    /// How bad.
    pub severity: Severity,
}

/// What a product asks for before conditioning may begin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// `received`: counted, in specification, released by quality; `available`: confirmed by the plant.
    pub gate: GateKind,
    /// How long the site needs between arrival and a confirmed receipt.
    pub receipt_lead: Span,
}

/// Kinds of gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateKind {
    /// The whole dose plan is received, counted, in specification and released.
    Received,
    /// The plant has confirmed that the product is there.
    Available,
}

impl Gate {
    /// Met or not, by a known condition.
    pub fn when(met: bool) -> Self {
        if met { Self::Met } else { Self::NotMet }
    }
}

impl ReferenceData {
    /// Takes profiles, products and the log's own numbers out of a rulebook.
    pub fn read(book: &Rulebook) -> Result<Self, RulebookError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Log {
            settle: Span,
        }
        let table = |name: &str| book.tables.get(name).cloned();
        let log =
            table("log").ok_or_else(|| wrong("log", "is missing: it says `settle`".into()))?;
        let log = Log::deserialize(log).map_err(|e| wrong("log", e.to_string()))?;
        if log.settle <= Span::ZERO {
            return Err(wrong("log", "`settle` must be more than nothing".into()));
        }
        let profiles: BTreeMap<ShortText, Profile> = named("profile", table("profile"))?;
        for (name, profile) in &profiles {
            if let Some(reason) = profile.contradiction() {
                return Err(wrong(&format!("profile.{name}"), reason.to_string()));
            }
        }
        #[derive(Default, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Probe {
            #[serde(default)]
            fault_codes: Vec<MilliCelsius>,
        }
        let probe = table("probe").map(Probe::deserialize).transpose();
        let probe = probe.map_err(|e| wrong("probe", e.to_string()))?.unwrap_or_default();
        let products = named("product", table("product"))?;
        Ok(Self { settle: log.settle, profiles, products, fault_codes: probe.fault_codes })
    }
}

impl Profile {
    /// What in it cannot hold together.
    fn contradiction(&self) -> Option<&'static str> {
        if self.max_age.is_some_and(|age| age <= Span::ZERO) {
            return Some("`max_age` must be more than nothing");
        }
        let back = self.hysteresis.map_or(0, MilliCelsius::milli);
        let (lower, upper) = (self.lower?.milli(), self.upper?.milli());
        if lower >= upper {
            return Some("`lower` must be below `upper`");
        }
        let apart = i64::from(upper) - i64::from(lower);
        let narrow = back < 0 || i64::from(back) * 2 >= apart;
        narrow.then_some("`hysteresis` leaves nothing between `lower` and `upper`")
    }
}

fn named<T: for<'de> Deserialize<'de>>(
    table: &str,
    value: Option<Value>,
) -> Result<BTreeMap<ShortText, T>, RulebookError> {
    let Some(Value::Object(members)) = value else { return Ok(BTreeMap::new()) };
    let read = |(name, value): (String, Value)| {
        let item =
            T::deserialize(value).map_err(|e| wrong(&format!("{table}.{name}"), e.to_string()))?;
        Ok((ShortText::new(name), item))
    };
    members.into_iter().map(read).collect()
}

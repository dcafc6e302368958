//! What is refused, where and why. The codes are stable: people's scripts and dashboards hold on to them.

use facts::Event;
use serde::{Serialize, Serializer};
use std::fmt;

/// Declares the table of codes.
macro_rules! codes {
    ($($name:ident $text:literal $says:literal),* $(,)?) => {
        /// Stable codes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $says] $name),* }
        impl Code {
            /// Every code with what it says.
            pub const ALL: &[(Code, &str, &str)] = &[$((Code::$name, $text, $says)),*];
        }
    };
}

codes! {
    TooLong       "too-long"        "The record is longer than the limit.",
    TooDeep       "too-deep"        "Objects and lists are nested deeper than the limit.",
    Nul           "nul"             "The record holds a NUL byte.",
    NotUtf8       "not-utf8"        "The record is not UTF-8 text.",
    Utf16         "utf-16"          "The record is UTF-16 text, and UTF-8 is read.",
    HalfLine      "half-line"       "The record ends in the middle.",
    NotJson       "not-json"        "The record is not JSON.",
    NotAnEvent    "not-an-event"    "The record is JSON, and not a CloudEvents 1.0 event.",
    MissingMember "missing-member"  "A member that must be there is not.",
    DoubleMember  "double-member"   "A member stands twice.",
    WrongType     "wrong-type"      "A member has another JSON type than it must.",
    UnknownType   "unknown-type"    "No fact has this type.",
    BadSubject    "bad-subject"     "The subject is not the id of a thing.",
    BadId         "bad-id"          "An id is not one.",
    CheckDigit    "check-digit"     "An id's check digit or shape is wrong.",
    BadTime       "bad-time"        "A time is not one.",
    NoOffset      "no-offset"       "A time has no offset from UTC.",
    BadUnit       "bad-unit"        "A quantity has no unit, or one that is not known, or is no plain decimal.",
    BadValue      "bad-value"       "A value is not one of those that the fact allows.",
    UnknownZone   "unknown-zone"    "No time zone has this name.",
    PatientData   "patient-data"    "The record names a patient; its value is not kept.",
    NotFromOutside "not-from-outside" "Only coldwatch itself writes such a fact.",
    NotALoggerFile "not-a-logger-file" "The file is no export of a logger that is known.",
    BadHeader     "bad-header"      "A line of a logger file's head is missing or wrong.",
    BadRow        "bad-row"         "A row of a logger file is not a time and a temperature.",
}

impl Code {
    /// Its text.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(code, ..)| *code == self).map_or("", |(_, text, _)| text)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

/// Where.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Location {
    /// In which file or topic.
    pub file: String,
    /// Which record of it, from 1: its line.
    pub record: u64,
    /// Which byte of the record, from 1; 0 where the whole record is meant.
    pub column: usize,
    /// Which member, as a JSON pointer, where one is meant.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub member: String,
}

/// One record that was refused. It is kept with the reason, so that nothing is lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejection {
    /// The stable code.
    pub code: Code,
    /// Where.
    pub place: Location,
    /// Why, in words.
    pub reason: String,
    /// How long the record is, in bytes.
    pub bytes: u64,
    /// The record, or its first 4 KiB; empty where it names a patient, or may do so.
    pub record: String,
}

/// How much of a refused record is kept.
pub const KEPT: usize = 4096;

impl Rejection {
    /// Without a place yet.
    pub fn new(code: Code, reason: impl Into<String>) -> Self {
        Self {
            code,
            place: Location::default(),
            reason: reason.into(),
            bytes: 0,
            record: String::new(),
        }
    }
    /// At a byte of the record, from 1.
    pub fn column(mut self, column: usize) -> Self {
        self.place.column = column;
        self
    }
    /// At a member.
    pub fn member(mut self, pointer: impl Into<String>) -> Self {
        self.place.member = pointer.into();
        self
    }
    /// Of these bytes.
    pub fn keeping(mut self, bytes: &[u8]) -> Self {
        self.bytes = bytes.len() as u64;
        let first = bytes.get(..KEPT).unwrap_or(bytes);
        if self.code != Code::PatientData && !crate::check::may_name_a_patient(first) {
            self.record = String::from_utf8_lossy(first).into_owned();
        }
        self
    }
    /// In this record of this file.
    pub fn at(mut self, file: &str, record: u64) -> Self {
        (self.place.file, self.place.record) = (file.to_owned(), record);
        self
    }
    /// A fact that only coldwatch itself writes came from outside.
    pub fn not_from_outside(event: &Event) -> Self {
        let kind = event.fact.parts().map(|(kind, _)| kind).unwrap_or_default();
        let reason = format!("`{kind}` is written by coldwatch itself and not taken from outside");
        Self::new(Code::NotFromOutside, reason).member("/type")
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Location { file, record, column, member } = &self.place;
        write!(f, "{file}:{record}")?;
        if *column > 0 {
            write!(f, ":{column}")?;
        }
        write!(f, ": {}", self.code)?;
        if !member.is_empty() {
            write!(f, " at {member}")?;
        }
        write!(f, ": {}", self.reason)
    }
}

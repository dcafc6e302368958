//! One pass over an event's JSON, without buffering its data where `type` stands before it.

use crate::ids::{Ids, Node, Part};
use facts::{ByType, Fact};
use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// A text of the envelope, borrowed where it holds no escapes.
#[derive(Debug, Clone)]
pub(crate) struct Str<'a>(pub(crate) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Str<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Str<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Str(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Str(Cow::Owned(text.to_owned())))
            }
        }
        d.deserialize_str(Reader)
    }
}

/// An event as it stands on a line.
#[derive(Debug, Default)]
pub(crate) struct Envelope<'a> {
    pub(crate) specversion: Option<Str<'a>>,
    pub(crate) id: Option<Str<'a>>,
    pub(crate) source: Option<Str<'a>>,
    pub(crate) subject: Option<Str<'a>>,
    pub(crate) time: Option<Str<'a>>,
    pub(crate) kind: Option<Str<'a>>,
    pub(crate) fact: Option<Fact>,
    /// Whether `data_base64` stands in it.
    pub(crate) base64: bool,
    pub(crate) arrivedat: Option<Str<'a>>,
    pub(crate) countsat: Option<Str<'a>>,
    pub(crate) hidden: Option<Str<'a>>,
    pub(crate) origin: Option<Str<'a>>,
    pub(crate) after: Option<Str<'a>>,
    pub(crate) shipment: Option<Str<'a>>,
    pub(crate) partition: Option<u16>,
    pub(crate) offset: Option<u64>,
}

#[derive(Clone, Copy)]
enum Key {
    SpecVersion,
    Id,
    Source,
    Subject,
    Time,
    Type,
    Data,
    Base64,
    ArrivedAt,
    CountsAt,
    Hidden,
    Origin,
    After,
    Shipment,
    Partition,
    Offset,
    Extension,
}

const KEYS: [(&str, Key); 16] = [
    ("specversion", Key::SpecVersion),
    ("id", Key::Id),
    ("source", Key::Source),
    ("subject", Key::Subject),
    ("time", Key::Time),
    ("type", Key::Type),
    ("data", Key::Data),
    ("data_base64", Key::Base64),
    ("arrivedat", Key::ArrivedAt),
    ("countsat", Key::CountsAt),
    ("hiddencharacters", Key::Hidden),
    ("origin", Key::Origin),
    ("after", Key::After),
    ("shipment", Key::Shipment),
    ("partition", Key::Partition),
    ("offset", Key::Offset),
];

/// How a known attribute must be written, where this name has capitals. An attribute that nobody reads is nobody's fault, this is: without
/// `arrivedat` nothing is judged late.
pub(crate) fn written_small(name: &str) -> Option<&'static str> {
    let known = KEYS.iter().map(|(known, _)| *known);
    known.clone().find(|known| known.eq_ignore_ascii_case(name)).filter(|known| *known != name)
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Key;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of an attribute")
            }
            fn visit_str<E: de::Error>(self, name: &str) -> Result<Key, E> {
                if let Some((_, key)) = KEYS.iter().find(|(known, _)| *known == name) {
                    return Ok(*key);
                }
                match written_small(name) {
                    Some(known) => Err(E::custom(format_args!(
                        "`{name}` is no attribute: their names are written small, this one `{known}`"
                    ))),
                    None => Ok(Key::Extension),
                }
            }
        }
        d.deserialize_identifier(Reader)
    }
}

/// Reads an event whose ids are cleaned by these.
pub(crate) struct Members<'i>(pub(crate) &'i Ids);

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = Envelope<'de>;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Envelope<'de>, D::Error> {
        d.deserialize_map(self)
    }
}

impl Members<'_> {
    fn fact<'de, D: Deserializer<'de>>(&self, kind: &str, data: D) -> Result<Fact, D::Error> {
        if !self.0.unclean {
            return ByType(kind).deserialize(data);
        }
        let node = Node::deserialize(data)?;
        let fault = PhantomData::<serde_json::Error>;
        let data = Part { node, here: "/data".to_owned(), ids: self.0, fault };
        ByType(kind).deserialize(data).map_err(de::Error::custom)
    }
}

/// The data of a fact, which its reader takes as it comes.
struct Data<'m, 'i>(&'m Members<'i>, &'m str);

impl<'de> DeserializeSeed<'de> for Data<'_, '_> {
    type Value = Fact;
    fn deserialize<D: Deserializer<'de>>(self, data: D) -> Result<Fact, D::Error> {
        self.0.fact(self.1, data)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Envelope<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a CloudEvents 1.0 event")
    }
    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Envelope<'de>, M::Error> {
        let mut all = Envelope::default();
        let mut early: Option<&RawValue> = None;
        while let Some(key) = map.next_key::<Key>()? {
            match key {
                Key::SpecVersion => once(&mut map, &mut all.specversion, "specversion")?,
                Key::Id => once(&mut map, &mut all.id, "id")?,
                Key::Source => once(&mut map, &mut all.source, "source")?,
                Key::Subject => once(&mut map, &mut all.subject, "subject")?,
                Key::Time => once(&mut map, &mut all.time, "time")?,
                Key::Type => once(&mut map, &mut all.kind, "type")?,
                Key::ArrivedAt => once(&mut map, &mut all.arrivedat, "arrivedat")?,
                Key::CountsAt => once(&mut map, &mut all.countsat, "countsat")?,
                // We alone say that; of what an outsider calls so we know nothing.
                Key::Hidden if self.0.outside => drop(map.next_value::<de::IgnoredAny>()?),
                Key::Hidden => once(&mut map, &mut all.hidden, "hiddencharacters")?,
                Key::Origin => once(&mut map, &mut all.origin, "origin")?,
                Key::After => once(&mut map, &mut all.after, "after")?,
                Key::Shipment => once(&mut map, &mut all.shipment, "shipment")?,
                Key::Partition => all.partition = Some(map.next_value()?),
                Key::Offset => all.offset = Some(map.next_value()?),
                Key::Data if all.fact.is_some() || early.is_some() => {
                    return Err(de::Error::duplicate_field("data"));
                }
                Key::Data => match &all.kind {
                    Some(kind) => all.fact = Some(map.next_value_seed(Data(&self, &kind.0))?),
                    None => early = Some(map.next_value()?),
                },
                Key::Base64 => {
                    let data: Option<de::IgnoredAny> = map.next_value()?;
                    all.base64 |= data.is_some();
                }
                Key::Extension => drop(map.next_value::<de::IgnoredAny>()?),
            }
        }
        if let (Some(data), Some(kind)) = (early, &all.kind) {
            let mut json = serde_json::Deserializer::from_str(data.get());
            all.fact = Some(self.fact(&kind.0, &mut json).map_err(de::Error::custom)?);
        }
        Ok(all)
    }
}

fn once<'de, M: MapAccess<'de>, T: Deserialize<'de>>(
    map: &mut M,
    to: &mut Option<T>,
    name: &'static str,
) -> Result<(), M::Error> {
    if to.is_some() {
        return Err(de::Error::duplicate_field(name));
    }
    // An attribute that is null is not there.
    *to = map.next_value()?;
    Ok(())
}

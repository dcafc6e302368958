//! Ids as they come from outside: cleaned once, before anything is looked up by them, and what was taken off is told with the event.
//! See [`facts::hidden`]. Notes and other texts that people write are left as they are.
//!
//! A record of plain letters has nothing to clean and is read on the fast way. Any other is read into [`Node`]s first; a [`Part`] of
//! them hands itself to the fact's own reader, and an id, which says that it is one, gets its letters clean.

#[cfg(test)]
mod tests;

use facts::{ShortText, hidden, id::ID};
use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{
    Deserialize, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::Value;
use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;

/// Whether a text holds nothing that could hide: ASCII and the degree sign, as readings do, and no letter written as an escape.
pub(crate) fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let others = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    let degrees = || memchr::memmem::find_iter(bytes, "°").count() * "°".len();
    (others == 0 || others == degrees()) && memchr::memmem::find(bytes, b"\\u").is_none()
}

/// So many places are told.
const TOLD: usize = 5;

/// Cleans the ids of one record, and remembers what it took off and where.
#[derive(Debug)]
pub(crate) struct Ids {
    /// Whether the record comes from outside: what was let in once is not looked at again.
    pub(crate) outside: bool,
    /// Whether there may be anything to clean.
    pub(crate) unclean: bool,
    taken: RefCell<Vec<String>>,
}

impl Ids {
    /// Of a record with this text.
    pub(crate) fn of(text: &str, outside: bool) -> Self {
        Self { outside, unclean: outside && !is_plain(text), taken: RefCell::default() }
    }
    /// The id that stands here, clean.
    pub(crate) fn clean<'t>(&self, id: &'t str, here: &str) -> Cow<'t, str> {
        if !self.unclean {
            return Cow::Borrowed(id);
        }
        let taken = hidden::hidden_in(id);
        if !taken.is_empty() {
            self.taken.borrow_mut().push(format!("{taken} in {here}"));
        }
        hidden::clean(id)
    }
    /// What was taken off, in words: what the event is about and is called by before what it says.
    pub(crate) fn taken(&self) -> Option<ShortText> {
        let mut taken = self.taken.borrow().clone();
        taken.sort_by_key(|taken| taken.contains("/data"));
        let first = taken.iter().take(TOLD).map(String::as_str).collect::<Vec<_>>().join(", ");
        match taken.len() {
            0 => None,
            n if n > TOLD => Some(ShortText::new(format!("{first} and {} more", n - TOLD))),
            _ => Some(ShortText::new(first)),
        }
    }
}

/// JSON as it stands: a member that stands twice is there twice, so that the fact's reader refuses it.
#[derive(Debug)]
pub(crate) enum Node {
    Text(String),
    List(Vec<Node>),
    Members(Vec<(String, Node)>),
    Other(Value),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Node;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E: Error>(self) -> Result<Node, E> {
                Ok(Node::Other(Value::Null))
            }
            fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
                Ok(Node::Other(value.into()))
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
                Ok(Node::Other(value.into()))
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
                Ok(Node::Other(value.into()))
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
                Ok(Node::Other(value.into()))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
                Ok(Node::Text(text.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
                let mut all = Vec::new();
                while let Some(item) = items.next_element()? {
                    all.push(item);
                }
                Ok(Node::List(all))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
                let mut all = Vec::new();
                while let Some(member) = members.next_entry()? {
                    all.push(member);
                }
                Ok(Node::Members(all))
            }
        }
        d.deserialize_any(Reader)
    }
}

/// What a reader of a part has against it, which may look at the leaf in which that was found.
pub(crate) trait Fault: Error {
    /// It was found in a leaf that says by this name what it is, and has this text.
    fn in_leaf(self, name: &str, text: &str) -> Self;
}

impl Fault for serde_json::Error {
    fn in_leaf(self, _: &str, _: &str) -> Self {
        self
    }
}

/// A node at its place, as a JSON pointer.
pub(crate) struct Part<'i, E> {
    pub(crate) node: Node,
    pub(crate) here: String,
    pub(crate) ids: &'i Ids,
    pub(crate) fault: PhantomData<E>,
}

impl<'i, E> Part<'i, E> {
    fn items(items: Vec<Node>, here: &str, ids: &'i Ids) -> impl Iterator<Item = Self> {
        let part = move |(n, node): (usize, Node)| {
            let here = format!("{here}/{n}");
            Self { node, here, ids, fault: PhantomData }
        };
        (0..).zip(items).map(part)
    }
    fn members(
        members: Vec<(String, Node)>,
        here: &str,
        ids: &'i Ids,
    ) -> impl Iterator<Item = (String, Self)> {
        let part = move |node, name: &str| {
            let here = format!("{here}/{name}");
            Self { node, here, ids, fault: PhantomData }
        };
        members.into_iter().map(move |(name, node)| {
            let part = part(node, &name);
            (name, part)
        })
    }
}

fn unexpected(value: &Value) -> Unexpected<'_> {
    match value {
        Value::Bool(value) => Unexpected::Bool(*value),
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(n), ..) => Unexpected::Unsigned(n),
            (None, Some(n), _) => Unexpected::Signed(n),
            (None, None, n) => Unexpected::Float(n.unwrap_or_default()),
        },
        _ => Unexpected::Unit,
    }
}

impl<'de, E: Fault> IntoDeserializer<'de, E> for Part<'_, E> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

/// A value that is neither text nor list nor object.
fn other<'de, V: Visitor<'de>, E: Error>(value: &Value, visitor: V) -> Result<V::Value, E> {
    match value {
        Value::Bool(value) => visitor.visit_bool(*value),
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(n), ..) => visitor.visit_u64(n),
            (None, Some(n), _) => visitor.visit_i64(n),
            (None, None, n) => visitor.visit_f64(n.unwrap_or_default()),
        },
        _ => visitor.visit_unit(),
    }
}

impl<'de, E: Fault> Deserializer<'de> for Part<'_, E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        let Self { node, here, ids, .. } = self;
        match node {
            Node::Text(text) => visitor.visit_string(text),
            Node::List(items) => {
                let mut items = SeqDeserializer::new(Self::items(items, &here, ids));
                let value = visitor.visit_seq(&mut items)?;
                items.end().map(|()| value)
            }
            Node::Members(members) => {
                let mut members = MapDeserializer::new(Self::members(members, &here, ids));
                let value = visitor.visit_map(&mut members)?;
                members.end().map(|()| value)
            }
            Node::Other(value) => other(&value, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.node {
            Node::Other(Value::Null) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        match &self.node {
            Node::Text(text) if name == ID => {
                let read = visitor.visit_str(&self.ids.clean(text, &self.here));
                read.map_err(|fault: E| fault.in_leaf(name, text))
            }
            Node::Text(text) => {
                let text = text.clone();
                let read = visitor.visit_newtype_struct(self);
                read.map_err(|fault: E| fault.in_leaf(name, &text))
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        let Self { node, here, ids, .. } = self;
        match node {
            Node::Text(text) => visitor.visit_enum(text.into_deserializer()),
            Node::Members(members) => {
                let members = MapDeserializer::new(Self::members(members, &here, ids));
                visitor.visit_enum(MapAccessDeserializer::new(members))
            }
            Node::List(_) => Err(Error::invalid_type(Unexpected::Seq, &"string or map")),
            Node::Other(value) => Err(Error::invalid_type(unexpected(&value), &"string or map")),
        }
    }

    forward_to_deserialize_any! { bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes
    byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any }
}

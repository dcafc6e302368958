//! A fact from its type and its data, and back: what reads a written fact knows its names; this drives it.

use crate::Fact;
use alloc::string::String;
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, VariantAccess, Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};

/// Reads the data of a fact whose type is already known. Nothing is buffered.
pub struct ByType<'t>(pub &'t str);

impl<'de> DeserializeSeed<'de> for ByType<'_> {
    type Value = Fact;
    fn deserialize<D: Deserializer<'de>>(self, data: D) -> Result<Fact, D::Error> {
        Fact::deserialize(Named { name: self.0, data })
    }
}

/// Looks like an enum to serde: the name from one place, the content from another.
struct Named<'t, D> {
    name: &'t str,
    data: D,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Named<'_, D> {
    type Error = D::Error;
    fn deserialize_any<V: Visitor<'de>>(self, v: V) -> Result<V::Value, D::Error> {
        v.visit_enum(self)
    }
    forward_to_deserialize_any! { bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes
    byte_buf option unit unit_struct newtype_struct seq tuple tuple_struct map struct enum
    identifier ignored_any }
}

impl<'de, D: Deserializer<'de>> EnumAccess<'de> for Named<'_, D> {
    type Error = D::Error;
    type Variant = Data<D>;
    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Data<D>), D::Error> {
        let name: de::value::StrDeserializer<'_, D::Error> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, Data(self.data)))
    }
}

struct Data<D>(D);

impl<'de, D: Deserializer<'de>> VariantAccess<'de> for Data<D> {
    type Error = D::Error;
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, D::Error> {
        seed.deserialize(self.0)
    }
    fn unit_variant(self) -> Result<(), D::Error> {
        Err(de::Error::custom("every fact has data"))
    }
    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, D::Error> {
        Err(de::Error::custom("every fact has data"))
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, D::Error> {
        Err(de::Error::custom("every fact has data"))
    }
}

impl Fact {
    /// Its type and its data: serde writes `{"type": data}`, this takes the one member apart.
    pub fn parts(&self) -> Option<(String, serde_json::Value)> {
        match serde_json::to_value(self).ok()? {
            serde_json::Value::Object(map) => map.into_iter().next(),
            _ => None,
        }
    }
}

//! What is said of a finding, as data: which message it is, and what it says of this case. The words stand once, beside the rule,
//! and a sentence is made of them where people read it: to mend a word changes no finding, no state and no replay.

use crate::finding::Severity;
use crate::id::ShortText;
use crate::moment::{Moment, Span};
use crate::unit::MilliCelsius;
use alloc::{boxed::Box, string::String, vec::Vec};
use core::fmt::Write;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// The words of a message. Each `{name}` in them stands for one argument, in the order in which the names come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// Its name, which begins with that of its rule and never changes: `custody/wrong-party:not-qualified`.
    pub id: &'static str,
    /// Its words: `{by} accepted at {at}, and is not qualified`.
    pub words: &'static str,
}

impl Template {
    /// The message with these arguments.
    pub fn with(&self, arguments: Vec<Argument>) -> Message {
        debug_assert_eq!(self.names().len(), arguments.len(), "{}", self.id);
        Message { id: ShortText::named(self.id), arguments }
    }

    /// The names of its arguments, in their order.
    pub fn names(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        for name in pieces(self.words).filter_map(|(_, name)| name) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

/// Each piece of words, with the name that follows it.
fn pieces(words: &'static str) -> impl Iterator<Item = (&'static str, Option<&'static str>)> {
    words.split('}').map(|piece| match piece.split_once('{') {
        Some((before, name)) => (before, Some(name)),
        None => (piece, None),
    })
}

/// Declares the messages of a rule as constants, and `MESSAGES`, the list of them.
///
/// ```
/// facts::messages! {
///     "custody/package-opened":
///     OPENED "opened" = "opened by {by} at {at} without leave";
/// }
/// let message = facts::say!(OPENED, "KLM", 3_u32);
/// assert_eq!(facts::Templates(&[MESSAGES]).render(&message), "opened by KLM at 3 without leave");
/// ```
#[macro_export]
macro_rules! messages {
    ($rule:literal: $($name:ident $id:literal = $words:literal;)*) => {
        $(pub(crate) const $name: $crate::Template =
            $crate::Template { id: concat!($rule, ":", $id), words: $words };)*
        /// All that it says.
        pub(crate) const MESSAGES: &[$crate::Template] = &[$($name),*];
    };
}

/// A message with its arguments, in the order of the names in its words.
#[macro_export]
macro_rules! say {
    ($template:expr $(, $argument:expr)* $(,)?) => {
        $template.with($crate::arguments![$($argument),*])
    };
}

/// Arguments of a message.
#[doc(hidden)]
#[macro_export]
macro_rules! arguments {
    ($($argument:expr),*) => {
        <[$crate::Argument]>::into_vec($crate::Argument::boxed([$($crate::Argument::from($argument)),*]))
    };
}

/// One message, with what it says of this case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Message {
    /// The name of its words, such as `custody/wrong-party:not-qualified`; empty where its one argument is all that it
    /// says.
    pub id: ShortText,
    /// What it says of this case, in the order in which the words name it.
    pub arguments: Vec<Argument>,
}

/// What a message says of its case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Argument {
    /// A name or another text out of the facts.
    Text(ShortText),
    /// A moment, in RFC 3339 and UTC.
    At(Moment),
    /// A length of time, no finer than a sentence says it.
    For(Span),
    /// A whole number, such as a count.
    Count(i64),
    /// A temperature in degrees Celsius.
    Temperature(MilliCelsius),
    /// A severity: how bad something is.
    Severity(Severity),
    /// Another message, which stands inside this one.
    Message(Box<Message>),
    /// Several arguments, which a sentence lists with commas between them.
    List(Vec<Argument>),
    /// Several sentences, which stand one after another with semicolons between them.
    Sentences(Vec<Argument>),
    /// Several arguments of which one is meant, with `or` between them.
    AnyOf(Vec<Argument>),
    /// Several arguments that all are meant, with `, and` between them.
    AllOf(Vec<Argument>),
}

impl Message {
    /// One that is nothing but a text, as a log says it that was written before messages were data.
    pub fn plain(text: impl AsRef<str>) -> Self {
        Self {
            id: ShortText::default(),
            arguments: alloc::vec![Argument::Text(ShortText::new(text))],
        }
    }
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.id.is_empty() && self.arguments.is_empty()
    }
}

impl Argument {
    /// An argument that is several messages, which stand one after another with semicolons between.
    pub fn sentences(all: impl IntoIterator<Item = Message>) -> Self {
        Self::Sentences(all.into_iter().map(Self::from).collect())
    }
    /// An argument that is several names or values, which are listed with commas between.
    pub fn list<T: Into<Self>>(all: impl IntoIterator<Item = T>) -> Self {
        Self::List(all.into_iter().map(Into::into).collect())
    }
    #[doc(hidden)]
    pub fn boxed<const N: usize>(all: [Self; N]) -> Box<[Self]> {
        Box::new(all)
    }
}

/// Reads a message as a log has it. One that this release cannot read, because a later one wrote it, is none: what it says stands beside it
/// as a sentence.
pub fn readable<'de, D: Deserializer<'de>>(d: D) -> Result<Message, D::Error> {
    if !d.is_human_readable() {
        return Message::deserialize(d);
    }
    Value::deserialize(d).map(|read| Message::deserialize(read).unwrap_or_default())
}

/// The same where there may be none.
pub fn maybe_readable<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Message>, D::Error> {
    if !d.is_human_readable() {
        return Option::deserialize(d);
    }
    Value::deserialize(d).map(|read| Option::deserialize(read).unwrap_or_default())
}

/// The words of all messages that somebody can be told, in lists as the rules have them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Templates<'a>(pub &'a [&'static [Template]]);

impl Templates<'_> {
    /// The message as a sentence. One whose words only another release has is told by its name and what it says of its case.
    pub fn render(&self, message: &Message) -> String {
        let mut sentence = String::new();
        self.write(message, &mut sentence);
        sentence
    }

    /// Whether the words of a message, and of those that it carries, are known here, with as many arguments as it has.
    pub fn know(&self, message: &Message) -> bool {
        let of_its_own = match &*message.id {
            "" => true,
            id => self.find(id).is_some_and(|words| words.names().len() == message.arguments.len()),
        };
        of_its_own && message.arguments.iter().all(|argument| self.know_argument(argument))
    }

    fn know_argument(&self, argument: &Argument) -> bool {
        match argument {
            Argument::Message(message) => self.know(message),
            Argument::List(all)
            | Argument::Sentences(all)
            | Argument::AnyOf(all)
            | Argument::AllOf(all) => all.iter().all(|one| self.know_argument(one)),
            Argument::Text(_)
            | Argument::At(_)
            | Argument::For(_)
            | Argument::Count(_)
            | Argument::Temperature(_)
            | Argument::Severity(_) => true,
        }
    }

    fn find(&self, id: &str) -> Option<&'static Template> {
        self.0.iter().flat_map(|all| all.iter()).find(|template| template.id == id)
    }

    fn write(&self, message: &Message, to: &mut String) {
        let Some(template) = self.find(&message.id) else { return self.write_bare(message, to) };
        let names = template.names();
        for (before, name) in pieces(template.words) {
            to.push_str(before);
            let place = name.and_then(|name| names.iter().position(|known| *known == name));
            if let Some(argument) = place.and_then(|place| message.arguments.get(place)) {
                self.write_argument(argument, to);
            }
        }
    }

    fn write_bare(&self, message: &Message, to: &mut String) {
        to.push_str(&message.id);
        for (n, argument) in message.arguments.iter().enumerate() {
            to.push_str(match (n, message.id.is_empty()) {
                (0, true) => "",
                (0, false) => ": ",
                _ => ", ",
            });
            self.write_argument(argument, to);
        }
    }

    fn write_argument(&self, argument: &Argument, to: &mut String) {
        match argument {
            Argument::Text(text) => to.push_str(text),
            Argument::At(at) => write(to, at),
            Argument::For(span) => to.push_str(&span.spoken()),
            Argument::Count(n) => write(to, n),
            Argument::Temperature(value) => write(to, value),
            Argument::Severity(severity) => write(to, severity),
            Argument::Message(message) => self.write(message, to),
            Argument::List(all) => self.write_all(all, ", ", to),
            Argument::Sentences(all) => self.write_all(all, "; ", to),
            Argument::AnyOf(all) => self.write_all(all, " or ", to),
            Argument::AllOf(all) => self.write_all(all, ", and ", to),
        }
    }

    fn write_all(&self, all: &[Argument], between: &str, to: &mut String) {
        for (n, one) in all.iter().enumerate() {
            if n > 0 {
                to.push_str(between);
            }
            self.write_argument(one, to);
        }
    }
}

/// A string takes whatever is written to it.
fn write(to: &mut String, value: impl core::fmt::Display) {
    let _ = write!(to, "{value}");
}

impl From<ShortText> for Argument {
    fn from(text: ShortText) -> Self {
        Self::Text(text)
    }
}
impl From<&ShortText> for Argument {
    fn from(text: &ShortText) -> Self {
        Self::Text(text.clone())
    }
}
impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self::Text(ShortText::new(text))
    }
}
impl From<String> for Argument {
    fn from(text: String) -> Self {
        Self::Text(ShortText::new(text))
    }
}
impl From<Moment> for Argument {
    fn from(at: Moment) -> Self {
        Self::At(at)
    }
}
impl From<Span> for Argument {
    fn from(span: Span) -> Self {
        Self::For(span.as_spoken())
    }
}
impl From<u32> for Argument {
    fn from(n: u32) -> Self {
        Self::Count(n.into())
    }
}
impl From<i64> for Argument {
    fn from(n: i64) -> Self {
        Self::Count(n)
    }
}
impl From<u64> for Argument {
    fn from(n: u64) -> Self {
        Self::Count(i64::try_from(n).unwrap_or(i64::MAX))
    }
}
impl From<usize> for Argument {
    fn from(n: usize) -> Self {
        Self::Count(i64::try_from(n).unwrap_or(i64::MAX))
    }
}
impl From<MilliCelsius> for Argument {
    fn from(value: MilliCelsius) -> Self {
        Self::Temperature(value)
    }
}
impl From<Severity> for Argument {
    fn from(severity: Severity) -> Self {
        Self::Severity(severity)
    }
}
impl From<Message> for Argument {
    fn from(message: Message) -> Self {
        Self::Message(Box::new(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::ToString, vec};

    crate::messages! {
        "custody/wrong-party":
        ACCEPTED "accepted" = "{by} accepted at {at}, and {by} is {what}";
        STRANGE "strange" = "not qualified";
        MANY "many" = "{names}: {why}";
        LASTED "lasted" = "for {span}";
    }

    fn render(message: &Message) -> String {
        Templates(&[MESSAGES]).render(message)
    }

    #[test]
    fn a_message_is_a_sentence_by_the_words_of_its_template() {
        let message = crate::say!(ACCEPTED, "KLM", Moment::EARLIEST, crate::say!(STRANGE));
        let at = Moment::EARLIEST.to_string();
        assert_eq!(render(&message), format!("KLM accepted at {at}, and KLM is not qualified"));
        let names = Argument::list(["A", "B"]);
        let why = Argument::sentences([crate::say!(STRANGE), Message::plain("late")]);
        assert_eq!(render(&crate::say!(MANY, names, why)), "A, B: not qualified; late");
        let (any, all) = (vec!["A".into(), "B".into()], vec!["x".into(), "y".into()]);
        let several = crate::say!(MANY, Argument::AnyOf(any), Argument::AllOf(all));
        assert_eq!(render(&several), "A or B: x, and y");
        assert_eq!(ACCEPTED.id, "custody/wrong-party:accepted");
    }

    #[test]
    fn a_length_of_time_is_no_finer_than_it_is_spoken() {
        let spoken = |minutes| crate::say!(LASTED, Span::minutes(minutes));
        assert_eq!(spoken(2 * 24 * 60 + 61), spoken(2 * 24 * 60 + 119), "minutes of a third day");
        assert_ne!(spoken(61), spoken(62));
        for span in [Span::seconds(59), Span::minutes(61), Span::hours(49), Span::minutes(-95)] {
            assert_eq!(span.as_spoken().spoken(), span.spoken());
            assert_eq!(span.as_spoken().as_spoken(), span.as_spoken());
        }
    }

    #[test]
    fn a_message_of_a_later_release_is_not_taken_for_one_that_is_known() {
        let words = Templates(&[MESSAGES]);
        let known = crate::say!(MANY, Argument::list(["A"]), crate::say!(STRANGE));
        assert!(words.know(&known) && words.know(&Message::plain("late")));
        let mut more = known.clone();
        more.arguments.push("KLM".into());
        let mut other = known.clone();
        other.id = ShortText::new("custody/wrong-party:other");
        let carried = crate::say!(MANY, Argument::list(["A"]), other.clone());
        for unknown in [more, other, carried] {
            assert!(!words.know(&unknown), "{unknown:?}");
        }
    }

    #[test]
    fn a_message_that_names_many_is_flat_and_reads_back() {
        let many: Vec<Argument> = (0..1_000).map(|n| format!("CARRIER-{n}").into()).collect();
        let message = crate::say!(MANY, Argument::AnyOf(many), crate::say!(STRANGE));
        let text = serde_json::to_string(&message).expect("it is written");
        assert_eq!(serde_json::from_str::<Message>(&text).expect("it reads back"), message);
    }

    #[test]
    fn what_a_later_release_says_in_another_way_is_read_as_nothing() {
        #[derive(Deserialize)]
        struct Said {
            #[serde(deserialize_with = "readable")]
            message: Message,
            #[serde(default, deserialize_with = "maybe_readable")]
            missed: Option<Message>,
        }
        let read = |text: &str| serde_json::from_str::<Said>(text).expect("it is read");
        let later = read(r#"{"message":{"id":"x:y","arguments":[{"colour":"red"}]},"missed":7}"#);
        assert!(later.message.is_empty() && later.missed.is_none());
        let now = read(r#"{"message":{"id":"x:y","arguments":[{"count":7}]},"missed":null}"#);
        assert_eq!(now.message.arguments, [Argument::Count(7)]);
    }

    #[test]
    fn words_that_only_another_release_has_are_told_by_name_and_arguments() {
        let message = crate::say!(ACCEPTED, "KLM", 3_u32, "late");
        let said = Templates::default().render(&message);
        assert_eq!(said, "custody/wrong-party:accepted: KLM, 3, late");
        assert_eq!(Templates::default().render(&Message::plain("all is well")), "all is well");
        assert!(Message::default().is_empty() && !message.is_empty());
    }
}

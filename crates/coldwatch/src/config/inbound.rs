//! A topic that intake reads, and which of those that ever had its name.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A topic that intake reads, written `inbound.events`, or `inbound.events@2` once it was made anew: its offsets begin
/// again at 0, so that without another generation what comes would be taken for repeats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InboundTopic {
    /// Its name, without prefix.
    pub topic: String,
    /// How often it was made, from 1 on.
    pub generation: u32,
}

impl FromStr for InboundTopic {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (topic, generation) = match text.split_once('@') {
            None => (text, Some(1)),
            Some((topic, number)) => (topic, number.parse().ok().filter(|n| *n > 0)),
        };
        match generation {
            Some(generation) if !topic.is_empty() => {
                Ok(Self { topic: topic.to_owned(), generation })
            }
            _ => Err(format!(
                "log.inbound: `{text}` is no topic; write its name, and behind it, once it was made anew, how often it \
                 was made, like `inbound.events@2`"
            )),
        }
    }
}

impl TryFrom<String> for InboundTopic {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<InboundTopic> for String {
    fn from(inbound: InboundTopic) -> Self {
        inbound.to_string()
    }
}

impl fmt::Display for InboundTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.generation {
            1 => f.write_str(&self.topic),
            n => write!(f, "{}@{n}", self.topic),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::InboundTopic;

    #[test]
    fn a_topic_may_say_how_often_it_was_made() {
        for (text, generation) in [("inbound.events", 1), ("inbound.events@2", 2)] {
            let read: InboundTopic = text.parse().unwrap();
            assert_eq!((&*read.topic, read.generation), ("inbound.events", generation));
            assert_eq!(read.to_string(), text);
        }
        for wrong in ["", "@2", "inbound@", "inbound@0", "inbound@two", "inbound@-1"] {
            assert!(wrong.parse::<InboundTopic>().unwrap_err().contains("inbound.events@2"));
        }
    }
}

//! Sentences of facts and findings as people read them on a page. The interface for programs gives them
//! as they are.

use super::{MONTHS, when};
use facts::{Event, Moment, SubjectKind};
use std::fmt::Write;

/// A fact's own sentence, short, with the subject before it where that is not the shipment.
pub(crate) fn sentence(event: &Event) -> String {
    let mut sentence = String::new();
    if write!(sentence, "{}", event.fact).is_err() {
        // A fact whose members fit no form of its sentence is still something that happened.
        sentence = event.fact.parts().map_or(String::new(), |(kind, _)| kind);
    }
    let short = sentence.split(" with {").next().unwrap_or_default();
    let plain: String = short.chars().filter(|c| !matches!(c, '[' | ']' | '"')).collect();
    let plain = plain.replace(',', ", ").replace(",  ", ", ");
    match event.subject.kind {
        SubjectKind::Shipment => plain,
        _ => format!("{} {plain}", event.subject.id),
    }
}

/// A sentence of an engine with its moments as people read them: `2026-03-02T01:24:05Z` is `01:24 UTC`.
pub(crate) fn plain(sentence: &str, now: Moment) -> String {
    let (mut text, mut rest) = (String::new(), sentence);
    while let Some(first) = rest.chars().next() {
        // With thousandths of a second or without.
        let moment = [24, 20].iter().find_map(|letters| {
            let word = rest.get(..*letters).filter(|word| word.ends_with('Z'))?;
            Some((*letters, word.parse::<Moment>().ok()?))
        });
        let taken = match moment.filter(|_| first.is_ascii_digit()) {
            Some((letters, at)) => {
                text += &when(at, now).text;
                letters
            }
            None => {
                text.push(first);
                first.len_utf8()
            }
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    tight(&text)
}

/// Numbers stay on one line with their units, and days with their months.
pub(crate) fn tight(text: &str) -> String {
    const UNITS: [&str; 6] = ["d", "h", "min", "s", "°C", "UTC"];
    let (mut tight, mut number) = (String::new(), false);
    for (n, word) in text.split(' ').enumerate() {
        let bare = word.trim_end_matches([',', '.', ';', ':', ')']);
        let unit = UNITS.contains(&bare) || MONTHS.contains(&bare);
        if n > 0 {
            tight.push(if number && unit { '\u{a0}' } else { ' ' });
        }
        tight.push_str(word);
        number = word.ends_with(|c: char| c.is_ascii_digit());
    }
    tight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_read_with_short_moments() {
        let now: Moment = "2026-03-02T03:12:05Z".parse().unwrap();
        let said = "KLM (°) has not accepted since 2026-03-02T01:24:05Z (allowed: 30 min), seen 2026-03-01T09:10:00.250Z.";
        let plain = plain(said, now);
        assert_eq!(
            plain.replace('\u{a0}', "_"),
            "KLM (°) has not accepted since 01:24_UTC (allowed: 30_min), seen 1_Mar, 09:10_UTC."
        );
    }
}

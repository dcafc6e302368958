//! What was declared wrong, and which of those declarations were declared wrong in turn: whoever takes a correction back makes
//! what it had taken away count again. In which order they came changes nothing.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Corrections by the names of events: what each one names, and its own name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrections<K: Ord>(BTreeSet<(K, K)>);

/// So many corrections of corrections are followed.
const DEEPEST: usize = 64;

impl<K: Ord> Default for Corrections<K> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<K: Ord + Copy> Corrections<K> {
    /// A correction says that an event is wrong.
    pub fn take(&mut self, correction: K, wrong: K) {
        self.0.insert((wrong, correction));
    }

    /// Whether nothing was declared wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an event counts as wrong: a correction names it that is not wrong itself.
    pub fn is_wrong(&self, event: K) -> bool {
        !self.0.is_empty() && self.stands_against(event, &mut Vec::new())
    }

    /// A correction that stands against an event.
    pub fn against(&self, event: K) -> Option<K> {
        let mut named = self.0.iter().filter(|(wrong, _)| *wrong == event).map(|(_, by)| *by);
        named.find(|by| !self.is_wrong(*by))
    }

    /// What a correction changes, whether or not it stands: what it names, and what that names, if it is a correction itself.
    pub fn touched(&self, wrong: K) -> Vec<K> {
        let mut all = Vec::from([wrong]);
        let mut next = 0;
        while let Some(by) = all.get(next).copied() {
            next += 1;
            let named = self.0.iter().filter(|(_, correction)| *correction == by);
            let new: Vec<K> = named.map(|(wrong, _)| *wrong).filter(|w| !all.contains(w)).collect();
            all.extend(new);
        }
        all
    }

    /// Corrections that name each other in a circle do not take each other away.
    fn stands_against(&self, event: K, circle: &mut Vec<K>) -> bool {
        // Nobody takes a correction back so often in earnest.
        if circle.len() >= DEEPEST {
            return false;
        }
        circle.push(event);
        let named = self.0.iter().filter(|(wrong, _)| *wrong == event).map(|(_, by)| *by);
        let by: Vec<K> = named.filter(|by| !circle.contains(by)).collect();
        let wrong = by.into_iter().any(|by| !self.stands_against(by, circle));
        circle.pop();
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::Corrections;
    use alloc::vec::Vec;

    const EVENT: u8 = 0;

    /// Each correction with what it names, in every order.
    fn is_wrong(said: &[(u8, u8)]) -> bool {
        let mut answers: Vec<bool> = Vec::new();
        for first in 0..said.len() {
            for reversed in [false, true] {
                let mut order = said.to_vec();
                order.rotate_left(first);
                if reversed {
                    order.reverse();
                }
                let mut corrections = Corrections::default();
                order.iter().for_each(|(by, wrong)| corrections.take(*by, *wrong));
                answers.push(corrections.is_wrong(EVENT));
            }
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{said:?}: {answers:?}");
        answers[0]
    }

    #[test]
    fn a_correction_of_a_correction_makes_the_event_count_again() {
        assert!(is_wrong(&[(1, EVENT)]));
        assert!(!is_wrong(&[(1, EVENT), (2, 1)]));
        assert!(is_wrong(&[(1, EVENT), (2, 1), (3, 2)]), "and so on");
        assert!(is_wrong(&[(1, EVENT), (2, 1), (3, EVENT)]), "another one says so, too");
        assert!(!is_wrong(&[(1, EVENT), (2, 1), (3, EVENT), (4, 3)]));
    }

    #[test]
    fn corrections_that_name_each_other_or_themselves_end_nothing_and_never_hang() {
        assert!(is_wrong(&[(1, EVENT), (1, 1)]), "it cannot take itself back");
        assert!(!is_wrong(&[(1, EVENT), (2, 1), (1, 2)]));
    }

    #[test]
    fn what_a_correction_touches_is_all_that_hangs_on_it() {
        let mut corrections = Corrections::default();
        corrections.take(1, EVENT);
        corrections.take(2, 1);
        assert_eq!(corrections.touched(1), [1, EVENT]);
        assert_eq!(corrections.touched(2), [2, 1, EVENT]);
        assert_eq!(corrections.touched(EVENT), [EVENT]);
    }
}

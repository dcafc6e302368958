//! What a snapshot is called, and which go when one is kept.
//!
//! Several processes may write to one place, also one that was frozen and wakes late, also of another release. So what is
//! ahead of the one that was written is a later state, and stays; of another form, which may be another log's, the last
//! few of it. Neither does it count: were it to lie ahead for ever, the new ones would never be among the last.

/// So many are kept of each partition: the last one may be the one that a disk has damaged.
pub(super) const KEPT: usize = 3;
const ENDING: &str = ".snap";

/// A snapshot's name: offsets sort as text does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) offset: u64,
    /// `None`: from the time when names did not say it.
    pub(super) format_id: Option<u64>,
}

impl Name {
    /// What is no name of a snapshot is somebody else's, and nothing is done to it.
    pub(super) fn read(text: &str) -> Option<Self> {
        let name = text.strip_suffix(ENDING)?;
        let (offset, format_id) = match name.split_once('.') {
            Some((offset, format_id)) => (offset, Some(u64::from_str_radix(format_id, 16).ok()?)),
            None => (name, None),
        };
        let name = Self { offset: offset.parse().ok()?, format_id };
        (name.write() == text).then_some(name)
    }

    pub(super) fn write(&self) -> String {
        match self.format_id {
            Some(format_id) => format!("{:020}.{format_id:016x}{ENDING}", self.offset),
            None => format!("{:020}{ENDING}", self.offset),
        }
    }
}

/// Which of these go now that one was written: of its own form all but the last few up to it; of all others together
/// all but the last few up to it and the last few ahead of it.
pub(super) fn prune(written: Name, all: &[Name]) -> Vec<Name> {
    let mut all = all.to_vec();
    all.sort_by_key(|name| std::cmp::Reverse(name.offset));
    let (own, others): (Vec<Name>, Vec<Name>) =
        all.into_iter().partition(|name| name.format_id == written.format_id);
    let (ahead, behind): (Vec<Name>, Vec<Name>) =
        others.into_iter().partition(|name| name.offset > written.offset);
    let own = own.into_iter().filter(|name| name.offset <= written.offset).skip(KEPT);
    let others = [ahead, behind].into_iter().flat_map(|part| part.into_iter().skip(KEPT));
    own.chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(offset: u64, format_id: u64) -> Name {
        Name { offset, format_id: Some(format_id) }
    }

    #[test]
    fn a_name_is_read_as_it_is_written_and_nothing_else_is_one() {
        let text = "00000000000000000040.00000000000000ff.snap";
        assert_eq!((Name::read(text), name(40, 255).write()), (Some(name(40, 255)), text.into()));
        let old = Name { offset: 40, format_id: None };
        assert_eq!(Name::read("00000000000000000040.snap"), Some(old));
        for other in [
            "40.snap",
            "00000000000000000040.ff.snap",
            "00000000000000000040.00000000000000FF.snap",
            "00000000000000000040.00000000000000ff.snap.part",
            "+0000000000000000040.00000000000000ff.snap",
            "notes.snap",
            "",
        ] {
            assert_eq!(Name::read(other), None, "{other}");
        }
    }

    #[test]
    fn the_last_three_of_the_own_form_stay_and_nothing_of_it_that_is_ahead_goes() {
        let own = [10, 20, 30, 40, 50].map(|offset| name(offset, 1));
        assert_eq!(prune(name(50, 1), &own), [name(20, 1), name(10, 1)]);
        assert_eq!(prune(name(30, 1), &own), [], "a late writer takes nothing of what is newer");
        assert_eq!(prune(name(40, 1), &own), [name(10, 1)]);
    }

    #[test]
    fn of_other_forms_the_last_three_stay_together_before_it_and_ahead() {
        let old = Name { offset: 11, format_id: None };
        let all = [name(15, 1), name(10, 2), old, name(12, 3), name(14, 2), name(16, 3)];
        assert_eq!(
            prune(name(15, 1), &all),
            [name(10, 2)],
            "a late writer takes nothing of another's"
        );
        let ahead = [name(16, 3), name(17, 2), name(18, 2), name(19, 3)];
        assert_eq!(prune(name(15, 1), &ahead), [name(16, 3)], "of which three stay");
        assert_eq!(prune(name(15, 1), &all[..3]), [], "few of them all stay");
    }
}

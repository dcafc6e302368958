//! What holds on every shelf: a folder runs it, an object store in memory, and one behind a server.

#![allow(clippy::expect_used)] // it is made of assertions; only tests call it

use super::name::Name;
use super::store::SnapshotStore;
use super::{Snapshot, Snapshots, place};
use std::sync::Arc;

/// A case: a shelf, and a word that no other case has.
pub type Case = fn(&Arc<dyn SnapshotStore>, &str);

/// All of them, by what they show.
pub const ALL: [(&str, Case); 7] = [
    ("the last three are kept and the newest that was worked off is read", the_last_three),
    ("a damaged one is passed over, and the one before is read", damaged),
    ("a late writer takes nothing away that is newer", late),
    ("a release finds its own again, and releases do not pile up", releases),
    ("what another log, or a release that goes on, has left ahead is not counted", another_log),
    ("what lies ahead for ever keeps nobody from keeping the last three", ahead_for_ever),
    ("what has another name is left alone", other_names),
];

const FORM: u64 = 7;
const PARTITION: u16 = 3;

fn keep(all: &Snapshots, word: &str, format_id: u64, offset: u64) {
    let image = offset.to_le_bytes().repeat(50);
    all.save(word, PARTITION, format_id, Snapshot { offset, state: image })
        .expect("it can be kept");
}

fn newest(all: &Snapshots, word: &str, format_id: u64, most: u64) -> Option<u64> {
    let newest = all.latest(word, PARTITION, format_id, most, &mut |_, _| {}).expect("it answers");
    newest.map(|snapshot| snapshot.offset)
}

/// Offsets and forms that are there.
fn there(shelf: &Arc<dyn SnapshotStore>, word: &str) -> Vec<(u64, Option<u64>)> {
    let names = shelf.list(&place(word, PARTITION)).expect("it answers");
    let names = names.iter().filter_map(|name| Name::read(name));
    let mut there: Vec<_> = names.map(|name| (name.offset, name.format_id)).collect();
    there.sort_unstable();
    there
}

fn own(offsets: &[u64]) -> Vec<(u64, Option<u64>)> {
    offsets.iter().map(|offset| (*offset, Some(FORM))).collect()
}

fn the_last_three(shelf: &Arc<dyn SnapshotStore>, word: &str) {
    let all = Snapshots::on(shelf.clone());
    assert_eq!(newest(&all, word, FORM, u64::MAX), None, "nothing was kept");
    for offset in [10, 20, 30, 40] {
        keep(&all, word, FORM, offset);
    }
    assert_eq!(there(shelf, word), own(&[20, 30, 40]));
    assert_eq!(newest(&all, word, FORM, u64::MAX), Some(40));
    assert_eq!(newest(&all, word, FORM, 40), Some(40));
    assert_eq!(newest(&all, word, FORM, 39), Some(30), "one that is ahead is passed over");
    assert_eq!(newest(&all, word, FORM, 19), None);
    assert_eq!(newest(&all, word, FORM + 1, 40), None, "another form");
    keep(&all, word, FORM, 40);
    assert_eq!(there(shelf, word), own(&[20, 30, 40]), "the same one again");
    let other = all.latest(word, PARTITION + 1, FORM, u64::MAX, &mut |_, _| {});
    assert_eq!(other.expect("it answers"), None, "another partition");
}

fn damaged(shelf: &Arc<dyn SnapshotStore>, word: &str) {
    let (all, place) = (Snapshots::on(shelf.clone()), place(word, PARTITION));
    keep(&all, word, FORM, 5);
    keep(&all, word, FORM, 9);
    let name = |offset| Name { offset, format_id: Some(FORM) }.write();
    let whole = shelf.read(&place, &name(9)).expect("it is there");
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    // Under its name, what is another one's, or another form's.
    let older = shelf.read(&place, &name(5)).expect("it is there");
    keep(&all, word, FORM + 1, 9);
    let foreign = Name { offset: 9, format_id: Some(FORM + 1) }.write();
    let foreign = shelf.read(&place, &foreign).expect("it is there");
    for bytes in [flipped, whole[..whole.len() - 1].to_vec(), Vec::new(), foreign, older] {
        shelf.write(&place, &name(9), bytes).expect("it can be written");
        let mut told = Vec::new();
        let mut passed_over = |file: &str, why: &str| told.push(format!("{file}: {why}"));
        let read = all.latest(word, PARTITION, FORM, u64::MAX, &mut passed_over);
        assert_eq!(read.expect("it answers").map(|snapshot| snapshot.offset), Some(5));
        assert_eq!(told.len(), 1, "it says why: {told:?}");
        assert!(told[0].contains(&format!("{place}/{}", name(9))), "and which: {told:?}");
    }
    shelf.write(&place, &name(9), whole).expect("it can be written");
    assert_eq!(newest(&all, word, FORM, u64::MAX), Some(9));
}

fn late(shelf: &Arc<dyn SnapshotStore>, word: &str) {
    let all = Snapshots::on(shelf.clone());
    for offset in [10, 20, 30, 40] {
        keep(&all, word, FORM, offset);
    }
    keep(&all, word, FORM, 15);
    assert_eq!(there(shelf, word), own(&[15, 20, 30, 40]), "it was frozen since then");
    assert_eq!(newest(&all, word, FORM, u64::MAX), Some(40));
    keep(&all, word, FORM, 50);
    assert_eq!(there(shelf, word), own(&[30, 40, 50]), "the next one tidies up");
}

fn releases(shelf: &Arc<dyn SnapshotStore>, word: &str) {
    let all = Snapshots::on(shelf.clone());
    for (format_id, offsets) in
        [(1, [10, 11, 12, 13]), (2, [20, 21, 22, 23]), (FORM, [30, 31, 32, 33])]
    {
        offsets.iter().for_each(|offset| keep(&all, word, format_id, *offset));
    }
    let before = [(21, Some(2)), (22, Some(2)), (23, Some(2))];
    assert_eq!(there(shelf, word), [&before[..], &own(&[31, 32, 33])].concat());
    assert_eq!(newest(&all, word, 2, u64::MAX), Some(23), "rolled back it finds its own");
    keep(&all, word, 2, 34);
    assert_eq!(newest(&all, word, FORM, u64::MAX), Some(33), "and forward again, too");
}

fn another_log(shelf: &Arc<dyn SnapshotStore>, word: &str) {
    let (all, place) = (Snapshots::on(shelf.clone()), place(word, PARTITION));
    [100, 110, 120].iter().for_each(|offset| keep(&all, word, 1, *offset));
    let unnamed = Name { offset: 130, format_id: None }.write();
    shelf.write(&place, &unnamed, vec![1]).expect("it can be written");
    keep(&all, word, FORM, 25);
    let ahead = [(110, Some(1)), (120, Some(1)), (130, None)];
    assert_eq!(there(shelf, word), [&own(&[25])[..], &ahead].concat(), "three stay");
    assert_eq!(newest(&all, word, 1, u64::MAX), Some(120), "a late writer takes no release's last");
    let unnamed = Name { offset: 24, format_id: None }.write();
    shelf.write(&place, &unnamed, vec![1]).expect("it can be written");
    keep(&all, word, FORM, 26);
    assert_eq!(there(shelf, word), [&[(24, None)][..], &own(&[25, 26]), &ahead].concat());
    assert_eq!(newest(&all, word, FORM, 24), None, "a name without a form is another's");
}

fn ahead_for_ever(shelf: &Arc<dyn SnapshotStore>, word: &str) {
    let all = Snapshots::on(shelf.clone());
    [100, 110, 120].iter().for_each(|offset| keep(&all, word, FORM, *offset));
    // The group has forgotten how far it had come, and works the log off again.
    for offset in [10, 20, 30, 40] {
        keep(&all, word, FORM, offset);
        assert_eq!(newest(&all, word, FORM, offset), Some(offset));
    }
    assert_eq!(there(shelf, word), own(&[20, 30, 40, 100, 110, 120]));
    keep(&all, word, FORM, 130);
    assert_eq!(there(shelf, word), own(&[110, 120, 130]), "until it has come past them");
}

fn other_names(shelf: &Arc<dyn SnapshotStore>, word: &str) {
    let (all, place) = (Snapshots::on(shelf.clone()), place(word, PARTITION));
    shelf.write(&place, "notes", vec![1]).expect("it can be written");
    shelf.write(&place, "99.snap", vec![1]).expect("it can be written");
    [10, 20, 30, 40].iter().for_each(|offset| keep(&all, word, FORM, *offset));
    let mut names = shelf.list(&place).expect("it answers");
    names.sort();
    assert_eq!((names.len(), &*names[3], &*names[4]), (5, "99.snap", "notes"));
    assert_eq!(newest(&all, word, FORM, u64::MAX), Some(40));
    shelf.remove(&place, "notes").expect("it was there");
    shelf.remove(&place, "notes").expect("that it is gone is fine");
    assert_eq!(shelf.list(&place).expect("it answers").len(), 4);
    assert!(shelf.read(&place, "notes").is_err());
}

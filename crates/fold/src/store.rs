//! Where a fold keeps its values: looked up by hash, walked by id only.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use facts::{Moment, Subject};
use hashbrown::HashMap;

/// One value and what the fold knows of it.
#[derive(Debug)]
pub(crate) struct Slot<E> {
    pub(crate) key: Subject,
    /// `None`: it failed, and its subject is faulted.
    pub(crate) value: Option<E>,
    /// The earliest moment that stands for it in the timers.
    pub(crate) armed: Option<Moment>,
}

/// All values of a partition.
#[derive(Debug)]
pub struct StateStore<E> {
    slots: Vec<Slot<E>>,
    indexes: HashMap<Subject, u32>,
    /// Places whose value was put away: the next ones that are taken.
    free: BTreeSet<u32>,
    /// Subjects that were put away, and the number that was kept of each. Nothing more is kept of them.
    put_away: BTreeMap<Subject, u32>,
}

impl<E> Default for StateStore<E> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            indexes: HashMap::new(),
            free: BTreeSet::new(),
            put_away: BTreeMap::new(),
        }
    }
}

impl<E: Default> StateStore<E> {
    /// The place of a subject's value; it is made when it is not there.
    pub(crate) fn index(&mut self, key: &Subject) -> u32 {
        if let Some(place) = self.indexes.get(key) {
            return *place;
        }
        self.put(key.clone(), Some(E::default()))
    }
    pub(crate) fn put(&mut self, key: Subject, value: Option<E>) -> u32 {
        let slot = Slot { key: key.clone(), value, armed: None };
        let place = match self.free.pop_first() {
            Some(place) => {
                self.slots[place as usize] = slot;
                place
            }
            None => {
                self.slots.push(slot);
                u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
            }
        };
        self.indexes.insert(key, place);
        place
    }
    /// Keeps nothing of the value at this place.
    pub(crate) fn forget(&mut self, place: u32) {
        let Some(slot) = self.slots.get_mut(place as usize) else { return };
        (slot.value, slot.armed) = (None, None);
        self.indexes.remove(&slot.key);
        self.free.insert(place);
    }
    /// Keeps of the value at this place that it was here, and no more.
    pub(crate) fn put_away(&mut self, place: u32, mark: u32) {
        self.forget(place);
        self.put_away.extend(self.key(place).map(|key| (key.clone(), mark)));
    }
    /// The same, of a subject whose value is not here.
    pub(crate) fn was_put_away(&mut self, key: Subject, mark: u32) {
        self.put_away.insert(key, mark);
    }
    /// What was kept of a subject that was put away.
    pub(crate) fn mark(&self, key: &Subject) -> Option<u32> {
        self.put_away.get(key).copied()
    }
    /// Puts a value in the place of what was kept of its subject; says whether there was one.
    pub(crate) fn revive(&mut self, key: &Subject, value: Option<E>) -> bool {
        let Some(value) = value else { return false };
        self.put_away.remove(key);
        self.put(key.clone(), Some(value));
        true
    }
    /// All subjects that were put away, in the order of their ids, and what was kept of each.
    pub fn all_put_away(&self) -> impl ExactSizeIterator<Item = (&Subject, &u32)> {
        self.put_away.iter()
    }
    pub(crate) fn slot(&mut self, place: u32) -> Option<&mut Slot<E>> {
        self.slots.get_mut(place as usize)
    }
    /// A subject's value, if it is there and has not failed.
    pub fn get(&self, key: &Subject) -> Option<&E> {
        let place = *self.indexes.get(key)?;
        self.slots.get(place as usize)?.value.as_ref()
    }
    /// Places in the order of their ids.
    pub(crate) fn in_order(&self) -> Vec<u32> {
        let all = (0..).take(self.slots.len());
        let mut places: Vec<u32> = all.filter(|place| !self.free.contains(place)).collect();
        places.sort_by(|a, b| self.key(*a).cmp(&self.key(*b)));
        places
    }
    pub(crate) fn key(&self, place: u32) -> Option<&Subject> {
        self.slots.get(place as usize).map(|slot| &slot.key)
    }
    /// How many there are.
    pub fn len(&self) -> usize {
        self.indexes.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.indexes.is_empty()
    }
}

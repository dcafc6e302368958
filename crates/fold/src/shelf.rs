//! Where a fold keeps its values: looked up by hash, walked by id only.

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
pub struct Shelf<E> {
    slots: Vec<Slot<E>>,
    places: HashMap<Subject, u32>,
}

impl<E> Default for Shelf<E> {
    fn default() -> Self {
        Self { slots: Vec::new(), places: HashMap::new() }
    }
}

impl<E: Default> Shelf<E> {
    /// The place of a subject's value; it is made when it is not there.
    pub(crate) fn place(&mut self, key: &Subject) -> u32 {
        if let Some(place) = self.places.get(key) {
            return *place;
        }
        self.put(key.clone(), Some(E::default()))
    }
    pub(crate) fn put(&mut self, key: Subject, value: Option<E>) -> u32 {
        let place = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        self.places.insert(key.clone(), place);
        self.slots.push(Slot { key, value, armed: None });
        place
    }
    pub(crate) fn slot(&mut self, place: u32) -> Option<&mut Slot<E>> {
        self.slots.get_mut(place as usize)
    }
    /// A subject's value, if it is there and has not failed.
    pub fn get(&self, key: &Subject) -> Option<&E> {
        let place = *self.places.get(key)?;
        self.slots.get(place as usize)?.value.as_ref()
    }
    /// Places in the order of their ids.
    pub(crate) fn in_order(&self) -> Vec<u32> {
        let mut places: Vec<u32> = (0..).take(self.slots.len()).collect();
        places.sort_by(|a, b| self.key(*a).cmp(&self.key(*b)));
        places
    }
    pub(crate) fn key(&self, place: u32) -> Option<&Subject> {
        self.slots.get(place as usize).map(|slot| &slot.key)
    }
    /// How many there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }
}

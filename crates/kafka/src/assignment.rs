//! What a member has of its group's partitions, and how far it has handed each of them on. Nothing of a
//! partition is handed on before it is started, and nothing more once it is asked back.

use std::collections::BTreeMap;

/// Where a partition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PartitionStage {
    /// Ours, and nobody has said yet from where it is read.
    Waiting,
    /// Ours, and read; the next offset.
    Reading(u64),
    /// Asked back; whether the client still reads it.
    Revoked(bool),
}

/// The partitions of one member.
#[derive(Debug, Default)]
pub(crate) struct Assignment(BTreeMap<u16, PartitionStage>);

impl Assignment {
    pub(crate) fn of(&self, partition: u16) -> Option<PartitionStage> {
        self.0.get(&partition).copied()
    }

    pub(crate) fn partitions(&self) -> impl Iterator<Item = u16> {
        self.0.keys().copied()
    }

    /// Where each partition that is read has come to.
    pub(crate) fn positions(&self) -> BTreeMap<u16, u64> {
        let position = |(partition, standing): (&u16, &PartitionStage)| match standing {
            PartitionStage::Reading(next) => Some((*partition, *next)),
            _ => None,
        };
        self.0.iter().filter_map(position).collect()
    }

    pub(crate) fn take(&mut self, partitions: &[u16]) {
        for partition in partitions {
            self.0.entry(*partition).or_insert(PartitionStage::Waiting);
        }
    }

    pub(crate) fn start(&mut self, partition: u16, from: u64) {
        if let Some(standing) = self.0.get_mut(&partition) {
            *standing = PartitionStage::Reading(from);
        }
    }

    /// Whether a record of a partition is to be handed on; if so, it has been.
    pub(crate) fn hands_on(&mut self, partition: u16, offset: u64) -> bool {
        match self.0.get_mut(&partition) {
            Some(PartitionStage::Reading(next)) if offset >= *next => {
                *next = offset + 1;
                true
            }
            _ => false,
        }
    }

    pub(crate) fn revoke(&mut self, partitions: &[u16]) {
        for partition in partitions {
            let standing = self.0.entry(*partition).or_insert(PartitionStage::Waiting);
            *standing = PartitionStage::Revoked(matches!(standing, PartitionStage::Reading(_)));
        }
    }

    /// Forgets partitions; those that the client reads must be taken from it.
    pub(crate) fn forget(&mut self, partitions: impl IntoIterator<Item = u16>) -> Vec<u16> {
        let mut read = Vec::new();
        for partition in partitions {
            let was = self.0.remove(&partition);
            if matches!(was, Some(PartitionStage::Reading(_) | PartitionStage::Revoked(true))) {
                read.push(partition);
            }
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_handed_on_before_the_start_and_after_the_end() {
        let mut share = Assignment::default();
        share.take(&[1, 2]);
        assert!(!share.hands_on(1, 0), "not started");
        share.start(1, 5);
        assert!(!share.hands_on(1, 4), "before its place");
        assert!(share.hands_on(1, 5) && share.hands_on(1, 6) && !share.hands_on(1, 6));
        assert_eq!(share.positions(), BTreeMap::from([(1, 7)]));
        share.start(1, 5);
        assert!(share.hands_on(1, 5), "asked to go back");
        share.revoke(&[1, 2]);
        assert!(!share.hands_on(1, 6), "asked back");
        assert_eq!(share.forget([1, 2, 3]), [1], "only what is read is taken from the client");
        share.start(1, 0);
        assert!(!share.hands_on(1, 0), "not ours");
    }
}

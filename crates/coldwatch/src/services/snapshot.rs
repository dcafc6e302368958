//! The image of a service's partition: how many records it could not read, and the stage behind that. A stage never
//! sees what cannot be read, so the count is the service's own; it must survive like every other.

/// Bytes of the count.
const COUNT: usize = 8;

/// Count and stage as one image.
pub(super) fn write(unreadable: u64, stage: &[u8]) -> Vec<u8> {
    [&unreadable.to_le_bytes(), stage].concat()
}

/// The count, and the image of the stage.
pub(super) fn read(image: &[u8]) -> Result<(u64, &[u8]), String> {
    let (count, stage) = image
        .split_first_chunk::<COUNT>()
        .ok_or_else(|| format!("an image of {} bytes holds no count", image.len()))?;
    Ok((u64::from_le_bytes(*count), stage))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::services::names::TopicNames;
    use crate::services::stateful::StatefulService;
    use crate::services::{CommitMetadata, tick};
    use pipeline::Topic;
    use stream::{PartitionProcessor, ProcessorFactory, Record};

    fn record(offset: u64, value: &[u8]) -> Record {
        Record { offset, appended: 0, key: b"log".to_vec(), value: value.to_vec() }
    }

    /// Two records that nobody can read, an image, a new life from it, and a third.
    fn counted(stage: &impl ProcessorFactory, topic: Topic) -> (CommitMetadata, CommitMetadata) {
        let mut out = Vec::new();
        let mut life = stage.begin(0, "").unwrap();
        let tick = tick(&TopicNames::with("", 1), topic, 0, 1_772_352_000_000).value;
        for (offset, value) in (0..).zip([&*tick, b"nonsense", b"{\"type\":7}"]) {
            life.process(&record(offset, value), &mut out).unwrap();
        }
        let before = CommitMetadata::read(&life.note());
        let image = life.snapshot().unwrap();
        let mut next = stage.resume(0, &image).unwrap();
        assert_eq!(CommitMetadata::read(&next.note()), before, "what was counted survives");
        next.process(&record(3, b"more nonsense"), &mut out).unwrap();
        assert!(stage.resume(0, &image[..4]).is_err(), "half an image is none");
        (before, CommitMetadata::read(&next.note()))
    }

    #[test]
    fn what_could_not_be_read_is_counted_over_a_restart() {
        for service in crate::services::all().iter().filter_map(|service| service.stage()) {
            let stage = StatefulService::new(TopicNames::with("", 1), service);
            let (before, after) = counted(&stage, service.reads());
            assert_eq!((before.unreadable, after.unreadable), (2, 3));
        }
    }
}

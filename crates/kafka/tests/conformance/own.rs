//! What only Kafka does.

use kafka::{KafkaLog, Settings};
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use stream::{
    Ack, Committed, ConsumerEvent, GroupConsumer, Log, NewRecord, StreamError, TopicSpec, WriteId,
};

pub(crate) type Case = (&'static str, fn(&KafkaLog, &str));

pub(crate) const ALL: &[Case] = &[
    ("a process writes once at a time, and may look as often as it likes", one_writer),
    ("every record carries the headers that are set", headers),
    ("a reader from beyond the end stops, and says where", beyond_the_end),
    ("a member that restarts quickly keeps its partitions", a_quick_restart),
    ("a member whose name another takes stops", a_name_is_taken),
    ("a topic that is deleted stops who reads it", deleted),
    ("with a topic that is deleted it is forgotten how far its groups had come", forgotten),
    ("what is there is described, with what is wrong", described),
];

const SOON: Duration = Duration::from_secs(30);

fn brokers() -> String {
    std::env::var("COLDWATCH_KAFKA").expect("cases run only where it is set")
}

fn topic(log: &KafkaLog, name: &str, partitions: u16) {
    let topic = TopicSpec { name: name.to_owned(), partitions, stamped_by_log: true };
    assert_eq!(log.create(&topic), Ok(true));
}

fn write(log: &KafkaLog, topic: &str, partition: u16) -> Ack {
    let (send, answers) = channel();
    let new_record =
        NewRecord { topic: Arc::from(topic), partition, key: b"k".to_vec(), value: b"v".to_vec() };
    log.append(vec![(WriteId::default(), new_record)], &send);
    answers.recv_timeout(SOON).expect("it is answered")
}

/// Polls until this comes.
fn until<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + SOON;
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(Instant::now() < end, "it does not come");
    }
}

fn poll(member: &mut dyn GroupConsumer) -> Result<Vec<ConsumerEvent>, StreamError> {
    let mut seen = Vec::new();
    member.poll(Duration::from_millis(50), &mut seen).map(|()| seen)
}

fn one_writer(log: &KafkaLog, word: &str) {
    topic(log, word, 1);
    let second = KafkaLog::connect(Settings::new(brokers(), word)).err();
    let said = |reason: &str| reason.contains("already writes");
    assert!(matches!(&second, Some(StreamError::Configuration(r)) if said(r)), "{second:?}");
    let looks = KafkaLog::look(Settings::new(brokers(), word)).expect("it may look");
    assert!(
        write(&looks, word, 0).placed.is_err_and(|reason| reason.to_string().contains("looked at"))
    );
    assert_eq!(write(log, word, 0).placed.map(|placed| placed.offset), Ok(0));
    assert_eq!(looks.range(word, 0), Ok(0..1));
}

fn headers(log: &KafkaLog, word: &str) {
    topic(log, word, 1);
    write(log, word, 0).placed.expect("it is written");
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers()).set("group.id", word);
    let consumer: BaseConsumer = config.create().expect("a consumer");
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(word, 0, Offset::Beginning).expect("a place");
    consumer.assign(&list).expect("it is assigned");
    let found = until(|| {
        let message = consumer.poll(Duration::from_millis(100))?.ok()?;
        let header = message.headers()?.iter().next()?;
        Some((header.key.to_owned(), header.value.unwrap_or_default().to_vec()))
    });
    assert_eq!(found, ("content-type".to_owned(), b"text/plain".to_vec()));
}

fn beyond_the_end(log: &KafkaLog, word: &str) {
    topic(log, word, 2);
    write(log, word, 1).placed.expect("it is written");
    let mut reader = log.read(word, &[(0, 0), (1, 99)]).expect("a reader");
    let refused = until(|| reader.poll(Duration::from_millis(100), &mut Vec::new()).err());
    let said = |r: &str| {
        r.contains(&format!("partition 1 of `{word}` is read from 99")) && r.contains("0..1")
    };
    assert!(matches!(&refused, StreamError::Stop(reason) if said(reason)), "{refused:?}");
    let none = log.read(word, &[(2, 0)]).err();
    assert!(matches!(none, Some(StreamError::Configuration(_))), "{none:?}");
}

/// Takes what it is given until it has so many.
fn share(members: &mut [(Box<dyn GroupConsumer>, BTreeSet<u16>)], each: usize) {
    until(|| {
        for (member, mine) in members.iter_mut() {
            for event in poll(&mut **member).expect("it can be polled") {
                match event {
                    ConsumerEvent::Assigned(more) => {
                        more.iter().for_each(|p| member.seek(*p, 0).expect("it starts"));
                        mine.extend(more);
                    }
                    ConsumerEvent::Revoked(less) => {
                        member.release(&less).expect("it is given back");
                        mine.retain(|p| !less.contains(p));
                    }
                    ConsumerEvent::Lost(less) => mine.retain(|p| !less.contains(p)),
                    ConsumerEvent::Record(..) => {}
                }
            }
        }
        members.iter().all(|(_, mine)| mine.len() == each).then_some(())
    });
}

fn a_quick_restart(log: &KafkaLog, word: &str) {
    topic(log, word, 4);
    let join = |name| (log.join(word, word, Some(name)).expect("a member"), BTreeSet::new());
    let mut members = [join("a"), join("b")];
    share(&mut members, 2);
    let (before, others) = (members[0].1.clone(), members[1].1.clone());
    assert!(before.is_disjoint(&others));
    let [first, mut second] = members;
    // As if its process had died: it does not say that it leaves.
    drop(first);
    let mut again = [join("a")];
    share(&mut again, 2);
    assert_eq!(again[0].1, before, "the same as before");
    let heard = poll(&mut *second.0).expect("it can be polled");
    assert_eq!(heard, [], "the other one was not disturbed");
    let point = Committed { offset: 0, last: 0, note: "still a member".into() };
    second.0.commit(&[(*others.iter().next().expect("two"), point)]).expect("it may commit");
}

fn a_name_is_taken(log: &KafkaLog, word: &str) {
    topic(log, word, 1);
    let mut first = [(log.join(word, word, Some("a")).expect("a member"), BTreeSet::new())];
    share(&mut first, 1);
    let mut second = log.join(word, word, Some("a")).expect("a member");
    let stopped = until(|| {
        // Nothing is said about the second: it is in its right.
        let _ = poll(&mut *second);
        poll(&mut *first[0].0).err()
    });
    assert!(matches!(stopped, StreamError::Stop(_)), "{stopped:?}");
    let point = Committed { offset: 1, last: 0, note: String::new() };
    let refused = first[0].0.commit(&[(0, point)]);
    assert!(refused.is_err(), "{refused:?}");
    second.leave().expect("it leaves");
}

/// The answer comes later; it is not waited for.
fn delete(topic: &str) {
    let mut config = ClientConfig::new();
    let admin: AdminClient<_> =
        config.set("bootstrap.servers", brokers()).create().expect("a client");
    let _deleting = admin.delete_topics(&[topic], &AdminOptions::new());
}

/// So a topic that is made anew under its name cannot be told by what was committed.
fn forgotten(log: &KafkaLog, word: &str) {
    topic(log, word, 1);
    write(log, word, 0).placed.expect("it is written");
    let mut member = log.join(word, word, None).expect("a member");
    until(|| {
        let seen = poll(&mut *member).expect("it can be polled");
        seen.contains(&ConsumerEvent::Assigned(vec![0])).then_some(())
    });
    let point = Committed { offset: 1, last: 7, note: "counts".into() };
    member.commit(&[(0, point.clone())]).expect("it is committed");
    member.leave().expect("it leaves");
    drop(member);
    assert_eq!(log.committed(word, word), Ok([(0, point)].into()));
    delete(word);
    until(|| (log.partitions(word) == Ok(None)).then_some(()));
    until(|| {
        let topic = TopicSpec { name: word.to_owned(), partitions: 1, stamped_by_log: true };
        log.create(&topic).ok()
    });
    assert_eq!(log.committed(word, word), Ok([].into()));
}

fn deleted(log: &KafkaLog, word: &str) {
    topic(log, word, 1);
    let mut members = [(log.join(word, word, None).expect("a member"), BTreeSet::new())];
    share(&mut members, 1);
    let mut reader = log.read(word, &[(0, 0)]).expect("a reader");
    reader.poll(Duration::from_millis(300), &mut Vec::new()).expect("it can be read");
    delete(word);
    let (mut of_reader, mut of_member) = (None, None);
    let (of_reader, of_member) = until(|| {
        let read = reader.poll(Duration::from_millis(50), &mut Vec::new());
        of_reader = of_reader.take().or(read.err());
        of_member = of_member.take().or(poll(&mut *members[0].0).err());
        of_reader.clone().zip(of_member.clone())
    });
    for stopped in [of_reader, of_member] {
        assert!(matches!(stopped, StreamError::Stop(_)), "{stopped:?}");
    }
    assert_eq!(log.partitions(word), Ok(None));
    assert!(write(log, word, 0).placed.is_err());
}

fn described(log: &KafkaLog, word: &str) {
    topic(log, word, 2);
    let missing = format!("{word}-not-there");
    let cluster = log.describe(&[word, &missing]).expect("it answers");
    assert!(cluster.brokers.values().all(|broker| broker.silent.is_none()), "{cluster:?}");
    let sight = cluster.topics[word].as_ref().expect("it is there");
    assert_eq!((sight.partitions, sight.leaderless.len()), (2, 0));
    assert_eq!(sight.settings["message.timestamp.type"], "LogAppendTime");
    assert_eq!(sight.settings["retention.ms"], "-1");
    let faults = cluster.faults(|_| true);
    assert_eq!(faults, [format!("there is no topic `{missing}`: make it")]);
}

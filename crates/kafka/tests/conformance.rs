//! The suite of every backing, and what only Kafka does, over the brokers that `COLDWATCH_KAFKA` names; without
//! it every case is skipped.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

#[path = "conformance/own.rs"]
mod own;

use kafka::{KafkaLog, Settings};
use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;
use std::sync::OnceLock;
use stream::{Log, conformance};

static KAFKA: OnceLock<KafkaLog> = OnceLock::new();

/// The one log that all cases share: a process has one producer.
fn kafka() -> &'static KafkaLog {
    KAFKA.get_or_init(|| {
        let brokers = std::env::var("COLDWATCH_KAFKA").expect("cases run only where it is set");
        let mut settings = Settings::new(brokers, format!("suite-{}", std::process::id()));
        settings.headers = vec![("content-type".into(), "text/plain".into())];
        KafkaLog::connect(settings).expect("the brokers answer")
    })
}

/// A word that no other run has used.
fn word(case: usize) -> String {
    format!("suite-{}-{}-{case}", stream::log::wall_clock()(), std::process::id())
}

fn main() -> ExitCode {
    let skipped = std::env::var_os("COLDWATCH_KAFKA").is_none();
    let mut trials = Vec::new();
    for (n, (says, case)) in conformance::ALL.iter().enumerate() {
        let trial = Trial::test(format!("kafka: {says}"), move || {
            case(kafka() as &dyn Log, &word(n));
            Ok(())
        });
        trials.push(trial.with_ignored_flag(skipped));
    }
    for (n, (says, case)) in own::ALL.iter().enumerate() {
        let trial = Trial::test(format!("kafka: {says}"), move || {
            case(kafka(), &word(100 + n));
            Ok(())
        });
        trials.push(trial.with_ignored_flag(skipped));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

//! Rounds of misfortune on brokers: in every round a service is killed under load; in every tenth a process is frozen
//! past its session, a broker is killed and started again, all connections are cut and a disk is full, too. Afterwards
//! verdicts, incidents and counts are those of an undisturbed run.
//!
//! `COLDWATCH_ROUNDS=200` says how many; without it the case is skipped by name. It ends by itself: after so many
//! rounds, or with what hangs.

use crate::crash::disturbed;
use crate::misfortunes::{self, Happened, SmallDisk};
use crate::proxy::Proxy;
use crate::site::{self, Backing};
use libtest_mimic::Trial;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Everything but a kill befalls in every so-manieth round.
pub(crate) const TENTH: usize = 10;

/// How many rounds are asked for.
pub(crate) fn asked() -> usize {
    std::env::var("COLDWATCH_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(0)
}

pub(crate) fn trials(backing: Backing) -> Vec<Trial> {
    if backing != Backing::Kafka {
        return Vec::new();
    }
    let rounds = move || {
        let brokers = site::brokers().expect("COLDWATCH_KAFKA");
        let nodes = brokers.split(',').count();
        // Brokers that are not the script's own cannot be killed, and have no second listener.
        let proxy = Proxy::before(&brokers).ok();
        let through = proxy.as_ref().map_or(brokers, |proxy| proxy.brokers.clone());
        let happened: Arc<Mutex<Happened>> = Arc::default();
        let counted = happened.clone();
        let ended = disturbed("rounds", &through, asked(), move |driver, round, rng| {
            let mut happened = counted.lock().expect("nobody panicked");
            let mut count = |what, n| *happened.entry(what).or_default() += n;
            let service = misfortunes::in_turn(round);
            std::thread::sleep(Duration::from_millis(rng.u64(0..40)));
            let snapshots = driver.site.folder.join("snapshots").join(service.name());
            let disk =
                (round % TENTH == 7).then(|| SmallDisk::over(&snapshots, "size=8k")).flatten();
            if disk.is_some() {
                // Long enough for a snapshot to be due.
                std::thread::sleep(site::SNAPSHOT_EVERY + Duration::from_millis(500));
                count("disks full", 1);
            }
            misfortunes::end(driver, service, "-KILL");
            driver.site.start_process(service, "only");
            count("kills", 1);
            drop(disk);
            match (round % TENTH, &proxy) {
                (1, _) => {
                    misfortunes::freeze(driver, misfortunes::in_turn(round / TENTH), site::SESSION);
                    count("frozen past the session", 1);
                }
                (4, Some(_)) => {
                    misfortunes::restart_broker(nodes, round / TENTH);
                    count("brokers killed and started", 1);
                }
                (9, Some(proxy)) => count("connections cut", misfortunes::cut(proxy, rng)),
                _ => {}
            }
        });
        eprintln!("{:?}", happened.lock().expect("nobody panicked"));
        ended
    };
    let name = "kafka: rounds of kills, freezes, broker restarts, cut connections and full disks";
    vec![Trial::test(name, rounds).with_ignored_flag(asked() == 0)]
}

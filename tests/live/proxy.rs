//! Between services and brokers: connections that can be cut, all at once, whatever is on its way in them.
//!
//! The brokers of `tests/kafka/kafka` have a second listener whose advertised address is this proxy's, 200 ports above
//! the one it forwards to. So a client that was told of a proxy never hears of the brokers' own addresses.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// From a broker's port to its second listener, and to the proxy before it.
const LISTENER: u16 = 200;
const PROXY: u16 = 400;

type Open = Arc<Mutex<Vec<TcpStream>>>;

/// How often a proxy that holds back looks whether it still does.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// One proxy for every broker.
pub(crate) struct Proxy {
    open: Open,
    /// Nothing passes: to clients their brokers hang.
    hangs: Arc<AtomicBool>,
    /// Nobody is let in: to clients there is no broker.
    refuses: Arc<AtomicBool>,
    /// Where clients find it, as `log.brokers` has it.
    pub(crate) brokers: String,
}

impl Proxy {
    /// Before these brokers, `127.0.0.1:19092,…`; they must be those of the script.
    pub(crate) fn before(brokers: &str) -> std::io::Result<Self> {
        let (open, mut addresses) = (Open::default(), Vec::new());
        let (hangs, refuses) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        for broker in brokers.split(',') {
            let port = broker.strip_prefix("127.0.0.1:").and_then(|port| port.parse::<u16>().ok());
            let port = port.ok_or_else(|| std::io::Error::other("not a broker of the script"))?;
            // Without the second listener there is nothing to stand before.
            TcpStream::connect(("127.0.0.1", port + LISTENER))?;
            let listener = TcpListener::bind(("127.0.0.1", port + PROXY))?;
            addresses.push(format!("127.0.0.1:{}", port + PROXY));
            let (open, hangs, refuses) = (open.clone(), hangs.clone(), refuses.clone());
            thread::spawn(move || {
                for client in listener.incoming().map_while(Result::ok) {
                    if refuses.load(Ordering::Relaxed) {
                        continue;
                    }
                    // A broker that is not there refuses: so does its proxy, by hanging up.
                    let Ok(broker) = TcpStream::connect(("127.0.0.1", port + LISTENER)) else {
                        continue;
                    };
                    join(client, broker, &open, &hangs);
                }
            });
        }
        Ok(Self { open, hangs, refuses, brokers: addresses.join(",") })
    }

    /// Whether there is a second listener to stand before.
    pub(crate) fn may_stand_before(brokers: &str) -> bool {
        let port = |broker: &str| broker.strip_prefix("127.0.0.1:")?.parse::<u16>().ok();
        let listens = |port: u16| TcpStream::connect(("127.0.0.1", port + LISTENER)).is_ok();
        brokers.split(',').all(|broker| port(broker).is_some_and(listens))
    }

    /// From now on nothing passes, or everything does again.
    pub(crate) fn hang(&self, hangs: bool) {
        self.hangs.store(hangs, Ordering::Relaxed);
    }

    /// From now on nobody is let in, and whoever was in is cut off; or all are let in again.
    pub(crate) fn refuse(&self, refuses: bool) {
        self.refuses.store(refuses, Ordering::Relaxed);
        if refuses {
            self.cut();
        }
    }

    /// Cuts every connection; says how many there were.
    pub(crate) fn cut(&self) -> usize {
        let all = std::mem::take(&mut *self.open.lock().unwrap_or_else(PoisonError::into_inner));
        // Each connection stands there from both ends; one that is over already is no more to be cut.
        all.iter().filter(|one| one.shutdown(Shutdown::Both).is_ok()).count() / 2
    }
}

fn join(client: TcpStream, broker: TcpStream, open: &Open, hangs: &Arc<AtomicBool>) {
    let Ok((client_too, broker_too)) =
        client.try_clone().and_then(|c| Ok((c, broker.try_clone()?)))
    else {
        return;
    };
    if let (Ok(one), Ok(other)) = (client.try_clone(), broker.try_clone()) {
        open.lock().unwrap_or_else(PoisonError::into_inner).extend([one, other]);
    }
    let (one, other) = (hangs.clone(), hangs.clone());
    thread::spawn(move || forward(client, broker, &one));
    thread::spawn(move || forward(broker_too, client_too, &other));
}

fn forward(mut from: TcpStream, mut to: TcpStream, hangs: &AtomicBool) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        while hangs.load(Ordering::Relaxed) {
            thread::sleep(LOOK_EVERY);
        }
        if to.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    // One direction that has ended ends the other.
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

//! What befalls processes, brokers, connections and disks. Each says how often it has happened.

use crate::driver::Driver;
use crate::proxy::Proxy;
use coldwatch::services::{self, Service};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How often each misfortune has happened.
pub(crate) type Happened = BTreeMap<&'static str, usize>;

/// Sends a signal to the youngest process of a service, and takes it off the list where it ends by it.
pub(crate) fn end(driver: &mut Driver, service: Service, signal: &str) {
    let processes = &mut driver.site.processes;
    let Some(at) = processes.iter().rposition(|(one, _)| *one == service) else { return };
    let (_, mut child) = processes.remove(at);
    send(child.id(), signal, service.name());
    let ended = child.wait().expect("it ends");
    if signal != "-KILL" {
        assert!(ended.success(), "{} ends in order when it is asked to: {ended}", service.name());
    }
}

fn send(process: u32, signal: &str, name: &str) {
    let sent = Command::new("kill").args([signal, &process.to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "{name} was not there any more");
}

/// A process is frozen for longer than its group waits for it, while a second one takes over; then it goes on, and
/// writes what it had in hand. Afterwards the second one ends.
pub(crate) fn freeze(driver: &mut Driver, service: Service, group_waits: Duration) {
    let before = driver.site.begun(service);
    let first =
        driver.site.processes.iter().find(|(one, _)| *one == service).map(|(_, child)| child.id());
    let first = first.expect("it runs");
    driver.site.start_process(service, "second");
    send(first, "-STOP", service.name());
    let until = Instant::now() + group_waits * 6;
    // All partitions begin anew in the second one.
    while driver.site.begun(service) < before + usize::from(driver.site.names.partitions) {
        assert!(
            Instant::now() < until,
            "the second {} takes nothing over: {}",
            service.name(),
            driver.site.said()
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    send(first, "-CONT", service.name());
    std::thread::sleep(Duration::from_millis(500));
    end(driver, service, "-TERM");
}

/// A process stands still for so long.
pub(crate) fn freeze_for(process: u32, long: Duration) {
    send(process, "-STOP", "the process");
    std::thread::sleep(long);
    send(process, "-CONT", "the process");
}

/// One broker is killed and started again on its data.
pub(crate) fn restart_broker(nodes: usize, turn: usize) {
    let node = (turn % nodes + 1).to_string();
    for what in ["kill", "start"] {
        let done = Command::new("sh").arg(script()).args([what, &node]).status();
        assert!(done.is_ok_and(|status| status.success()), "{what} of broker {node}");
    }
}

/// The project's own broker script.
fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/kafka/kafka")
}

/// Every connection to every broker is cut, some times in a row.
pub(crate) fn cut(proxy: &Proxy, rng: &mut fastrand::Rng) -> usize {
    let mut cut = 0;
    for _ in 0..3 {
        cut += proxy.cut();
        std::thread::sleep(Duration::from_millis(rng.u64(20..400)));
    }
    cut
}

/// A disk of its own in the place of a folder.
pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Of that size, `size=8k`; `None` where this machine does not let us mount one.
    pub(crate) fn over(folder: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(folder).ok()?;
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", size, "none"])
            .arg(folder)
            .stderr(std::process::Stdio::null())
            .status();
        mount.is_ok_and(|status| status.success()).then(|| Self(folder.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: whoever has a file open on it closes that in its own time.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// The services in turn.
pub(crate) fn in_turn(turn: usize) -> Service {
    services::all()[turn % services::all().len()]
}

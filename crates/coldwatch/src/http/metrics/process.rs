//! What the system says of this process, by the names that every Prometheus client has for it. Where the system does not say it, as
//! outside of Linux, it is not shown.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::sync::atomic::AtomicU64;

/// Names without the ending of a counter, and what they mean.
pub(super) const NAMES: [(&str, &str); 6] = [
    ("process_cpu_seconds_total", "Seconds of processors that were used, by programs and system"),
    ("process_resident_memory_bytes", "Memory that is in use"),
    ("process_open_fds", "Descriptors that are open"),
    ("process_max_fds", "Descriptors that may be open"),
    ("process_threads", "Threads"),
    ("process_start_time_seconds", "When the process began, in seconds since 1970"),
];

/// The same six, as they are now.
struct Now {
    cpu: f64,
    memory: u64,
    open: u64,
    most: u64,
    threads: i64,
    began: f64,
}

/// Shows them, where the system says them.
pub(super) fn show(registry: &mut Registry) {
    let Some(Now { cpu, memory, open, most, threads, began }) = now() else { return };
    let [cpu_is, memory_is, open_is, most_is, threads_is, began_is] = NAMES;
    let seconds = Counter::<f64, AtomicU64>::default();
    seconds.inc_by(cpu);
    // The encoder puts the ending there itself.
    registry.register(cpu_is.0.trim_end_matches("_total"), cpu_is.1, seconds);
    let began_at = Gauge::<f64, AtomicU64>::default();
    began_at.set(began);
    registry.register(began_is.0, began_is.1, began_at);
    let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    for ((name, help), value) in [
        (memory_is, whole(memory)),
        (open_is, whole(open)),
        (most_is, whole(most)),
        (threads_is, threads),
    ] {
        let gauge = Gauge::<i64>::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    }
}

#[cfg(target_os = "linux")]
fn now() -> Option<Now> {
    use procfs::process::{LimitValue, Process};
    let me = Process::myself().ok()?;
    let stat = me.stat().ok()?;
    let ticks = procfs::ticks_per_second() as f64;
    let most = match me.limits().ok()?.max_open_files.soft_limit {
        LimitValue::Value(most) => most,
        LimitValue::Unlimited => u64::MAX,
    };
    let booted = procfs::boot_time_secs().ok()? as f64;
    Some(Now {
        cpu: stat.utime.saturating_add(stat.stime) as f64 / ticks,
        memory: stat.rss.saturating_mul(procfs::page_size()),
        open: me.fd_count().ok()? as u64,
        most,
        threads: stat.num_threads,
        began: booted + stat.starttime as f64 / ticks,
    })
}

#[cfg(not(target_os = "linux"))]
fn now() -> Option<Now> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::time::{SystemTime, UNIX_EPOCH};

    #[test]
    fn the_system_says_how_this_process_is() {
        let before = now().expect("it is said");
        let hands = std::fs::File::open("/proc/self/stat").expect("one more descriptor");
        let (stop, waits) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || waits.recv());
        let held = vec![1_u8; 64 << 20];
        let after = now().expect("it is said");
        assert!(after.memory >= before.memory + (60 << 20), "{}", after.memory - before.memory);
        assert!(after.open > 0 && after.open < after.most && after.threads >= 2);
        assert!(after.cpu >= before.cpu);
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs_f64();
        assert!(
            (since - after.began) < 3_600.0 && since + 2.0 > after.began,
            "{since} {}",
            after.began
        );
        drop((held, hands, stop));
        let _ = thread.join();
    }
}

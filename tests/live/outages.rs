//! The log is away: a broker that hangs, and then none at all. Pages and probes of a process with every service and the desk
//! answer all the while, say since when they are not current, and nothing is ended for it.

use crate::process::Process;
use crate::proxy::Proxy;
use crate::rounds;
use crate::site::Backing;
use libtest_mimic::{Failed, Trial};
use std::path::Path;
use std::time::{Duration, Instant};
use ureq::Agent;

pub(crate) fn trials(backing: Backing) -> Vec<Trial> {
    if backing != Backing::Kafka {
        return Vec::new();
    }
    let brokers = std::env::var("COLDWATCH_KAFKA").unwrap_or_default();
    // Rounds have the proxy to themselves.
    let can = rounds::asked() == 0 && Proxy::may_stand_before(&brokers);
    let name = "kafka: while no broker answers the desk does, and says that it is not current";
    vec![Trial::test(name, move || outages(&brokers)).with_ignored_flag(!can)]
}

const PAGES: [&str; 6] = ["/", "/board", "/v1/incidents", "/metrics", "/readyz", "/livez"];
/// An answer that takes longer than this hangs: they take milliseconds.
const HANGS: Duration = Duration::from_secs(15);
/// What a service away, or back, may take to be told on a machine with much to do.
const LONG: Duration = Duration::from_secs(90);

/// Everything but the broker in one process, and who asks it.
struct All {
    process: Process,
    agent: Agent,
}

impl All {
    fn start(configuration: &Path) -> Result<Self, Failed> {
        let services =
            ["intake", "dispatch", "custody", "thermal", "permits", "schedule", "alerts", "desk"];
        let process = Process::run(&services, configuration)?;
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(HANGS))
            .build()
            .into();
        Ok(Self { process, agent })
    }

    fn get(&self, path: &str) -> Result<(u16, String), Failed> {
        let asked = self.agent.get(format!("http://{}{path}", self.process.door)).call();
        let mut answer = asked.map_err(|error| format!("{path}: {error}"))?;
        Ok((answer.status().as_u16(), answer.body_mut().read_to_string()?))
    }

    /// Asks for every page until they say what is wanted; each must answer each time, and the process is alive.
    fn until(&self, what: &str, holds: impl Fn(&[(u16, String)]) -> bool) -> Result<(), Failed> {
        let last = Instant::now() + LONG;
        loop {
            let answers: Vec<(u16, String)> =
                PAGES.iter().map(|page| self.get(page)).collect::<Result<_, Failed>>()?;
            assert_eq!(answers[5].0, 200, "{what}: it is alive: {}", answers[5].1);
            if holds(&answers) {
                return Ok(());
            }
            assert!(Instant::now() < last, "{what}: {}", answers[4].1);
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}

fn outages(brokers: &str) -> Result<(), Failed> {
    let folder = std::env::temp_dir().join(format!("coldwatch-outages-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    let proxy = Proxy::before(brokers)?;
    let file = folder.join("coldwatch.toml");
    let text = format!(
        "[log]\nkind = \"kafka\"\nbrokers = \"{}\"\nprefix = \"outages-{}.\"\npartitions = 4\n\
         [snapshots]\nfolder = \"{}\"\n[http]\nlisten = \"127.0.0.1:0\"\n",
        proxy.brokers,
        std::process::id(),
        folder.join("snapshots").display()
    );
    std::fs::write(&file, text)?;
    let all = All::start(&file)?;
    let not_current = "The log has not answered this desk since";
    let works =
        |answers: &[(u16, String)]| answers[4].0 == 200 && !answers[0].1.contains(not_current);
    let is_away = |answers: &[(u16, String)]| {
        let page = answers[0].0 == 200 && answers[0].1.contains(not_current);
        page && answers[4].0 == 503 && answers[4].1.contains("the log has not answered for")
    };
    all.until("it works", works)?;
    proxy.hang(true);
    all.until("its broker hangs", is_away)?;
    // Longer than a loop may take to come round.
    let longer = Instant::now() + Duration::from_secs(12);
    all.until("it hangs on", |answers| Instant::now() > longer && is_away(answers))?;
    proxy.hang(false);
    all.until("its broker goes on", works)?;
    proxy.refuse(true);
    all.until("there is no broker", is_away)?;
    proxy.refuse(false);
    all.until("there is one again", works)?;
    drop(all);
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

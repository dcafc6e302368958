//! Services that run in a process of their own, `coldwatch run …`, and where its door is.

use crate::site::program;
use libtest_mimic::Failed;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// It is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    /// Where its door is.
    pub(crate) door: SocketAddr,
}

impl Process {
    /// Makes the topics that the configuration names, starts the services on them, and waits until the door is open.
    pub(crate) fn run(services: &[&str], configuration: &Path) -> Result<Self, Failed> {
        let coldwatch = |arguments: &[&str]| {
            let mut command = Command::new(program());
            command.args(arguments).arg("--config").arg(configuration);
            command
        };
        let made = coldwatch(&["topics", "create"]).output()?;
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let run = [&["run"], services].concat();
        let mut child = coldwatch(&run).stderr(Stdio::piped()).spawn()?;
        let said = BufReader::new(child.stderr.take().ok_or("its talk")?);
        let mut lines = said.lines().map_while(Result::ok);
        let door = lines.find_map(|line| {
            line.contains("the doors are open").then(|| line.rsplit('=').next()?.parse().ok())?
        });
        // Whatever it says further on is read, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self { child, door: door.ok_or("it says where its door is")? })
    }

    /// The number that the system gave it.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

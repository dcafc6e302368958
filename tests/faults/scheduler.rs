//! One thing after another, in one thread, in an order that the seed decides.

use crate::client::is_killed;
use crate::places::Turns;
use crate::releases::{NEXT, Release};
use crate::run::Run;
use coldwatch::services;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use stream::StreamError;

/// Where a process is.
pub(crate) enum At<'a> {
    Down(Instant),
    Up(Box<dyn Turns + 'a>, Instant),
    /// Asked to stop: it waits for answers until then.
    Stopping(Box<dyn Turns + 'a>, Instant),
}

impl Run<'_> {
    /// So many steps, or until a service ends by itself.
    pub(crate) fn go_on(&mut self, steps: u64) {
        let until = self.steps + steps;
        self.quiet = true;
        while self.steps < until && self.ended.is_empty() {
            self.step();
        }
    }

    pub(crate) fn step(&mut self) {
        self.steps += 1;
        self.site.hours.pass(if self.quiet && self.site.network.empty() {
            self.rng.u32(20..150)
        } else {
            self.rng.u32(1..8)
        });
        self.misfortune();
        let (slow, calm) = {
            let all = self.site.network.all();
            (all.plan.slow, all.calm)
        };
        if calm {
            // Nobody waits long: what is struck every few seconds is worked off in between.
            for _ in 0..3 {
                self.site.network.land();
                self.site.network.answer();
            }
        }
        match self.rng.u32(..8 + 2 * slow) {
            0..3 => self.site.network.land(),
            3..6 => self.site.network.answer(),
            6 if self.rng.u8(..8) == 0 => self.site.network.land_orphan_write(),
            _ => {
                let n = 2 * self.rng.usize(..services::all().len());
                let other = self.second[n / 2] || !matches!(self.at[n + 1], At::Down(_));
                let n = if other && self.rng.bool() { n + 1 } else { n };
                self.go(n);
            }
        }
    }

    /// One process does one thing.
    fn go(&mut self, n: usize) {
        let (now, place) = (self.site.hours.now(), &self.site.places[n]);
        let wanted = n.is_multiple_of(2) || self.second[n / 2];
        match &mut self.at[n] {
            At::Down(until) => {
                if wanted && now >= *until {
                    self.start(n);
                }
            }
            At::Up(_, _) if !wanted => self.stop(n),
            At::Up(all, wake) => {
                if now < *wake {
                    return;
                }
                match all.turn(now) {
                    Ok(rest) => *wake = now + rest,
                    Err(error) => self.end(n, error),
                }
            }
            At::Stopping(all, until) => {
                if all.waits_for_answers() && now < *until {
                    return;
                }
                let At::Stopping(all, _) = std::mem::replace(&mut self.at[n], At::Down(now)) else {
                    return;
                };
                match all.finish(now) {
                    Ok(()) => self.count.seconds += 1,
                    Err(StreamError::Unavailable(_)) => {}
                    Err(error) if is_killed(&error) => {}
                    Err(error) => self.ended.push((place.service, error)),
                }
                // What it has sent may be on its way still: it is heard by nobody.
                self.site.network.drop_process(place.client.id.load(Relaxed));
            }
        }
    }

    fn start(&mut self, n: usize) {
        self.clients += 1;
        let (now, place) = (self.site.hours.now(), &self.site.places[n]);
        place.client.id.store(self.clients, Relaxed);
        let release = self.drawn();
        if release != self.release[n] {
            match release {
                Release::First => self.count.rolled_back += 1,
                Release::Next => self.count.upgraded += 1,
            }
        }
        self.release[n] = release;
        match self.site.stages(release).join(place, self.rng.u64(..), now) {
            Ok(all) => self.at[n] = At::Up(all, now),
            Err(StreamError::Unavailable(_)) => {
                self.at[n] = At::Down(now + Duration::from_millis(500))
            }
            Err(error) => self.end(n, error),
        }
    }

    /// The release that a process starts with; once all is well it is the next one.
    fn drawn(&mut self) -> Release {
        let (calm, first) = {
            let all = self.site.network.all();
            (all.calm, all.plan.first)
        };
        // One that the log is too new for falls behind until somebody looks: that is not done on purpose often.
        let first = if self.switched { first.min(4) } else { first };
        match !calm && self.rng.u32(..100) < first {
            true => Release::First,
            false => Release::Next,
        }
    }

    /// A process has ended: killed, or for a reason of its own.
    fn end(&mut self, n: usize, error: StreamError) {
        let too_old = self.switched && self.release[n] == Release::First;
        if is_killed(&error) {
            self.kill(n);
        } else if too_old && error.to_string().contains(&format!("use a release that knows {NEXT}"))
        {
            self.count.too_old += 1;
            self.kill(n);
        } else {
            self.ended.push((self.site.places[n].service, error));
            self.kill(n);
        }
    }

    /// A process is asked to stop, and does so in order.
    pub(crate) fn stop(&mut self, n: usize) {
        let now = self.site.hours.now();
        self.at[n] = match std::mem::replace(&mut self.at[n], At::Down(now)) {
            At::Up(all, _) => At::Stopping(all, now + Duration::from_secs(10)),
            other => other,
        };
    }

    pub(crate) fn kill(&mut self, n: usize) {
        let back = self.site.hours.now() + Duration::from_millis(self.rng.u64(20..2_000));
        self.at[n] = At::Down(back);
        self.site.network.drop_process(self.site.places[n].client.id.load(Relaxed));
    }
}

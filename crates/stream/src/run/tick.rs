//! Strokes of the clock, and signs of life.

use super::Runner;
use crate::log::{NewRecord, WriteId};
use crate::processor::{PartitionProcessor, ProcessorFactory};
use crate::running::{MOST_SKEW as SKEW, OWN, Running, Ticker};
use std::time::Duration;

/// How often a refused striker asks again.
const ASK_AGAIN: Duration = Duration::from_secs(10);

impl<S: ProcessorFactory> Runner<'_, S> {
    /// What is due by the group's clock, for every partition that has come to where it was.
    pub(super) fn ticks(&mut self) -> Vec<(WriteId, NewRecord)> {
        let Some(every) = self.group.tick_every else { return Vec::new() };
        let (now, turn) = ((self.group.clock)(), self.now);
        let mut new_records = Vec::new();
        let at_work =
            |r: &&mut Running<S::Processor>| r.failed.is_none() && !r.leaving && !r.catching_up();
        for running in self.running.values_mut().filter(at_work) {
            let (write_id, stroke) = (running.write_id(OWN), now - now.rem_euclid(every));
            let mut send = |stroke: &mut Ticker, new_record: Option<NewRecord>| {
                new_record.into_iter().for_each(|new_record| {
                    stroke.sends((now, turn));
                    new_records.push((write_id, new_record));
                });
            };
            let Running { processor, ticker: known, position, end, .. } = running;
            // A clock that was set back must not silence it.
            if stroke != known.last_heartbeat {
                known.last_heartbeat = stroke;
                send(known, processor.heartbeat(now, *position, (*end).max(*position)));
            }
            if stroke <= known.last {
                continue;
            }
            match known.skew {
                Some(skew)
                    if skew.abs() <= SKEW && known.knows_the_time((now, turn), every + SKEW) =>
                {
                    known.last = stroke;
                    send(known, processor.tick(stroke));
                }
                skew if known.probed_at.is_none_or(|asked| turn - asked >= ASK_AGAIN) => {
                    known.probed_at = Some(turn);
                    if let Some(skew_ms) = skew.filter(|skew| skew.abs() > SKEW) {
                        self.monitor.note(|seen| seen.ticks_refused += 1);
                        tracing::error!(
                            skew_ms,
                            "this clock differs from the log's: it strikes nothing"
                        );
                    }
                    send(known, processor.clock_probe());
                }
                _ => {}
            }
        }
        let struck = self.running.values().map(|running| running.ticker.last).min();
        self.monitor.note(|seen| seen.ticked = struck);
        new_records
    }
}

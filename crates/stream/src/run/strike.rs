//! Strokes of the clock, and signs of life.

use super::Loop;
use crate::life::{MOST_SKEW as SKEW, OWN, Running, Stroke};
use crate::log::{Draft, Ticket};
use crate::stage::{Life, Stage};
use std::time::Duration;

/// How often a refused striker asks again.
const ASK_AGAIN: Duration = Duration::from_secs(10);

impl<S: Stage> Loop<'_, S> {
    /// What is due by the group's clock, for every partition that has come to where it was.
    pub(super) fn strokes(&mut self) -> Vec<(Ticket, Draft)> {
        let Some(every) = self.group.strike_every else { return Vec::new() };
        let (now, turn) = ((self.group.clock)(), self.now);
        let mut drafts = Vec::new();
        let at_work =
            |r: &&mut Running<S::Life>| r.failed.is_none() && !r.leaving && !r.refolding();
        for running in self.running.values_mut().filter(at_work) {
            let (ticket, stroke) = (running.ticket(OWN), now - now.rem_euclid(every));
            let mut send = |stroke: &mut Stroke, draft: Option<Draft>| {
                draft.into_iter().for_each(|draft| {
                    stroke.sends((now, turn));
                    drafts.push((ticket, draft));
                });
            };
            let Running { life, stroke: known, position, end, .. } = running;
            // A clock that was set back must not silence it.
            if stroke != known.sign {
                known.sign = stroke;
                send(known, life.sign_of_life(now, *position, (*end).max(*position)));
            }
            if stroke <= known.last {
                continue;
            }
            match known.skew {
                Some(skew)
                    if skew.abs() <= SKEW && known.knows_the_time((now, turn), every + SKEW) =>
                {
                    known.last = stroke;
                    send(known, life.stroke(stroke));
                }
                skew if known.asked.is_none_or(|asked| turn - asked >= ASK_AGAIN) => {
                    known.asked = Some(turn);
                    if let Some(skew_ms) = skew.filter(|skew| skew.abs() > SKEW) {
                        self.watch.note(|seen| seen.strokes_refused += 1);
                        tracing::error!(
                            skew_ms,
                            "this clock differs from the log's: it strikes nothing"
                        );
                    }
                    send(known, life.asks_the_time());
                }
                _ => {}
            }
        }
        let struck = self.running.values().map(|running| running.stroke.last).min();
        self.watch.note(|seen| seen.struck = struck);
        drafts
    }
}

#![doc = include_str!("device_unfit.md")]

use super::{CORRECTED, PLACES, READINGS};
use crate::memory::{ThermalMemory, judged};
use crate::shipment_setup::{Attachment, ShipmentSetup};
use crate::window::Window;
use alloc::{format, string::String, vec::Vec};
use facts::timeline::{ENDS, WHO_HAS_THEM};
use facts::{
    Effects, Episode, Family, Hears, Message, Moment, Rule, RuleContext, RuleInfo, Severity, Span,
    say,
};
use serde::Deserialize;

facts::messages! {
    "thermal/device-unfit":
    HAD_ENDED "had-ended" =
        "the certificate of {device} had ended at {at} when it came to the goods: what it says proves nothing";
    FAILED "failed" = "{device} failed its calibration: what it says proves nothing";
    ENDED "ended" =
        "the certificate of {device} ended at {at}, while it is with the goods: what it says still counts";
}

/// A logger is with the goods without a valid calibration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceUnfit {
    after: Span,
}

/// What is wrong with a probe, for how long, and when that can be said.
struct Defect {
    from: Moment,
    until: Option<Moment>,
    due: Moment,
    severity: Severity,
    message: Message,
}

impl Rule for DeviceUnfit {
    type Memory = ThermalMemory;
    const INFO: RuleInfo = RuleInfo {
        name: "thermal/device-unfit",
        code: "DAT-07",
        family: Family::Data,
        effects: Effects::NONE,
        hears: Hears::Only(&[WHO_HAS_THEM, ENDS, CORRECTED, PLACES, READINGS]),
        messages: &[MESSAGES],
        page: include_str!("device_unfit.md"),
    };

    fn judge(&self, memory: &ThermalMemory, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        for (about, defect) in self.defects(memory, context) {
            if defect.due <= context.now {
                let episode = Episode::new(defect.severity, defect.from, defect.message);
                found.push(episode.about(about).until(defect.until));
            }
        }
    }

    fn next_deadline(&self, memory: &ThermalMemory, context: &RuleContext<'_>) -> Option<Moment> {
        let defects = self.defects(memory, context).into_iter();
        defects.map(|(_, defect)| defect.due).filter(|due| *due > context.now).min()
    }
}

impl DeviceUnfit {
    /// Every defect, with the probe that it is about.
    fn defects(&self, memory: &ThermalMemory, context: &RuleContext<'_>) -> Vec<(String, Defect)> {
        let setting = memory.setup();
        let Some((_, windows)) =
            judged(memory, context).filter(|_| !setting.calibrations.is_empty())
        else {
            return Vec::new();
        };
        let cover = memory.coverage(context, &windows);
        let mut all = Vec::new();
        for (attachment, window) in cover.attached() {
            let settle = context.reference.settle;
            let unfit = self.unfit(setting, attachment, &window, settle);
            let ended = ended(setting, attachment, &window, settle);
            let about = format!("{}/{}", attachment.device, attachment.channel);
            all.extend(unfit.into_iter().chain(ended).map(|defect| (about.clone(), defect)));
        }
        all.sort_by_key(|(_, defect)| defect.from);
        all
    }

    /// The stretches in which what a probe says proves nothing.
    fn unfit(
        &self,
        setting: &ShipmentSetup,
        attachment: &Attachment,
        window: &Window,
        settle: Span,
    ) -> Vec<Defect> {
        let mut defects: Vec<Defect> = Vec::new();
        let turns = turns(setting, attachment, window);
        for (n, from) in turns.iter().copied().enumerate() {
            let until = turns.get(n + 1).copied().or(window.until);
            if setting.fit(attachment, from) {
                continue;
            }
            if let Some(last) = defects.last_mut().filter(|last| last.until == Some(from)) {
                last.until = until;
                continue;
            }
            let due = from + self.after + settle;
            let message = why(setting, attachment, from);
            defects.push(Defect { from, until, due, severity: Severity::P2, message });
        }
        defects.retain(|defect| defect.until.is_none_or(|end| end - defect.from > self.after));
        for defect in &mut defects {
            if accompanied(setting, attachment, defect) {
                defect.severity = Severity::P3;
            }
        }
        defects
    }
}

/// The moments of a stretch at which another answer begins, its beginning first.
fn turns(setting: &ShipmentSetup, attachment: &Attachment, window: &Window) -> Vec<Moment> {
    let mine = setting.calibrations.iter().filter(|c| c.device == attachment.device);
    let mut turns: Vec<Moment> = mine.map(|c| c.from).collect();
    turns.retain(|at| window.from < *at && window.until.is_none_or(|until| *at < until));
    turns.push(window.from);
    turns.sort_unstable();
    turns.dedup();
    turns
}

fn why(setting: &ShipmentSetup, attachment: &Attachment, at: Moment) -> Message {
    let device = &attachment.device;
    let last = setting.calibration(device, at);
    match last.and_then(|last| last.until.filter(|_| last.passed)) {
        Some(until) => say!(HAD_ENDED, device, until),
        None => say!(FAILED, device),
    }
}

/// Whether another fit probe is with the goods as long as this one is unfit.
fn accompanied(setting: &ShipmentSetup, attachment: &Attachment, defect: &Defect) -> bool {
    let end = defect.until.unwrap_or(Moment::LATEST);
    let mut others = setting.attachments.iter().filter(|other| {
        (&other.device, &other.channel) != (&attachment.device, &attachment.channel)
            && other.place == attachment.place
    });
    others.any(|other| {
        let there = other.from <= end && other.until.is_none_or(|until| until >= end);
        there && setting.fit(other, end.max(other.from))
    })
}

/// Where the certificate of a probe ended while it was with the goods.
fn ended(
    setting: &ShipmentSetup,
    attachment: &Attachment,
    window: &Window,
    settle: Span,
) -> Option<Defect> {
    let mine = setting.calibrations.iter().filter(|c| c.device == attachment.device);
    let mut ends = mine.filter_map(|c| c.until.filter(|_| c.passed));
    let from = ends.find(|end| {
        let inside = window.from < *end && window.until.is_none_or(|until| *end < until);
        let last = setting.calibration(&attachment.device, *end);
        inside && last.is_some_and(|last| last.until == Some(*end)) && setting.fit(attachment, *end)
    })?;
    let later = setting.calibrations.iter().filter(|c| c.device == attachment.device);
    let again = later.map(|c| c.from).filter(|at| *at > from).min();
    let until = again.into_iter().chain(window.until).min();
    let message = say!(ENDED, &attachment.device, from);
    Some(Defect { from, until, due: from + settle, severity: Severity::P3, message })
}

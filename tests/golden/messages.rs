//! The names of the arguments of each message, in their order. Snapshots, `alerts` and the log hold arguments by their place, so under one
//! name of a message they never change: whoever says something else gives it another name.
//!
//! - `COLDWATCH_WRITE_GOLDEN=1` adds messages that are new; what is there is never written over

use libtest_mimic::{Failed, Trial};
use std::collections::BTreeMap;
use std::path::PathBuf;

fn file() -> PathBuf {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/messages").into()
}

/// Every message that can be said now: its name, and those of its arguments.
fn said() -> BTreeMap<String, String> {
    let words = pipeline::registry::registry().words().flatten();
    words.map(|template| (template.id.to_owned(), template.names().join(" "))).collect()
}

/// Those that were ever said.
fn kept() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(file()).unwrap_or_default();
    let line = |line: &str| {
        line.split_once(": ")
            .or(line.strip_suffix(':').map(|id| (id, "")))
            .map(|(id, names)| (id.to_owned(), names.to_owned()))
    };
    text.lines().filter_map(line).collect()
}

/// Adds those that are new; says how many.
pub(crate) fn keep() -> Result<usize, String> {
    let mut all = kept();
    let before = all.len();
    for (id, names) in said() {
        all.entry(id).or_insert(names);
    }
    let lines = all.iter().map(|(id, names)| format!("{id}: {names}").trim_end().to_owned() + "\n");
    std::fs::write(file(), lines.collect::<String>()).map_err(|e| e.to_string())?;
    Ok(all.len() - before)
}

pub(crate) fn trial() -> Trial {
    Trial::test("each message has the arguments that it always had, in their order", || {
        let kept = kept();
        for (id, names) in said() {
            match kept.get(&id) {
                Some(before) if *before == names => {}
                Some(before) => {
                    let why = format!(
                        "{id} had the arguments `{before}`, and has `{names}`: say it under another name"
                    );
                    return Err(Failed::from(why));
                }
                None => {
                    return Err(Failed::from(format!(
                        "{id} is new: COLDWATCH_WRITE_GOLDEN=1 keeps it"
                    )));
                }
            }
        }
        match kept.len() > 100 {
            true => Ok(()),
            false => Err(Failed::from("hardly any message is kept")),
        }
    })
}

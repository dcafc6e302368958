//! A bar on stderr for long work, when stderr is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::path::PathBuf;

/// A bar over the bytes of some files, and what is done with them; silent where nobody looks.
pub(crate) fn over(files: &[PathBuf], doing: &'static str) -> ProgressBar {
    let size = |path: &PathBuf| std::fs::metadata(path).map_or(0, |meta| meta.len());
    let bytes = "{bytes}/{total_bytes} {bytes_per_sec}";
    bar(files.iter().map(size).sum(), doing, bytes)
}

/// The same over so many records.
pub(crate) fn over_records(count: u64, doing: &'static str) -> ProgressBar {
    bar(count, doing, "{human_pos}/{human_len} records")
}

fn bar(length: u64, doing: &'static str, figures: &str) -> ProgressBar {
    let bar = ProgressBar::new(length).with_message(doing);
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let style = format!("{{msg}} {{bar:30}} {figures} {{eta}}");
    if let Ok(style) = ProgressStyle::with_template(&style) {
        bar.set_style(style);
    }
    bar
}

//! The same records give the same bytes: again, on one thread or two, plain or compressed, from a file or a
//! pipe, as a recording or as the journal that was made of it.

use crate::command::{coldwatch, folder};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

fn recording(name: &str) -> PathBuf {
    let folder = folder(name);
    let out = coldwatch(&[
        "simulate",
        "--seed",
        "23",
        "--shipments",
        "40",
        "--out",
        &folder.to_string_lossy(),
    ]);
    assert!({ out }.status().expect("it runs").success());
    folder
}

fn replay(file: &Path, more: &[&str]) -> String {
    let file = file.to_string_lossy();
    let arguments = [&["replay", &*file, "--output", "ndjson"], more].concat();
    let out = coldwatch(&arguments).output().expect("it runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).expect("UTF-8")
}

/// What the four engines say; `alerts` judges what stands on another topic.
fn of_engines(output: &str) -> Vec<&str> {
    let engines = ["custody/", "thermal/", "permits/", "schedule/"];
    let of_engine = |line: &&str| {
        line.contains(r#""kind":"finding""#)
            && engines.iter().any(|e| line.contains(&format!(r#""rule":"{e}"#)))
    };
    output.lines().filter(of_engine).collect()
}

#[test]
fn a_recording_gives_the_same_bytes_again_on_one_thread_and_two() {
    let file = recording("again").join("inbound.ndjson");
    let first = replay(&file, &[]);
    assert!(first.lines().count() > 20, "something was said");
    assert!(first == replay(&file, &["--threads", "1"]), "one thread");
    assert!(first == replay(&file, &["--threads", "2"]), "two threads");
}

#[test]
fn a_journal_gives_the_findings_that_its_recording_gave() {
    let folder = recording("journal");
    let (inbound, journal) = (folder.join("inbound.ndjson"), folder.join("journal.ndjson"));
    let of_inbound = replay(&inbound, &["--journal", &journal.to_string_lossy()]);
    let of_journal = replay(&journal, &[]);
    assert!(!of_engines(&of_inbound).is_empty());
    assert_eq!(of_engines(&of_inbound), of_engines(&of_journal));
    assert!(of_journal == replay(&journal, &["--threads", "1"]), "again");
    let again = folder.join("again.ndjson");
    replay(&inbound, &["--journal", &again.to_string_lossy()]);
    let bytes = |path: &Path| std::fs::read(path).expect("read");
    assert!(bytes(&journal) == bytes(&again), "a journal is written the same again");
}

#[test]
fn a_journal_brings_its_own_rules() {
    let folder = recording("own-rules");
    let (inbound, journal) = (folder.join("inbound.ndjson"), folder.join("journal.ndjson"));
    replay(&inbound, &["--journal", &journal.to_string_lossy()]);
    let files = [inbound.to_string_lossy(), journal.to_string_lossy()];
    for arguments in
        [vec!["replay", &files[1], "--config", "."], vec!["replay", &files[0], &files[1]]]
    {
        let out = coldwatch(&arguments).output().expect("it runs");
        assert_eq!(
            out.status.code(),
            Some(2),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
    }
}

#[test]
fn compressed_or_through_a_pipe_it_is_the_same() {
    let file = recording("compressed").join("inbound.ndjson");
    let (plain, bytes) = (replay(&file, &[]), std::fs::read(&file).expect("read"));
    let gz = file.with_extension("gz");
    let mut to = flate2::write::GzEncoder::new(
        std::fs::File::create(&gz).expect("created"),
        flate2::Compression::fast(),
    );
    to.write_all(&bytes).and_then(|()| to.finish().map(drop)).expect("written");
    assert!(plain == replay(&gz, &[]), "gzip");
    let zst = file.with_extension("zst");
    std::fs::write(&zst, zstd::encode_all(&*bytes, 1).expect("compressed")).expect("written");
    assert!(plain == replay(&zst, &[]), "zstd");
    let mut child = coldwatch(&["replay", "-", "--output", "ndjson"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || stdin.write_all(&bytes).expect("read"));
    let out = child.wait_with_output().expect("it ends");
    writer.join().expect("all was read");
    assert!(plain.as_bytes() == out.stdout, "a pipe");
}

#[test]
fn a_replay_that_is_stopped_leaves_nothing_and_says_so() {
    let folder = folder("stopped");
    let journal = folder.join("journal.ndjson");
    let partial = folder.join("journal.ndjson.partial");
    let mut child = coldwatch(&["replay", "-", "--journal", &journal.to_string_lossy()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    // It waits for more of what it reads.
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(b"{}\n").expect("read");
    let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !partial.is_file() {
        assert!(std::time::Instant::now() < until, "no journal was begun");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    // The file is there a moment before anybody listens.
    std::thread::sleep(std::time::Duration::from_millis(500));
    let stopped =
        std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(stopped.is_ok_and(|status| status.success()));
    let out = child.wait_with_output().expect("it ends");
    drop(stdin);
    assert_eq!(out.status.code(), Some(130), "{out:?}");
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(said.contains("stopped: no journal was written"), "{said}");
    assert!(!partial.exists() && !journal.exists());
}

#[test]
fn files_are_merged_by_arrival() {
    let folder = recording("merged");
    let text = std::fs::read_to_string(folder.join("inbound.ndjson")).expect("read");
    // Every third line, and the others: merged they are the recording again, but for records of one arrival.
    let (third, others): (Vec<_>, Vec<_>) = text.lines().enumerate().partition(|(n, _)| n % 3 == 0);
    let write = |name: &str, lines: Vec<(usize, &str)>| {
        let path = folder.join(name);
        let text: String = lines.into_iter().map(|(_, line)| format!("{line}\n")).collect();
        std::fs::write(&path, text).expect("written");
        path
    };
    let (a, b) = (write("a.ndjson", third), write("b.ndjson", others));
    let counts = |output: &str| {
        let summary: serde_json::Value =
            serde_json::from_str(output.lines().last().expect("a summary")).expect("JSON");
        (summary["read"].clone(), summary["processed"].clone(), summary["rules"].clone())
    };
    let whole = replay(&folder.join("inbound.ndjson"), &[]);
    assert_eq!(counts(&whole), counts(&replay(&a, &[&b.to_string_lossy()])));
}

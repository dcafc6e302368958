//! `coldwatch feed` when its line is lost: it says so once, goes on where it ended, and says where.

use crate::command::coldwatch;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

/// One event of the feed as it goes over the line.
fn event(position: &str) -> String {
    let card = r#"{"id":"e","data":{}}"#;
    format!("id: {position}\nevent: coldwatch.incident.v1\ndata: {card}\n\n")
}

/// Answers one request after the other, and closes the line behind each; hands back the positions that were asked for.
fn desk(listener: TcpListener, answers: Vec<String>) -> Vec<String> {
    let mut asked = Vec::new();
    for answer in answers {
        let (stream, _) = listener.accept().expect("a request");
        let mut head = BufReader::new(&stream).lines().map_while(Result::ok);
        let head: Vec<String> = head.by_ref().take_while(|line| !line.is_empty()).collect();
        let position = head.iter().find_map(|line| line.strip_prefix("last-event-id: "));
        asked.push(position.unwrap_or_default().to_owned());
        (&stream).write_all(answer.as_bytes()).expect("it is heard");
    }
    asked
}

fn stream(events: &[&str]) -> String {
    let events: String = events.iter().map(|position| event(position)).collect();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n{events}"
    )
}

#[test]
fn a_line_that_is_lost_is_told_once_with_where_it_goes_on() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let to = format!("http://{}", listener.local_addr().expect("an address"));
    let busy =
        "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    let refused = "HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    let answers = vec![
        stream(&["4.1", "4.2"]),
        busy.to_owned(),
        busy.to_owned(),
        stream(&["5.2"]),
        refused.to_owned(),
    ];
    let desk = std::thread::spawn(move || desk(listener, answers));
    let out = coldwatch(&["feed", "--to", &to]).output().expect("it runs");
    assert_eq!(desk.join().expect("no panic"), ["", "4.2", "4.2", "4.2", "5.2"]);
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    let lines: Vec<serde_json::Value> =
        said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let positions: Vec<&str> = lines.iter().filter_map(|line| line["position"].as_str()).collect();
    assert_eq!(positions, ["4.1", "4.2", "5.2"], "{said}");
    let told = String::from_utf8_lossy(&out.stderr).into_owned();
    let told: Vec<&str> = told.lines().collect();
    assert_eq!(
        told[..3],
        [
            "coldwatch: the feed was lost, the other side ended it: it is asked for again, behind position 4.2",
            "coldwatch: the feed is back, and goes on behind position 4.2",
            "coldwatch: the feed was lost, the other side ended it: it is asked for again, behind position 5.2",
        ],
        "{told:#?}"
    );
    assert!(told[3].ends_with("; go on with `coldwatch feed --from 5.2`"), "{told:#?}");
    assert_eq!((told.len(), out.status.code()), (4, Some(78)), "{told:#?}");
}

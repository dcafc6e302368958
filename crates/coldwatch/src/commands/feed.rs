//! `coldwatch feed`: the alert feed of a running process, one JSON object a line.

use crate::client::Client;
use crate::exit::{CODES, Failure};
use clap::Args;
use serde_json::Value;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  coldwatch feed --to http://127.0.0.1:8080 --once | jq 'select(.event.data.priority == \"P1\")'
      the open incidents as they are now; the last line is a beat that names the position
  coldwatch feed --to http://127.0.0.1:8080
      follows: each event of the alerts topic from now on, until Ctrl-C
  coldwatch feed --from 12.0.7 --beats
      goes on behind a position that a line's `position` named; strokes of the clock, too

Every line has the same form: {\"position\": …, \"type\": …, \"event\": …}. `event` is the CloudEvent of the alerts topic, `type` is
its type, and `position` is where --from goes on behind it. What is heard twice has the same id. A feed that is lost is taken up
again where it ended: standard error says when it was lost, and behind which position it goes on.";

/// Print or follow the alert feed
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{CODES}"))]
pub(crate) struct Feed {
    /// Address of a process that runs the desk
    #[arg(long, value_name = "URL", env = "COLDWATCH_TO", default_value = "http://127.0.0.1:8080")]
    to: String,
    /// File with its bearer token
    #[arg(long, value_name = "FILE", env = "COLDWATCH_TOKEN_FILE")]
    token_file: Option<PathBuf>,
    /// The open incidents, and no more
    #[arg(long, conflicts_with_all = ["from", "beats"])]
    once: bool,
    /// Go on behind this position, like 12.0.7: a number for each partition, as lines name it
    #[arg(long, value_name = "POSITION", value_parser = position)]
    from: Option<String>,
    /// Strokes of the clock, too: a feed without them is silent when nothing happens
    #[arg(long)]
    beats: bool,
}

impl Feed {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let client = Client::new(&self.to, self.token_file.as_deref())?;
        if self.once {
            return once(&client);
        }
        let mut from = self.from.unwrap_or_default();
        let (mut failed, mut unread) = (0, None);
        let (mut heard, mut lost) = (false, false);
        loop {
            let followed = client.follow("/v1/stream", &from.clone(), |id, kind, data| {
                failed = 0;
                if std::mem::take(&mut lost) {
                    eprintln!("coldwatch: the feed is back, and goes on {}", behind(&from));
                }
                // A beat has no position of its own.
                if !id.is_empty() {
                    id.clone_into(&mut from);
                    heard = true;
                }
                let beat = kind == "beat" || kind == "coldwatch.log.tick.v1";
                if !beat || self.beats {
                    let event: Value = serde_json::from_str(data).unwrap_or_default();
                    let line = line(&id.into(), &kind.into(), &event);
                    // Nobody reads any more: that is the end, not a stream to be taken up again.
                    if let Err(failure) = print(&line) {
                        unread = Some(failure);
                        return Ok(false);
                    }
                }
                Ok(true)
            });
            if let Some(failure) = unread {
                return Err(failure);
            }
            // What is refused for what was asked is refused again.
            let why = match followed {
                Err(failure)
                    if failure.is_refusal() || failed >= 5 || (from.is_empty() && failed == 0) =>
                {
                    return Err(match heard {
                        true => failure.but(&format!("go on with `coldwatch feed --from {from}`")),
                        false => failure,
                    });
                }
                Err(failure) => failure.to_string(),
                Ok(()) => "the other side ended it".to_owned(),
            };
            // A stream that ends is taken up again where it ended; that is told once, however often it takes.
            if !std::mem::replace(&mut lost, true) {
                eprintln!(
                    "coldwatch: the feed was lost, {why}: it is asked for again, {}",
                    behind(&from)
                );
            }
            failed += 1;
            std::thread::sleep(Duration::from_secs(1));
        }
    }
}

/// Where a feed goes on that was heard up to this position.
fn behind(position: &str) -> String {
    match position {
        "" => "from now on, as nothing was heard yet".into(),
        position => format!("behind position {position}"),
    }
}

/// The form of a position. Whether the log reaches there is for the log to say.
fn position(text: &str) -> Result<String, String> {
    match text.split('.').all(|part| part.parse::<u64>().is_ok()) {
        true => Ok(text.to_owned()),
        false => Err("a position is a number for each partition, joined by dots, like 12.0.7: take the `position` of a \
                      line of this feed, or leave --from out".into()),
    }
}

/// What is open, in lines as of the feed, and then a beat, so that the position is told even if nothing is open.
fn once(client: &Client) -> Result<ExitCode, Failure> {
    let text = client.get("/v1/feed")?;
    let all: Value = serde_json::from_str(&text).map_err(Failure::internal)?;
    for event in all["items"].as_array().into_iter().flatten() {
        print(&line(&all["position"], &event["type"], event))?;
    }
    print(&line(&all["position"], &"beat".into(), &serde_json::json!({})))?;
    Ok(ExitCode::SUCCESS)
}

fn line(position: &Value, kind: &Value, event: &Value) -> Value {
    serde_json::json!({ "position": position, "type": kind, "event": event })
}

fn print(line: &Value) -> Result<(), Failure> {
    crate::commands::print(&line.to_string())
}

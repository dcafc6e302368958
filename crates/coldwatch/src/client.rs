//! Asks a running process over HTTP, for the commands that do.

use crate::config::secret;
use crate::exit::Failure;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;
use ureq::Agent;
use ureq::http::Response;

/// A running process.
pub(crate) struct Client {
    agent: Agent,
    base: String,
    token: Option<String>,
}

/// So often a request is made again that could not be served at that moment.
const TRIES: u32 = 8;

impl Client {
    pub(crate) fn new(base: &str, token_file: Option<&Path>) -> Result<Self, Failure> {
        if !base.starts_with("http://") && !base.starts_with("https://") {
            return Err(Failure::usage(format!(
                "`{base}` is no address like http://127.0.0.1:8080"
            )));
        }
        let wrong = |why: String| Failure::configuration(format!("--token-file: {why}"));
        let token = token_file.map(secret).transpose().map_err(wrong)?;
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(5)))
            .build()
            .into();
        Ok(Self { agent, base: base.trim_end_matches('/').to_owned(), token })
    }

    fn bearer(&self) -> String {
        self.token.as_ref().map(|token| format!("Bearer {token}")).unwrap_or_default()
    }

    /// Sends a body; waits and asks again while the process is busy.
    pub(crate) fn post(&self, path: &str, kind: &str, body: &[u8]) -> Result<(), Failure> {
        let url = format!("{}{path}", self.base);
        for tried in 1.. {
            let mut request = self.agent.post(&url).header("content-type", kind);
            if self.token.is_some() {
                request = request.header("authorization", self.bearer());
            }
            let mut response =
                request.send(body).map_err(|e| Failure::unavailable(format!("{url}: {e}")))?;
            match response.status().as_u16() {
                200..=299 => return Ok(()),
                429 | 503 if tried < TRIES => std::thread::sleep(wait(&response)),
                _ => return Err(refused(&url, &mut response)),
            }
        }
        Ok(())
    }

    /// Asks for a text.
    pub(crate) fn get(&self, path: &str) -> Result<String, Failure> {
        let url = format!("{}{path}", self.base);
        let mut response = self.ask(&url, "")?;
        let text = response.body_mut().read_to_string();
        text.map_err(|e| Failure::unavailable(format!("{url}: {e}")))
    }

    /// Follows a stream of server-sent events: hands on each one's id, kind and data; `false` ends it.
    pub(crate) fn follow(
        &self,
        path: &str,
        from: &str,
        mut each: impl FnMut(&str, &str, &str) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        let url = format!("{}{path}", self.base);
        let response = self.ask(&url, from)?;
        let lines = BufReader::new(response.into_body().into_reader()).lines();
        let (mut id, mut kind, mut data) = (String::new(), String::new(), String::new());
        for line in lines {
            let line = line.map_err(|e| Failure::unavailable(format!("{url}: {e}")))?;
            let (name, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match name {
                "" if line.is_empty() => {
                    if !data.is_empty() && !each(&id, &kind, &data)? {
                        return Ok(());
                    }
                    kind.clear();
                    data.clear();
                }
                "id" => value.clone_into(&mut id),
                "event" => value.clone_into(&mut kind),
                "data" => data.push_str(value),
                _ => {}
            }
        }
        Ok(())
    }

    fn ask(&self, url: &str, from: &str) -> Result<Response<ureq::Body>, Failure> {
        let mut request = self.agent.get(url);
        if self.token.is_some() {
            request = request.header("authorization", self.bearer());
        }
        if !from.is_empty() {
            request = request.header("last-event-id", from);
        }
        let mut response =
            request.call().map_err(|e| Failure::unavailable(format!("{url}: {e}")))?;
        match response.status().is_success() {
            true => Ok(response),
            false => Err(refused(url, &mut response)),
        }
    }
}

fn wait(response: &Response<ureq::Body>) -> Duration {
    let seconds =
        response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    Duration::from_secs(seconds.unwrap_or(1).min(30))
}

fn refused(url: &str, response: &mut Response<ureq::Body>) -> Failure {
    let status = response.status();
    let body = response.body_mut().read_to_string().unwrap_or_default();
    let problem: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
    let detail = problem["detail"].as_str().unwrap_or("no reason is given");
    let sentence = format!("{url} says {status}: {detail}");
    match status.as_u16() {
        404 => Failure::usage(format!("{sentence}; {}", whose(url))),
        400 | 413 | 422 => Failure::bad_data(sentence),
        401 | 403 => Failure::configuration(sentence),
        _ => Failure::unavailable(sentence),
    }
}

/// Which process has the door that was not found here.
fn whose(url: &str) -> &'static str {
    match url.ends_with("/v1/events") {
        true => {
            "this address has no door for events: a process that runs intake has it (`coldwatch up`, `coldwatch run intake`), \
             at the address of its setting http.listen"
        }
        false => {
            "this address has no feed: a process that runs the desk has it (`coldwatch up`, `coldwatch run desk`), at the \
             address of its setting http.listen"
        }
    }
}

//! Names behind the `?` of an address: those of its description, and no others. A misspelt one would be a wish that nobody
//! hears, and the answer would look like what was asked for.

use super::pages::refuse;
use super::state::SharedState;
use crate::refusal::Refusal;
use axum::extract::{Query, Request, State};
use axum::http::Uri;
use axum::middleware::Next;
use axum::response::Response;
use serde_json::Value;
use std::sync::Arc;

/// The names that an address takes behind its `?`, by the description of all addresses.
pub fn takes(described: &Value, method: &str, path: &str) -> Vec<String> {
    let route = described.get("paths").and_then(|paths| paths.get(path)?.get(method));
    let parameters = route.and_then(|route| route.get("parameters")?.as_array());
    let of_query = |one: &&Value| one.get("in").is_some_and(|place| place == "query");
    let name = |one: &Value| one.get("name")?.as_str().map(str::to_owned);
    parameters.into_iter().flatten().filter(of_query).filter_map(name).collect()
}

/// A sentence about the first name of an address that it does not take.
pub fn unheard(asked: &Uri, takes: &[String]) -> Option<String> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(asked).ok()?;
    let (name, _) = pairs.into_iter().find(|(name, _)| !takes.contains(name))?;
    let name: String = name.chars().take(LONGEST).collect();
    let known: Vec<String> = takes.iter().map(|name| format!("`{name}`")).collect();
    let known = match known.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => format!("only {last}"),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    };
    Some(format!("`{name}` means nothing at this address: behind the `?` it takes {known}"))
}

/// Of a name that somebody made up so much is said again, in letters.
const LONGEST: usize = 64;

/// Answers nobody who asked for something that is not heard.
pub(super) async fn heard(
    State((state, takes)): State<(SharedState, Arc<[String]>)>,
    asked: Request,
    next: Next,
) -> Response {
    match unheard(asked.uri(), &takes) {
        None => next.run(asked).await,
        Some(sentence) => refuse(&state, asked.uri(), Refusal::Malformed(sentence)),
    }
}

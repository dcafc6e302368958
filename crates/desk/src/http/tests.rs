//! The description and the routes are one: every route is described, and every description answers.
#![allow(clippy::disallowed_methods)]

use super::openapi::document;
use super::routes;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Served by the process around the desk.
const AROUND: [(&str, &str); 4] =
    [("post", "/v1/events"), ("get", "/livez"), ("get", "/readyz"), ("get", "/metrics")];

fn described(document: &Value) -> BTreeSet<(String, String)> {
    let paths = document["paths"].as_object().expect("paths");
    let pairs = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().expect("methods").keys();
        methods.map(move |method| (method.clone(), path.clone()))
    });
    pairs.collect()
}

#[test]
fn openapi_is_the_routes() {
    let own = routes().into_iter().map(|(method, path, _)| (method, path));
    let all: BTreeSet<(String, String)> =
        own.chain(AROUND).map(|(method, path)| (method.into(), path.into())).collect();
    assert_eq!(described(&document().expect("a document")), all);
}

#[test]
fn openapi_is_kept_in_config() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/api"));
    let file = folder.join("openapi.json");
    let made = format!("{:#}\n", document().expect("a document"));
    if std::env::var_os("COLDWATCH_WRITE_SCHEMAS").is_some() {
        std::fs::create_dir_all(&folder).expect("config can be written");
        std::fs::write(&file, &made).expect("config/api can be written");
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == made, "config/api/openapi.json is not the code's: write it anew");
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document().expect("a document");
    let text = document.to_string();
    let names = text.split("\"#/components/schemas/").skip(1).filter_map(|s| s.split('"').next());
    let names: BTreeSet<&str> = names.collect();
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        assert!(document["components"]["schemas"].get(name).is_some(), "{name} is not described");
    }
}

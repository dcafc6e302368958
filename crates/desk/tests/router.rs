//! Every route is asked, with good and with bad things.
#![allow(missing_docs, clippy::unwrap_used)] // helpers are tests, too

#[path = "../examples/sample/story.rs"]
mod story;

#[path = "../examples/sample/crowd.rs"]
mod crowd;

use alerts::incident::{IncidentState, StaffAct};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use desk::{Acts, Appending, Desk, Feed, Freshness, Item, ReadModel, Refusal, router};
use facts::{Event, Fact, Severity, ShipmentId, Span, StaffFact};
use pipeline::registry::registry;
use serde_json::Value;
use std::sync::{Arc, Mutex, RwLock};
use std::thread::{ThreadId, current};
use story::{PARTITIONS, all_fresh, finding, incident, night, tell};
use tokio::sync::mpsc::{Receiver, channel};
use tower::ServiceExt;

type Shared = Arc<RwLock<ReadModel>>;

/// A log that does as it is told.
#[derive(Clone)]
struct Log {
    board: Shared,
    appended: Arc<Mutex<Vec<Event>>>,
    does: Does,
}

#[derive(Clone, Copy, PartialEq)]
enum Does {
    Shows,
    Forgets,
    Fails,
    Hangs,
    RefusesCopy,
    /// Shows that an act of somebody else was refused.
    RefusedAnother,
    RefusesClosing,
}

impl Acts for Log {
    fn append(&self, event: Event) -> Appending {
        let log = self.clone();
        Box::pin(async move {
            log.appended.lock().unwrap().push(event.clone());
            match log.does {
                Does::Fails => return Err(Refusal::Unavailable("no broker answers".into())),
                Does::Hangs => std::future::pending().await,
                Does::Forgets => {}
                Does::Shows | Does::RefusesCopy | Does::RefusedAnother | Does::RefusesClosing => {
                    log.show(&event)
                }
            }
            Ok(())
        })
    }
}

impl Log {
    fn show(&self, event: &Event) {
        let shipment = event.subject.shipment().unwrap();
        let mut board = self.board.write().unwrap();
        let open = board.shipment(&shipment).and_then(|d| d.incident_open()).cloned();
        let of_stages = || board.one(&shipment, 1).map(|(incident, _)| incident.clone());
        let mut open = open.or_else(of_stages).unwrap();
        match &event.fact {
            _ if self.does == Does::RefusesCopy => {
                open.refused =
                    Some(format!("another act is named {}: send this one anew", event.id));
                open.refused_act = Some(event.id.clone());
            }
            _ if self.does == Does::RefusedAnother => {
                open.refused = Some(format!("closing a P1 takes two people, {} is one", event.id));
                open.refused_act = Some(facts::ShortText::new("of-anna"));
            }
            Fact::Staff(StaffFact::IncidentClosed(_)) if self.does == Does::RefusesClosing => {
                open.refused = Some("thermal/too-warm is still going on".into());
                open.refused_act = Some(event.id.clone());
            }
            Fact::Staff(StaffFact::Acknowledged(taken)) => {
                let (by, text) = (taken.by.clone(), taken.reason.clone());
                open.acknowledged = Some(StaffAct { by, at: event.at, text });
                open.state = IncidentState::ActiveAcked;
            }
            Fact::Staff(StaffFact::IncidentNoted(noted)) => {
                let (by, text) = (noted.by.clone(), noted.text.clone());
                open.notes.push(StaffAct { by, at: event.at, text });
            }
            Fact::Staff(StaffFact::IncidentClosed(closed)) => {
                let (by, text) = (closed.by.clone(), closed.reason.clone());
                open.closed = Some(StaffAct { by, at: event.at, text });
                open.second.clone_from(&closed.second);
                open.state = IncidentState::Closed;
            }
            other => panic!("an act: {other:?}"),
        }
        board.incident(&open);
    }
}

/// A feed that knows which thread answers.
struct Alerts(ThreadId);

impl Feed for Alerts {
    fn follow(
        &self,
        from: Option<&str>,
        _: Option<desk::Client>,
    ) -> Result<Receiver<Item>, Refusal> {
        assert_ne!(current().id(), self.0, "the log is asked on a thread that answers others");
        if from == Some("full") {
            return Err(Refusal::Unavailable("2 follow the feed here, and no more may".into()));
        }
        if from == Some("nonsense") {
            return Err(Refusal::Malformed("`nonsense` is no position".into()));
        }
        let (to, items) = channel(4);
        let id = from.map_or("1".to_owned(), |from| format!("{from}+1"));
        let kind = "coldwatch.incident.v1".to_owned();
        to.try_send(Item { id, kind, data: "{\"a\":\n1}".into() }).unwrap();
        Ok(items) // the sender is gone: the stream ends behind this one
    }
}

fn made(does: Does) -> (Router, Log) {
    let mut board = ReadModel::new(PARTITIONS, registry());
    tell(&mut board);
    let evil = "<script>alert(1)</script> & \"so on\"";
    board.incident(&incident("EVIL<b>", 1, IncidentState::ActiveUnacked, Severity::P4, evil));
    all_fresh(&mut board, night());
    let board = Arc::new(RwLock::new(board));
    let log = Log { board: Arc::clone(&board), appended: Arc::default(), does };
    let desk = Desk {
        board,
        clock: Arc::new(night),
        freshness: Freshness::default(),
        acts: Arc::new(log.clone()),
        feed: Arc::new(Alerts(current().id())),
        signed_in: false,
    };
    (router(desk), log)
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }
    /// What a person reads: without the marks around what others wrote.
    fn seen(&self) -> String {
        self.text.replace("<bdi>", "").replace("</bdi>", "")
    }
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }
    fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert!(problem["title"].is_string() && problem["type"] == "about:blank");
        problem["detail"].as_str().unwrap().to_owned()
    }
}

async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let answer = router.clone().oneshot(request).await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = to_bytes(answer.into_body(), 4 << 20).await.unwrap();
    assert!(headers.contains_key("content-security-policy"), "on every answer");
    Answer { status, headers, text: String::from_utf8(body.to_vec()).unwrap() }
}

async fn get(router: &Router, path: &str) -> Answer {
    ask(router, Request::get(path).body(Body::empty()).unwrap()).await
}

fn take(path: &str, kind: &str, body: &str) -> Request<Body> {
    let request = Request::post(path).header("content-type", kind);
    request.body(Body::from(body.to_owned())).unwrap()
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const TAKE: &str = "/v1/incidents/DP-2041.1/acknowledge";
const BY_DORA: &str = r#"{"by":"DORA","reason":"calling KLM"}"#;

#[tokio::test]
async fn the_list_says_first_what_nobody_has_taken() {
    let (router, _) = made(Does::Shows);
    let page = get(&router, "/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("3 incidents nobody has taken"));
    assert!(page.text.contains("<title>(3) Incidents"));
    let seen = page.seen();
    let at = |what: &str| seen.find(what).unwrap_or_else(|| panic!("{what} is not there"));
    assert!(at("/shipments/DP-2041") < at(">CELLS-118</a> <span>incident 2"));
    assert!(page.text.contains("<b>1</b> over, and nobody has seen it"), "folded, and counted");
    assert!(page.text.contains("+31 20 555 0142"), "whom to ring");
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
}

#[tokio::test]
async fn what_was_missed_stands_beside_what_goes_on() {
    let (router, _) = made(Does::Shows);
    let page = get(&router, "/shipments/VEC-77").await;
    assert!(page.seen().contains("it was worse, and nobody has seen it: warmer than"));
    assert!(!get(&router, "/shipments/DP-2041").await.text.contains("it was worse"));
    let all = get(&router, "/v1/incidents?shipment=vec-77").await.json();
    let missed = all["items"][0]["missed"].as_str().unwrap();
    assert!(missed.starts_with("warmer than -60.0 °C"), "{all}");
}

#[tokio::test]
async fn text_from_outside_is_text() {
    let (router, _) = made(Does::Shows);
    for path in [
        "/",
        "/shipments/EVIL%3Cb%3E",
        "/?shipment=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "/shipments/%3Cscript%3E",
        "/%3Cscript%3E",
    ] {
        let page = get(&router, path).await;
        assert!(!page.text.contains("<script>"), "{path}");
        assert!(!page.text.contains("EVIL<b>"), "{path}");
    }
    let page = get(&router, "/shipments/EVIL%3Cb%3E").await;
    assert!(page.text.contains("&#60;script&#62;alert(1)"), "it is shown as text");
}

#[tokio::test]
async fn no_open_incident_is_said_only_when_all_is_fresh() {
    for (fresh, expected) in [
        (true, "No open incident, as of 03:12:03 UTC"),
        (false, "Whether an incident is open is not known"),
    ] {
        let mut board = ReadModel::new(PARTITIONS, registry());
        if fresh {
            all_fresh(&mut board, night());
        }
        let (_, log) = made(Does::Shows);
        let desk = Desk {
            board: Arc::new(RwLock::new(board)),
            clock: Arc::new(night),
            freshness: Freshness::default(),
            acts: Arc::new(log),
            feed: Arc::new(Alerts(current().id())),
            signed_in: false,
        };
        let page = get(&router(desk.clone()), "/").await;
        assert!(page.text.contains(expected), "{}", page.text);
        assert_eq!(page.text.contains("What you see is not current"), !fresh);
        let list = get(&router(desk), "/v1/incidents").await.json();
        assert_eq!(list["trust"]["current"], fresh);
        assert_eq!(list["as_of"].is_string(), fresh);
    }
}

#[tokio::test]
async fn a_log_that_does_not_answer_is_said_on_every_page_and_what_was_known_is_shown() {
    let (router, log) = made(Does::Shows);
    let since = "The log has not answered this desk since 03:11:50 UTC";
    for answers in [false, true] {
        let away = night() - Span::seconds(15);
        log.board.write().unwrap().unanswered("alerts", (!answers).then_some(away));
        for path in ["/", "/board", "/shipments/DP-2033", "/nowhere"] {
            let page = get(&router, path).await.text;
            assert_eq!(page.contains("What you see is not current"), !answers, "{path}");
            assert_eq!(page.contains(since), !answers, "{path}: {page}");
        }
        assert!(get(&router, "/").await.text.contains(">DP-2041<"), "what was known");
        let trust = get(&router, "/v1/incidents").await.json()["trust"].clone();
        assert_eq!(trust["current"], answers);
        let alerts = &trust["readers"][2];
        assert_eq!(alerts["unanswered_since"].is_string(), !answers, "{alerts}");
    }
}

/// One thread answers everybody here: were it the one that waits for the board, nobody else would be served.
#[tokio::test]
async fn a_board_that_is_being_written_holds_up_nobody_who_does_not_ask_for_it() {
    let (router, log) = made(Does::Shows);
    let (held, is_held) = std::sync::mpsc::channel();
    let (let_go, may) = std::sync::mpsc::channel::<()>();
    let board = log.board.clone();
    let writer = std::thread::spawn(move || {
        let board = board.write().unwrap();
        held.send(()).unwrap();
        // Were it never let go, the test would hang and not fail.
        let was_let = may.recv_timeout(std::time::Duration::from_secs(20)).is_ok();
        drop(board);
        was_let
    });
    is_held.recv().unwrap();
    let asking: Vec<_> =
        ["/", "/board", "/shipments/DP-2041", "/v1/incidents", "/v1/shipments", "/v1/feed"]
            .map(|path| {
                let router = router.clone();
                tokio::spawn(async move { get(&router, path).await.status })
            })
            .into();
    let other = get(&router, "/static/desk.css").await;
    assert_eq!(other.status, StatusCode::OK);
    let_go.send(()).unwrap();
    assert!(writer.join().unwrap(), "somebody else was held up by who waits for the board");
    for asked in asking {
        assert_eq!(asked.await.unwrap(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_stale_stage_is_said_loudly_on_every_page() {
    let (router, log) = made(Does::Shows);
    let stale = night() + Span::minutes(4);
    let desk = Desk {
        board: log.board.clone(),
        clock: Arc::new(move || stale),
        freshness: Freshness::default(),
        acts: Arc::new(log),
        feed: Arc::new(Alerts(current().id())),
        signed_in: false,
    };
    drop(router);
    let router = desk::router(desk);
    for path in ["/", "/board", "/shipments/DP-2033", "/nowhere"] {
        let page = get(&router, path).await.text;
        assert!(page.contains("What you see is not current"), "{path}");
        assert!(page.contains("thermal was last heard 4 min ago"), "{path}");
        assert!(
            !page.contains("nothing found wrong"),
            "{path}: nothing is fine while it is not known"
        );
    }
    assert!(get(&router, "/").await.text.contains("At least 3 incidents nobody has taken"));
}

#[tokio::test]
async fn what_was_pasted_with_hidden_characters_is_found() {
    let (router, _) = made(Does::Shows);
    for path in ["/v1/shipments/DP-%E2%80%8B2041", "/shipments/DP-2041%EF%BB%BF"] {
        assert_eq!(get(&router, path).await.status, StatusCode::OK, "{path}");
    }
    let found = get(&router, "/v1/incidents?search=DP-%E2%80%8B2041").await.json();
    assert_eq!(found["items"][0]["id"], "DP-2041.1");
    assert_eq!(get(&router, "/v1/shipments/DP-%E2%80%8B9999").await.status, StatusCode::NOT_FOUND);
}

/// Every address with the names that it takes, by the description, and one of each kind to ask.
fn addresses() -> Vec<(String, String, Vec<String>)> {
    let described = desk::document().unwrap();
    let paths = described["paths"].as_object().unwrap();
    let around = ["/v1/events", "/livez", "/readyz", "/metrics"];
    let own = paths.iter().filter(|(path, _)| !around.contains(&path.as_str()));
    own.flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(move |m| (path, m)))
        .map(|(path, method)| {
            let asked = path.replace("incidents/{id}", "incidents/DP-2041.1");
            let asked = asked.replace("{id}", "DP-2041").replace("{name}", "desk.css");
            (method.to_uppercase(), asked, desk::takes(&described, method, path))
        })
        .collect()
}

#[tokio::test]
async fn a_name_that_an_address_does_not_know_is_refused_and_not_passed_over() {
    let (router, log) = made(Does::Shows);
    assert!(addresses().len() >= 14);
    for (method, path, takes) in addresses() {
        let asked = |query: &str| {
            let request = Request::builder().method(&*method).uri(format!("{path}?{query}"));
            request.header("content-type", JSON).body(Body::from("{}")).unwrap()
        };
        for query in ["shipmnt=X", "%73erach=X&state=all", "serach"] {
            let answer = ask(&router, asked(query)).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{method} {path}?{query}");
            let says = match path.starts_with("/v1/") {
                true => answer.problem(),
                false => answer.seen(),
            };
            let name = if query.starts_with("ship") { "`shipmnt`" } else { "`serach`" };
            assert!(says.contains(&format!("{name} means nothing at this address")), "{says}");
            assert!(takes.iter().all(|name| says.contains(&format!("`{name}`"))), "{path}: {says}");
        }
        // What it does know is never refused for its name.
        for name in &takes {
            let answer = ask(&router, asked(&format!("{name}="))).await.text;
            assert!(!answer.contains("means nothing"), "{method} {path}?{name}=: {answer}");
        }
    }
    assert!(log.appended.lock().unwrap().is_empty(), "what is refused never reaches the log");
    let page = get(&router, "/?serach=DP%3Cb%3E").await;
    assert!(page.text.contains("<h1") && page.seen().contains("`search`, `of`, `after`"));
    let none = get(&router, "/v1/feed?from=3").await.problem();
    assert!(none.ends_with("behind the `?` it takes nothing"), "{none}");
    let long = format!("/v1/incidents?{}=1", "x".repeat(5_000));
    assert!(get(&router, &long).await.problem().len() < 300);
}

#[tokio::test]
async fn incidents_as_json_with_filters_and_a_tag() {
    let (router, log) = made(Does::Shows);
    let all = get(&router, "/v1/incidents").await;
    assert_eq!(all.status, StatusCode::OK);
    let list = all.json();
    let first = &list["items"][0];
    assert_eq!((first["id"].as_str(), first["priority"].as_str()), (Some("DP-2041.1"), Some("P1")));
    assert_eq!(first["state"], "active_unacked");
    assert_eq!(list["counts"]["closed"], 1);
    let some = get(&router, "/v1/incidents?state=closed&shipment=dp").await.json();
    assert_eq!(some["items"].as_array().map(Vec::len), Some(1));
    for bad in ["state=openish", "priority=P5", "state=open&state=all"] {
        let answer = get(&router, &format!("/v1/incidents?{bad}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}");
        answer.problem();
    }
    let tag = all.header("etag").to_owned();
    let again = |tag: &str| {
        let request = Request::get("/v1/incidents").header("if-none-match", tag);
        request.body(Body::empty()).unwrap()
    };
    let same = ask(&router, again(&tag)).await;
    assert_eq!((same.status, same.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    log.board.write().unwrap().incident(&incident(
        "NEW-1",
        1,
        IncidentState::ActiveUnacked,
        Severity::P1,
        "x",
    ));
    assert_eq!(ask(&router, again(&tag)).await.status, StatusCode::OK, "something has changed");
}

/// A desk of a site with so many shipments.
fn large(shipments: usize) -> (Router, Log) {
    let (router, log) = made(Does::Shows);
    crowd::tell(&mut log.board.write().unwrap(), shipments);
    (router, log)
}

fn ids(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap().iter();
    items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_long_list_comes_in_pages_and_closing_one_skips_or_repeats_none() {
    let (router, log) = large(300);
    let first = get(&router, "/v1/incidents").await.json();
    let total = first["total"].as_u64().unwrap();
    assert!(total > 200 && ids(&first).len() == 50, "{total}");
    let mut all = ids(&first);
    let mut next = first["next"].as_str().map(str::to_owned);
    let mut closed = 0;
    while let Some(after) = next {
        // One of those that were read is closed before the next page is asked for; once it is its last one.
        let gone = &all[all.len() - 1 - closed];
        let (shipment, _) = gone.rsplit_once('.').unwrap();
        {
            let mut board = log.board.write().unwrap();
            let open = board.shipment(&ShipmentId::new(shipment)).and_then(|d| d.incident_open());
            let over = alerts::Incident { state: IncidentState::Closed, ..open.unwrap().clone() };
            board.incident(&over);
        }
        closed += 1;
        let page = get(&router, &format!("/v1/incidents?after={after}")).await.json();
        all.extend(ids(&page));
        next = page["next"].as_str().map(str::to_owned);
    }
    assert_eq!(all.len() as u64, total, "none is skipped");
    let each: std::collections::BTreeSet<&String> = all.iter().collect();
    assert_eq!(each.len(), all.len(), "none comes twice");
    assert!(closed >= 4);
}

#[tokio::test]
async fn pages_for_people_lead_on_and_keep_what_was_chosen() {
    let (router, _) = large(600);
    let mut path = "/?priority=P2&state=returned_unacked".to_owned();
    let (mut cards, mut pages) = (Vec::new(), 0);
    loop {
        let page = get(&router, &path).await;
        assert_eq!(page.status, StatusCode::OK);
        pages += 1;
        let on_it = page.text.split("<article class=\"card").skip(1);
        let on_it = on_it.filter_map(|card| card.split("id=\"").nth(1)?.split('"').next());
        cards.extend(on_it.map(str::to_owned));
        assert!(page.text.len() < 300_000, "{} bytes", page.text.len());
        let next = page.text.split("\" rel=\"next\"").next().filter(|before| *before != page.text);
        let Some(before) = next else { break };
        path = before.rsplit("href=\"").next().unwrap().replace("&#38;", "&");
        assert!(path.starts_with("/?priority=P2&state=returned_unacked&after="), "{path}");
    }
    let filter = "/v1/incidents?priority=P2&state=returned_unacked";
    let total = get(&router, filter).await.json()["total"].as_u64().unwrap();
    cards.sort();
    cards.dedup();
    assert_eq!((cards.len() as u64, pages > 2), (total, true));
    let board = get(&router, "/board").await.text;
    assert_eq!(board.matches("role=\"rowheader\"").count(), 50);
    assert!(board.contains("rel=\"next\"") && board.contains("live shipments</h1>"));
}

#[tokio::test]
async fn a_wrong_cursor_is_said_to_be_one() {
    let (router, _) = made(Does::Shows);
    for after in ["2", "0010-zz", "SHP-1", "%3Cb%3E", "0000-1-1-1-SHP-1"] {
        let answer = get(&router, &format!("/v1/incidents?after={after}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{after}");
        assert!(answer.problem().contains("is no place of a list"), "{}", answer.text);
        for page in ["/", "/board"] {
            let page = get(&router, &format!("{page}?after={after}")).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST);
            assert!(page.text.contains("is no place of a list"), "{}", page.text);
        }
    }
    let many: Vec<String> = (0..101).map(|n| format!("S-{n}")).collect();
    let of = format!("/v1/incidents?of={}", many.join("+"));
    assert!(get(&router, &of).await.problem().contains("up to 100 shipments"));
    let long = format!("/v1/incidents?search={}", "x".repeat(129));
    assert!(get(&router, &long).await.problem().contains("this one has 129"));
}

#[tokio::test]
async fn what_is_over_and_unseen_is_folded_with_its_number_and_can_be_reached() {
    let (router, log) = large(200);
    let count = log.board.read().unwrap().counts().returned_unacked;
    let page = get(&router, "/").await.text;
    assert!(page.contains(&format!("<b>{count}</b> over, and nobody has seen them")), "{count}");
    let list = page.split("id=\"rows\"").nth(1).unwrap();
    assert!(!list.contains("over, unseen"), "none of them is among the others");
    let there = get(&router, "/?state=returned_unacked").await.text;
    assert!(there.contains("nobody has seen it: it stays on the list"));
    let p1 = get(&router, "/?priority=P1&state=returned_unacked").await.text;
    assert!(
        page.contains("href=\"/?priority=P1&#38;state=returned_unacked\"")
            && p1.contains("over, unseen")
    );
    // Who looks for one finds it without knowing that it is over.
    assert!(get(&router, "/?search=dp-1990").await.text.contains("id=\"i-DP-1990.1\""));
    assert!(!page.contains("id=\"i-DP-1990.1\""));
}

#[tokio::test]
async fn that_nothing_else_is_open_is_said_only_when_all_is_fresh() {
    for (fresh, says) in [
        (true, "No other incident is open."),
        (false, "No other open incident is known here, and that does not mean that there is none"),
    ] {
        let (router, log) = made(Does::Shows);
        let mut board = ReadModel::new(PARTITIONS, registry());
        board.incident(&incident("OVER-1", 1, IncidentState::ReturnedUnacked, Severity::P1, "x"));
        if fresh {
            all_fresh(&mut board, night());
        }
        *log.board.write().unwrap() = board;
        let page = get(&router, "/").await.seen();
        assert!(
            page.contains(says) && page.contains("<b>1</b> over, and nobody has seen it"),
            "{page}"
        );
        let of_p2 = get(&router, "/?priority=P2").await.text;
        assert!(of_p2.contains("No incident matches this filter"), "{of_p2}");
        let of_p1 = get(&router, "/?priority=P1").await.text;
        assert!(of_p1.contains("No other incident matches this filter"), "{of_p1}");
    }
}

#[tokio::test]
async fn a_shipment_is_found_by_every_name_that_belongs_to_it() {
    let (router, _) = large(50);
    for (word, shipment) in [
        ("dp-2041", "DP-2041"),
        ("ord-77", "DP-2041"),
        ("BAG-2", "DP-2041"),
        ("LOG-31", "DP-2041"),
        ("IMP-7", "DP-2041"),
        ("074-12345675", "DP-2041"),
        ("IMP-9", "VEC-77"),
        ("log-7", "CELLS-118"),
        ("vitavan%20pharma", "VEC-77"),
        ("KLM+Cargo+Amsterdam", "DP-2041"),
        ("LOG-20017", "CELLS-10017"),
        ("ORD-30003", "CELLS-10003"),
    ] {
        let list = get(&router, &format!("/v1/incidents?search={word}")).await.json();
        let found = list["items"].as_array().unwrap().iter().any(|i| i["shipment"] == shipment);
        assert!(found, "{word}: {:?}", ids(&list));
        for page in ["/", "/board"] {
            let text = get(&router, &format!("{page}?search={word}")).await.text;
            let row = format!("data-shipment=\"{shipment}\"");
            assert!(text.contains(&row), "{page} {word}");
        }
    }
    let none = get(&router, "/?search=NO-SUCH-BAG").await.text;
    assert!(
        none.contains("No incident matches this filter")
            && none.contains("/?search=NO-SUCH-BAG&#38;state=all")
    );
    let of = get(&router, "/v1/incidents?of=VEC-77+DP-2041&state=all").await.json();
    assert_eq!(ids(&of), ["DP-2041.1", "VEC-77.1"]);
    assert_eq!(ids(&get(&router, "/v1/incidents?of=").await.json()), [""; 0]);
}

#[tokio::test]
async fn live_shipments_come_in_pages_and_are_found_like_incidents() {
    let (router, log) = large(300);
    let names = |list: &Value| -> Vec<String> {
        let items = list["items"].as_array().unwrap().iter();
        items.map(|item| item["shipment"].as_str().unwrap().to_owned()).collect()
    };
    let first = get(&router, "/v1/shipments").await.json();
    let total = first["total"].as_u64().unwrap();
    let live = |log: &Log| {
        let board = log.board.read().unwrap();
        board.shipments().filter(|(_, d)| d.over().is_none()).count() as u64
    };
    assert_eq!((total, names(&first).len()), (live(&log), 50));
    let (mut all, mut next) = (names(&first), first["next"].as_str().map(str::to_owned));
    while let Some(after) = next {
        // A new one comes up meanwhile: none is skipped or given twice for that.
        let new =
            incident(&format!("A-{}", all.len()), 1, IncidentState::Closed, Severity::P4, "x");
        log.board.write().unwrap().incident(&new);
        let page = get(&router, &format!("/v1/shipments?after={after}")).await.json();
        assert!(!names(&page).is_empty() && names(&page).len() <= 50);
        all.extend(names(&page));
        next = page["next"].as_str().map(str::to_owned);
    }
    let each: std::collections::BTreeSet<&String> = all.iter().collect();
    assert!(each.len() == all.len() && all.len() as u64 >= total, "{} of {total}", all.len());
    // The same as on the board, the worst first, whatever is searched for.
    for query in ["", "?search=vitavan%20pharma", "?search=imp-9"] {
        let board = get(&router, &format!("/board{query}")).await.text;
        let rows = board.split("data-shipment=\"").skip(1);
        let rows: Vec<&str> = rows.filter_map(|row| row.split('"').next()).collect();
        let found = get(&router, &format!("/v1/shipments{query}")).await.json();
        assert_eq!(names(&found), rows, "{query}");
        assert!(query.is_empty() || rows.contains(&"VEC-77"), "{query}: {rows:?}");
        assert!(query.is_empty() || found["total"].as_u64() < Some(total), "{query}");
    }
    let of = get(&router, "/v1/shipments?of=VEC-77+DP-2041").await.json();
    assert_eq!(of["total"], 2);
    let wrong = get(&router, "/v1/shipments?after=2").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.problem().contains("is no place of a list"));
}

#[tokio::test]
async fn shipments_as_json() {
    let (router, _) = made(Does::Shows);
    let list = get(&router, "/v1/shipments").await.json();
    let row = |name: &str| {
        list["items"].as_array().unwrap().iter().find(|r| r["shipment"] == name).cloned().unwrap()
    };
    assert_eq!(row("DP-2033")["verdict"]["verdict"], "nothing-found");
    assert_eq!(row("SMP-9")["verdict"]["verdict"], "not-known");
    let one = get(&router, "/v1/shipments/CELLS-118").await;
    assert!(!one.header("etag").is_empty());
    let one = one.json();
    assert!(one["findings"].as_array().unwrap().iter().any(|f| f["state"] == "withdrawn"));
    assert!(one["series"][0]["points"].as_array().unwrap().iter().any(|p| p["late"] == true));
    assert!(one["timeline"].as_array().unwrap().iter().any(|l| l["corrected"].is_string()));
    let none = get(&router, "/v1/shipments/NOBODY").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert!(none.problem().contains("NOBODY"));
    assert_eq!(get(&router, "/v1/shipments/two%20words").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_page_of_a_shipment() {
    let (router, _) = made(Does::Shows);
    let page = get(&router, "/shipments/CELLS-118").await.seen();
    for part in [
        "svg class=\"chart wide\"",
        "class=\"unknown\"",
        "upper limit 8.0 °C",
        "withdrawn: it never was so",
        "<s>BAYSTATE",
        "declared wrong: the wrong code was scanned",
        "rulebook <code>9f2c4e1ab07d",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let page = get(&router, "/shipments/DP-2041").await.text;
    assert!(
        page.contains("IMP-7") && page.contains("authority&#39;s zone")
            || page.contains("authority's zone")
    );
    assert!(page.contains("whether it is valid is not known"), "EXP-3 was never granted");
    assert_eq!(get(&router, "/shipments/NOBODY").await.status, StatusCode::NOT_FOUND);
    let board = get(&router, "/board").await.text;
    assert!(board.contains("nothing found wrong") && board.contains("not known"));
}

#[tokio::test]
async fn an_incident_is_taken_and_the_same_key_is_the_same_act() {
    let (router, log) = made(Does::Shows);
    let mut request = take(TAKE, JSON, BY_DORA);
    request.headers_mut().insert("idempotency-key", "k-1".parse().unwrap());
    let done = ask(&router, request).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert_eq!(done.json()["acknowledged"]["by"], "DORA");
    assert_eq!(done.json()["state"], "active_acked");
    let mut again = take(TAKE, JSON, BY_DORA);
    again.headers_mut().insert("idempotency-key", "k-1".parse().unwrap());
    assert_eq!(ask(&router, again).await.status, StatusCode::OK);
    let mut other = take(TAKE, JSON, r#"{"by":"EVE","reason":"mine"}"#);
    other.headers_mut().insert("idempotency-key", "k-1".parse().unwrap());
    let other = ask(&router, other).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(other.problem().contains("k-1"));
    let sent = log.appended.lock().unwrap().clone();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1], "one act, whatever came twice");
    assert_eq!((&*sent[0].source, &*sent[0].id), ("desk", "k-1"));
    assert_eq!(sent[0].subject.to_string(), "shipment:DP-2041");
}

#[tokio::test]
async fn without_a_key_every_act_has_a_name_of_its_own() {
    let (router, log) = made(Does::Shows);
    ask(&router, take(TAKE, JSON, BY_DORA)).await;
    ask(&router, take(TAKE, JSON, BY_DORA)).await;
    let sent = log.appended.lock().unwrap();
    assert_ne!(sent[0].id, sent[1].id);
}

#[tokio::test]
async fn a_form_leads_back_to_the_page_that_tells_what_came_of_it() {
    let (router, _) = made(Does::Shows);
    let done =
        ask(&router, take(TAKE, FORM, "by=DORA&reason=calling+%3Cb%3E&key=k-2&back=shipment"))
            .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let to = done.header("location").to_owned();
    assert_eq!(to, "/shipments/DP-2041?taken=DP-2041.1#note");
    let page = get(&router, to.split('#').next().unwrap()).await.text;
    assert!(page.contains("is taken by DORA: calling &#60;b&#62;. The log has it."));
    let bad = ask(&router, take(TAKE, FORM, "by=two+words&reason=x")).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(bad.text.contains("in one word"), "a page for people");
    assert!(bad.header("content-type").starts_with("text/html"));
}

#[tokio::test]
async fn what_an_address_claims_is_not_believed() {
    let (router, _) = made(Does::Shows);
    let page = get(&router, "/?taken=DP-2041.1").await.text;
    assert!(page.contains("is not shown as taken yet"));
    for forged in ["/?taken=NOBODY.1", "/?taken=%3Cscript%3E", "/?taken=DP-2041"] {
        assert!(!get(&router, forged).await.text.contains("id=\"note\""), "{forged}");
    }
}

#[tokio::test]
async fn acts_that_are_refused() {
    let (router, log) = made(Does::Shows);
    let path = |id: &str| format!("/v1/incidents/{id}/acknowledge");
    let long = format!(r#"{{"by":"DORA","reason":"{}"}}"#, "x".repeat(501));
    let huge = format!(r#"{{"by":"DORA","reason":"{}"}}"#, "x".repeat(20_000));
    for (path, kind, body, status) in [
        (path("NOBODY.1"), JSON, BY_DORA, 404),
        (path("DP-2041.9"), JSON, BY_DORA, 404),
        (path("DP-2033.1"), JSON, BY_DORA, 409),
        (path("DP-2041"), JSON, BY_DORA, 400),
        (path("DP-2041.x"), JSON, BY_DORA, 400),
        (path("DP-2041.99999999999"), JSON, BY_DORA, 400),
        (path("two%20words.1"), JSON, BY_DORA, 400),
        (TAKE.into(), JSON, "{", 400),
        (TAKE.into(), JSON, r#"{"by":"DORA"}"#, 422),
        (TAKE.into(), JSON, r#"{"by":"","reason":"x"}"#, 422),
        (TAKE.into(), JSON, r#"{"by":"two words","reason":"x"}"#, 422),
        (TAKE.into(), JSON, r#"{"by":"DORA","reason":"  "}"#, 422),
        (TAKE.into(), JSON, r#"{"by":"DORA","reason":"a\u0000b"}"#, 422),
        (TAKE.into(), JSON, r#"{"by":"DORA","reason":"x","raeson":"y"}"#, 422),
        (TAKE.into(), JSON, long.as_str(), 422),
        (TAKE.into(), JSON, huge.as_str(), 413),
        (TAKE.into(), "text/plain", BY_DORA, 415),
        (TAKE.into(), "", BY_DORA, 415),
    ] {
        let answer = ask(&router, take(&path, kind, body)).await;
        let short: String = body.chars().take(60).collect();
        assert_eq!(answer.status.as_u16(), status, "{path} {kind} {short}: {}", answer.text);
        assert!(!answer.problem().is_empty());
    }
    let mut bad_key = take(TAKE, JSON, BY_DORA);
    bad_key.headers_mut().insert("idempotency-key", "two words".parse().unwrap());
    assert_eq!(ask(&router, bad_key).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(log.appended.lock().unwrap().is_empty(), "nothing of it reached the log");
}

#[tokio::test]
async fn another_site_cannot_take_an_incident() {
    let (router, log) = made(Does::Shows);
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let mut request = take(TAKE, FORM, "by=DORA&reason=x");
        request.headers_mut().insert("host", "desk.example".parse().unwrap());
        request.headers_mut().insert(name, value.parse().unwrap());
        assert_eq!(ask(&router, request).await.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    assert!(log.appended.lock().unwrap().is_empty());
    let mut own = take(TAKE, FORM, "by=DORA&reason=x");
    own.headers_mut().insert("host", "desk.example".parse().unwrap());
    own.headers_mut().insert("origin", "https://desk.example".parse().unwrap());
    assert_eq!(ask(&router, own).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test(start_paused = true)]
async fn an_act_that_the_board_does_not_show_yet_is_not_called_done() {
    let (router, _) = made(Does::Forgets);
    let answer = ask(&router, take(TAKE, JSON, BY_DORA)).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert!(answer.json()["detail"].as_str().unwrap().contains("does not show it yet"));
}

#[tokio::test(start_paused = true)]
async fn a_log_that_fails_hangs_or_knows_the_name_already() {
    for (does, status, word) in [
        (Does::Fails, 503, "no broker answers"),
        (Does::Hangs, 503, "is not known"),
        (Does::RefusesCopy, 409, "another act is named"),
    ] {
        let (router, _) = made(does);
        let answer = ask(&router, take(TAKE, JSON, BY_DORA)).await;
        assert_eq!(answer.status.as_u16(), status);
        assert!(answer.problem().contains(word));
    }
}

#[tokio::test(start_paused = true)]
async fn that_another_act_was_refused_refuses_none_whose_key_stands_in_the_reason() {
    let (router, _) = made(Does::RefusedAnother);
    let mut act = take(TAKE, JSON, BY_DORA);
    act.headers_mut().insert("idempotency-key", "1".parse().unwrap());
    let answer = ask(&router, act).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
}

#[tokio::test]
async fn the_stream_carries_positions_and_beats() {
    let (router, _) = made(Does::Shows);
    let from = |id: Option<&str>| {
        let request = Request::get("/v1/stream");
        let request = match id {
            Some(id) => request.header("last-event-id", id),
            None => request,
        };
        request.body(Body::empty()).unwrap()
    };
    let stream = ask(&router, from(Some("41"))).await;
    assert_eq!(stream.header("content-type"), "text/event-stream");
    assert!(
        stream.text.contains("id: 41+1\n")
            && stream.text.contains("event: coldwatch.incident.v1\n")
    );
    assert!(stream.text.contains("data: {\"a\":\ndata: 1}\n"), "{}", stream.text);
    let bad = ask(&router, from(Some("nonsense"))).await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
    assert!(bad.problem().contains("nonsense"));
    let full = ask(&router, from(Some("full"))).await;
    assert_eq!((full.status, full.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"));
    assert!(full.problem().contains("no more may"));
}

#[tokio::test]
async fn files_and_lost_ways() {
    let (router, _) = made(Does::Shows);
    for (name, kind) in [
        ("desk.css", "text/css"),
        ("desk.js", "text/javascript"),
        ("rows.js", "text/javascript"),
        ("line.js", "text/javascript"),
        ("icon.svg", "image/svg+xml"),
    ] {
        let file = get(&router, &format!("/static/{name}")).await;
        assert!(file.status == StatusCode::OK && file.header("content-type").starts_with(kind));
        let request =
            Request::get(format!("/static/{name}")).header("if-none-match", file.header("etag"));
        let again = ask(&router, request.body(Body::empty()).unwrap()).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    }
    assert_eq!(get(&router, "/static/..%2FCargo.toml").await.status, StatusCode::NOT_FOUND);
    let lost = get(&router, "/nowhere").await;
    assert!(lost.status == StatusCode::NOT_FOUND && lost.text.contains("<h1"));
    let lost = get(&router, "/v1/nowhere").await;
    assert_eq!(lost.status, StatusCode::NOT_FOUND);
    lost.problem();
    let wrong = ask(&router, Request::delete("/v1/incidents").body(Body::empty()).unwrap()).await;
    assert_eq!(wrong.status, StatusCode::METHOD_NOT_ALLOWED);
    wrong.problem();
}

#[tokio::test]
async fn a_board_that_broke_is_not_shown() {
    let (router, log) = made(Does::Shows);
    let board = Arc::clone(&log.board);
    let _ = std::thread::spawn(move || {
        let _guard = board.write().unwrap();
        panic!("on purpose");
    })
    .join();
    for path in ["/", "/board", "/v1/incidents"] {
        assert_eq!(get(&router, path).await.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
    }
}

#[tokio::test]
async fn unknown_shipments_have_no_page_and_make_none() {
    let (router, log) = made(Does::Shows);
    let before = log.board.read().unwrap().shipments().count();
    get(&router, "/shipments/MADE-UP").await;
    assert_eq!(log.board.read().unwrap().shipments().count(), before);
    assert!(log.board.read().unwrap().shipment(&ShipmentId::new("MADE-UP")).is_none());
}

const CLOSE: &str = "/v1/incidents/SHUT-1.1/close";
const BY_TWO: &str = r#"{"by":"DORA","reason":"one bag was found","second":"EMIL"}"#;

/// A desk with an incident of one P1 that only people can end.
fn shut(does: Does) -> (Router, Log) {
    let (router, log) = made(does);
    let mut f = finding("SHUT-1", "CUS-09", "custody/content-count", Severity::P1, "one bag less");
    f.latched = true;
    let mut one = incident("SHUT-1", 1, IncidentState::ActiveAcked, Severity::P1, "one bag less");
    one.findings.push(f.name.clone());
    let mut board = log.board.write().unwrap();
    board.finding(&f);
    board.incident(&one);
    drop(board);
    (router, log)
}

#[tokio::test]
async fn an_incident_is_closed_by_two_and_the_same_key_is_the_same_act() {
    let (router, log) = shut(Does::Shows);
    let close = || {
        let mut request = take(CLOSE, JSON, BY_TWO);
        request.headers_mut().insert("idempotency-key", "c-1".parse().unwrap());
        request
    };
    let done = ask(&router, close()).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert_eq!(
        (&done.json()["closed"]["by"], &done.json()["second"]),
        (&"DORA".into(), &"EMIL".into())
    );
    assert_eq!(done.json()["state"], "closed");
    let again = ask(&router, close()).await;
    assert_eq!(again.status, StatusCode::OK, "it is closed by this very act: {}", again.text);
    let other = ask(&router, take(CLOSE, JSON, BY_TWO)).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    assert!(other.problem().contains("was closed by DORA at"), "{}", other.text);
    let sent = log.appended.lock().unwrap();
    assert_eq!(sent.len(), 1);
    assert!(
        matches!(&sent[0].fact, Fact::Staff(StaffFact::IncidentClosed(c)) if c.second.is_some())
    );
}

#[tokio::test]
async fn closings_that_are_refused_never_reach_the_log() {
    let (router, log) = shut(Does::Shows);
    let path = |id: &str| format!("/v1/incidents/{id}/close");
    let mut warm = finding("WARM-1", "THM-01", "thermal/too-warm", Severity::P2, "9 °C");
    let mut one = incident("WARM-1", 1, IncidentState::ActiveAcked, Severity::P2, "9 °C");
    one.findings.push(warm.name.clone());
    log.board.write().unwrap().finding(&warm);
    log.board.write().unwrap().incident(&one);
    for (path, body, status, says) in [
        (path("SHUT-1.1"), BY_DORA, 409, "closing a P1 takes two people"),
        (path("SHUT-1.1"), r#"{"by":"DORA","reason":"x","second":"DORA"}"#, 409, "DORA is one"),
        (path("SHUT-1.1"), r#"{"by":"DORA","reason":"x","second":" "}"#, 409, "takes two"),
        (path("WARM-1.1"), BY_DORA, 409, "thermal/too-warm is still going on"),
        (path("DP-2033.1"), BY_TWO, 409, "was closed"),
        (path("NOBODY.1"), BY_TWO, 404, "NOBODY"),
        (path("DP-2041"), BY_TWO, 400, "no incident like"),
        (path("SHUT-1.1"), r#"{"by":"DORA"}"#, 422, "reason"),
        (path("SHUT-1.1"), r#"{"by":"DORA","reason":"x","secnd":"EMIL"}"#, 422, "secnd"),
        (path("SHUT-1.1"), r#"{"by":"two words","reason":"x"}"#, 422, "who closes it"),
        (path("SHUT-1.1"), r#"{"by":"DORA","reason":" "}"#, 422, "why it can be closed"),
        (path("SHUT-1.1"), r#"{"by":"DORA","reason":"x","second":"a b"}"#, 422, "who agrees"),
    ] {
        let answer = ask(&router, take(&path, JSON, body)).await;
        assert_eq!(answer.status.as_u16(), status, "{path} {body}: {}", answer.text);
        assert!(answer.problem().contains(says), "{path} {body}: {}", answer.text);
    }
    assert!(log.appended.lock().unwrap().is_empty(), "nothing of it reached the log");
    // Once it is over, one person is enough for a P2.
    (warm.state, warm.until) = (facts::State::Cleared, Some(night()));
    log.board.write().unwrap().finding(&warm);
    let done = ask(&router, take(&path("WARM-1.1"), JSON, BY_DORA)).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
}

#[tokio::test]
async fn what_the_judging_refuses_is_a_conflict_with_its_reason() {
    let (router, _) = shut(Does::RefusesClosing);
    let answer = ask(&router, take(CLOSE, JSON, BY_TWO)).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert_eq!(answer.problem(), "thermal/too-warm is still going on");
}

#[tokio::test]
async fn a_form_closes_and_leads_back_to_the_page_that_tells_it() {
    let (router, _) = shut(Does::Shows);
    let page = get(&router, "/shipments/SHUT-1").await.text;
    assert!(page.contains("action=\"/v1/incidents/SHUT-1.1/close\""), "the form is there");
    assert!(page.contains("name=\"second\""), "and asks for the second person");
    let body = "by=DORA&second=EMIL&reason=found+%3Cb%3E&key=k-3&back=shipment";
    let done = ask(&router, take(CLOSE, FORM, body)).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert_eq!(done.header("location"), "/shipments/SHUT-1?closed=SHUT-1.1#note");
    let page = get(&router, "/shipments/SHUT-1?closed=SHUT-1.1").await.text;
    assert!(page.contains("is closed by DORA: found &#60;b&#62;. The log has it."));
    assert!(!page.contains("SHUT-1.1/close"), "no form for what is closed");
    let bad = ask(&router, take(CLOSE, FORM, "by=DORA&second=&reason=x")).await;
    assert_eq!(bad.status, StatusCode::CONFLICT);
    assert!(bad.header("content-type").starts_with("text/html"), "a page for people");
}

#[tokio::test]
async fn another_site_cannot_close_an_incident() {
    let (router, log) = shut(Does::Shows);
    let mut request = take(CLOSE, FORM, "by=DORA&second=EMIL&reason=x");
    request.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
    assert_eq!(ask(&router, request).await.status, StatusCode::FORBIDDEN);
    assert!(log.appended.lock().unwrap().is_empty());
}

/// The card of an incident, as a person reads it.
async fn card(router: &Router, path: &str, id: &str) -> String {
    let page = get(router, path).await.seen();
    let from = page.split(&format!("id=\"i-{id}\"")).nth(1).unwrap_or_else(|| panic!("{id}"));
    from.split("</article>").next().unwrap().to_owned()
}

#[tokio::test]
async fn a_closed_card_counts_nothing_down_and_asks_nobody_for_anything() {
    let (router, log) = made(Does::Shows);
    let open = card(&router, "/shipments/DP-2041", "DP-2041.1").await;
    assert!(open.contains("By when") && open.contains(" left</b>"), "{open}");
    let (incident, _) = {
        let board = log.board.read().unwrap();
        let (incident, d) = board.one(&ShipmentId::new("DP-2041"), 1).unwrap();
        (incident.clone(), d.partition)
    };
    let closed = Some(StaffAct {
        by: "ANNA".parse().unwrap(),
        at: night(),
        text: facts::ShortText::new("done"),
    });
    let state = IncidentState::Closed;
    let over = alerts::Incident { latched: true, state, closed, ..incident };
    log.board.write().unwrap().incident(&over);
    let shut = card(&router, "/shipments/DP-2041", "DP-2041.1").await;
    for word in ["By when", " left", "only a person can", "class=\"do\"", "no return", "To ring"] {
        assert!(!shut.contains(word), "{word}: {shut}");
    }
    assert!(shut.contains("Closed by"));
}

#[tokio::test]
async fn whoever_has_a_part_in_it_can_be_rung_from_the_card() {
    let (router, _) = made(Does::Shows);
    // The goods are between two hands: who let go and for whom, and beside them who receives and who carries on.
    let lost = card(&router, "/", "DP-2041.1").await;
    for phone in ["+31 20 555 0142", "+32 2 555 0117", "+1 617 555 0190"] {
        assert_eq!(lost.matches(&format!(">{phone}</a>")).count(), 1, "{phone}: {lost}");
    }
    assert!(lost.contains("<b>ATC-BOSTON</b> receives, holds permit IMP-7: <a"), "{lost}");
    assert!(lost.contains("<b>BAYSTATE</b> carries L3: no telephone is known"), "{lost}");
    // Nobody's permit is with who is to be rung for it, unless that was reported.
    let permit = card(&router, "/", "VEC-77.1").await;
    assert!(permit.contains("<b>ATC-BOSTON</b> receives: <a"), "{permit}");
    assert_eq!(permit.matches("+32 2 555 0117").count(), 1, "who holds the goods is told once");
}

#[tokio::test]
async fn a_hand_over_is_a_warning_where_custody_says_that_it_took_too_long() {
    let (router, log) = made(Does::Shows);
    // From release to acceptance 12 min, with which nothing was found wrong.
    let page = get(&router, "/shipments/CELLS-118").await.seen();
    assert!(
        page.contains("<li class=\"nobody\"><b>between two hands") && !page.contains("nobody gap")
    );
    let page = get(&router, "/shipments/DP-2041").await.seen();
    assert_eq!(page.matches("<li class=\"nobody gap\">").count(), 1, "since 01:24, by a finding");
    assert_eq!(page.matches("<li class=\"nobody\">").count(), 1, "2 min at the plant, by none");
    {
        let mut board = log.board.write().unwrap();
        let found = board.shipment(&ShipmentId::new("DP-2041")).unwrap().findings.values().next();
        let gone = facts::Finding { state: facts::State::Withdrawn, ..found.unwrap().clone() };
        board.finding(&gone);
    }
    let page = get(&router, "/shipments/DP-2041").await.seen();
    assert!(!page.contains("nobody gap"), "what was taken back never was so");
}

#[tokio::test]
async fn a_page_says_the_day_on_which_it_was_made() {
    let (router, _) = made(Does::Shows);
    let page = get(&router, "/board").await.text;
    assert!(page.contains(">2 Mar, 03:12:05 UTC</time>"), "{page}");
}

const ACTS: &str = "/v1/incidents/acts";

/// A desk with two that can be closed, one of them a P1, and one that goes on.
fn several(does: Does) -> (Router, Log) {
    let (router, log) = shut(does);
    let mut board = log.board.write().unwrap();
    for (name, severity, over) in [("MILD-1", Severity::P2, true), ("WARM-1", Severity::P2, false)]
    {
        let mut warm = finding(name, "THM-01", "thermal/too-warm", severity, "9 °C");
        if over {
            (warm.state, warm.until) = (facts::State::Cleared, Some(night()));
        }
        let mut one = incident(name, 1, IncidentState::ActiveAcked, severity, "9 °C");
        one.findings.push(warm.name.clone());
        board.finding(&warm);
        board.incident(&one);
    }
    drop(board);
    (router, log)
}

#[tokio::test]
async fn one_act_over_several_incidents_has_a_result_for_each() {
    let (router, log) = several(Does::Shows);
    let close = r#"{"act":"close","by":"DORA","reason":"looked at","incidents":["MILD-1.1","SHUT-1.1","WARM-1.1","NOBODY.1","x","MILD-1.1"]}"#;
    let send = |body: &str, key: &str| {
        let mut request = take(ACTS, JSON, body);
        request.headers_mut().insert("idempotency-key", key.parse().unwrap());
        request
    };
    let came = ask(&router, send(close, "s-1")).await;
    assert_eq!(came.status, StatusCode::OK, "{}", came.text);
    let came = came.json();
    assert_eq!((&came["done"], &came["refused"]), (&1.into(), &4.into()), "{came}");
    let of = |came: &Value, id: &str| {
        let all = came["results"].as_array().unwrap().iter();
        all.filter(|one| one["id"] == id).cloned().collect::<Vec<_>>()
    };
    let expected = [
        ("MILD-1.1", 200, ""),
        ("SHUT-1.1", 409, "closing a P1 takes two people"),
        ("WARM-1.1", 409, "thermal/too-warm is still going on"),
        ("NOBODY.1", 404, "NOBODY"),
        ("x", 400, "no incident like"),
    ];
    for (id, status, says) in expected {
        let [one] = &of(&came, id)[..] else { panic!("{id} has one result: {came}") };
        assert_eq!(one["status"], status, "{one}");
        assert!(one["detail"].as_str().unwrap_or_default().contains(says), "{one}");
    }
    assert_eq!(of(&came, "MILD-1.1")[0]["state"], "closed");
    // The same again is the same act, and no other may have its name.
    let again = ask(&router, send(close, "s-1")).await.json();
    assert_eq!(of(&again, "MILD-1.1")[0]["status"], 200, "{again}");
    let other = close.replace("looked at", "something else");
    assert_eq!(of(&ask(&router, send(&other, "s-1")).await.json(), "MILD-1.1")[0]["status"], 409);
    let two = close.replace(r#""by""#, r#""second":"EMIL","by""#);
    let came = ask(&router, send(&two, "s-2")).await.json();
    assert_eq!(of(&came, "SHUT-1.1")[0]["state"], "closed", "{came}");
    let sent = log.appended.lock().unwrap();
    assert_eq!(sent.len(), 2, "what is refused never reaches the log");
    assert_ne!(sent[0].id, sent[1].id, "each is an act of its own");
}

#[tokio::test]
async fn several_are_taken_and_noted_on_and_what_cannot_be_read_does_nothing() {
    let (router, log) = several(Does::Shows);
    for (act, says) in [("acknowledge", "reason"), ("note", "text")] {
        let state = "active_acked";
        let body = format!(
            r#"{{"act":"{act}","by":"DORA","{says}":"all of flight 4","incidents":["DP-2041.1","VEC-77.1"]}}"#
        );
        let came = ask(&router, take(ACTS, JSON, &body)).await.json();
        assert_eq!(
            (&came["done"], &came["results"][1]["state"]),
            (&2.into(), &state.into()),
            "{came}"
        );
    }
    let list = get(&router, "/v1/incidents?of=VEC-77").await.json();
    assert_eq!(list["items"][0]["notes"][0]["text"], "all of flight 4");
    let before = log.appended.lock().unwrap().len();
    let many: Vec<String> = (0..51).map(|n| format!("\"S-{n}.1\"")).collect();
    let many = format!(r#"{{"act":"note","by":"D","text":"x","incidents":[{}]}}"#, many.join(","));
    for (body, status, says) in [
        (many.as_str(), 422, "up to 50 at once; these are 51"),
        (r#"{"act":"note","by":"D","text":"x","incidents":[]}"#, 422, "at least one"),
        (r#"{"act":"hide","by":"D","reason":"x","incidents":["DP-2041.1"]}"#, 422, "not `hide`"),
        (r#"{"act":"note","by":"D R","text":"x","incidents":["DP-2041.1"]}"#, 422, "in one word"),
        (r#"{"act":"note","by":"D","text":" ","incidents":["DP-2041.1"]}"#, 422, "`text` says"),
        (r#"{"act":"note","by":"D","incidents":["DP-2041.1"]}"#, 422, "`text` is missing"),
        (
            r#"{"act":"note","by":"D","reason":"x","incidents":["DP-2041.1"]}"#,
            422,
            "`text` is missing: `note` takes `text`; `acknowledge` and `close` take `reason`",
        ),
        (
            r#"{"act":"note","by":"D","text":"x","reason":"x","incidents":["DP-2041.1"]}"#,
            422,
            "`reason` does not go with `note`",
        ),
        (
            r#"{"act":"close","by":"D","text":"x","incidents":["DP-2041.1"]}"#,
            422,
            "`reason` is missing",
        ),
        (r#"{"act":"acknowledge","by":"D","incidents":[]}"#, 422, "`reason` is missing"),
        ("{", 400, ""),
    ] {
        let answer = ask(&router, take(ACTS, JSON, body)).await;
        assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.text);
        assert!(answer.problem().contains(says), "{body}: {}", answer.text);
    }
    let mut foreign = take(ACTS, FORM, "act=note&by=D&reason=x&incidents=DP-2041.1");
    foreign.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
    assert_eq!(ask(&router, foreign).await.status, StatusCode::FORBIDDEN);
    assert_eq!(log.appended.lock().unwrap().len(), before);
}

#[tokio::test]
async fn a_form_acts_on_several_and_its_page_says_what_was_refused_and_why() {
    let (router, _) = several(Does::Shows);
    let list = get(&router, "/").await.text;
    assert!(list.contains(r#"name="incidents" value="SHUT-1.1" form="acts""#));
    assert!(list.contains(r#"action="/v1/incidents/acts""#));
    let body = "act=close&by=DORA&reason=done+%3Cb%3E&second=&key=s-9&back=%2F%3Fpriority%3DP2&incidents=MILD-1.1&incidents=SHUT-1.1";
    let page = ask(&router, take(ACTS, FORM, body)).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(page.text.contains("1 closed, 1 refused"), "{}", page.text);
    let page = page.seen();
    let (refused, done) = page.split_once("In the log, as closed").unwrap();
    assert!(refused.contains(">SHUT-1.1</a>") && refused.contains("closing a P1 takes two people"));
    assert!(done.contains(">MILD-1.1</a>") && done.contains(r#"href="/?priority=P2""#));
    for elsewhere in ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "javascript%3Aalert(1)"] {
        let body = format!("act=note&by=DORA&reason=x&back={elsewhere}&incidents=DP-2041.1");
        let page = ask(&router, take(ACTS, FORM, &body)).await.text;
        assert!(page.contains("<a href=\"/\">Back to the incidents</a>"), "{page}");
    }
    let wrong = ask(&router, take(ACTS, FORM, "act=note&by=DORA&reason=x")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("select at least one incident"));
}

#[tokio::test]
async fn who_takes_it_over_does_not_hide_who_had_it() {
    let (router, _) = made(Does::Shows);
    ask(&router, take(TAKE, JSON, BY_DORA)).await;
    let over = r#"{"by":"EMIL","reason":"change of shift"}"#;
    let done = ask(&router, take(TAKE, JSON, over)).await.json();
    assert_eq!(done["acknowledged"]["by"], "EMIL");
    let takers: Vec<_> = done["takers"].as_array().unwrap().iter().map(|one| &one["by"]).collect();
    assert_eq!(takers, ["DORA", "EMIL"]);
    assert_eq!(done["takers"][0]["text"], "calling KLM");
    let page = get(&router, "/").await.seen();
    let row = page.split("Taken before by").nth(1).expect("the row is there");
    assert!(row.starts_with("</dt><dd><p><b>DORA</b>, "), "{}", &row[..200]);
}

#[tokio::test]
async fn stages_stand_in_one_place_and_are_no_shipments() {
    let (router, log) = made(Does::Shows);
    let before = get(&router, "/v1/shipments").await.json()["items"].as_array().unwrap().len();
    for n in 0..2 {
        let name = format!("partition-{n}");
        let mut f =
            finding(&name, "SYS-STAGE", "system/stage-silent", Severity::P1, "thermal is silent");
        f.name.about = facts::ShortText::new("thermal");
        (f.state, f.until) = (facts::State::Cleared, Some(night()));
        let mut one = incident(&name, 1, IncidentState::ReturnedUnacked, Severity::P1, "silent");
        one.findings.push(f.name.clone());
        let mut board = log.board.write().unwrap();
        board.finding(&f);
        board.incident(&one);
    }
    let list = get(&router, "/v1/incidents").await.json();
    let stage = &list["stages"][0];
    assert_eq!(
        (&stage["stage"], &stage["partitions"]),
        (&"thermal".into(), &serde_json::json!([0, 1]))
    );
    assert_eq!(stage["incidents"], serde_json::json!(["partition-0.1", "partition-1.1"]));
    assert_eq!(list["stages"].as_array().unwrap().len(), 1, "one line for a stage");
    assert!(!list["items"].to_string().contains("partition-"));
    let after = get(&router, "/v1/shipments").await.json()["items"].as_array().unwrap().len();
    assert_eq!(before, after);
    assert_eq!(get(&router, "/v1/shipments/partition-0").await.status, StatusCode::NOT_FOUND);
    assert!(!get(&router, "/board").await.text.contains("partition-"));
    let page = get(&router, "/").await.seen();
    assert!(page.contains("<b>thermal</b> was silent in 2 partitions (0, 1)"));
    assert!(page.contains("3 incidents nobody has taken"), "of shipments, as before");
    let some = get(&router, "/?of=partition-0").await.seen();
    assert!(some.contains("<b>thermal</b> was silent"), "what a page is renewed by says it, too");

    let close = "/v1/incidents/partition-0.1/close";
    let body = "by=DORA&second=EMIL&reason=restarted&back=shipment";
    let done = ask(&router, take(close, FORM, body)).await;
    assert_eq!(done.header("location"), "/?closed=partition-0.1#note", "{}", done.text);
    let list = get(&router, "/v1/incidents").await.json();
    assert_eq!(list["stages"][0]["partitions"], serde_json::json!([1]));
}

#[tokio::test]
async fn the_feed_begins_with_what_is_open_and_says_where_it_goes_on() {
    let (router, log) = made(Does::Shows);
    let mut one = incident("FED-1", 1, IncidentState::ActiveUnacked, Severity::P1, "x");
    let event =
        r#"{"id":"alerts/1:exceptions:0:7:0","type":"coldwatch.incident.v1","data":{"number":1}}"#;
    log.board.write().unwrap().told(&one, event);
    let feed = get(&router, "/v1/feed").await.json();
    assert_eq!(feed["position"], "900.900");
    assert_eq!(feed["items"], serde_json::json!([serde_json::from_str::<Value>(event).unwrap()]));
    one.state = IncidentState::Closed;
    log.board.write().unwrap().told(&one, event);
    assert_eq!(get(&router, "/v1/feed").await.json()["items"], serde_json::json!([]));
    *log.board.write().unwrap() = ReadModel::new(PARTITIONS, registry());
    let unread = get(&router, "/v1/feed").await;
    assert_eq!(unread.status, StatusCode::SERVICE_UNAVAILABLE, "nothing read is not nothing open");
    unread.problem();
}

#[tokio::test]
async fn a_note_stands_on_the_card_and_takes_nothing_over() {
    let (router, _) = made(Does::Shows);
    let path = "/v1/incidents/DP-2041.1/note";
    let note = r#"{"by":"DORA","text":"gate 4 rings back at six"}"#;
    let before = get(&router, "/v1/incidents?shipment=dp-2041").await.json()["items"][0].clone();
    let done = ask(&router, take(path, JSON, note)).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert_eq!(done.json()["notes"][0]["text"], "gate 4 rings back at six");
    assert_eq!(done.json()["state"], before["state"], "nobody has taken it by that");
    assert!(get(&router, "/").await.text.contains("gate 4 rings back at six"));
    assert!(get(&router, "/shipments/DP-2041").await.text.contains("Note something"));
    for (body, word) in [
        (r#"{"by":"DORA","text":" "}"#, "`text` says what others must know"),
        (r#"{"by":"D R","text":"x"}"#, "`by` says who notes it"),
    ] {
        let refused = ask(&router, take(path, JSON, body)).await;
        assert_eq!(refused.status.as_u16(), 422);
        assert!(refused.problem().contains(word), "{}", refused.text);
    }
    let closed = ask(&router, take("/v1/incidents/DP-2033.1/note", JSON, note)).await;
    assert_eq!(closed.status.as_u16(), 409, "{}", closed.text);
    let form = "by=DORA&text=again&back=shipment";
    let done = ask(&router, take(path, FORM, form)).await;
    assert_eq!(done.header("location"), "/shipments/DP-2041?noted=DP-2041.1#note");
    let page = get(&router, "/shipments/DP-2041?noted=DP-2041.1").await.text;
    assert!(page.contains("is noted on by DORA: again. The log has it."), "{page}");
}

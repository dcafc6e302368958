//! What others wrote is shown safely, wherever a page shows it: no letter is hidden, and none turns round what stands
//! beside it.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)] // helpers are tests, too

#[path = "../examples/sample/story.rs"]
mod story;

use alerts::incident::IncidentState;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use desk::{Acts, Appending, Client, Desk, Feed, Freshness, Item, ReadModel, Refusal, router};
use facts::{Event, PartyId, Severity, ShipmentId, ShortText, State};
use pipeline::registry::registry;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, RwLock};
use story::{PARTITIONS, Teller, act, ago, all_fresh, custody, finding, incident, night};
use tokio::sync::mpsc::Receiver;
use tower::ServiceExt;

/// Turns the direction of writing, and is not seen.
const TURN: char = '\u{202e}';

/// A name with the letter in it.
fn marked(word: &str) -> String {
    format!("{word}{TURN}x")
}

struct Nowhere;

impl Acts for Nowhere {
    fn append(&self, _: Event) -> Appending {
        Box::pin(async { Err(Refusal::Unavailable(marked("WHY"))) })
    }
}

impl Feed for Nowhere {
    fn follow(&self, _: Option<&str>, _: Option<Client>) -> Result<Receiver<Item>, Refusal> {
        Err(Refusal::Unavailable("nothing is followed here".into()))
    }
}

/// A board on which everything that others can write holds the letter.
fn board() -> ReadModel {
    let mut board = ReadModel::new(PARTITIONS, registry());
    let m = marked;
    let s = m("SHIP");
    let of = format!("device:{}", m("LOGGER"));
    let mut t = Teller::new(&mut board);
    for (party, name) in [("GIVER", "GIVERNAME"), ("TAKER", "TAKERNAME"), ("HOLDER", "HOLDERNAME")]
    {
        let described = format!(
            r#"is a courier named {} with {{"duty":"{}"}}"#,
            m(name),
            m(&format!("+32 2 {name}"))
        );
        t.says(&s, ago(900), &format!("party:{}", m(party)), &described);
    }
    let plan = format!(
        r#"planned as {}, version 1 with {{"kind":"cells","order":"{}","consignor":"{}","consignee":"{}","waypoints":[{{"name":"{}"}}],"permits":[{{"permit":"{}","act":"import","waypoint":"{}"}},{{"permit":"{}","act":"import","waypoint":"{}"}}],"legs":[{{"id":"{}","mode":"road","carrier":"{}","from":"{}","to":"{}","departs":"{}","arrives":"{}"}}]}}"#,
        m("PROFILE"),
        m("ORDER"),
        m("CONSIGNOR"),
        m("CONSIGNEE"),
        m("WAYPOINT"),
        m("PERMIT"),
        m("WAYPOINT"),
        m("STOPPED"),
        m("WAYPOINT"),
        m("LEG"),
        m("CARRIER"),
        m("FROM"),
        m("TO"),
        ago(200),
        ago(-60),
    );
    t.of(&s, ago(800), &plan);
    t.says(
        &s,
        ago(790),
        &format!("order:{}", m("ORDER")),
        &format!("opened for {}, 2 units", m("PRODUCT")),
    );
    for permit in ["PERMIT", "STOPPED"] {
        let granted = format!(
            r#"is granted to {} from 2026-01-01 until 2026-03-31 with {{"kind":"{}","issuer":"{}","zone":"America/New_York"}}"#,
            m("CONSIGNEE"),
            m("KIND"),
            m("ISSUER"),
        );
        t.says(&s, ago(700), &format!("permit:{}", m(permit)), &granted);
    }
    t.says(
        &s,
        ago(690),
        &format!("permit:{}", m("STOPPED")),
        &format!("is revoked: {}", m("REVOKED")),
    );
    t.says(&s, ago(600), &of, &format!(r#"attached to {s} at payload with {{"channel":"{}","log_every":"10 min","send_every":"10 min"}}"#, m("CHANNEL")));
    t.says(&s, ago(590), &of, &format!("reads 5.0 °C at {}", m("CHANNEL")));
    t.says(
        &s,
        ago(40),
        &of,
        &format!("has been quiet on {} since {}, as of {}", m("CHANNEL"), ago(60), ago(40)),
    );
    t.of(&s, ago(500), &format!("released by {} to {}", m("CONSIGNOR"), m("HOLDER")));
    let wrong =
        t.of(&s, ago(499), &format!("accepted by {} from {}", m("STRANGER"), m("CONSIGNOR")));
    t.of(&s, ago(498), &format!("is corrected: gateway {wrong} was wrong: {}", m("MISTAKE")));
    t.of(&s, ago(497), &format!("accepted by {} from {}", m("HOLDER"), m("CONSIGNOR")));
    t.of(&s, ago(300), &format!("stowed by {} at {}", m("HOLDER"), m("BAY")));
    t.finish();

    let mut found = finding(&s, &m("CODE"), &m("RULE"), Severity::P1, &m("SENTENCE"));
    found.name.about = ShortText::new(m("ABOUT"));
    (found.action, found.rulebook) = (ShortText::new(m("FIRST")), ShortText::new(m("RULEBOOK")));
    board.finding(&found);
    let mut one = incident(&s, 1, IncidentState::ActiveAcked, Severity::P1, &m("HEADLINE"));
    one.missed = Some(m("MISSED"));
    one.refused = Some(m("REFUSED"));
    one.action = ShortText::new(m("ACTION"));
    one.findings = vec![found.name];
    one.holder = Some(PartyId::new(m("HOLDER")));
    one.place = Some(ShortText::new(m("PLACE")));
    one.acknowledged = Some(act(&m("BEFORE"), ago(30), &m("HADIT")));
    board.incident(&one);
    one.acknowledged = Some(act(&m("OWNER"), ago(20), &m("DOES")));
    one.notes = vec![act(&m("NOTER"), ago(10), &m("NOTE"))];
    board.incident(&one);
    let shipment = ShipmentId::new(&s);
    board.context(&shipment, &custody(Some(&m("HOLDER")), ago(497), &m("PLACE")));

    // One between two hands, and one that is closed.
    let between = m("BETWEEN");
    let mut t = Teller::new(&mut board);
    t.of(&between, ago(100), &format!("released by {} to {}", m("GIVER"), m("TAKER")));
    t.finish();
    board.incident(&incident(&between, 1, IncidentState::ActiveUnacked, Severity::P1, "x"));
    let mut over = incident(&m("OVER"), 1, IncidentState::Closed, Severity::P1, "x");
    over.closed = Some(act(&m("CLOSER"), ago(5), &m("CLOSED")));
    over.second = Some(PartyId::new(m("SECOND")));
    board.incident(&over);

    let mut silent = finding("partition-0", "SYS-STAGE", "system/stage-silent", Severity::P1, "x");
    silent.name.about = ShortText::new(m("STAGE"));
    board.finding(&silent);
    let mut of_stages = incident("partition-0", 1, IncidentState::ActiveUnacked, Severity::P1, "x");
    of_stages.findings = vec![silent.name.clone()];
    board.incident(&of_stages);
    assert_eq!(silent.state, State::Raised);
    all_fresh(&mut board, night());
    board
}

async fn ask(request: Request<Body>) -> String {
    let desk = Desk {
        board: Arc::new(RwLock::new(board())),
        clock: Arc::new(night),
        freshness: Freshness::default(),
        acts: Arc::new(Nowhere),
        feed: Arc::new(Nowhere),
        signed_in: false,
    };
    let answer = router(desk).oneshot(request).await.unwrap();
    let body = to_bytes(answer.into_body(), 4 << 20).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

/// Pages that show all of it.
async fn pages() -> Vec<(String, String)> {
    let turned = "%E2%80%AEx";
    let paths = [
        "/".to_owned(),
        "/?state=all".into(),
        "/board".into(),
        format!("/shipments/SHIP{turned}?taken=SHIP{turned}.1"),
        format!("/shipments/SHIP{turned}?noted=SHIP{turned}.1"),
        format!("/shipments/BETWEEN{turned}"),
        format!("/shipments/NOBODY{turned}"),
        format!("/lost{turned}"),
        format!("/?state=lost{turned}"),
        format!("/?search=lost{turned}"),
    ];
    let mut pages = Vec::new();
    for path in paths {
        let page = ask(Request::get(&path).body(Body::empty()).unwrap()).await;
        pages.push((path, page));
    }
    for (path, fields) in [
        ("/v1/incidents/acts", format!("act=note&by=D&reason=x&incidents=SHIP{turned}.1")),
        ("/v1/incidents/NOBODY.1/note", format!("by=D&text=x&key=lost{turned}")),
    ] {
        let form = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        pages.push((path.to_owned(), ask(form.body(Body::from(fields)).unwrap()).await));
    }
    pages
}

/// Goes through a page: what is read there, without what stands in tags, and how deep in `bdi`; and what stands in tags.
fn parts(page: &str) -> Vec<(bool, &str, i32)> {
    let (mut parts, mut deep, mut title) = (Vec::new(), 0, false);
    for piece in page.split_inclusive(['<', '>']) {
        let Some(tag) = piece.strip_suffix('>') else {
            // In a title there is no markup, and nothing beside it that could be turned round.
            parts.push((false, piece, if title { 1 } else { deep }));
            continue;
        };
        let name = tag.split_whitespace().next().unwrap_or_default();
        deep += i32::from(name == "bdi") - i32::from(name == "/bdi");
        title = name == "title" || (title && name != "/title");
        parts.push((true, tag, deep));
    }
    parts
}

#[tokio::test]
async fn no_letter_is_hidden_and_none_turns_round_what_stands_beside_it() {
    for (path, page) in pages().await {
        assert!(page.contains("⟨U+202E⟩"), "{path} shows nothing of it");
        for (is_tag, text, deep) in parts(&page) {
            match is_tag {
                true => {
                    let bare = text.split([' ', '\n']).filter(|part| part.contains(TURN));
                    let allowed = ["value=\"", "data-shipment=\"", "data-place=\""];
                    for part in bare {
                        assert!(allowed.iter().any(|a| part.starts_with(a)), "{path}: <{text}>");
                    }
                }
                false => {
                    assert!(
                        !text.contains(TURN),
                        "{path} prints what others wrote as it is: {text}"
                    );
                    let apart = !text.contains("⟨U+") || deep > 0;
                    assert!(apart, "{path} does not set apart what others wrote: {text}");
                }
            }
        }
    }
}

#[tokio::test]
async fn all_that_others_can_write_was_looked_at() {
    let all: String = pages().await.into_iter().map(|(_, page)| page).collect();
    for word in [
        "SHIP",
        "HOLDER",
        "HOLDERNAME",
        "+32 2 HOLDERNAME",
        "GIVER",
        "+32 2 GIVERNAME",
        "TAKER",
        "+32 2 TAKERNAME",
        "PROFILE",
        "ORDER",
        "CONSIGNOR",
        "CONSIGNEE",
        "WAYPOINT",
        "PERMIT",
        "STOPPED",
        "LEG",
        "CARRIER",
        "FROM",
        "PRODUCT",
        "KIND",
        "ISSUER",
        "REVOKED",
        "LOGGER",
        "CHANNEL",
        "STRANGER",
        "MISTAKE",
        "BAY",
        "CODE",
        "RULE",
        "SENTENCE",
        "ABOUT",
        "FIRST",
        "RULEBOOK",
        "HEADLINE",
        "MISSED",
        "REFUSED",
        "ACTION",
        "PLACE",
        "BEFORE",
        "HADIT",
        "OWNER",
        "DOES",
        "NOTER",
        "NOTE",
        "CLOSER",
        "CLOSED",
        "SECOND",
        "STAGE",
        "WHY",
        "NOBODY",
        "lost",
    ] {
        let shown =
            [format!("{word}⟨U+202E⟩"), format!("{word}<span class=\"hidden-letter\">⟨U+202E⟩")];
        assert!(shown.iter().any(|shown| all.contains(shown)), "{word} is on no page");
    }
}

/// Texts of pages that are our own words, times, or addresses, which are not shown: everything else is `Foreign`.
const OWN: &[&str] = &[
    "acts.rs heading back href",
    "card.rs id url at href priority lasting patient key dial left",
    "chain.rs severity unknown_for lasting used iso text clock learnt",
    "fault.rs heading",
    "frame.rs as_of word href",
    "chosen.rs narrow priorities search",
    "list.rs heading empty key here among_all href by_priority",
    "overview.rs search at url href word temperature patient left",
    "shipment.rs over missing wide narrow told",
    "stages.rs places",
    "turn.rs first next after last chosen",
];

#[test]
fn a_new_text_of_a_page_is_foreign_or_is_said_to_be_our_own() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages");
    let mut texts = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let source = std::fs::read_to_string(&path).unwrap();
        for line in source.lines().filter(|line| line.ends_with(',') && line.contains("String")) {
            let field = line.trim().trim_start_matches("pub(crate) ").split_once(": ");
            if let Some((field, kind)) = field
                && !field.contains(|c: char| !(c.is_alphanumeric() || c == '_'))
                && !(kind.contains("impl ") || kind.contains("::"))
            {
                texts.insert(format!("{name} {field}"));
            }
        }
    }
    let own = OWN.iter().flat_map(|line| {
        let (name, fields) = line.split_once(' ').unwrap();
        fields.split(' ').map(move |field| format!("{name} {field}"))
    });
    assert_eq!(texts, own.collect::<BTreeSet<String>>());
}

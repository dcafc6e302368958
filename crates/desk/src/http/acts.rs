//! `POST /v1/incidents/acts`: one act over several incidents, with a result for each. Each is done or refused by itself, by
//! the same rules as alone.

use super::acknowledge::taking;
use super::act_handler::{Done, act, fault_soon, is_form, read};
use super::act_rules::name;
use super::answer::{Problem, html, json};
use super::close::closing;
use super::guard::same_site;
use super::note::noting;
use super::sought::given;
use super::state::SharedState;
use crate::pages::{Acts, Outcome};
use crate::refusal::Refusal;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use facts::{Fact, Identity};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;
use utoipa::ToSchema;

/// As many as stand on a page.
const MOST: usize = 50;
/// The act that says something and changes nothing.
const NOTE: &str = "note";

/// Who does what, to which incidents.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acting {
    /// The act: `acknowledge`, `close` or `note`.
    act: String,
    /// The incidents that it is done to, up to 50, each like `SHP-1.2`.
    incidents: Vec<String>,
    /// The person who does it, in one word.
    by: String,
    /// With `note`: what others must know, in up to 500 letters.
    #[serde(default)]
    text: Option<String>,
    /// With `acknowledge` and `close`: what they do about it, or why nothing has to be done any more, in up to 500 letters. In a
    /// form it may stand for the text of a note, too.
    #[serde(default)]
    reason: Option<String>,
    /// The second person, whom closing a P1 needs: one word.
    #[serde(default)]
    second: Option<String>,
    /// A form's own name for the act, as it cannot send the header.
    #[serde(default)]
    key: Option<String>,
    /// Where a form's answer leads back to: the address of a list.
    #[serde(default)]
    back: Option<String>,
}

/// What came of the act for each incident.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Results {
    /// For how many incidents the log has the act.
    done: usize,
    /// For how many incidents the act was refused.
    refused: usize,
    /// One for each incident, in the order in which they were named.
    results: Vec<OneResult>,
}

/// What came of the act for one incident.
#[derive(Debug, Serialize, ToSchema)]
struct OneResult {
    /// The incident, by shipment and number: `SHP-1.2`.
    id: String,
    /// The status that the act alone would have been answered with: 200 = the board shows it; 202 = the log has it, and the
    /// board does not show it yet; else it was refused.
    status: u16,
    /// Where the incident stands after the act; null unless the status is 200.
    state: Option<String>,
    /// Why the act was refused, for a person; null where it was not.
    detail: Option<String>,
}

impl Acting {
    /// The fields of a form, which names each incident by itself.
    fn form(fields: Vec<(String, String)>) -> Result<Self, Refusal> {
        let mut acting = Self::default();
        for (name, value) in fields {
            match name.as_str() {
                "act" => acting.act = value,
                "incidents" => acting.incidents.push(value),
                "by" => acting.by = value,
                "text" => acting.text = Some(value),
                "reason" => acting.reason = Some(value),
                "second" => acting.second = Some(value),
                "key" => acting.key = Some(value),
                "back" => acting.back = Some(value),
                other => {
                    return Err(Refusal::Invalid(format!("`{other}` is no field of this form")));
                }
            }
        }
        // The page has one field for what is said: which act it belongs to is chosen last, by a button.
        if acting.act == NOTE && acting.text.is_none() {
            acting.text = acting.reason.take();
        }
        Ok(acting)
    }

    fn fact(&self) -> Result<Fact, Refusal> {
        match self.act.as_str() {
            "acknowledge" => taking(&self.by, self.said()?),
            "close" => closing(&self.by, self.said()?, given(&self.second)),
            NOTE => noting(&self.by, self.said()?),
            other => {
                Err(Refusal::Invalid(format!("`act` is acknowledge, close or note, not `{other}`")))
            }
        }
    }

    /// What is said with the act, by the name that it has where one is done alone.
    fn said(&self) -> Result<&str, Refusal> {
        let (of_note, of_others) = (("text", &self.text), ("reason", &self.reason));
        let ((name, said), (other, not_said)) = match self.act == NOTE {
            true => (of_note, of_others),
            false => (of_others, of_note),
        };
        let wrong = match (said, not_said) {
            (Some(said), None) => return Ok(said),
            (None, _) => format!("`{name}` is missing"),
            (Some(_), Some(_)) => format!("`{other}` does not go with `{}`", self.act),
        };
        Err(Refusal::Invalid(format!(
            "{wrong}: `note` takes `text`; `acknowledge` and `close` take `reason`"
        )))
    }

    /// Each incident once.
    fn each(&self) -> Result<Vec<String>, Refusal> {
        let mut each: Vec<String> = Vec::new();
        for id in &self.incidents {
            if !each.contains(id) {
                each.push(id.clone());
            }
        }
        match each.len() {
            0 => Err(Refusal::Invalid("select at least one incident".into())),
            1..=MOST => Ok(each),
            n => Err(Refusal::Invalid(format!(
                "`incidents` names up to {MOST} at once; these are {n}"
            ))),
        }
    }
}

/// Somebody does one thing to several incidents.
///
/// Each is done or refused by itself, by the rules that it would have alone: what is refused holds up none of the others. Closing takes
/// a second person for each P1. The same `Idempotency-Key` again is the same act. A form is answered with a page that tells what came of it.
#[utoipa::path(post, path = "/v1/incidents/acts", tag = "incidents",
    params(("idempotency-key" = Option<String>, Header, description = "The sender's own name for the act, 1 to 128 visible letters")),
    request_body(content((Acting = "application/json"), (Acting = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "What came of the act for each incident", body = Results),
        (status = 400, description = "The body cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The act was sent by a page of another site", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is neither JSON nor a form", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A value is not possible", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn acts(State(state): State<SharedState>, asked: Request) -> Response {
    let headers = asked.headers().clone();
    let form = is_form(&headers);
    let doing = async {
        same_site(&headers)?;
        let acting = match form {
            true => Acting::form(read(true, asked).await?)?,
            false => read(false, asked).await?,
        };
        let came = all(&state, &headers, &acting).await?;
        Ok((acting, came))
    };
    match doing.await {
        Ok((acting, came)) if form => shown_soon(&state, acting, came).await,
        Ok((_, came)) => json(StatusCode::OK, &Results::new(came)),
        Err(refusal) if form => fault_soon(&state, refusal).await,
        Err(refusal) => Refusal::into_response(refusal),
    }
}

/// What came of it for each incident.
type Each = Vec<(String, Result<Done, Refusal>)>;

/// Does all of them, at the same time.
async fn all(state: &SharedState, headers: &HeaderMap, acting: &Acting) -> Result<Each, Refusal> {
    let (fact, each) = (acting.fact()?, acting.each()?);
    let key = name(state, headers, acting.key.clone())?;
    let mut under_way = JoinSet::new();
    for (n, id) in each.iter().cloned().enumerate() {
        let (state, fact) = (state.clone(), fact.clone());
        // Each is an act of its own, by a name that the same request leads to again.
        let name = Identity::of(&key, &id).to_string();
        under_way.spawn(async move { (n, act(&state, &id, name, fact).await) });
    }
    let mut came: Vec<Option<Result<Done, Refusal>>> = each.iter().map(|_| None).collect();
    while let Some(done) = under_way.join_next().await {
        let (n, done) = done.map_err(|broke| Refusal::Unavailable(broke.to_string()))?;
        if let Some(place) = came.get_mut(n) {
            *place = Some(done);
        }
    }
    Ok(each.into_iter().zip(came).filter_map(|(id, came)| Some((id, came?))).collect())
}

impl Results {
    fn new(each: Each) -> Self {
        let one = |(id, came): (String, Result<Done, Refusal>)| match came {
            Ok(Done { shown: Some(view), .. }) => {
                OneResult { id, status: 200, state: Some(view.state), detail: None }
            }
            Ok(_) => OneResult { id, status: 202, state: None, detail: None },
            Err(refusal) => OneResult {
                id,
                status: refusal.status().as_u16(),
                state: None,
                detail: Some(refusal.to_string()),
            },
        };
        let results: Vec<OneResult> = each.into_iter().map(one).collect();
        let refused = results.iter().filter(|one| one.detail.is_some()).count();
        Self { done: results.len() - refused, refused, results }
    }
}

/// The page that tells it. It is made on a thread that may wait.
async fn shown_soon(state: &SharedState, acting: Acting, came: Each) -> Response {
    let state = state.clone();
    let page = move || -> Result<Response, Refusal> {
        let outcomes = came.into_iter().map(|(id, came)| match came {
            Ok(done) => Outcome::done(id, done.shown.is_some()),
            Err(refusal) => Outcome::refused(id, refusal.to_string()),
        });
        let (now, board) = (state.now(), state.board()?);
        let frame = state.frame(&board, now, "acts");
        Ok(html(&Acts::new(frame, &acting.act, outcomes.collect(), acting.back.as_deref())))
    };
    let page = tokio::task::spawn_blocking(page).await;
    let broke = |broke: tokio::task::JoinError| Err(Refusal::Unavailable(broke.to_string()));
    page.unwrap_or_else(broke).unwrap_or_else(IntoResponse::into_response)
}

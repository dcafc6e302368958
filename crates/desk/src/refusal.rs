//! Why something is not done, in the sentence that a person sees.

use axum::http::StatusCode;
use thiserror::Error;

/// What cannot be done now may be asked again after so many seconds.
const AGAIN: u64 = 5;

/// A refusal. Its text names the value that was wrong and says what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// What was asked cannot be read.
    #[error("{0}")]
    Malformed(String),
    /// It comes from another site.
    #[error("{0}")]
    Foreign(String),
    /// There is no such thing.
    #[error("{0}")]
    Unknown(String),
    /// There is such an address, but not for this method.
    #[error("{0}")]
    Method(String),
    /// It is not in a state in which that can be done.
    #[error("{0}")]
    Conflict(String),
    /// It is too much.
    #[error("{0}")]
    TooLarge(String),
    /// It is in a format that is not taken.
    #[error("{0}")]
    Format(String),
    /// It can be read, but a value in it is not possible.
    #[error("{0}")]
    Invalid(String),
    /// It cannot be done now; the same may be asked again.
    #[error("{0}")]
    Unavailable(String),
}

impl Refusal {
    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Foreign(_) => StatusCode::FORBIDDEN,
            Self::Unknown(_) => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Format(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// In how many seconds the same may be asked again, where that is known to help.
    pub fn again_in(&self) -> Option<u64> {
        matches!(self, Self::Unavailable(_)).then_some(AGAIN)
    }

    /// Its kind in a few words, the same for every refusal of that kind.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "it cannot be read",
            Self::Foreign(_) => "it comes from another site",
            Self::Unknown(_) => "there is no such thing",
            Self::Method(_) => "this address does not take that method",
            Self::Conflict(_) => "it cannot be done as things stand",
            Self::TooLarge(_) => "it is too large",
            Self::Format(_) => "this format is not taken",
            Self::Invalid(_) => "a value is not possible",
            Self::Unavailable(_) => "it cannot be done now",
        }
    }
}

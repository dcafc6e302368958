//! What went wrong with the log, named by what the caller must do.

/// An error of the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// It cannot be reached now: wait, and try again.
    #[error("the log cannot be reached: {0}")]
    Unavailable(String),
    /// What was asked does not fit what is there: put the configuration right.
    #[error("{0}")]
    Configuration(String),
    /// Going on would lose or double something: end this process and have a person look.
    #[error("{0}")]
    Stop(String),
}

impl StreamError {
    /// There is no such topic.
    pub fn no_topic(topic: &str) -> Self {
        Self::Configuration(format!("there is no topic `{topic}`"))
    }
}

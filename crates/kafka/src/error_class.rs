//! The client's errors, named by what the caller must do. An error is waited out only where it is known to
//! pass: whatever is not on that list stops.

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use std::sync::{Arc, OnceLock};
use stream::StreamError;

/// What an error asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    /// It passes: the network, a broker that restarts, a group that settles.
    Transient,
    /// The brokers refuse it as it is set up.
    Refused,
    /// Going on would lose something.
    Fatal,
}

/// Weighs a code.
pub(crate) fn classify(code: Code) -> Severity {
    match code {
        Code::BrokerTransportFailure
        | Code::AllBrokersDown
        | Code::Resolve
        | Code::OperationTimedOut
        | Code::TimedOutQueue
        | Code::WaitingForCoordinator
        | Code::WaitCache
        | Code::Retry
        | Code::DestroyBroker
        | Code::NodeUpdate
        | Code::PollExceeded
        | Code::AssignmentLost
        | Code::PartitionEOF
        | Code::UnknownTopic
        | Code::UnknownPartition
        | Code::UnknownTopicOrPartition
        | Code::LeaderNotAvailable
        | Code::NotLeaderForPartition
        | Code::RequestTimedOut
        | Code::BrokerNotAvailable
        | Code::ReplicaNotAvailable
        | Code::NetworkException
        | Code::CoordinatorLoadInProgress
        | Code::CoordinatorNotAvailable
        | Code::NotCoordinator
        | Code::NotEnoughReplicas
        | Code::NotEnoughReplicasAfterAppend
        | Code::IllegalGeneration
        | Code::UnknownMemberId
        | Code::RebalanceInProgress
        | Code::MemberIdRequired
        | Code::NotController
        | Code::KafkaStorageError
        | Code::FencedLeaderEpoch
        | Code::UnknownLeaderEpoch
        | Code::OffsetNotAvailable
        | Code::UnstableOffsetCommit
        | Code::PreferredLeaderNotAvailable
        | Code::EligibleLeadersNotAvailable
        | Code::ThrottlingQuotaExceeded
        | Code::RebootstrapRequired => Severity::Transient,
        Code::TopicAuthorizationFailed
        | Code::GroupAuthorizationFailed
        | Code::ClusterAuthorizationFailed
        | Code::Authentication
        | Code::SaslAuthenticationFailed
        | Code::UnsupportedSASLMechanism
        | Code::IllegalSASLState
        | Code::SSL
        | Code::SecurityDisabled
        | Code::InvalidTopic
        | Code::InvalidGroupId
        | Code::InvalidSessionTimeout
        | Code::InconsistentGroupProtocol
        | Code::GroupMaxSizeReached
        | Code::InvalidPartitions
        | Code::InvalidReplicationFactor
        | Code::InvalidConfig
        | Code::PolicyViolation
        | Code::UnsupportedFeature
        | Code::UnsupportedVersion => Severity::Refused,
        _ => Severity::Fatal,
    }
}

/// The code of an error; settings that the client refuses have none.
pub(crate) fn code(error: &KafkaError) -> Option<Code> {
    match error {
        KafkaError::AdminOp(code) => Some(*code),
        other => other.rdkafka_error_code(),
    }
}

/// An error in words. Where nobody was reached, or not in time, the client has only its own name for that.
pub(crate) fn words(error: &KafkaError) -> String {
    match code(error) {
        Some(Code::BrokerTransportFailure) => "a broker cannot be reached".into(),
        Some(Code::AllBrokersDown) => "no broker can be reached".into(),
        Some(Code::Resolve) => "the name of a broker leads to no address".into(),
        Some(Code::OperationTimedOut | Code::RequestTimedOut | Code::MessageTimedOut) => {
            "no broker answered in time".into()
        }
        _ => error.to_string(),
    }
}

/// That none of these brokers answers, and why, where the client has said so.
pub(crate) fn nobody_answers(brokers: &str, why: &str) -> String {
    let asked: Vec<&str> =
        brokers.split(',').map(str::trim).filter(|one| !one.is_empty()).collect();
    let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
    format!("no broker answers at {}{why}", asked.join(", "))
}

/// What the client says of an error, without what only its makers understand; `None` where it says no more than that all
/// brokers are away, as in "1/1 brokers are down".
pub(crate) fn plain(error: &KafkaError, reason: &str) -> Option<String> {
    if code(error) == Some(Code::AllBrokersDown) {
        return None;
    }
    let reason = reason.split(" (after ").next().unwrap_or(reason);
    Some(reason.replace("/bootstrap: ", ": ").replace("ipv4#", "").replace("ipv6#", ""))
}

/// An error, with what was being done.
pub(crate) fn named(doing: &str, error: &KafkaError) -> StreamError {
    let says = format!("{doing}: {}", words(error));
    match (error, code(error).map(classify)) {
        (_, Some(Severity::Transient)) | (KafkaError::Canceled, _) => {
            StreamError::Unavailable(says)
        }
        (_, Some(Severity::Refused))
        | (
            KafkaError::ClientConfig(..)
            | KafkaError::ClientCreation(_)
            | KafkaError::AdminOpCreation(_)
            | KafkaError::Nul(_),
            _,
        ) => StreamError::Configuration(says),
        _ => StreamError::Stop(says),
    }
}

/// Why nothing may be done any more in this process, once that is so.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fatal(Arc<OnceLock<String>>);

impl Fatal {
    pub(crate) fn set(&self, reason: &str) {
        // The first reason is the true one; the others follow from it.
        let _ = self.0.set(reason.to_owned());
    }

    pub(crate) fn reason(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }

    pub(crate) fn check(&self) -> Result<(), StreamError> {
        match self.reason() {
            None => Ok(()),
            Some(reason) => Err(StreamError::Stop(format!("the Kafka client gave up: {reason}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_nobody_answers_is_a_sentence_with_the_addresses() {
        let all_down = KafkaError::Global(Code::AllBrokersDown);
        assert_eq!(plain(&all_down, "2/2 brokers are down"), None);
        let refused = KafkaError::Global(Code::BrokerTransportFailure);
        let says = "a:1/bootstrap: Connect to ipv4#10.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)";
        let why = plain(&refused, says).unwrap_or_default();
        assert_eq!(why, "a:1: Connect to 10.0.0.1:1 failed: Connection refused");
        assert_eq!(
            nobody_answers("a:1,b:2 ,", &why),
            "no broker answers at a:1, b:2 (a:1: Connect to 10.0.0.1:1 failed: Connection refused)"
        );
        assert_eq!(nobody_answers("a:1", ""), "no broker answers at a:1");
        for (code, says) in [
            (Code::AllBrokersDown, "asking: no broker can be reached"),
            (Code::OperationTimedOut, "asking: no broker answered in time"),
        ] {
            let named = named("asking", &KafkaError::MetadataFetch(code));
            assert_eq!(named, StreamError::Unavailable(says.into()));
        }
    }
}

//! The client's errors, named by what the caller must do. An error is waited out only where it is known to
//! pass: whatever is not on that list stops.

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use std::sync::{Arc, OnceLock};
use stream::StreamError;

/// What an error asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// It passes: the network, a broker that restarts, a group that settles.
    Passes,
    /// The brokers refuse it as it is set up.
    Refused,
    /// Going on would lose something.
    Stops,
}

/// Weighs a code.
pub(crate) fn weigh(code: Code) -> Weight {
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
        | Code::RebootstrapRequired => Weight::Passes,
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
        | Code::UnsupportedVersion => Weight::Refused,
        _ => Weight::Stops,
    }
}

/// The code of an error; settings that the client refuses have none.
pub(crate) fn code(error: &KafkaError) -> Option<Code> {
    match error {
        KafkaError::AdminOp(code) => Some(*code),
        other => other.rdkafka_error_code(),
    }
}

/// An error, with what was being done.
pub(crate) fn named(doing: &str, error: &KafkaError) -> StreamError {
    let says = format!("{doing}: {error}");
    match (error, code(error).map(weigh)) {
        (_, Some(Weight::Passes)) | (KafkaError::Canceled, _) => StreamError::Unavailable(says),
        (_, Some(Weight::Refused))
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

//! Tells errors of a partition from errors of a connection or of the client.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// Returns true if the error is about one partition or topic. Other errors are about the connection to a broker, the
/// consumer group or the client itself.
pub fn concerns_partition(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    let KafkaError::MessageConsumption(code) = error else { return false };
    !matches!(
        code,
        Code::BrokerTransportFailure
            | Code::AllBrokersDown
            | Code::BrokerDestroy
            | Code::DestroyBroker
            | Code::Resolve
            | Code::SSL
            | Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::OperationTimedOut
            | Code::RequestTimedOut
            | Code::NetworkException
            | Code::PollExceeded
            | Code::Fatal
            | Code::Fenced
            | Code::FencedInstanceId
            | Code::AssignmentLost
            | Code::NodeUpdate
            | Code::GroupAuthorizationFailed
            | Code::ThrottlingQuotaExceeded
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_connection_is_no_error_of_a_partition() {
        use RDKafkaErrorCode as Code;
        for code in [Code::BadCompression, Code::BadMessage, Code::TopicAuthorizationFailed] {
            assert!(concerns_partition(&KafkaError::MessageConsumption(code)), "{code}");
        }
        for code in [Code::AllBrokersDown, Code::BrokerTransportFailure] {
            assert!(!concerns_partition(&KafkaError::MessageConsumption(code)), "{code}");
        }
        assert!(!concerns_partition(&KafkaError::PartitionEOF(3)));
    }
}

//! Attributes of instruments, by the messaging conventions of OpenTelemetry.

use std::sync::LazyLock;

use opentelemetry::KeyValue;

/// The attributes of the duration of a record batch.
pub(super) fn of_process() -> &'static [KeyValue] {
    static ATTRIBUTES: LazyLock<Vec<KeyValue>> = LazyLock::new(|| kafka("process"));
    &ATTRIBUTES
}

pub(super) fn kafka(operation: &'static str) -> Vec<KeyValue> {
    vec![KeyValue::new("messaging.system", "kafka"), KeyValue::new("messaging.operation.name", operation)]
}

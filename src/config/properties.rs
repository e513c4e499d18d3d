//! The librdkafka properties that may be set: how to connect, with which identity, and how much to send at once. All
//! others are refused, because they could switch a safeguard off (durability, order, isolation, certificates), load a
//! library, or run a command.

/// Properties that correct payment depends on, or that have their own setting, and what to use instead.
const OWN_PROPERTIES: &[(&str, &str)] = &[
    ("bootstrap.servers", "the setting kafka_brokers"),
    ("metadata.broker.list", "the setting kafka_brokers"),
    ("group.instance.id", "the setting instance"),
    ("group.id", "nothing: it is derived from topic_prefix"),
    ("transactional.id", "nothing: it is derived from topic_prefix"),
    ("enable.idempotence", "nothing: producers are idempotent"),
    ("acks", "nothing: producers wait for all replicas"),
    ("request.required.acks", "nothing: producers wait for all replicas"),
    ("enable.auto.commit", "nothing: the database stores the offsets"),
    ("enable.auto.offset.store", "nothing: the database stores the offsets"),
    ("auto.offset.reset", "nothing: the database stores the offsets"),
    ("isolation.level", "nothing: readers read committed records"),
    ("enable.ssl.certificate.verification", "nothing: the broker's certificate is always verified"),
    (
        "ssl.endpoint.identification.algorithm",
        "nothing: the name in the broker's certificate is always verified",
    ),
    ("plugin.library.paths", "nothing: no foreign code is loaded"),
    ("sasl.kerberos.kinit.cmd", "nothing: no command is run; keep the ticket fresh outside of Peyvand"),
];

const ALLOWED: &[&str] = &[
    "security.protocol",
    "sasl.mechanism",
    "sasl.mechanisms",
    "sasl.username",
    "sasl.password",
    "sasl.kerberos.keytab",
    "sasl.kerberos.min.time.before.relogin",
    "sasl.kerberos.principal",
    "sasl.kerberos.service.name",
    "https.ca.location",
    "https.ca.pem",
    "ssl.ca.location",
    "ssl.ca.pem",
    "ssl.certificate.location",
    "ssl.certificate.pem",
    "ssl.cipher.suites",
    "ssl.crl.location",
    "ssl.curves.list",
    "ssl.key.location",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.location",
    "ssl.keystore.password",
    "ssl.sigalgs.list",
    "broker.address.family",
    "broker.address.ttl",
    "client.dns.lookup",
    "client.rack",
    "connections.max.idle.ms",
    "metadata.max.age.ms",
    "reconnect.backoff.max.ms",
    "reconnect.backoff.ms",
    "retry.backoff.max.ms",
    "retry.backoff.ms",
    "socket.connection.setup.timeout.ms",
    "socket.keepalive.enable",
    "socket.nagle.disable",
    "socket.receive.buffer.bytes",
    "socket.send.buffer.bytes",
    "socket.timeout.ms",
    "batch.num.messages",
    "batch.size",
    "compression.level",
    "fetch.min.bytes",
    "fetch.wait.max.ms",
    "debug",
    "log_level",
    "statistics.interval.ms",
];

/// Tokens of an identity provider. The one exception, unsigned tokens, does not begin like this.
const ALLOWED_PREFIX: &str = "sasl.oauthbearer.";

/// Properties that can be read from a file, because they are secrets or name an account.
const FROM_FILE: &[&str] = &[
    "sasl.username",
    "sasl.password",
    "sasl.oauthbearer.assertion.private.key.passphrase",
    "sasl.oauthbearer.assertion.private.key.pem",
    "sasl.oauthbearer.client.credentials.client.secret",
    "sasl.oauthbearer.client.secret",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.password",
];

/// What to use instead of this property. `None` if it may be set.
pub(super) fn refusal(property: &str) -> Option<String> {
    if let Some((_, instead)) = OWN_PROPERTIES.iter().find(|(own, _)| *own == property) {
        return Some((*instead).to_owned());
    }
    let is_allowed = ALLOWED.contains(&property) || property.starts_with(ALLOWED_PREFIX);
    (!is_allowed).then(|| {
        "a librdkafka property that may be set; docs/OPERATIONS.md, `Kafka with TLS and SASL`, lists them"
            .to_owned()
    })
}

/// All properties that may be set, for the documents.
pub fn allowed_properties() -> impl Iterator<Item = String> {
    let named = ALLOWED.iter().map(|name| (*name).to_owned());
    named.chain(std::iter::once(format!("{ALLOWED_PREFIX}…")))
}

pub(super) fn may_be_in_file(property: &str) -> bool {
    FROM_FILE.contains(&property)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_properties_may_be_set() {
        for property in
            ["sasl.password", "ssl.ca.location", "sasl.oauthbearer.client.id", "batch.num.messages"]
        {
            assert_eq!(refusal(property), None, "{property}");
        }
        for property in [
            "plugin.library.paths",
            "ssl.engine.location",
            "ssl.providers",
            "sasl.kerberos.kinit.cmd",
            "enable.sasl.oauthbearer.unsecure.jwt",
            "enable.ssl.certificate.verification",
            "ssl.endpoint.identification.algorithm",
            "allow.auto.create.topics",
            "check.crcs",
            "max.in.flight.requests.per.connection",
            "partitioner",
            "acks",
            "no.such.property",
        ] {
            assert!(refusal(property).is_some(), "{property}");
        }
        assert!(FROM_FILE.iter().all(|property| refusal(property).is_none()));
    }
}

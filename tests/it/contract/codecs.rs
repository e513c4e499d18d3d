//! Outside clients may compress with any codec of Kafka.

use peyvand::wire::Topic;
use serde_json::json;

use super::outside_clients::client;
use crate::fixtures::couples::Couple;
use crate::harness::TestApp;

/// The topics are made by another tool without `compression.type`, so the broker keeps each batch in the codec of its
/// sender, and the consumer itself has to read it.
#[test]
fn every_codec_is_read_from_every_input_topic() {
    let app = TestApp::without_service("1404-08-01");
    app.make_topics(Topic::inputs());
    let mut app = app.serving();
    let couples: Vec<_> = (30..33).map(Couple::nth).collect();
    Couple::publish(&couples, &mut app);
    app.close("1404-07");
    let sent = client(&app, "codecs.py", &[]);
    assert_eq!(sent["sent"], json!(30), "{sent}");
    let status = app.settle();
    assert_eq!(status["dead_letters"], json!(0), "{status}");
    for (what, sql) in [
        ("marriages", "SELECT count(*) FROM marriages WHERE record_id LIKE 'CODEC%'"),
        ("records", "SELECT count(*) FROM persons WHERE insured AND code / 100000000 = 72"),
        ("registrations", "SELECT count(*) FROM self_registrations WHERE request_id LIKE 'CODEC%'"),
        ("files", "SELECT count(*) FROM files WHERE file_id LIKE '00000000%'"),
        ("outcomes", "SELECT count(*) FROM documents WHERE state = 'accepted'"),
        ("reports", "SELECT count(*) FROM messages WHERE status = 'delivered'"),
    ] {
        assert_eq!(app.value(sql), "5", "{what}");
    }
    app.end_unchecked();
}

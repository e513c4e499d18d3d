"""Carries records between Kafka and the SDKs of CloudEvents, as they are: one JSON value a line, {topic, key, headers,
value}. `read` prints the records of these topics; `send` publishes the lines of standard input."""

import json
import sys

import cloud


def record_of(message, topic):
    headers = {name: value.decode() for name, value in message.headers() or []}
    return {"topic": topic, "key": message.key().decode(), "headers": headers, "value": message.value().decode()}


def main():
    options = cloud.arguments(__doc__, ("action", {"choices": ["read", "send"]}), ("topics", {"nargs": "*"}))
    if options.action == "read":
        for topic in options.topics:
            for record in cloud.read(options, topic, parse=record_of):
                print(json.dumps(record, ensure_ascii=False))
        return {}
    sender = cloud.Sender(options)
    for line in sys.stdin:
        record = json.loads(line)
        sender.record(record["topic"], record["key"], record["headers"], record["value"])
    sender.finish()
    return {"sent": sender.sent}


cloud.run_client(main)

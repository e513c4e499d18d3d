"""The Python SDK of CloudEvents reads records that Peyvand wrote, and writes events for Peyvand.

One JSON value a line. A record: {topic, key, headers, value}, the value as text. An event to write:
{topic, key, mode, id, type, time, data}; the mode is `binary` or `structured`."""

import collections
import json
import sys

from cloudevents.core.bindings import kafka
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from dateutil.parser import isoparse

import cloud


def lines():
    return [json.loads(line) for line in sys.stdin if line.strip()]


def check(record):
    """Reads a record in binary mode, and checks its data against the schema of its type. Returns the type."""
    headers = {name: value.encode() for name, value in record["headers"].items()}
    message = kafka.KafkaMessage(headers, record["key"], record["value"].encode())
    event = kafka.from_binary(message, JSONFormat())
    place = f"{record['topic']}, event {event.get_id()}"
    cloud.demand(isinstance(event, CloudEvent), f"{place}: not CloudEvents 1.0")
    # The SDK invents an id where there is none.
    cloud.demand(event.get_id() == record["headers"].get("ce_id"), f"{place}: the id is another one")
    cloud.demand(event.get_extension("partitionkey") == record["key"], f"{place}: the key is lost")
    cloud.demand(event.get_datacontenttype() == "application/json", f"{place}: {event.get_datacontenttype()}")
    cloud.demand(event.get_time() == isoparse(record["headers"]["ce_time"]), f"{place}: the time is another one")
    kind, topic = event.get_type(), record["topic"]
    name, _, version = topic.rpartition(".")
    cloud.demand(event.get_dataschema() == f"urn:peyvand:{name}:{version}:{kind}", f"{place}: {event.get_dataschema()}")
    cloud.SCHEMAS.check(topic, kind, event.get_data(), place)
    return kind


def read():
    print(json.dumps({"types": collections.Counter(check(record) for record in lines())}))


def write():
    for event in lines():
        attributes = {
            "id": event["id"],
            "type": event["type"],
            "source": "/outside/python",
            "specversion": "1.0",
            "time": isoparse(event["time"]),
            "datacontenttype": "application/json",
        }
        convert = {"binary": kafka.to_binary, "structured": kafka.to_structured}[event["mode"]]
        message = convert(CloudEvent(attributes, event["data"]), JSONFormat())
        headers = {name: value.decode() for name, value in message.headers.items()}
        record = {"topic": event["topic"], "key": event["key"], "headers": headers, "value": message.value.decode()}
        print(json.dumps(record))


try:
    {"read": read, "write": write}[sys.argv[1]]()
except (cloud.Violation, ValueError, TypeError) as fault:
    print(f"violation: {fault}", file=sys.stderr)
    sys.exit(1)

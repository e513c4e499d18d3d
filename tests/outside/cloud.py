"""The common part of the outside clients: CloudEvents in Kafka's binary mode, and the schemas. From the repository it
reads only `schemas/`."""

import argparse
import collections
import datetime
import json
import pathlib
import sys
import time
import uuid

import confluent_kafka
import jsonschema
import referencing

ROOT = pathlib.Path(__file__).resolve().parents[2] / "schemas"
TEHRAN = datetime.timezone(datetime.timedelta(hours=3, minutes=30))  # all year since autumn 2022

Event = collections.namedtuple("Event", "topic partition offset key id type time headers data")


class Violation(Exception):
    """The other side violated the contract."""


def arguments(description, *more):
    """Parses the arguments that all clients share. Each of `more` is (flag, options) for argparse."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--brokers", required=True)
    parser.add_argument("--prefix", default="", help="prefix of every topic name")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds")
    for flags, options in more:
        parser.add_argument(flags, **options)
    return parser.parse_args()


def run_client(main):
    """Runs a client. The last line of output is the result as JSON; the exit status is 1 on a violation."""
    try:
        print(json.dumps(main(), ensure_ascii=False))
    except (Violation, confluent_kafka.KafkaException, OSError) as fault:
        print(f"violation: {fault}", file=sys.stderr)
        print(json.dumps({"violation": str(fault)}, ensure_ascii=False))
        sys.exit(1)


def demand(truth, what):
    if not truth:
        raise Violation(what)


class Schemas:
    """`schemas/<topic without .v1>/v1/<ce_type>.schema.json`."""

    def __init__(self):
        texts = {path: json.loads(path.read_text()) for path in ROOT.rglob("*.schema.json")}
        known = [(text["$id"], referencing.Resource.from_contents(text)) for text in texts.values() if "$id" in text]
        registry = referencing.Registry().with_resources(known)
        formats = jsonschema.Draft202012Validator.FORMAT_CHECKER
        self._of = {
            str(path.relative_to(ROOT)): jsonschema.Draft202012Validator(
                text, registry=registry, format_checker=formats
            )
            for path, text in texts.items()
        }

    def check(self, topic, kind, data, place):
        name = f"{topic.removesuffix('.v1')}/v1/{kind}.schema.json"
        demand(name in self._of, f"{place}: no schema for {kind}")
        for fault in self._of[name].iter_errors(data):
            # Only the path is printed: values are personal data.
            raise Violation(f"{place}: {kind} at {fault.json_path} violates `{fault.validator}` of its schema")


    def check_headers(self, headers, place):
        for fault in self._of["headers.schema.json"].iter_errors(headers):
            raise Violation(f"{place}: the headers at {fault.json_path} violate `{fault.validator}` of their schema")


SCHEMAS = Schemas()


def event_of(message, topic):
    place = f"{topic}[{message.partition()}]@{message.offset()}"
    headers = {name: value.decode() for name, value in message.headers() or []}
    SCHEMAS.check_headers(headers, place)
    demand("content-type" in headers, f"{place}: no header content-type")
    demand(message.key() is not None, f"{place}: no key")
    try:
        data = json.loads(message.value())
    except (TypeError, ValueError):
        raise Violation(f"{place}: the value is not JSON") from None
    SCHEMAS.check(topic, headers["ce_type"], data, place)
    return Event(topic, message.partition(), message.offset(), message.key().decode(), headers["ce_id"],
                 headers["ce_type"], headers.get("ce_time"), headers, data)


def read(options, topic, until=None, parse=event_of):
    """Reads all events of a topic, each partition in order: up to the current end, or until `until(events)` is true.
    Raises a violation after the timeout. `parse` makes an event of a message and the name of its topic."""
    consumer = confluent_kafka.Consumer(
        {
            "bootstrap.servers": options.brokers,
            "log_level": 2,
            "group.id": f"outside-{uuid.uuid4()}",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
        }
    )
    name, events, ended, deadline = options.prefix + topic, [], set(), time.monotonic() + options.timeout
    try:
        known = consumer.list_topics(name, timeout=options.timeout).topics[name]
        demand(known.error is None and known.partitions, f"there is no topic {name}")
        places = [confluent_kafka.TopicPartition(name, p, confluent_kafka.OFFSET_BEGINNING) for p in known.partitions]
        consumer.assign(places)
        while not (until(events) if until else len(ended) == len(places)):
            demand(
                time.monotonic() < deadline, f"{name}: the expected events did not arrive within {options.timeout:g} s"
            )
            for message in consumer.consume(1000, 0.2):
                if message.error() is None:
                    events.append(parse(message, topic))
                elif message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
                    ended.add(message.partition())
                else:
                    raise confluent_kafka.KafkaException(message.error())
    finally:
        consumer.close()
    return events


def once(events):
    """The events without repeats. Events with the same id must have the same content."""
    seen = {}
    for event in events:
        first = seen.setdefault(event.id, event)
        demand(first.data == event.data and first.key == event.key, f"two different events have the id {event.id}")
    return list(seen.values())


class Sender:
    """Publishes events, and checks them against the schemas."""

    def __init__(self, options, codec="none"):
        self._producer = confluent_kafka.Producer(
            {
                "bootstrap.servers": options.brokers,
                "compression.type": codec,
                "log_level": 2,
                "acks": "all",
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "message.timeout.ms": int(options.timeout * 1000),
                "queue.buffering.max.messages": 200000,
                "linger.ms": 20,
            }
        )
        self._options, self._failed, self.sent = options, [], 0

    def send(self, topic, key, kind, identity, data, **extension):
        SCHEMAS.check(topic, kind, data, f"{topic}, own message {identity}")
        headers = {
            "ce_specversion": "1.0",
            "ce_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind}/{identity}")),
            "ce_type": kind,
            "ce_source": "/outside",
            "ce_time": datetime.datetime.now(TEHRAN).isoformat(),
            "content-type": "application/json",
            "traceparent": f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01",
        } | {f"ce_{name}": str(value) for name, value in extension.items()}
        self.record(topic, key, headers, json.dumps(data, ensure_ascii=False))

    def record(self, topic, key, headers, value):
        """Publishes a record as it is."""
        while True:
            try:
                self._producer.produce(
                    self._options.prefix + topic,
                    value.encode(),
                    key,
                    headers=headers,
                    on_delivery=lambda error, _: error and self._failed.append(error),
                )
                break
            except BufferError:
                self._producer.poll(0.1)
        self._producer.poll(0)
        self.sent += 1

    def finish(self):
        left = self._producer.flush(self._options.timeout)
        demand(not left and not self._failed, f"not delivered: {left} messages, {self._failed[:1]}")

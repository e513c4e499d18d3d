"""Unreadable messages. Each must reach dead-letters.v1, and none may delay the messages of other keys."""

import json
import random
import threading
import time

from . import outsiders

MARRIAGES, RECORDS, PORTAL, FILES = (
    "registry.marriages.v1",
    "insured.records.v1",
    "portal.self-registrations.v1",
    "registry.files.v1",
)
RECORDED, CHANGED, SUBMITTED = (
    "registry.marriage.recorded",
    "insured.person.changed",
    "portal.self-registration.submitted",
)
SPOUSE = {"given_name": "نام", "family_name": "نشان", "birth_date": "1375-02-03", "earlier_marriages": 0}


def good_marriage(record_id):
    return {
        "record_id": record_id,
        "record_version": 1,
        "status": "registered",
        "deed_date": "1404-05-20",
        "registered_on": "1404-05-22",
        "office_kind": "marriage_office",
        "office_code": "101",
        "deed_number": "5001",
        "permanence": "permanent",
        "husband": SPOUSE | {"national_code": "0012345679"},
        "wife": SPOUSE | {"national_code": "0499370899"},
    }


def headers(kind, **more):
    return {"ce_specversion": "1.0", "ce_id": "poison", "ce_source": "/chaos", "ce_type": kind,
            "ce_time": "2026-01-01T06:30:00Z"} | more


def marriage(change):
    def make(key):
        data = good_marriage(key)
        change(data)
        return MARRIAGES, key, headers(RECORDED), json.dumps(data).encode()
    return make


def raw(value, topic=MARRIAGES, kind=RECORDED):
    return lambda key: (topic, key, headers(kind), value)


def whole(key):
    return json.dumps(good_marriage(key)).encode()


KINDS = {
    "unreadable bytes": raw(b"\xff\x00\xfe{not json"),
    "unreadable bytes of 5 MB": raw(b"\x00\xff" * (5 << 19)),
    "valid JSON of 5 MB": raw(b'{"padding": "' + b"x" * (5 << 20) + b'"}'),
    "no value": raw(None),
    "empty value": raw(b"", PORTAL, SUBMITTED),
    "unknown type": lambda key: (MARRIAGES, key, headers("registry.marriage.dissolved"), whole(key)),
    "type of another topic": lambda key: (FILES, key, headers(RECORDED), whole(key)),
    "unknown version": lambda key: (MARRIAGES, key, headers(RECORDED, ce_specversion="2.0"), whole(key)),
    "no headers": lambda key: (MARRIAGES, key, {}, whole(key)),
    "wrong schema": marriage(lambda data: data.pop("deed_date")),
    "wrong word": marriage(lambda data: data.update(permanence="eternal")),
    "array": raw(b"[1, 2, 3]", RECORDS, CHANGED),
    "key that does not match": lambda key: (MARRIAGES, key, headers(RECORDED), whole("R-another")),
    "no key": lambda key: (MARRIAGES, None, headers(RECORDED), whole(key)),
    "huge number": marriage(lambda data: data.update(record_version=10**40)),
    "number beyond floats": lambda key: (
        MARRIAGES,
        key,
        headers(RECORDED),
        whole(key).replace(b'"record_version": 1', b'"record_version": 1e999'),
    ),
    "negative number": marriage(lambda data: data.update(record_version=-1)),
    "date that does not exist": marriage(lambda data: data.update(deed_date="1404-07-31")),
    "thirteenth month": marriage(lambda data: data.update(registered_on="1404-13-01")),
    "bad check digit": marriage(lambda data: data["wife"].update(national_code="1234567890")),
    "deep nesting": raw(b"[" * 100_000 + b"]" * 100_000),
    "deep nesting of objects": raw(b'{"a":' * 20_000 + b"1" + b"}" * 20_000),
}


class Poisoner(threading.Thread):
    """Sends a poison message every `pause` seconds. Every kind is sent once before one is repeated."""

    def __init__(self, brokers, prefix, seed, evidence, pause=0.4):
        super().__init__(name="poison", daemon=True)
        self.sender, self._chance = outsiders.Sender(brokers, prefix), random.Random(f"{seed}/poison")
        self._evidence, self._pause, self._ended = evidence, pause, threading.Event()
        self.places, self.sent = [], 0

    def run(self):
        while True:
            for name in self._chance.sample(sorted(KINDS), len(KINDS)):
                key = f"R-poison-{self._chance.randrange(1000)}"
                topic, key, its_headers, value = KINDS[name](key)
                self.sent += 1
                if its_headers:
                    its_headers |= {"ce_id": f"poison-{self.sent}"}
                self.sender.record(topic, key, its_headers, value, self.places)
                if self._ended.wait(self._pause):
                    return

    def end(self):
        self._ended.set()
        self.join()
        return self.sender.flush(120)


def end_of(consumer, topic):
    """The end offset of the topic's one partition. Retries, because a restarted broker does not serve it at once."""
    partition = outsiders.confluent_kafka.TopicPartition(topic, 0)
    for _ in range(30):
        try:
            return consumer.get_watermark_offsets(partition, timeout=30)[1]
        except outsiders.confluent_kafka.KafkaException:
            time.sleep(1)
    return consumer.get_watermark_offsets(partition, timeout=30)[1]


def missing(brokers, prefix, places):
    """The positions among `places` that no dead letter names."""
    topic = f"{prefix}dead-letters.v1"
    consumer = outsiders.reader(brokers, topic)
    try:
        left, high = set(places), end_of(consumer, topic)
        silent = 0
        while left and silent < 50:
            messages = consumer.consume(500, 0.1)
            silent = 0 if messages else silent + 1
            for message in messages:
                if message.error() is None:
                    found = dict(message.headers() or [])
                    names = (found[f"dead_letter_{name}"].decode() for name in ("topic", "partition", "offset"))
                    place = tuple(names)
                    left.discard((place[0], int(place[1]), int(place[2])))
                    if message.offset() + 1 >= high:
                        return left
        return left
    finally:
        consumer.close()

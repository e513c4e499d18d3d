"""A source of records in memory, with the same interface as the broker."""

import collections
import json
import uuid

from ..feed import raw as raws

WHEN = "2025-10-23T06:30:00Z"
STAMP = 1761201000000
MONTH, TODAY, BATCH = "1404-07", "1404-08-01", "batch-1404-07"


def named(*parts):
    """A stable id, derived from its parts."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(map(str, parts))))


class Memory:
    """The records of each topic, all in partition 0."""

    def __init__(self):
        self.records = collections.defaultdict(list)
        self.missing = []

    def partitions(self, topic):
        return [0]

    def ends(self, topic):
        records = self.records[topic]
        return {0: (0, records[-1].offset + 1 if records else 0)}

    def read(self, topic, partition=None):
        yield from self.records[topic]

    def append(self, topic, key, kind, data, stamp=STAMP, time=WHEN, **headers):
        records = self.records[topic]
        identity = named(topic, len(records), kind, key)
        envelope = {
            "ce_specversion": "1.0", "ce_id": identity, "ce_source": "/selftest", "ce_type": kind, "ce_time": time,
            "content-type": "application/json", "traceparent": f"00-{'1' * 32}-{'2' * 16}-01",
        } | headers
        name, _, version = topic.rpartition(".")
        envelope["ce_dataschema"] = f"urn:peyvand:{name}:{version}:{kind}"
        if topic in raws.OUTPUTS and topic != "eligibility.decisions.v1":
            envelope["ce_subject"] = key
        value = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
        records.append(raws.Raw(topic, 0, len(records), key, envelope, value, stamp))

    def change(self, topic, chosen, change, which=0):
        """Changes the data of the `which`th record that `chosen` accepts."""
        places = [
            place
            for place, raw in enumerate(self.records[topic])
            if chosen(raw.headers["ce_type"], json.loads(raw.value))
        ]
        raw = self.records[topic][places[which]]
        data = json.loads(raw.value)
        change(data)
        self.records[topic][places[which]] = raw._replace(value=json.dumps(data, ensure_ascii=False).encode())

    def drop(self, topic, chosen, which=0):
        places = [
            place
            for place, raw in enumerate(self.records[topic])
            if chosen(raw.headers["ce_type"], json.loads(raw.value))
        ]
        del self.records[topic][places[which]]

    def again(self, topic, chosen, change=None, new_id=True, which=0):
        """Appends a copy of the chosen record to the topic."""
        found = [raw for raw in self.records[topic] if chosen(raw.headers["ce_type"], json.loads(raw.value))][which]
        data = json.loads(found.value)
        if change:
            change(data)
        headers = dict(found.headers)
        if new_id:
            headers["ce_id"] = named(headers["ce_id"], "again")
        self.records[topic].append(
            found._replace(
                offset=self.records[topic][-1].offset + 1,
                headers=headers,
                value=json.dumps(data, ensure_ascii=False).encode(),
            )
        )

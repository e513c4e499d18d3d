"""The output topics, read once. Only the parts of events that the promises need stay in memory."""

import collections

from . import schema
from .feed import raw as raws


class Outputs:
    def __init__(self):
        self.latest, self.keys, self.records_of = {}, {}, collections.defaultdict(set)
        self.approvals, self.decided, self.dates = {}, 0, set()
        self.documents, self.vouchers, self.batches, self.sms, self.receipts, self.cases = [], [], [], [], [], []
        self.objection_answers, self.ended_cases = [], []
        # decision id -> claim: decisions that answers to objections name, and that were not in force when read.
        self.unknown_decisions = {}
        self.dead = {}
        self.faults = []
        self.counts = collections.Counter()

    def fault(self, where, text):
        self.faults.append(f"{where}: {text}")

    def by_claim(self):
        found = collections.defaultdict(list)
        for document in self.documents:
            found[document.data["claim_id"]].append(document)
        for same in found.values():
            same.sort(key=lambda document: document.data["attempt"])
        return found


def read(source, take):
    """`take`: topic -> function that processes each of its records."""
    found = Outputs()
    for topic in raws.OUTPUTS:
        if topic in source.missing:
            continue
        ids, key_places, last = set(), {}, {}
        for raw in source.read(topic):
            found.counts[topic] += 1
            check_envelope(found, raw, ids, key_places, last)
            take[topic](found, raw)
    return found


def check_envelope(found, raw, ids, key_places, last):
    """Checks that ids are unique in a topic, offsets increase, each key is in one partition, and headers fit the
    schema."""
    where = raws.place(raw)
    if raw.offset <= last.get(raw.partition, -1):
        found.fault(where, "its offset is not greater than the previous one")
    last[raw.partition] = raw.offset
    if key_places.setdefault(raw.key, raw.partition) != raw.partition:
        found.fault(where, "its key is in two partitions")
    if raw.topic == "dead-letters.v1":
        return
    fault = schema.at("headers.schema.json")(raw.headers or {})
    required = ("ce_specversion", "ce_source", "ce_time", "ce_dataschema", "content-type", "traceparent")
    missing = [name for name in required if name not in (raw.headers or {})]
    if raw.headers is None or fault is not None or missing:
        found.fault(where, f"headers: {fault or missing}")
        return
    name, _, version = raw.topic.rpartition(".")
    if raw.headers["ce_dataschema"] != f"urn:peyvand:{name}:{version}:{raw.headers['ce_type']}":
        found.fault(where, "ce_dataschema is not the schema of its type")
    personal = raw.topic == "eligibility.decisions.v1"
    if raw.headers.get("ce_subject") != (None if personal else raw.key):
        found.fault(where, "ce_subject is not the key, or is personal")
    identity = raw.headers["ce_id"]
    if identity in ids:
        found.fault(where, "another record of this topic has its ce_id")
    ids.add(identity)

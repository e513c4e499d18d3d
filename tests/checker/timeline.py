"""The closes as barriers in the input: what each saw, and what came after."""

import collections
import json

INFINITY = 1 << 62


class Stage(collections.namedtuple("Stage", "number month business_date offsets")):
    """A close, or the end (`month` None). A topic that a close does not name lies before it wholly where `offsets` is None."""

    def sees(self, topic, partition, offset):
        return self.offsets is None or offset < self.offsets.get((topic, partition), 0)


def from_database(batches):
    stages = []
    for batch in sorted(batches, key=lambda row: row["month"]):
        if batch["closed_at"]:
            offsets = {(topic, partition): upto for topic, partition, upto in json.loads(batch["input_offsets"])}
            stages.append(Stage(len(stages), batch["month"], batch["business_date"], offsets))
    return stages + [Stage(len(stages), None, None, None)]


ANSWERS = ("finance.payment-outcomes.v1", "notifications.delivery-reports.v1")


class BeforeAnswers(dict):
    """In files no close says what it saw: everything but the answers to its documents."""

    def get(self, where, default=None):
        return 0 if where[0] in ANSWERS else INFINITY


def from_files(months, business_date):
    if len(months) > 1:
        return None
    closes = [Stage(0, month, business_date, BeforeAnswers()) for month in months]
    return closes + [Stage(len(closes), None, None, None)]

"""The closes as barriers in the input: what each page of them saw, and what came after."""

import collections
import itertools
import json

INFINITY = 1 << 62


class Stage(collections.namedtuple("Stage", "number month business_date offsets after upto exact")):
    """Pages of a close that saw the same, for the persons `after` one code and up to another; or the end (`month` None).

    A topic that a close does not name lies before it wholly where `offsets` is None. `exact`: it says what it saw."""

    def sees(self, topic, partition, offset):
        return self.offsets is None or offset < self.offsets.get((topic, partition), 0)

    def is_about(self, code):
        return self.after < int(code) <= self.upto


def stage(number, month, business_date, offsets, after=-1, upto=INFINITY, exact=False):
    return Stage(number, month, business_date, offsets, after, upto, exact)


def from_database(batches, pages):
    stages = []
    for batch in sorted(batches, key=lambda row: row["month"]):
        if not batch["closed_at"]:
            continue
        own = sorted((row for row in pages if row["month"] == batch["month"]), key=lambda row: int(row["upto"]))
        after = -1
        for saw, alike in itertools.groupby(own, key=lambda row: row["input_offsets"]):
            upto = int(list(alike)[-1]["upto"])
            offsets = {(topic, partition): end for topic, partition, end in json.loads(saw)}
            stages.append(stage(len(stages), batch["month"], batch["business_date"], offsets, after, upto, True))
            after = upto
    return stages + [stage(len(stages), None, None, None)]


ANSWERS = ("finance.payment-outcomes.v1", "notifications.delivery-reports.v1")


class BeforeAnswers(dict):
    """In files no close says what it saw: everything but the answers to its documents."""

    def get(self, where, default=None):
        return 0 if where[0] in ANSWERS else INFINITY


def from_files(months, business_date):
    if len(months) > 1:
        return None
    closes = [stage(0, month, business_date, BeforeAnswers()) for month in months]
    return closes + [stage(len(closes), None, None, None)]

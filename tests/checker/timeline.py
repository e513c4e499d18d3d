"""The closes as boundaries in the inputs: what each page of a close read, and what arrived after it."""

import collections
import itertools
import json

INFINITY = 1 << 62


class Stage(collections.namedtuple("Stage", "number month business_date offsets after upto exact")):
    """Pages of a close that read the same inputs, for the persons with codes above `after` and up to `upto`; or the end
    of the inputs (`month` is None).

    `offsets`: the end offsets that the pages read up to; None includes all inputs. `exact`: the close recorded them."""

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
    """Files do not record what a close read. It is taken to read everything except the answers to its documents."""

    def get(self, where, default=None):
        return 0 if where[0] in ANSWERS else INFINITY


def from_files(months, business_date):
    if len(months) > 1:
        return None
    closes = [stage(0, month, business_date, BeforeAnswers()) for month in months]
    return closes + [stage(len(closes), None, None, None)]

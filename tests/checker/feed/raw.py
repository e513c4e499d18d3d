"""One record as it lies in a topic."""

import collections
import json

# `headers`: name -> text, or None where they are no text. `value`: bytes, or data that were parsed already. `stamp`: Kafka's, or None.
Raw = collections.namedtuple("Raw", "topic partition offset key headers value stamp")

INPUTS = (
    "registry.marriages.v1", "registry.files.v1", "portal.self-registrations.v1", "insured.records.v1", "finance.payment-outcomes.v1",
    "notifications.delivery-reports.v1",
)
OUTPUTS = (
    "eligibility.decisions.v1", "finance.payment-documents.v1", "notifications.sms.v1", "registry.file-receipts.v1", "dead-letters.v1",
)
RECORDS = "insured.records.v1"


def place(raw):
    return f"{raw.topic}/{raw.partition}/{raw.offset}"


def data_of(raw):
    """The value as JSON; raises ValueError where it is none."""
    if not isinstance(raw.value, (bytes, bytearray)):
        return raw.value
    return json.loads(raw.value, parse_constant=refuse)


def refuse(word):
    raise ValueError(f"{word} is no JSON")

"""One record of a topic."""

import collections
import json

# `headers`: name -> text, or None if they are not text. `value`: bytes, or data that is already parsed. `stamp`:
# Kafka's timestamp in ms, or None.
Raw = collections.namedtuple("Raw", "topic partition offset key headers value stamp")

INPUTS = (
    "registry.marriages.v1",
    "registry.files.v1",
    "portal.self-registrations.v1",
    "portal.objections.v1",
    "casework.findings.v1",
    "insured.records.v1",
    "finance.payment-outcomes.v1",
    "notifications.delivery-reports.v1",
)
OUTPUTS = (
    "eligibility.decisions.v1",
    "finance.payment-documents.v1",
    "notifications.sms.v1",
    "registry.file-receipts.v1",
    "dead-letters.v1",
)
RECORDS = "insured.records.v1"


def place(raw):
    return f"{raw.topic}/{raw.partition}/{raw.offset}"


def data_of(raw):
    """The value parsed as JSON. Raises ValueError if it is not JSON."""
    if not isinstance(raw.value, (bytes, bytearray)):
        return raw.value
    return json.loads(raw.value, parse_constant=refuse)


def refuse(constant):
    raise ValueError(f"{constant} is not JSON")

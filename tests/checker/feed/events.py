"""Input messages: which are valid and which must become dead letters (contract.md section 1, `schemas/README.md`)."""

import collections
import re

from .. import schema
from ..law import identifiers, solar, text
from . import envelope, plausible, proof
from . import raw as raws

# `fault`: why the message must be a dead letter, or None. `unsure`: the contract does not define whether it must be
# one.
Event = collections.namedtuple("Event", "topic partition offset order type data fault unsure file line rows stamp")

KEYS = {name: topic["key"] for name, topic in schema.topics().items()}
TYPES = {
    "registry.marriages.v1": {"registry.marriage.recorded"},
    "registry.files.v1": {"registry.file.opened", "registry.file.closed"},
    "portal.self-registrations.v1": {"portal.self-registration.submitted"},
    "portal.objections.v1": {
        "portal.objection.submitted",
        "portal.objection.pictures-added",
        "portal.objection.withdrawn",
    },
    "casework.findings.v1": {
        "casework.finding.proposed",
        "casework.finding.approved",
        "casework.finding.rejected",
        "casework.case.ending-proposed",
        "casework.case.ending-approved",
        "casework.case.ending-rejected",
        "casework.objection.closed",
    },
    "insured.records.v1": {
        "insured.person.changed",
        "insured.employment.changed",
        "insured.wages.posted",
        "insured.earlier-payment.recorded",
    },
    "finance.payment-outcomes.v1": {"finance.document.accepted", "finance.document.paid", "finance.document.returned"},
    "notifications.delivery-reports.v1": {"notifications.sms.delivered", "notifications.sms.failed"},
}
DATES = ("deed_date", "registered_on", "birth_date", "deceased_on", "started_on", "ended_on", "paid_on")
CODES = ("national_code", "applicant_national_code", "spouse_national_code")
# Required headers. The other headers are recommended; the contract does not define the effect of a malformed one.
NEEDED_HEADERS = {
    ".ce_id", ".ce_type", ".ce_time", ".ce_specversion", ".content-type", ".ce_fileid", ".ce_fileline", ".ce_filerows"
}
NAMES = ("given_name", "family_name")


FILE_ID = re.compile("[0-9a-f]{64}")


def fault_of_fields(data):
    for name in DATES:
        if data.get(name) is not None and not solar.date_exists(data[name]):
            return f"date {name}"
    for name in CODES:
        if data.get(name) is not None and not identifiers.national_code_is_good(data[name]):
            return f"code {name}"
    for name in NAMES:
        if data.get(name) is not None and text.normalised(data[name]) == "":
            return f"name {name}"
    return None


def fault_of_rules(kind, data):
    """Checks the rules that a schema cannot express."""
    fault = fault_of_fields(data)
    if fault:
        return fault
    if kind == "registry.marriage.recorded":
        sides = (data["husband"], data["wife"])
        inner = next(filter(None, map(fault_of_fields, sides)), None)
        if inner:
            return f"spouse: {inner}"
        if sides[0].get("national_code") == sides[1].get("national_code"):
            return "both spouses' codes are equal or empty"
        if data["deed_date"] > data["registered_on"]:
            return "deed_date after registered_on"
    elif kind == "portal.self-registration.submitted":
        if data["applicant_national_code"] == data["spouse_national_code"]:
            return "the spouse is the applicant"
    elif kind == "insured.employment.changed":
        if data.get("ended_on") is not None and data["ended_on"] < data["started_on"]:
            return "ended_on before started_on"
    elif kind == "registry.file.closed":
        if data["declared"] != data["rows"] + sum(data["rejected"].values()):
            return "counts that do not add up"
    return None


def fault_of_value(raw, kind, time):
    """(data, fault)"""
    if raw.value is None:
        return None, "no value"
    if kind not in TYPES[raw.topic]:
        return None, "unknown type"
    try:
        data = raws.data_of(raw)
    except (ValueError, RecursionError):
        return None, "not JSON"
    fault = schema.of_event(raw.topic, kind)(data)
    if fault is not None:
        return None, f"schema at {fault}"
    fault = fault_of_rules(kind, data) or plausible.fault_of_data(data, time)
    key = KEYS[raw.topic]
    if fault is None and (raw.key != data[key] or key in ("document_id", "sms_id") and re.search("[A-Z]", raw.key)):
        fault = "key"
    return data, fault


def order_of(raw, secret):
    """The offset that orders the message. A replayed dead letter has the order of its first position, so messages that
    overtook it are newer. Only its MAC proves that position."""
    partition, _, offset = (proof.place_of(raw, secret) or "").rpartition("/")
    # An offset of another partition says nothing about the age in this one.
    is_here = partition.rpartition("/")[2] == str(raw.partition)
    return int(offset) if is_here and offset.isdigit() else raw.offset


def number(text):
    return int(text) if text and text.isdigit() else None


def event_of(raw, secret=None):
    headers, value, fault = envelope.opened(raw)
    fault = fault or plausible.fault_of_time(headers.get("ce_time"), raw.stamp)
    if raw.headers is None or not headers.get("ce_type") or not headers.get("ce_id"):
        return Event(raw.topic, raw.partition, raw.offset, raw.offset, None, None, "headers", False, None, None, 1, None)
    fault_of_headers = schema.at("headers.schema.json")(headers)
    file = headers["ce_fileid"] if FILE_ID.fullmatch(headers.get("ce_fileid", "")) else None
    line, rows = number(headers.get("ce_fileline")), number(headers.get("ce_filerows"))
    data = None
    if fault is None:
        data, fault = fault_of_value(raw._replace(value=value), headers["ce_type"], headers["ce_time"])
    if fault is None and fault_of_headers in NEEDED_HEADERS:
        fault = f"header {fault_of_headers}"
    unsure = fault is None and fault_of_headers is not None
    if fault is None and rows is None:
        rows = len(data["rows"]) if "rows" in data and isinstance(data["rows"], list) else 1
    return Event(
        raw.topic,
        raw.partition,
        raw.offset,
        order_of(raw, secret),
        headers["ce_type"],
        data,
        fault,
        unsure,
        file,
        line,
        rows or 1,
        raw.stamp,
    )

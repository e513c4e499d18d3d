"""Reads each outgoing event: checks its form and keeps the parts that the promises need."""

import collections
import hashlib
import json
import re

from . import schema
from .feed import raw as raws
from .law import grounds
from .law.registry import ClaimKey

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Decision = collections.namedtuple(
    "Decision",
    "decision_id claim_id revision outcome amount reasons days wage_sum business_date place record reasons_digest"
    " findings",
)
Document = collections.namedtuple("Document", "place data stamp time")
Sms = collections.namedtuple("Sms", "place data stamp time")


def data_of(found, raw):
    """The valid data of the event, or None after recording a fault."""
    kind = (raw.headers or {}).get("ce_type")
    check = schema.of_event(raw.topic, kind)
    try:
        data = raws.data_of(raw)
    except ValueError:
        data = None
    if check is None or data is None:
        found.fault(raws.place(raw), "not JSON, or its type has no schema")
        return None
    fault = check(data)
    if fault is not None:
        found.fault(raws.place(raw), f"violates its schema at {fault}")
        return None
    wanted = (
        data.get(schema.topics()[raw.topic]["key"])
        if kind != "notifications.sms.requested"
        else data["about"]["claim_id"]
    )
    if raw.key != wanted:
        found.fault(raws.place(raw), "its key is not the value of the field that topics.json names")
    return data


def digest_of_reasons(reasons):
    """A digest of the reasons with facts and texts. Ids are masked, because they differ between installations."""
    return hashlib.sha256(UUID.sub("an id", json.dumps(reasons, sort_keys=True)).encode()).hexdigest()[:12]


def same_claim(known, key):
    """A decision does not name a record that no longer makes the claim. If the spouse has no code, only the record
    identifies the claim."""
    return known == (key if key.record_id or key.spouse else key._replace(record_id=known.record_id))


def take_decision(found, raw):
    data = data_of(found, raw)
    if data is None:
        return
    if raw.headers["ce_type"] == "eligibility.case.opened":
        found.cases.append(Document(raws.place(raw), data, raw.stamp, raw.headers["ce_time"]))
        return
    if raw.headers["ce_type"] == "eligibility.case.ended":
        found.ended_cases.append(Document(raws.place(raw), data, raw.stamp, raw.headers["ce_time"]))
        return
    if raw.headers["ce_type"] == "eligibility.objection.answered":
        take_objection_answer(found, raw, data)
        return
    marriage, working = data["marriage"], data["working"] or {}
    key = ClaimKey(
        data["national_code"],
        marriage["spouse_national_code"],
        None if marriage["spouse_national_code"] else marriage["record_id"],
        marriage["deed_date"],
    )
    claim, where = data["claim_id"], raws.place(raw)
    if not same_claim(found.keys.setdefault(claim, key), key):
        found.fault(where, f"claim {claim}: an earlier decision is about another person or marriage")
    before = found.latest.get(claim)
    if before and data["revision"] <= before.revision:
        found.fault(where, f"claim {claim}: revision {data['revision']} after {before.revision}")
    place_of = marriage["record_id"] or marriage["request_id"]
    decision = Decision(
        data["decision_id"],
        claim,
        data["revision"],
        data["outcome"],
        data["amount_rial"],
        tuple(each["code"] for each in data["reasons"]),
        working.get("days"),
        working.get("wage_sum_rial"),
        data["business_date"],
        where,
        place_of,
        digest_of_reasons(data["reasons"]),
        tuple(sorted((each["finding_id"], each["ground"], each["verdict"]) for each in data["findings"])),
    )
    if not before or data["revision"] > before.revision:
        found.latest[claim] = decision
    if found.unknown_decisions.get(decision.decision_id) == claim:
        del found.unknown_decisions[decision.decision_id]
    check_reasons(found, where, decision)
    check_working(found, where, data["working"])
    found.decided += 1
    found.dates.add(data["business_date"])
    if decision.outcome == "APPROVED":
        found.approvals[decision.decision_id] = (claim, decision.amount)


def take_objection_answer(found, raw, data):
    """The decision that the answer names is in force, or follows: both may be of one commit."""
    latest, decision_id = found.latest.get(data["claim_id"]), data["decision_id"]
    if decision_id is not None and (latest is None or latest.decision_id != decision_id):
        found.unknown_decisions[decision_id] = data["claim_id"]
    found.objection_answers.append(Document(raws.place(raw), data, raw.stamp, raw.headers["ce_time"]))


def check_reasons(found, where, decision):
    reasons = decision.reasons
    confirmed = {ground for _, ground, verdict in decision.findings if verdict == "confirmed"}
    lines = [grounds.line_of(reason, confirmed) for reason in reasons]
    if not confirmed <= set(reasons):
        found.fault(where, "a finding confirms a reason that is not listed")
    if any(verdict == "set_aside" and ground in reasons for _, ground, verdict in decision.findings):
        found.fault(where, "a reason is listed that a finding sets aside")
    if lines != sorted(lines) or len(set(reasons)) != len(reasons):
        found.fault(where, "its reasons are not in the contract's order, or one repeats")


def check_working(found, where, working):
    """The working adds up: the counted days, and the wages under their ceilings."""
    if working is None or not working["months"]:
        return
    if sum(month["counted_days"] for month in working["months"]) != working["days"]:
        found.fault(where, "the days of its months do not add up to its days")
    wages = sum(
        min(month["wage_rial"], month["ceiling_rial"])
        for month in working["months"]
        if month["ceiling_rial"] is not None
    )
    if working["wage_sum_rial"] not in (None, wages):
        found.fault(where, "the capped wages of its months do not add up to its wage sum")


def take_payment(found, raw):
    data = data_of(found, raw)
    if data is not None:
        kind = raw.headers["ce_type"]
        into = {"finance.payment-document.issued": found.documents, "finance.voucher.issued": found.vouchers}.get(
            kind, found.batches
        )
        into.append(Document((raw.partition, raw.offset), data, raw.stamp, raw.headers["ce_time"]))


def take_sms(found, raw):
    data = data_of(found, raw)
    if data is not None:
        found.sms.append(Sms(raws.place(raw), data, raw.stamp, raw.headers["ce_time"]))


def take_receipt(found, raw):
    data = data_of(found, raw)
    if data is not None:
        found.receipts.append((raws.place(raw), data))


def take_dead(found, raw):
    headers = raw.headers or {}
    fault = schema.at("dead-letters/v1/headers.schema.json")(headers)
    if fault is not None:
        found.fault(raws.place(raw), f"headers at {fault}")
        return
    # Identifies the dead letter. For a replayed message the headers name the position of the replay.
    where = (headers["dead_letter_topic"], int(headers["dead_letter_partition"]), int(headers["dead_letter_offset"]))
    if where in found.dead:
        found.fault(raws.place(raw), "a second dead letter for one message")
    found.dead[where] = (raws.place(raw), headers, raw.value if isinstance(raw.value, bytes) else None)


TAKE = {
    "eligibility.decisions.v1": take_decision,
    "finance.payment-documents.v1": take_payment,
    "notifications.sms.v1": take_sms,
    "registry.file-receipts.v1": take_receipt,
    "dead-letters.v1": take_dead,
}

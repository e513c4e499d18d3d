"""SMS: exactly one registration per document, published after it; in Persian, delayed in the quiet hours, and never
with a national code."""

import collections
import datetime
import re

from ..law import solar
from ..law.text import latin_digits

UNITS_ALONE, UNITS_A_PART = 70, 67


def check(world, violation):
    outputs = world.outputs
    documents = {document.data["document_id"]: document for document in outputs.documents}
    announced, returned, ids = collections.Counter(), collections.Counter(), set()
    for sms in outputs.sms:
        data, about = sms.data, sms.data["about"]
        document = documents.get(about["document_id"])
        if data["sms_id"] in ids:
            violation(f"{sms.place}: another request has its sms_id")
        ids.add(data["sms_id"])
        if document is None or document.data["claim_id"] != about["claim_id"]:
            violation(f"{sms.place}: its document was not issued, or belongs to another claim")
            continue
        (announced if data["kind"] == "registration" else returned)[about["document_id"]] += 1
        check_order(sms, document, violation)
        check_text(world, sms, document, violation)
        check_quiet_hours(sms, violation)
    for document_id in documents:
        if announced[document_id] != 1:
            violation(f"document {document_id}: {announced[document_id]} registration SMS")
    if world.answers_known:
        check_returns(world, returned, violation)
    if world.database:
        check_database(world, ids, violation)


def check_order(sms, document, violation):
    """The document was published before its SMS, by Kafka's timestamps, or in files by the times of the events."""
    if sms.stamp is not None and document.stamp is not None:
        # With --today each process has its own clock, so only Kafka's timestamps are comparable.
        if sms.stamp < document.stamp:
            violation(f"{sms.place}: its timestamp is before that of its document {document.data['document_id']}")
    elif solar.instant(sms.time) < solar.instant(document.data["issued_at"]):
        violation(f"{sms.place}: its time is before its document {document.data['document_id']} was issued")


def check_text(world, sms, document, violation):
    data = sms.data
    text = latin_digits(data["text"])
    units = len(data["text"].encode("utf-16-le")) // 2
    parts = 1 if units <= UNITS_ALONE else -(-units // UNITS_A_PART)
    if data["segments"] != parts:
        violation(f"{sms.place}: states {data['segments']} segments, its text has {parts}")
    if len(re.findall("[\u0600-\u06ff]", data["text"])) < len(data["text"]) / 2:
        violation(f"{sms.place}: its text is not Persian")
    rials = document.data["amount_rial"]
    plain = re.sub("[,٬،.٫](?=[0-9])", "", text)
    # The digits of an amount may happen to equal a national code.
    others = re.sub(f"(?<![0-9])({rials}|{rials // 10})(?![0-9])", "", plain)
    if document.data["national_code"] in re.sub("[^0-9 ]", "", others) or world.inputs.secrets.kind_in(others):
        violation(f"{sms.place}: personal data in its text")
    if data["kind"] != "registration":
        return
    in_rials = "ریال" in text and str(rials) in plain
    in_tomans = "تومان" in text and str(rials // 10) in plain
    if not in_rials and not in_tomans:
        violation(f"{sms.place}: its text does not contain the document's amount with a unit")


def check_quiet_hours(sms, violation):
    """From 21:00 to 08:00 Tehran time an SMS is published at once, with the next 08:00 as its `not_before`."""
    moment = solar.tehran(solar.instant(sms.time))
    expected = None
    if moment.hour >= 21 or moment.hour < 8:
        day = moment.date() + datetime.timedelta(days=moment.hour >= 21)
        expected = datetime.datetime.combine(day, datetime.time(8), moment.tzinfo)
    found = sms.data["not_before"] and solar.instant(sms.data["not_before"])
    if (found or None) != expected:
        violation(f"{sms.place}: not_before does not match the quiet hours")


def check_returns(world, returned, violation):
    """There are at most as many `payment_returned` SMS as returns."""
    for document_id, count in returned.items():
        replies = [reply for reply in world.inputs.replies.get(document_id, ()) if reply.outcome == "returned"]
        if count > len(replies):
            violation(f"document {document_id}: {count} SMS about a return, {len(replies)} returns")


def check_database(world, ids, violation):
    stored = {row["sms_id"] for row in world.database.rows("messages")}
    for sms_id in stored - ids:
        violation(f"sms {sms_id}: in the database, but never requested")
    for sms_id in ids - stored:
        violation(f"sms {sms_id}: requested, but not in the database")

"""SMS: one registration per document, after it; Persian, in the quiet hours later, and never with a national code."""

import collections
import datetime
import re

from ..law import solar
from ..law.text import latin_digits

UNITS_ALONE, UNITS_A_PART = 70, 67


def check(world, say):
    outputs = world.outputs
    documents = {document.data["document_id"]: document for document in outputs.documents}
    announced, returned, ids = collections.Counter(), collections.Counter(), set()
    for sms in outputs.sms:
        data, about = sms.data, sms.data["about"]
        document = documents.get(about["document_id"])
        if data["sms_id"] in ids:
            say(f"{sms.place}: another request has its sms_id")
        ids.add(data["sms_id"])
        if document is None or document.data["claim_id"] != about["claim_id"]:
            say(f"{sms.place}: about a document that was not issued, or of another claim")
            continue
        (announced if data["kind"] == "registration" else returned)[about["document_id"]] += 1
        check_order(sms, document, say)
        check_text(world, sms, document, say)
        check_quiet_hours(sms, say)
    for document_id in documents:
        if announced[document_id] != 1:
            say(f"document {document_id}: {announced[document_id]} registration SMS")
    if world.answers_known:
        check_returns(world, returned, say)
    if world.database:
        check_database(world, ids, say)


def check_order(sms, document, say):
    """The document lay in its topic before the SMS did: by Kafka's stamps, or in files by what the events say."""
    if sms.stamp is not None and document.stamp is not None:
        # With --today each process has a clock of its own, so that only Kafka's stamps can be compared.
        if sms.stamp < document.stamp:
            say(f"{sms.place}: stamped before its document {document.data['document_id']}")
    elif solar.instant(sms.time) < solar.instant(document.data["issued_at"]):
        say(f"{sms.place}: says an instant before its document {document.data['document_id']} was issued")


def check_text(world, sms, document, say):
    data = sms.data
    text = latin_digits(data["text"])
    units = len(data["text"].encode("utf-16-le")) // 2
    parts = 1 if units <= UNITS_ALONE else -(-units // UNITS_A_PART)
    if data["segments"] != parts:
        say(f"{sms.place}: says {data['segments']} parts, its text has {parts}")
    if len(re.findall("[\u0600-\u06ff]", data["text"])) < len(data["text"]) / 2:
        say(f"{sms.place}: its text is not Persian")
    rials = document.data["amount_rial"]
    plain = re.sub("[,٬،.٫](?=[0-9])", "", text)
    # An amount may by chance read like somebody's code.
    others = re.sub(f"(?<![0-9])({rials}|{rials // 10})(?![0-9])", "", plain)
    if document.data["national_code"] in re.sub("[^0-9 ]", "", others) or world.inputs.secrets.kind_in(others):
        say(f"{sms.place}: personal data in its text")
    if data["kind"] != "registration":
        return
    said_in_rials, said_in_tomans = "ریال" in text and str(rials) in plain, "تومان" in text and str(rials // 10) in plain
    if not said_in_rials and not said_in_tomans:
        say(f"{sms.place}: the amount of its document is not said with its unit")


def check_quiet_hours(sms, say):
    """From 21:00 to 08:00 in Tehran: published at once, with `not_before` the next 08:00."""
    moment = solar.tehran(solar.instant(sms.time))
    expected = None
    if moment.hour >= 21 or moment.hour < 8:
        day = moment.date() + datetime.timedelta(days=moment.hour >= 21)
        expected = datetime.datetime.combine(day, datetime.time(8), moment.tzinfo)
    found = sms.data["not_before"] and solar.instant(sms.data["not_before"])
    if (found or None) != expected:
        say(f"{sms.place}: not_before is not what the quiet hours ask")


def check_returns(world, returned, say):
    """`payment_returned` follows from a return; not more often than there were returns."""
    for document_id, count in returned.items():
        words = [word for word in world.inputs.words.get(document_id, ()) if word.outcome == "returned"]
        if count > len(words):
            say(f"document {document_id}: {count} SMS about a return, {len(words)} returns")


def check_database(world, ids, say):
    stored = {row["sms_id"] for row in world.database.rows("messages")}
    for sms_id in stored - ids:
        say(f"sms {sms_id}: in the database, but never requested")
    for sms_id in ids - stored:
        say(f"sms {sms_id}: requested, but not in the database")

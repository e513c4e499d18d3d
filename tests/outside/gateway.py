"""The SMS gateway: processes each request once, checks its text, and reports the delivery."""

import collections
import datetime
import re

import cloud

TOPIC, REPORTS = "notifications.sms.v1", "notifications.delivery-reports.v1"
DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "0123456789" * 2)


def segments(text):
    """Persian text is sent as UCS-2: 70 units in a single SMS, 67 in each of several segments."""
    units = len(text.encode("utf-16-be")) // 2
    return 1 if units <= 70 else -(-units // 67)


def is_national_code(digits):
    rest = sum(int(digit) * (10 - place) for place, digit in enumerate(digits[:9])) % 11
    return int(digits[9]) == (rest if rest < 2 else 11 - rest)


def check(event):
    sms, place = event.data, f"sms {event.data['sms_id']}"
    cloud.demand(event.key == sms["about"]["claim_id"], f"{place}: the key is not the claim")
    cloud.demand(
        sms["segments"] == segments(sms["text"]), f"{place}: {segments(sms['text'])} segments, not {sms['segments']}"
    )
    plain = sms["text"].translate(DIGITS)
    codes = re.findall(r"(?<!\d)\d{10}(?!\d)", plain)
    cloud.demand(not any(is_national_code(code) for code in codes), f"{place}: its text contains a national code")
    cloud.demand(re.search("[\u0600-\u06ff]", sms["text"]), f"{place}: its text is not Persian")
    if sms["kind"] == "registration":
        cloud.demand("ریال" in sms["text"] or "تومان" in sms["text"], f"{place}: its text names no currency")
    moments = [datetime.datetime.fromisoformat(text) for text in (sms["not_before"], event.time) if text]
    if moments:
        at = max(moments).astimezone(cloud.TEHRAN)
        cloud.demand(8 <= at.hour < 21, f"{place}: it would be sent in the quiet hours, at {at:%H:%M}")


def report(options, requests):
    failing = set(options.fail_for)
    sender, given = cloud.Sender(options), collections.Counter()
    for request in requests:
        key = request["sms_id"]
        status = "failed" if key in failing else options.report
        if status is None:
            continue
        at = options.at or datetime.datetime.now(cloud.TEHRAN).isoformat(timespec="seconds")
        sender.send(
            REPORTS,
            key,
            f"notifications.sms.{status}",
            f"{key}/{status}/{at}",
            {"sms_id": key, "status": status, "at": at},
        )
        given[status] += 1
    sender.finish()
    return given


def main():
    options = cloud.arguments(
        __doc__,
        (
            "--requests",
            {
                "type": int,
                "help": "wait for this number of distinct requests (default: read to the current end of the topic)",
            },
        ),
        ("--report", {"choices": ["delivered", "failed"], "help": "report this status for each request"}),
        (
            "--fail-for",
            {"action": "append", "default": [], "metavar": "SMS_ID", "help": "report `failed` for this SMS"},
        ),
        ("--at", {"help": "the time of the reports, RFC 3339 (default: now)"}),
    )

    def enough(events):
        return len({event.data["sms_id"] for event in events}) >= options.requests

    events = cloud.read(options, TOPIC, enough if options.requests else None)
    requests = {}
    for event in events:
        check(event)
        first = requests.setdefault(event.data["sms_id"], event.data)
        cloud.demand(first == event.data, f"sms {event.data['sms_id']}: two different requests with one id")
    registrations = [r["about"]["document_id"] for r in requests.values() if r["kind"] == "registration"]
    cloud.demand(len(set(registrations)) == len(registrations), "a document was announced twice")
    given = report(options, requests.values())
    return {
        "requests": len(requests),
        "repeats": len(events) - len(requests),
        "segments": sum(r["segments"] for r in requests.values()),
        "kinds": collections.Counter(r["kind"] for r in requests.values()),
        "documents": sorted(registrations),
        "reports": given,
    }


cloud.run_client(main)

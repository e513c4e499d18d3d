"""Input files: converts rows to event data and rejects the rows that a publisher must reject (contract.md section
1)."""

import csv
import re

from ..law import identifiers, solar, tables
from ..law.text import latin_digits

ALLOWED_VALUES = {
    "status": {"registered", "divorced", "annulled"},
    "office_kind": {"marriage_office", "consulate", "acknowledgement", "none"},
    "permanence": {"permanent", "temporary"},
    "sheba_owner": {"yes", "no", "unknown"},
    "mobile_owner": {"yes", "no", "unknown"},
    "insurance_type": tables.INSURANCE_TYPES,
    "outcome": {"accepted", "paid", "returned"},
}
DATES = {"deed_date", "registered_on", "birth_date", "deceased_on", "started_on", "ended_on", "paid_on"}
CODES = {"national_code", "applicant_national_code", "spouse_national_code"}
NUMBERS = {"record_version", "earlier_marriages", "days", "insurable_rial", "amount_rial"}
MAY_BE_EMPTY = {"deceased_on", "sheba", "sheba_owner", "mobile", "mobile_owner", "ended_on", "taken_back"}
PADDED = {"workshop_code": 10, "branch_code": 4, "province_code": 2}
FORMS = {
    "office_code": r"[0-9]{1,10}", "deed_number": r"[0-9/][0-9/-]*", "code": r"[A-Z]{2}([A-Z]{2}|[0-9]{2})",
    "taken_back": "true",
}
# A gateway's detailed status values (docs/FILES.md). Values that are not final are rejected.
STATUS_OF_SMS = {"delivered": "delivered"} | dict.fromkeys(
    ("failed", "undelivered", "blocked", "rejected", "expired"), "failed"
)
FILES = {
    "persons": "persons.csv",
    "employments": "employments.csv",
    "wages": "wages.csv",
    "earlier-payments": "earlier_payments.csv",
    "marriages": "marriages.csv",
    "self-registrations": "self_registrations.csv",
    "payment-outcomes": "payment_outcomes.csv",
    "delivery-reports": "delivery_reports.csv",
}


class Rejected(Exception):
    """The publisher must not send this row."""


def value(column, text):
    """The value of one column. `column` is the name without the prefix of a spouse."""
    if text == "":
        return None
    if column in CODES:
        code = identifiers.padded_code(text)
        if not identifiers.national_code_is_good(code):
            raise Rejected(column)
        return code
    if column in NUMBERS:
        if not re.fullmatch(r"\+?[0-9]+", text):
            raise Rejected(column)
        return int(text)
    if column in DATES and not solar.date_exists(text) or column == "month" and not solar.month_exists(text):
        raise Rejected(column)
    if column in ALLOWED_VALUES and text not in ALLOWED_VALUES[column]:
        raise Rejected(column)
    if column in ("at", "submitted_at") and solar.instant(text) is None:
        raise Rejected(column)
    if column in PADDED:
        if not re.fullmatch(f"[0-9]{{1,{PADDED[column]}}}", text):
            raise Rejected(column)
        return text.zfill(PADDED[column])
    if column in FORMS and not re.fullmatch(FORMS[column], text):
        raise Rejected(column)
    if column == "taken_back":
        return True
    if column == "insurance_number":
        return text.zfill(10)
    if column == "first_marriage_undertaking":
        if text not in ("true", "false"):
            raise Rejected(column)
        return text == "true"
    return text


def nested(row):
    data = {"husband": {}, "wife": {}}
    for column, text in row.items():
        whose, _, name = column.partition("_")
        if whose in ("husband", "wife"):
            data[whose][name] = value(name, text)
        else:
            data[column] = value(column, text)
    return data


def check_marriage(data):
    sides = (data["husband"], data["wife"])
    for side in sides:
        missing = [
            name for name in ("given_name", "family_name", "birth_date") if side["national_code"] and side[name] is None
        ]
        if missing or side["earlier_marriages"] is None:
            raise Rejected("a spouse's column is empty")
    if sides[0]["national_code"] == sides[1]["national_code"] or data["deed_date"] > data["registered_on"]:
        raise Rejected("equal or empty codes, or a deed date after the registration date")


def check(kind, data):
    """Checks the rules that span columns, and that required columns are not empty."""
    may_miss = set(MAY_BE_EMPTY)
    if kind == "marriages" and data.get("office_kind") in ("acknowledgement", "none"):
        may_miss |= {"office_code", "deed_number"}
    if kind == "payment-outcomes" and data.get("outcome") != "returned":
        may_miss.add("code")
    if any(content is None and column not in may_miss for column, content in data.items()):
        raise Rejected("a value is missing")
    if kind == "marriages":
        check_marriage(data)
    if kind == "employments" and data["ended_on"] and data["ended_on"] < data["started_on"]:
        raise Rejected("ended_on")
    if kind == "self-registrations" and data["applicant_national_code"] == data["spouse_national_code"]:
        raise Rejected("spouse_national_code")
    if kind == "delivery-reports":
        data["status"] = STATUS_OF_SMS.get(data["status"])
        if data["status"] is None:
            raise Rejected("status")


def read(kind, path, wanted=None):
    """(line, data) for each row of a file, or only for rows that `wanted` accepts. data is None if the row is
    rejected."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            if wanted and not wanted(row):
                continue
            try:
                # csv.DictReader sets missing cells of a short row to None, and puts extra cells under the key None.
                cells = {
                    column: latin_digits(text or "").strip()
                    for column, text in row.items()
                    if column and not isinstance(text, list)
                }
                data = (
                    nested(cells)
                    if kind == "marriages"
                    else {column: value(column, text) for column, text in cells.items()}
                )
                check(kind, data)
            except Rejected:
                data = None
            yield reader.line_num, data

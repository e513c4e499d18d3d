"""Defects between a file and its topic, and in the dispositions of its rows."""

import json

from ..feed import raw
from .plants_of_payment import DECISIONS, RECEIPTS

FILES = "registry.files.v1"


def file_of(kind):
    return lambda _, data: data["kind"] == kind


def closing_of(kind):
    return lambda type_of, data: type_of == "registry.file.closed" and data["kind"] == kind


def opening_of(kind):
    return lambda type_of, data: type_of == "registry.file.opened" and data["kind"] == kind


def old_wages(state):
    """The index of a wage row from before every person's window, on which no answer depends."""
    records = state.source.records[raw.RECORDS]
    return next(place for place, each in enumerate(records) if of_month(json.loads(each.value), "1396-12"))


def of_month(data, month):
    return any(row["month"] == month for row in data.get("rows", ()))


def wages_in_the_database(state):
    return next(row for row in state.tables["files"] if row["kind"] == "wages")


def vanished_row(state):
    """A row was acknowledged but never stored in the topic. No receipt is sent, and the file stays incomplete
    unnoticed."""
    del state.source.records[raw.RECORDS][old_wages(state)]
    state.source.drop(RECEIPTS, file_of("wages"))
    row = wages_in_the_database(state)
    row.update(rows="", received_at="", accepted=str(int(row["accepted"]) - 1))


def vanished_row_not_counted(state):
    """The closing event does not count the row either. Only the file itself shows that it is missing."""
    del state.source.records[raw.RECORDS][old_wages(state)]

    def fewer(*words):
        return lambda data: data.update({word: data[word] - 1 for word in words})
    state.source.change(FILES, closing_of("wages"), fewer("declared", "rows"))
    state.source.change(RECEIPTS, file_of("wages"), fewer("declared", "accepted"))
    row = wages_in_the_database(state)
    row.update(rows=str(int(row["rows"]) - 1), accepted=str(int(row["accepted"]) - 1))


def file_never_closed(state):
    state.source.drop(FILES, closing_of("wages"))
    state.source.drop(RECEIPTS, file_of("wages"))
    state.published.pop("wages")
    wages_in_the_database(state).update(rows="", received_at="")


def vanished_opening(state):
    state.source.drop(FILES, opening_of("wages"))


def file_in_no_topic(state):
    state.published["earlier-payments"] = b"national_code,paid_on,amount_rial,source\n"


def file_without_receipt(state):
    state.source.drop(RECEIPTS, file_of("wages"))


def line_counted_twice(state):
    """The row that arrived late counts again when it repeats."""
    row = next(row for row in state.tables["files"] if row["kind"] == "persons")
    row.update(unchanged=str(int(row["unchanged"]) + 1))


def late_line_not_counted(state):
    """As if only the highest line was tracked: a row after a later line is taken for a repeat."""
    state.source.change(
        RECEIPTS,
        file_of("persons"),
        lambda data: data.update(accepted=data["accepted"] - 1, declared=data["declared"] - 1),
    )
    row = next(row for row in state.tables["files"] if row["kind"] == "persons")
    row.update(accepted=str(int(row["accepted"]) - 1))


def undecided_claim(state):
    """Removes an unpaid claim from the database. Everything else stays consistent."""
    paid = {row["claim_id"] for row in state.tables["documents"]}
    claim = next(row["claim_id"] for row in state.tables["claims"] if row["claim_id"] not in paid)
    state.tables["claims"] = [row for row in state.tables["claims"] if row["claim_id"] != claim]
    return claim


def claim_missing_in_database(state):
    undecided_claim(state)


def claim_missing_everywhere(state):
    claim = undecided_claim(state)
    records = state.source.records[DECISIONS]
    records[:] = [each for each in records if json.loads(each.value)["claim_id"] != claim]
    state.tables["decisions"] = [{"published": str(len(records))}]


ALL = [
    ("a row lost before its topic", 9, vanished_row),
    ("a lost row that its closing event does not count", 9, vanished_row_not_counted),
    ("a file that was opened but never closed", 9, file_never_closed),
    ("a file without its opening event", 9, vanished_opening),
    ("a published file that is in no topic", 9, file_in_no_topic),
    ("a complete file without a receipt", 9, file_without_receipt),
    ("a repeated line that counts twice", 9, line_counted_twice),
    ("a late line that does not count", 4, late_line_not_counted),
    ("a live marriage of an insured person without a claim in the database", 10, claim_missing_in_database),
    ("a live marriage of an insured person without any claim", 10, claim_missing_everywhere),
]

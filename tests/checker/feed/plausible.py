"""Dates and instants that cannot be right at the time of their event (contract.md section 1)."""

import datetime

from ..law import solar

FIRST = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
A_DAY = datetime.timedelta(days=1)
INSTANTS = ("at", "submitted_at", "added_at", "withdrawn_at", "opened_at", "closed_at")


def fault_of_time(time, stamp):
    """The event's own time lies between 2000 and a day after the record's timestamp, in ms."""
    moment = solar.instant(time or "")
    if moment is None or moment < FIRST:
        return "ce_time"
    # A timestamp may lie outside the years of `datetime`.
    written = None if stamp is None or stamp < 0 else datetime.timedelta(milliseconds=min(stamp, 1 << 47))
    if written is not None and moment - EPOCH > written + A_DAY:
        return "ce_time after the record"
    return None


def fault_of_data(data, time):
    moment = solar.instant(time)
    for name in INSTANTS:
        at = solar.instant(data[name]) if data.get(name) is not None else None
        if at is not None and not (FIRST <= at and at - moment <= A_DAY):
            return f"instant {name}"
    if "registered_on" in data:
        if data["registered_on"] > solar.day_of(moment):
            return "registered_on"
        for side in (data["husband"], data["wife"]):
            if side.get("birth_date") is not None and side["birth_date"] >= data["deed_date"]:
                return "birth_date"
    return None

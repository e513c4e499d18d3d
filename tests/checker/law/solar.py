"""Solar Hijri civil dates as text `YYYY-MM-DD`. Text in this form sorts in calendar order (domain.md section 7)."""

import datetime
import functools
import re

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_WINTER = datetime.timedelta(hours=3, minutes=30)
_SUMMER = datetime.timedelta(hours=4, minutes=30)
# The end of the last summer time. Since this instant Tehran has +03:30 all year.
_NO_MORE_SUMMERS = datetime.datetime(2022, 9, 21, 19, 30, tzinfo=datetime.timezone.utc)


def is_leap(year):
    """Exact for 1206-1501."""
    return (25 * year + 11) % 33 < 8


@functools.cache
def month_length(month):
    year, number = int(month[:4]), int(month[5:7])
    if number <= 6:
        return 31
    if number <= 11:
        return 30
    return 30 if is_leap(year) else 29


def date_exists(text):
    if not _DATE.fullmatch(text) or not _MONTH.fullmatch(text[:7]):
        return False
    return 1 <= int(text[8:]) <= month_length(text[:7])


def month_exists(text):
    return bool(_MONTH.fullmatch(text))


def month_of(date):
    return date[:7]


@functools.cache
def months_later(month, count):
    whole = int(month[:4]) * 12 + int(month[5:7]) - 1 + count
    return f"{whole // 12:04d}-{whole % 12 + 1:02d}"


def years_before(date, years):
    """The same day `years` years earlier. 30 Esfand becomes 29 Esfand if that year is a common year (R7)."""
    month = f"{int(date[:4]) - years:04d}-{date[5:7]}"
    return f"{month}-{min(int(date[8:]), month_length(month)):02d}"


@functools.cache
def months_from_to(first, last):
    months, month = [], first
    while month <= last:
        months.append(month)
        month = months_later(month, 1)
    return months


def days_inside(month, begin, end):
    """The number of days of the month in [begin, end)."""
    first_month, last_month = begin[:7], end[:7]
    if month < first_month or month > last_month:
        return 0
    first = int(begin[8:]) if month == first_month else 1
    last = int(end[8:]) - 1 if month == last_month else month_length(month)
    return max(0, last - first + 1)


def instant(text):
    """Parses an RFC 3339 instant, or returns None. Fractions of a second are truncated to microseconds."""
    match = re.fullmatch(
        r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)",
        text)
    if not match:
        return None
    day, clock, fraction, zone = match.groups()
    zone = "+00:00" if zone in "Zz" else zone if len(zone) > 3 else zone + ":00"
    if clock.endswith(":60"):
        return None
    try:
        return datetime.datetime.fromisoformat(f"{day}T{clock}{(fraction or '.0')[:7]:0<7}{zone}").astimezone(
            datetime.timezone.utc
        )
    except (ValueError, OverflowError):
        return None


_NOWRUZ_1404 = datetime.date(2025, 3, 21)


@functools.lru_cache(maxsize=1000)
def _of_gregorian(date):
    year, left = 1404, (date - _NOWRUZ_1404).days
    while left < 0:
        year -= 1
        left += 365 + is_leap(year)
    while left >= 365 + is_leap(year):
        left -= 365 + is_leap(year)
        year += 1
    month = 1
    while left >= month_length(f"{year:04d}-{month:02d}"):
        left -= month_length(f"{year:04d}-{month:02d}")
        month += 1
    return f"{year:04d}-{month:02d}-{left + 1:02d}"


def day_of(moment):
    """The Solar date in Tehran at an instant."""
    return _of_gregorian(tehran(moment).date())


def tehran(moment):
    """The instant in Tehran's local time. Until autumn 2022, summers (about 22 March to 21 September) had +04:30."""
    summer = moment < _NO_MORE_SUMMERS and (3, 22) <= (moment.month, moment.day) <= (9, 21)
    return moment.astimezone(datetime.timezone(_SUMMER if summer else _WINTER))

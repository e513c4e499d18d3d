"""Article 85 for one person and one deed date: employment (R6), days (R7, R8), the wage list that may still arrive
(R14), amount (R9-R12, R26)."""

import collections

from . import solar

Assessment = collections.namedtuple("Assessment", "reasons days wage_sum amount")


def list_may_still_come(month, today, parameters):
    """Whether the month is open: until the last day of the following month (contract.md section 3, `open month`)."""
    return solar.month_of(today) <= solar.months_later(month, parameters["list_months_after"])


def employment_reason(deed, today, employments, tables, parameters):
    """`employments`: (insurance type, started on, last employed day or None). Returns None if R6 is satisfied."""
    covering = {kind for kind, started, ended in employments if started <= deed and (ended is None or deed <= ended)}
    if any(tables.covers(kind, "employment", deed) for kind in covering):
        return None
    if list_may_still_come(solar.month_of(deed), today, parameters):
        return "AWAITING_WAGE_LIST"
    return "INSURANCE_TYPE_NOT_COVERED" if covering else "EMPLOYMENT_ENDED"


def counted_days(deed, listed, parameters):
    """month -> (counted days, most days that can count), for each month of the window [D - 5 years, D)."""
    begin = solar.years_before(deed, parameters["window_years"])
    months = {}
    for month in solar.months_from_to(solar.month_of(begin), solar.month_of(deed)):
        inside = solar.days_inside(month, begin, deed)
        capped = min(listed.get(month, 0), solar.month_length(month))
        months[month] = (min(capped, inside), inside)
    return months


def days_reason(months, today, parameters):
    days = sum(counted for counted, _ in months.values())
    if days >= parameters["required_days"]:
        return days, None
    at_best = sum(
        inside if list_may_still_come(month, today, parameters) else counted
        for month, (counted, inside) in months.items()
    )
    return days, "AWAITING_WAGE_LIST" if at_best >= parameters["required_days"] else "INSUFFICIENT_CONTRIBUTION_DAYS"


def wage_sum(deed, wages, tables, parameters):
    """The wages of the 24 whole months before D's month, each limited to its ceiling. None if a month is not in the
    table."""
    total = 0
    for back in range(1, parameters["average_months"] + 1):
        month = solar.months_later(solar.month_of(deed), -back)
        minimum, factor = tables.minimum_wage(month + "-01"), tables.ceiling_factor(month + "-01")
        if minimum is None or factor is None:
            return None
        total += min(wages.get(month, 0), factor * minimum * solar.month_length(month))
    return total


def assess(deed, today, employments, wage_rows, tables):
    """`wage_rows`: (month, insurance type, days, rials) of all workshops."""
    parameters = tables.parameters_on(deed)
    listed, wages = collections.Counter(), collections.Counter()
    for month, kind, days, rials in wage_rows:
        if tables.covers(kind, "days", deed):
            listed[month] += days
        if tables.covers(kind, "wages", deed):
            wages[month] += rials
    days, of_days = days_reason(counted_days(deed, listed, parameters), today, parameters)
    of_employment = employment_reason(deed, today, employments, tables, parameters)
    reasons = {reason for reason in (of_employment, of_days) if reason}
    total, minimum = wage_sum(deed, wages, tables, parameters), tables.minimum_wage(deed)
    amount = None
    if deed > today or total is None or minimum is None:
        reasons.add("OUTSIDE_KNOWN_TABLES")
    else:
        amount = max(total // parameters["average_months"], parameters["floor_days"] * minimum)
    return Assessment(reasons, days, total, amount)

"""The dated tables of the law, read from the repository's `tables/tables.toml` and compared with domain.md."""

import functools
import pathlib
import tomllib

PLACE = pathlib.Path(__file__).resolve().parents[3] / "tables" / "tables.toml"

# Copied by hand from domain.md sections 5 and 4. The repository's tables must agree; they may have additional later
# rows.
MINIMUM_WAGES = {
    "1394-01-01": 237475, "1395-01-01": 270722, "1396-01-01": 309977, "1397-01-01": 370423, "1398-01-01": 505627,
    "1399-01-01": 611809, "1399-04-01": 636809, "1400-01-01": 885165, "1401-01-01": 1393250, "1402-01-01": 1769428,
    "1403-01-01": 2388728, "1404-01-01": 3463656,
}
DAYS_COUNT = {"compulsory", "unemployment_benefit", "military_service", "sick_pay", "maternity_pay"}
HOLDS_THE_RELATION = {"compulsory", "sick_pay", "maternity_pay"}
WAGES_SUMMED = {"compulsory"}
INSURANCE_TYPES = {
    "compulsory",
    "voluntary",
    "self_employed",
    "housewife",
    "agreement",
    "construction",
    "driver",
    "carpet_weaver",
    "porter",
    "mosque_servant",
    "beekeeper",
    "guild_employer",
    "pension",
    "unemployment_benefit",
    "sick_pay",
    "maternity_pay",
    "military_service",
}
RETIRED_BANKS = {"052", "063", "065", "073", "079"}
# contract.md section 6: what a finding can set aside, and what it can confirm (the grounds of lines 1 and 3).
SET_ASIDE = {
    "IDENTITY_MISMATCH",
    "CONFLICTING_RECORDS",
    "MARRIAGE_NOT_PERMANENT",
    "MARRIAGE_NOT_REGISTERED",
    "NOT_FIRST_MARRIAGE",
    "REGISTERED_BY_ACKNOWLEDGEMENT",
    "SPOUSE_HAS_NO_NATIONAL_CODE",
}
CONFIRMED = {
    "IDENTITY_MISMATCH",
    "CONFLICTING_RECORDS",
    "REGISTERED_BY_ACKNOWLEDGEMENT",
    "MARRIAGE_ANNULLED",
    "PERSON_DECEASED",
    "SPOUSE_HAS_NO_NATIONAL_CODE",
    "REGISTRY_DATE_MISMATCH",
}
# contract.md section 4: return codes that another account can mend.
MENDABLE = {"AC01", "AC03", "AC04", "AC06", "AC07", "AC14", "BE01", "BE06", "RC01", "RC04"}
NUMBERS = {"required_days": 720, "window_years": 5, "average_months": 24, "floor_days": 30, "list_months_after": 1}


class Tables:
    def __init__(self, path=PLACE):
        content = tomllib.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        self.version = content["version"]
        self._wages = sorted((row["from"], row["rial"]) for row in content["minimum_daily_wage"])
        self._factors = sorted((row["from"], row["factor"]) for row in content["ceiling_factor"])
        self._coverage = content["coverage"]
        self._parameters = content["parameters"]
        self._retired = {row["bank"]: row["from"] for row in content["retired_banks"]}
        self._mendable = {row["code"]: row["from"] for row in content["mendable_returns"]}
        self._allowed = {"set_aside": content["set_aside"], "confirmed": content["confirmable"]}

    @functools.cache  # the object lives as long as the program, so the cache leaks nothing
    def parameters_on(self, date):
        return [row for row in as_rows(self._parameters) if row["from"] <= date][-1]

    @functools.cache
    def minimum_wage(self, date):
        """A row is in force until the next row, at most until the end of its Solar year (R26)."""
        rows = [(since, rial) for since, rial in self._wages if since <= date]
        return rows[-1][1] if rows and rows[-1][0][:4] == date[:4] else None

    @functools.cache
    def ceiling_factor(self, date):
        rows = [factor for since, factor in self._factors if since <= date]
        return rows[-1] if rows else None

    @functools.cache
    def covers(self, insurance_type, what, date):
        """Whether this insurance type counts for `employment`, `days` or `wages`, for a deed of this date."""
        rows = [row for row in as_rows(self._coverage[insurance_type]) if row["from"] <= date]
        return bool(rows) and rows[-1][what]

    def bank_is_retired(self, bank, date):
        return bank in self._retired and self._retired[bank] <= date

    def allows(self, verdict, ground, date):
        """Whether a finding that was approved on this date can have this verdict on the ground."""
        return any(row["reason"] == ground and row["from"] <= date for row in self._allowed[verdict])

    def account_mends(self, code, date):
        """Whether another account can mend a return with this code on this date."""
        return code in self._mendable and self._mendable[code] <= date

    def mendable(self):
        return set(self._mendable)

    def allowed(self, verdict):
        return {row["reason"] for row in self._allowed[verdict]}


def as_rows(rows):
    return rows if isinstance(rows, list) else [rows]


def disagreements(tables, deed="1404-07-01"):
    """Differences between the repository's tables and domain.md."""
    for date, rial in MINIMUM_WAGES.items():
        if tables.minimum_wage(date) != rial:
            yield f"the minimum daily wage from {date} differs from domain.md"
    if tables.minimum_wage("1393-12-29") is not None or tables.ceiling_factor(deed) != 7:
        yield "a wage before 1394, or a ceiling factor other than 7"
    wanted = {"employment": HOLDS_THE_RELATION, "days": DAYS_COUNT, "wages": WAGES_SUMMED}
    for name in sorted(INSURANCE_TYPES):
        for what, types in wanted.items():
            if tables.covers(name, what, deed) != (name in types):
                yield f"insurance type {name}: `{what}` differs from domain.md"
    for bank in sorted(RETIRED_BANKS):
        if not tables.bank_is_retired(bank, deed):
            yield f"bank {bank} is not retired"
    for verdict, grounds in (("set_aside", SET_ASIDE), ("confirmed", CONFIRMED)):
        for ground in sorted(grounds | tables.allowed(verdict)):
            if tables.allows(verdict, ground, deed) != (ground in grounds):
                yield f"finding `{verdict}` on {ground}: differs from contract.md section 6"
    for code in sorted(MENDABLE | tables.mendable()):
        if tables.account_mends(code, deed) != (code in MENDABLE):
            yield f"return code {code}: differs from contract.md section 4"
    for name, number in NUMBERS.items():
        if tables.parameters_on(deed)[name] != number:
            yield f"{name} is not {number}"

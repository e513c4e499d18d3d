"""The civil registry's rows and the portal's self-registrations: the current version of each row, the authoritative row
of each marriage, and the claims that they make."""

import collections

from . import solar

Side = collections.namedtuple("Side", "role code family_name birth_date earlier_marriages")
Row = collections.namedtuple(
    "Row", "record_id version status deed_date registered_on office_kind permanence sides content"
)
Request = collections.namedtuple("Request", "request_id submitted_at applicant spouse deed_date undertaking offset")
# One person and one marriage. If the spouse has no code, the record id identifies the marriage.
ClaimKey = collections.namedtuple("ClaimKey", "code spouse record_id deed_date")


def row_of(data):
    sides = tuple(
        Side(
            role, side.get("national_code"), side.get("family_name"), side.get("birth_date"), side["earlier_marriages"]
        )
        for role, side in (("husband", data["husband"]), ("wife", data["wife"]))
    )
    content = (
        tuple(
            data.get(name)
            for name in (
                "status",
                "deed_date",
                "registered_on",
                "office_kind",
                "office_code",
                "deed_number",
                "permanence",
            )
        )
        + tuple(data[role].get(name) for role in ("husband", "wife") for name in ("given_name",))
        + sides
    )
    return Row(
        data["record_id"],
        data["record_version"],
        data["status"],
        data["deed_date"],
        data["registered_on"],
        data["office_kind"],
        data["permanence"],
        sides,
        content,
    )


def request_of(data, offset):
    return Request(
        data["request_id"],
        solar.instant(data["submitted_at"]),
        data["applicant_national_code"],
        data["spouse_national_code"],
        data["deed_date"],
        data["first_marriage_undertaking"],
        offset,
    )


def marriage_of(row):
    """R19: the unordered pair and D. If a spouse has no code, the record itself."""
    codes = sorted(side.code for side in row.sides if side.code)
    return (codes[0], codes[1], row.deed_date) if len(codes) == 2 else (row.record_id, row.deed_date)


def side_of(row, code):
    return next(side for side in row.sides if side.code == code)


def spouse_in(row, code):
    return next((side.code for side in row.sides if side.code != code), None)


def key_of(row, code):
    spouse = spouse_in(row, code)
    return ClaimKey(code, spouse, None if spouse else row.record_id, row.deed_date)


class Registry:
    """The state after the inputs so far. Messages of one key must arrive in order; the order between keys is
    irrelevant."""

    def __init__(self):
        self.rows = {}
        self.requests = collections.defaultdict(dict)
        self.records_of = collections.defaultdict(set)
        # All claims that the inputs made at any time. A claim that they no longer make ends as withdrawn.
        self.ever_held = collections.defaultdict(set)

    def record(self, row):
        """Applies a row. A lower or equal version changes nothing. Returns the row's disposition."""
        known = self.rows.get(row.record_id)
        if known and row.version < known.version:
            return "unchanged"
        if known and row.version == known.version:
            return "unchanged" if row.content == known.content else "conflicting"
        self.rows[row.record_id] = row
        for side in row.sides:
            if side.code:
                self.records_of[side.code].add(row.record_id)
                self.ever_held[side.code].add(key_of(row, side.code))
        if known is None:
            return "accepted"
        return "corrected" if row.content != known.content else "corrected or unchanged"

    def submit(self, request):
        known = self.requests[request.applicant].get(request.request_id)
        self.ever_held[request.applicant].add(ClaimKey(request.applicant, request.spouse, None, request.deed_date))
        if known and known.offset > request.offset:
            return "unchanged"  # a replay; a later request is already applied
        self.requests[request.applicant][request.request_id] = request
        if known is None:
            return "accepted"
        return "unchanged" if known._replace(offset=request.offset) == request else "corrected"

    def persons(self):
        return self.records_of.keys() | self.requests.keys()

    def view(self, code):
        return View(self, code)


class View:
    """The current marriages of one person."""

    def __init__(self, registry, code):
        self.code = code
        rows = [registry.rows[record] for record in registry.records_of.get(code, ())]
        by_marriage = collections.defaultdict(list)
        for row in rows:
            if any(side.code == code for side in row.sides):
                by_marriage[marriage_of(row)].append(row)
        # If two records describe one marriage, a record that is not annulled is authoritative before one that is, then
        # the one registered later, then the greater id. The other is ignored.
        self.authoritative = [
            max(same, key=lambda row: (row.status != "annulled", row.registered_on, row.record_id.encode()))
            for same in by_marriage.values()
        ]
        self.live = [row for row in self.authoritative if row.status != "annulled"]
        by_spouse = collections.defaultdict(list)
        for request in registry.requests.get(code, {}).values():
            by_spouse[request.spouse].append(request)
        self.requests = [
            max(same, key=lambda r: (r.submitted_at, r.request_id.encode())) for same in by_spouse.values()
        ]

    def row_for(self, key):
        return next((row for row in self.authoritative if key_of(row, self.code) == key), None)

    def request_for(self, key):
        return next(
            (r for r in self.requests if key.spouse and (r.spouse, r.deed_date) == (key.spouse, key.deed_date)), None
        )

    def claims(self, insured, deeds_from=None):
        """A row makes a claim only for an insured person. A self-registration always makes one."""
        held = {key_of(row, self.code) for row in self.authoritative} if insured else set()
        held |= {ClaimKey(self.code, r.spouse, None, r.deed_date) for r in self.requests}
        return {key for key in held if deeds_from is None or key.deed_date >= deeds_from}

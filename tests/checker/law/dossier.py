"""One insured person's records: the person, employments, wage months, earlier payments."""

PERSON_FIELDS = (
    "insurance_number",
    "given_name",
    "family_name",
    "birth_date",
    "deceased_on",
    "branch_code",
    "province_code",
    "sheba",
    "sheba_owner",
    "mobile",
    "mobile_owner",
)


class Dossier:
    """A later row replaces an earlier row of the same key. `offset` orders them, also for replayed dead letters."""

    __slots__ = ("person", "person_offset", "employments", "wages", "_payments", "last_offset")

    def __init__(self):
        self.person, self.person_offset = None, -1
        # Key -> content and offset. The content None is a fact that was taken back.
        self.employments, self.wages, self._payments = {}, {}, {}
        self.last_offset = None

    @property
    def insured(self):
        return self.person is not None

    def change_person(self, data, offset):
        content = {name: data.get(name) for name in PERSON_FIELDS}
        for owner in ("sheba_owner", "mobile_owner"):
            content[owner] = content[owner] or "unknown"  # contract.md section 1: empty = unknown
        verdict = compared(self.person, content)
        if offset >= self.person_offset:
            self.person, self.person_offset = content, offset
        return verdict

    def change_employment(self, data, offset):
        key = (data["workshop_code"], data["insurance_type"], data["started_on"])
        content = None if data.get("taken_back") else data.get("ended_on") or "still employed"
        return replaced(self.employments, key, (content,), offset)

    def post_wage(self, row, offset):
        key = (row["month"], row["workshop_code"], row["insurance_type"])
        return replaced(self.wages, key, (row["days"], row["insurable_rial"]), offset)

    def record_payment(self, data, offset):
        """The same person, day and source again replaces; taken back it is gone."""
        content = None if data.get("taken_back") else data["amount_rial"]
        return replaced(self._payments, (data["paid_on"], data["source"]), (content,), offset)

    @property
    def payments(self):
        """Whether a branch paid before."""
        return any(content is not None for content, _ in self._payments.values())

    def employment_rows(self):
        return [
            (kind, started, None if content[0] == "still employed" else content[0])
            for (_, kind, started), content in self.employments.items()
            if content[0] is not None
        ]

    def wage_rows(self):
        return [(month, kind, content[0], content[1]) for (month, _, kind), content in self.wages.items()]


def compared(known, content):
    if known is None:
        return "accepted"
    return "unchanged" if known == content else "corrected"


def replaced(table, key, content, offset):
    known = table.get(key)
    if known is None or known[-1] <= offset:
        table[key] = content + (offset,)
    return compared(known and known[:-1], content)

"""Findings of two officers: which one counts for each ground, and what it does (contract.md section 6)."""

import collections
import datetime
import hashlib

from . import registry, solar, text

FORM = "1"
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
MICROSECOND = datetime.timedelta(microseconds=1)

# `where`: the position of the event. It orders a person's events of officers, which have one key.
Proposal = collections.namedtuple("Proposal", "finding_id author claim_id ground fact_seen verdict")
Judgement = collections.namedtuple("Judgement", "at approved approver author where")
Decided = collections.namedtuple("Decided", "proposal judgement")
# What findings do to one claim. `listed`: (finding id, ground, verdict) of each that changed the reasons.
Effects = collections.namedtuple("Effects", "removed confirmed listed")
NOTHING = Effects(frozenset(), frozenset(), ())


def canonical(fields):
    """SHA-256 over netstrings: the length in bytes as decimal digits, a colon, the bytes of UTF-8, a comma."""
    encoded = [field.encode() for field in fields]
    return hashlib.sha256(b"".join(b"%d:%s," % (len(field), field) for field in encoded)).hexdigest()


def counted(fields):
    return [str(len(fields)), *fields]


def proposal_sha256(data):
    """The digest that a judgement names; the fields are listed in the schema of the proposal."""
    at = (solar.instant(data["at"]) - EPOCH) // MICROSECOND
    return canonical([
        FORM, data["finding_id"], str(at), data["author"], data["national_code"], data["claim_id"], data["ground"],
        data["fact_seen"], data["verdict"], *counted(data["evidence"]), data["reason"],
    ])


class Findings:
    """All proposals and judgements so far, by person and finding. Neither order nor repeats make a difference."""

    def __init__(self):
        # (national code, finding id) -> digest -> proposal; and -> digest -> judgements of that digest
        self.proposals, self.judgements = collections.defaultdict(dict), collections.defaultdict(dict)
        self.of_person = collections.defaultdict(set)

    def propose(self, data):
        identity = (data["national_code"], data["finding_id"])
        self.of_person[data["national_code"]].add(data["finding_id"])
        self.proposals[identity][proposal_sha256(data)] = Proposal(
            data["finding_id"], data["author"], data["claim_id"], data["ground"], data["fact_seen"], data["verdict"]
        )

    def judge(self, data, approved, where):
        identity = (data["national_code"], data["finding_id"])
        judgement = Judgement(solar.instant(data["at"]), approved, data["approver"], data["author"], where)
        self.judgements[identity].setdefault(data["proposal_sha256"], []).append(judgement)

    def decided(self, code, finding_id):
        """The judgement that stands, with its proposal: the earliest, and the rejection of two of one instant. None if
        no judgement counts: it must name exactly this content and its author, and come from another officer."""
        found = []
        for digest, proposal in self.proposals.get((code, finding_id), {}).items():
            for judgement in self.judgements.get((code, finding_id), {}).get(digest, ()):
                if judgement.author == proposal.author != judgement.approver:
                    found.append(Decided(proposal, judgement))
        return min(found, key=lambda each: (each.judgement.at, each.judgement.approved), default=None)

    def approved(self, code):
        """The approved findings of a person."""
        each = [self.decided(code, finding_id) for finding_id in self.of_person.get(code, ())]
        return [decided for decided in each if decided and decided.judgement.approved]

    def speaking(self, code, claim_of):
        """Claim -> ground -> the finding that speaks: the latest approval, then the greater id. `claim_of`: claim id ->
        claim."""
        spoken = collections.defaultdict(dict)
        for each in sorted(self.approved(code), key=lambda each: (each.judgement.at, each.proposal.finding_id)):
            key = claim_of(each.proposal.claim_id)
            if key and key.code == code:
                spoken[key][each.proposal.ground] = each
        return spoken


def rows_of(rows, code):
    fields = sorted((row.record_id, row.deed_date, registry.spouse_in(row, code) or "") for row in rows)
    return counted([field for row in fields for field in row])


def earlier_rows(view, key):
    """The live marriages that count as earlier ones. A row of the same pair is none for a self-registration that awaits
    its own row."""
    awaits_its_row = view.row_for(key) is None
    return [
        row for row in view.live
        if row.deed_date < key.deed_date and not (awaits_its_row and registry.spouse_in(row, view.code) == key.spouse)
    ]


def facts_seen(ground, view, key, person):
    """The digests of the values that the ground compares now. The contract leaves one open: which of several rows of
    the pair a date mismatch compares."""
    return {canonical([FORM, ground, *fields]) for fields in values(ground, view, key, person)}


def values(ground, view, key, person):
    row, request = view.row_for(key), view.request_for(key)
    if ground == "CONFLICTING_RECORDS":
        return [rows_of([each for each in view.live if each.deed_date == key.deed_date], view.code)]
    if ground == "NOT_FIRST_MARRIAGE":
        count = str(registry.side_of(row, view.code).earlier_marriages) if row else ""
        undertaking = "" if row or not request else "true" if request.undertaking else "false"
        return [[count, *rows_of(earlier_rows(view, key), view.code), undertaking]]
    if ground == "PERSON_DECEASED":
        return [[row.record_id if row else "", person["deceased_on"]]] if person["deceased_on"] else []
    if ground == "REGISTRY_DATE_MISMATCH":
        dates = {each.deed_date for each in view.live if registry.spouse_in(each, view.code) == key.spouse}
        return [[key.deed_date, date] for date in dates] if request and not row else []
    if ground == "SPOUSE_HAS_NO_NATIONAL_CODE":
        return [[row.record_id if row else "", "yes" if key.spouse else "no"]]
    return values_of_row(ground, row, view.code, person) if row else []


def values_of_row(ground, row, code, person):
    own = registry.side_of(row, code)
    if ground == "IDENTITY_MISMATCH":
        names = [text.comparable_name(own.family_name or ""), text.comparable_name(person["family_name"])]
        return [[*names, own.birth_date or "", person["birth_date"]]]
    field = {
        "MARRIAGE_NOT_PERMANENT": row.permanence,
        "MARRIAGE_NOT_REGISTERED": row.office_kind,
        "REGISTERED_BY_ACKNOWLEDGEMENT": row.office_kind,
        "MARRIAGE_ANNULLED": row.status,
    }.get(ground)
    return [[row.record_id, field]] if field else []


def is_in_effect(decided, view, key, person, tables):
    """Whether the values are still those that the officers saw, and the tables of the approval's day allow it."""
    proposal, day = decided.proposal, solar.day_of(decided.judgement.at)
    if proposal.fact_seen not in facts_seen(proposal.ground, view, key, person):
        return False
    return proposal.verdict == "lifted" or tables.allows(proposal.verdict, proposal.ground, day)


def effects(found, view, key, dossier, spoken, tables):
    """What the findings that speak do to the reasons of a claim."""
    removed, confirmed, listed = set(), set(), []
    for ground, decided in spoken.get(key, {}).items():
        verdict = decided.proposal.verdict
        if ground not in found or not is_in_effect(decided, view, key, dossier.person, tables):
            continue
        if verdict == "set_aside" and not (
            ground == "CONFLICTING_RECORDS" and is_set_aside_twice(view, key, dossier, spoken, tables)
        ):
            removed.add(ground)
        elif verdict == "confirmed":
            confirmed.add(ground)
        if ground in removed | confirmed:
            listed.append((decided.proposal.finding_id, ground, verdict))
    return Effects(frozenset(removed), frozenset(confirmed), tuple(sorted(listed)))


def is_set_aside_twice(view, key, dossier, spoken, tables):
    """Contradicting records that are set aside on two claims of one day count as set aside on neither."""
    for other in view.claims(dossier.insured):
        decided = spoken.get(other, {}).get("CONFLICTING_RECORDS")
        if other == key or other.deed_date != key.deed_date or not decided or decided.proposal.verdict != "set_aside":
            continue
        if view.row_for(other) in view.live and is_in_effect(decided, view, other, dossier.person, tables):
            return True
    return False

"""The answer to one claim: all reasons are listed, then the outcome follows from them (contract.md section 3)."""

import collections
import types

from . import article85, findings, grounds, registry, text

# `findings`: (finding id, ground, verdict) of each finding that changed the reasons; None if they are not known.
Answer = collections.namedtuple("Answer", "outcome reasons amount days wage_sum findings")
NONE = types.MappingProxyType({})
Found = collections.namedtuple("Found", "reasons effects assessment")


def answer(found, amount=None, days=None, wage_sum=None, effects=findings.NOTHING):
    outcome = grounds.outcome_of(found, effects.confirmed)
    reasons = tuple(sorted(found, key=lambda reason: (grounds.line_of(reason, effects.confirmed), reason)))
    return Answer(
        outcome, reasons, amount if outcome in ("APPROVED", "WAITING") else None, days, wage_sum, effects.listed
    )


def of_the_row(view, key, row, person):
    """The reasons that the authoritative registry row of this marriage gives."""
    found, own = set(), registry.side_of(row, view.code)
    if not text.same_name(own.family_name, person["family_name"]) or own.birth_date != person["birth_date"]:
        found.add("IDENTITY_MISMATCH")
    if row.permanence == "temporary":
        found.add("MARRIAGE_NOT_PERMANENT")
    if row.office_kind == "none":
        found.add("MARRIAGE_NOT_REGISTERED")
    if row.office_kind == "acknowledgement":
        found.add("REGISTERED_BY_ACKNOWLEDGEMENT")
    if row.status == "annulled":
        found.add("MARRIAGE_ANNULLED")
    if key.spouse is None:
        found.add("SPOUSE_HAS_NO_NATIONAL_CODE")
    if own.earlier_marriages > 0:
        found.add("NOT_FIRST_MARRIAGE")
    return found


def of_the_request(view, key, request):
    """The reasons of a self-registration that no row of the same pair and date confirms (R18)."""
    same_pair = [row for row in view.live if registry.spouse_in(row, view.code) == key.spouse]
    found = {"REGISTRY_DATE_MISMATCH" if same_pair else "NOT_CONFIRMED_BY_REGISTRY"}
    if not request.undertaking:
        found.add("NOT_FIRST_MARRIAGE")
    return found, same_pair


def rows_contradict(view, key):
    return sum(row.deed_date == key.deed_date for row in view.live) > 1


def of_the_marriage(view, key, person, wide=False):
    """`wide`: contradicting rows on this date also count if none of them is this claim's own row.

    contract.md states "two live rows of the person with the same deed date" but does not define which claims get the
    reason."""
    row, request = view.row_for(key), view.request_for(key)
    no_earlier = []
    if row:
        found = of_the_row(view, key, row, person)
    else:
        found, no_earlier = of_the_request(view, key, request)
    # R5: another live marriage with an earlier deed date. A divorced marriage is live.
    if any(other.deed_date < key.deed_date and other not in no_earlier for other in view.live):
        found.add("NOT_FIRST_MARRIAGE")
    if rows_contradict(view, key) and (wide or row in view.live):
        found.add("CONFLICTING_RECORDS")
    return found


def of_everything_but_completion(
    view, key, dossier, today, tables, paid_elsewhere, with_death=True, wide=False, spoken=NONE
):
    """All reasons except those of account and mobile, and the assessment by Article 85. `spoken`: the findings that
    speak for the person's claims."""
    found = of_the_marriage(view, key, dossier.person, wide)
    assessment = article85.assess(key.deed_date, today, dossier.employment_rows(), dossier.wage_rows(), tables)
    found |= assessment.reasons
    if paid_elsewhere or dossier.payments:
        found.add("ALREADY_PAID")
    died = dossier.person["deceased_on"]
    if with_death and died and died <= today:
        found.add("PERSON_DECEASED")
    effects = findings.effects(found, view, key, dossier, spoken, tables)
    return Found(found - effects.removed, effects, assessment)


def judge(view, key, dossier, today, tables, paid_elsewhere=False, wide=False, spoken=NONE):
    """Decides a claim without a document."""
    if not dossier.insured:
        return answer({"NOT_INSURED"})
    found = of_everything_but_completion(
        view, key, dossier, today, tables, paid_elsewhere, wide=wide, spoken=spoken
    )
    reasons = found.reasons | grounds.of_completion(dossier.person, today, tables)
    assessment = found.assessment
    return answer(reasons, assessment.amount, assessment.days, assessment.wage_sum, found.effects)


def judge_returned(amount, returned_sheba, dossier, today, tables):
    """Decides a claim whose document finance returned: only account and mobile are checked."""
    if grounds.account(dossier.person, today, tables) == returned_sheba:
        return answer({"PAYMENT_RETURNED"}, amount)
    return answer(grounds.of_completion(dossier.person, today, tables), amount)

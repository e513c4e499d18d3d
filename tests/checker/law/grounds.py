"""The order of grounds and outcomes (contract.md section 3), and the grounds of account and mobile."""

from . import identifiers

LINES = [
    ("MANUAL_REVIEW", ["IDENTITY_MISMATCH", "CONFLICTING_RECORDS"]),
    ("REFUSED", [
        "MARRIAGE_NOT_PERMANENT", "MARRIAGE_NOT_REGISTERED", "NOT_FIRST_MARRIAGE", "EMPLOYMENT_ENDED", "INSURANCE_TYPE_NOT_COVERED",
        "INSUFFICIENT_CONTRIBUTION_DAYS", "ALREADY_PAID", "NOT_INSURED", "RECORD_WITHDRAWN",
    ]),
    ("MANUAL_REVIEW", [
        "REGISTERED_BY_ACKNOWLEDGEMENT", "MARRIAGE_ANNULLED", "PERSON_DECEASED", "SPOUSE_HAS_NO_NATIONAL_CODE", "REGISTRY_DATE_MISMATCH",
    ]),
    ("PENDING", [
        "AWAITING_WAGE_LIST", "NOT_CONFIRMED_BY_REGISTRY", "OUTSIDE_KNOWN_TABLES", "ACCOUNT_CHECK_PENDING", "MOBILE_CHECK_PENDING",
    ]),
    ("WAITING", ["NO_VALID_ACCOUNT", "ACCOUNT_NOT_OWNED", "NO_VALID_MOBILE", "MOBILE_NOT_OWNED", "PAYMENT_RETURNED"]),
]
LINE_OF = {ground: number for number, (_, grounds) in enumerate(LINES) for ground in grounds}


def outcome_of(grounds):
    """The first line that has a ground gives the outcome."""
    for outcome, of_line in LINES:
        if any(ground in grounds for ground in of_line):
            return outcome
    return "APPROVED"


def account(person, today, tables):
    """The account that may be paid to, or None: malformed and retired count as none."""
    number = identifiers.sheba(person["sheba"])
    return None if number is None or tables.bank_is_retired(identifiers.bank_of(number), today) else number


def of_ownership(valid, owner, none, not_owned, unknown):
    if not valid:
        return {none}
    return {"yes": set(), "no": {not_owned}}.get(owner, {unknown})


def of_completion(person, today, tables):
    """Account and mobile: precondition of payment, not of eligibility (R16, R17)."""
    return of_ownership(
        account(person, today, tables), person["sheba_owner"], "NO_VALID_ACCOUNT", "ACCOUNT_NOT_OWNED", "ACCOUNT_CHECK_PENDING"
    ) | of_ownership(
        identifiers.mobile(person["mobile"]), person["mobile_owner"], "NO_VALID_MOBILE", "MOBILE_NOT_OWNED", "MOBILE_CHECK_PENDING"
    )

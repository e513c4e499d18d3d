"""The order of reasons and outcomes (contract.md section 3), and the reasons of account and mobile."""

from . import identifiers

LINES = [
    ("MANUAL_REVIEW", ["IDENTITY_MISMATCH", "CONFLICTING_RECORDS"]),
    (
        "REFUSED",
        [
            "MARRIAGE_NOT_PERMANENT",
            "MARRIAGE_NOT_REGISTERED",
            "NOT_FIRST_MARRIAGE",
            "EMPLOYMENT_ENDED",
            "INSURANCE_TYPE_NOT_COVERED",
            "INSUFFICIENT_CONTRIBUTION_DAYS",
            "ALREADY_PAID",
            "NOT_INSURED",
            "RECORD_WITHDRAWN",
        ],
    ),
    (
        "MANUAL_REVIEW",
        [
            "REGISTERED_BY_ACKNOWLEDGEMENT",
            "MARRIAGE_ANNULLED",
            "PERSON_DECEASED",
            "SPOUSE_HAS_NO_NATIONAL_CODE",
            "REGISTRY_DATE_MISMATCH",
        ],
    ),
    (
        "PENDING",
        [
            "AWAITING_WAGE_LIST",
            "NOT_CONFIRMED_BY_REGISTRY",
            "OUTSIDE_KNOWN_TABLES",
            "ACCOUNT_CHECK_PENDING",
            "MOBILE_CHECK_PENDING",
        ],
    ),
    ("WAITING", ["NO_VALID_ACCOUNT", "ACCOUNT_NOT_OWNED", "NO_VALID_MOBILE", "MOBILE_NOT_OWNED", "PAYMENT_RETURNED"]),
]
LINE_OF = {reason: number for number, (_, reasons) in enumerate(LINES) for reason in reasons}


# A confirmed reason is one of line 2 (contract.md section 6).
CONFIRMED_LINE = 1


def line_of(reason, confirmed=()):
    return CONFIRMED_LINE if reason in confirmed else LINE_OF[reason]


def outcome_of(reasons, confirmed=()):
    """The outcome of the first line of which a reason was found."""
    first = min((line_of(reason, confirmed) for reason in reasons), default=None)
    return "APPROVED" if first is None else LINES[first][0]


def account(person, today, tables):
    """The account to pay to. None if it is missing, malformed or of a retired bank."""
    number = identifiers.sheba(person["sheba"])
    return None if number is None or tables.bank_is_retired(identifiers.bank_of(number), today) else number


def of_ownership(valid, owner, none, not_owned, unknown):
    if not valid:
        return {none}
    return {"yes": set(), "no": {not_owned}}.get(owner, {unknown})


def of_completion(person, today, tables):
    """The reasons of account and mobile: preconditions of payment, not of eligibility (R16, R17)."""
    return of_ownership(
        account(person, today, tables),
        person["sheba_owner"],
        "NO_VALID_ACCOUNT",
        "ACCOUNT_NOT_OWNED",
        "ACCOUNT_CHECK_PENDING",
    ) | of_ownership(
        identifiers.mobile(person["mobile"]),
        person["mobile_owner"],
        "NO_VALID_MOBILE",
        "MOBILE_NOT_OWNED",
        "MOBILE_CHECK_PENDING",
    )

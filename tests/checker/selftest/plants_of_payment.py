"""Defects in payments and answers, planted in topics and tables as a faulty service would leave them."""

import json

from ..law import claims
from .answers_of import decide
from .memory import named

DECISIONS, PAYMENTS, SMS, RECEIPTS = (
    "eligibility.decisions.v1", "finance.payment-documents.v1", "notifications.sms.v1", "registry.file-receipts.v1")


def of(type_of, /, **wanted):
    """Selects records of a type by the values of fields."""
    return lambda kind, data: kind == type_of and all(data.get(name) == value for name, value in wanted.items())


DOCUMENT, VOUCHER, CLOSED = (
    of("finance.payment-document.issued"),
    of("finance.voucher.issued"),
    of("finance.batch.closed"),
)
APPROVED, REFUSED = of("eligibility.decision.made", outcome="APPROVED"), of(
    "eligibility.decision.made", outcome="REFUSED"
)
REGISTRATION = of("notifications.sms.requested", kind="registration")


def second_document(state):
    def other(data):
        data.update(document_id=named(data["document_id"], "again"), attempt=2)
    state.source.again(PAYMENTS, DOCUMENT, other, which=1)


def payment_on_another_claim(state):
    def other(data):
        data.update(document_id=named("other"), claim_id=named("other claim"))
    state.source.again(PAYMENTS, DOCUMENT, other, which=1)


def second_payment_in_the_database(state):
    row = state.tables["documents"][1]
    state.tables["documents"].append(row | {"document_id": named("again"), "attempt": "2"})


def second_approval(state):
    key = None
    for code in state.registry.persons():
        view = state.registry.view(code)
        key = next(
            (
                each
                for each in view.claims(state.dossiers[code].insured)
                if named("claim", *each) == state.chosen_document()["claim_id"]
            ),
            key,
        )
    decide(
        state, named("second"), 1, key._replace(deed_date="1404-01-05"), "R9", claims.answer(set(), 200000000, 800, 1)
    )


def missing_payment(state):
    """No document, no SMS and no voucher amount. Only deciding the claim again reveals it."""
    row = state.tables["documents"].pop(1)
    state.source.drop(PAYMENTS, of("finance.payment-document.issued", document_id=row["document_id"]))
    state.source.drop(SMS, lambda kind, data: data["about"]["document_id"] == row["document_id"])


def wrong_amount(state):
    """The same wrong amount in the topics and in the database."""
    row = state.tables["documents"][1]
    amount = int(row["amount"]) + 10
    document = of("finance.payment-document.issued", document_id=row["document_id"])
    decision = of("eligibility.decision.made", claim_id=row["claim_id"])
    state.source.change(PAYMENTS, document, lambda data: data.update(amount_rial=amount))
    state.source.change(DECISIONS, decision, lambda data: data.update(amount_rial=amount))
    row["amount"] = str(amount)


def first_reason_only(state):
    several = lambda kind, data: kind == "eligibility.decision.made" and len(data["reasons"]) > 1
    state.source.change(DECISIONS, several, lambda data: data["reasons"].pop())


def wrong_days(state):
    state.source.change(DECISIONS, REFUSED, lambda data: data["working"].update(days=data["working"]["days"] + 1))


def payment_after_death(state):
    """The inputs contain a date of death that the service's answer ignores."""
    document = state.chosen_document()
    code = document["person"].zfill(10)
    person = of("insured.person.changed", national_code=code)
    state.source.change("insured.records.v1", person, lambda data: data.update(deceased_on="1404-07-20"))


def to_another_account(state):
    row = state.chosen_document()
    other = "IR820540102680020817909002"
    state.source.change(
        PAYMENTS,
        of("finance.payment-document.issued", document_id=row["document_id"]),
        lambda data: data.update(sheba=other),
    )
    row["sheba"] = other


def silent_return(state):
    """Finance returned a document, but the claim's answer did not change."""
    state.source.drop(DECISIONS, of("eligibility.decision.made", revision=2))


def missing_case(state):
    code = state.chosen_document()["person"].zfill(10)
    comes_later(state, code, "insured.earlier-payment.recorded", {
        "national_code": code, "paid_on": "1399-01-01", "amount_rial": 1, "source": "branch"})


def missing_payment_amid_inputs(state):
    """The person's account changes while the close runs. The person is payable at each moment, but never paid."""
    code = state.tables["documents"][1]["person"].zfill(10)
    missing_payment(state)
    records = [json.loads(raw.value) for raw in state.source.records["insured.records.v1"] if raw.key == code]
    person = next(data for data in records if "sheba" in data)
    comes_later(state, code, "insured.person.changed", person | {"sheba": "IR820540102680020817909002"})


def comes_later(state, code, kind, data):
    """Appends an input after the start of the close."""
    state.source.append("insured.records.v1", code, kind, data)
    row = next(row for row in state.tables["input_offsets"] if row["topic"] == "insured.records.v1")
    row["next_offset"] = str(int(row["next_offset"]) + 1)

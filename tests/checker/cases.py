"""Post-payment cases that must be open for a clerk (contract.md section 4). Opened cases stay open, so there may be
more."""

from .law import claims, grounds


def due(inputs, stage, view, key, records, documents, dates, tables, spoken):
    """Kinds of cases that the final facts require on every one of the dates."""
    kinds = of_payment(inputs, stage, records, documents, dates)
    amount = documents[-1]["amount_rial"]
    reviews = {review(view, key, records, amount, today, tables, spoken) for today in dates}
    if len(reviews) == 1:
        kinds |= reviews - {None}
    return kinds


def of_payment(inputs, stage, records, documents, dates):
    replies = [inputs.last_reply(data["document_id"], stage) for data in documents]
    last, died = replies[-1], records.person["deceased_on"]
    returned = last is not None and last.outcome == "returned"
    if any(reply and reply.outcome == "paid" for reply in replies[:-1]) or returned and last.code in ("AM05", "DUPL"):
        return {"payment"}
    return {"payment"} if returned and died and all(died <= today for today in dates) else set()


def review(view, key, records, amount, today, tables, spoken):
    """Decides the paid claim again without account, mobile and death, and compares the result with the payment. An
    approved finding is a fact of this decision."""
    if key not in view.claims(records.insured) or records.payments:
        return "recovery"
    found = claims.of_everything_but_completion(
        view, key, records, today, tables, paid_elsewhere=False, with_death=False, spoken=spoken
    )
    outcome, assessment = grounds.outcome_of(found.reasons, found.effects.confirmed), found.assessment
    if outcome in ("REFUSED", "MANUAL_REVIEW"):
        return "recovery"
    if outcome == "PENDING" or assessment.amount == amount:
        return None  # a pending answer opens no case
    return "recovery" if assessment.amount < amount else "difference"

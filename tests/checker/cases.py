"""After payment: which cases must be open for a person to judge (contract.md section 4). Once opened they stay, so more may be open."""

from .law import claims, grounds


def due(inputs, stage, view, key, records, documents, dates, tables):
    """Kinds of cases that the facts of the end call for on every one of the dates."""
    kinds = of_payment(inputs, stage, records, documents, dates)
    amount = documents[-1]["amount_rial"]
    reviews = {review(view, key, records, amount, today, tables) for today in dates}
    if len(reviews) == 1:
        kinds |= reviews - {None}
    return kinds


def of_payment(inputs, stage, records, documents, dates):
    words = [inputs.last_word(data["document_id"], stage) for data in documents]
    last, died = words[-1], records.person["deceased_on"]
    returned = last is not None and last.outcome == "returned"
    if any(word and word.outcome == "paid" for word in words[:-1]) or returned and last.code == "AM05":
        return {"payment"}
    return {"payment"} if returned and died and all(died <= today for today in dates) else set()


def review(view, key, records, amount, today, tables):
    """The claim decided anew without account, mobile and death: what it would be now against what was paid."""
    if key not in view.claims(records.insured) or records.payments:
        return "recovery"
    found, anew = claims.of_everything_but_completion(view, key, records, today, tables, paid_elsewhere=False, with_death=False)
    outcome = grounds.outcome_of(found)
    if outcome in ("REFUSED", "MANUAL_REVIEW"):
        return "recovery"
    if outcome == "PENDING" or anew.amount == amount:
        return None  # a passing wait opens none
    return "recovery" if anew.amount < amount else "difference"

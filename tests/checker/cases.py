"""Post-payment cases: which causes stand, and how they were ended (contract.md sections 4 and 6)."""

from .law import claims, endings, grounds, registry, solar

DUPLICATES = ("AM05", "DUPL")


def due(inputs, stage, view, key, records, documents, dates, tables, ends, spoken):
    """(document, kind, ground) of each case that the final facts require on every one of the dates; the ground is None
    where the facts of the claim are the cause."""
    found = {
        (document, "payment", ground)
        for document, ground in of_payment(inputs, stage, records, documents, dates, tables, ends)
    }
    last = documents[-1]
    left = endings.left_of(last["amount_rial"], [end for end in ends if end.case["document_id"] == last["document_id"]])
    reviews = {review(view, key, records, left, today, tables, spoken) for today in dates}
    if len(reviews) == 1 and None not in reviews:
        found.add((last["document_id"], reviews.pop(), None))
    return found


def of_payment(inputs, stage, records, documents, dates, tables, ends=()):
    """(document, ground) of each cause that finance's answers or a death yield."""
    died, found = records.person["deceased_on"], set()
    for data in documents:
        document, is_last = data["document_id"], data is documents[-1]
        last = inputs.last_reply(document, stage)
        if last is None:
            continue
        if last.outcome == "returned":
            found |= {(document, ground) for ground in of_returns(inputs.replies_of(document, stage), tables)}
            if is_last and died and all(died <= today for today in dates):
                found.add((document, "PERSON_DECEASED"))
            if is_last and waits_after_a_case(inputs, stage, document, tables, ends):
                found.add((document, "RETURNED_AFTER_CASE"))
        elif last.outcome == "paid" and not is_last:
            found.add((document, "EARLIER_ATTEMPT_PAID"))
    return found


def of_returns(replies, tables):
    """The grounds that the returns of a document yield, whose last answer is a return."""
    last = max(replies, key=lambda reply: (reply.at, reply.order))
    if any(reply.outcome == "paid" and reply.at < last.at for reply in replies):
        yield "RETURNED_AFTER_PAID"
    for reply in replies:
        if reply.outcome == "returned" and reply.code in DUPLICATES:
            yield "RETURNED_AS_DUPLICATE"
        elif reply.outcome == "returned" and not tables.account_mends(reply.code, solar.day_of(reply.at)):
            yield f"RETURNED_{reply.code}"


def waits_after_a_case(inputs, stage, document, tables, ends):
    """Officers ended a case before the return, in a way that lets no attempt follow."""
    stopped = any(end.case["document_id"] == document and end.outcome == "stop" for end in ends)
    return may_retry(inputs.replies_of(document, stage), tables) and not stopped and not endings.let_attempt_follow(ends)


def may_retry(replies, tables):
    """Whether the last answer is a return, and another account can mend every return."""
    last = max(replies, key=lambda reply: (reply.at, reply.order), default=None)
    return bool(last) and last.outcome == "returned" and not set(of_returns(replies, tables)) - {"RETURNED_AFTER_PAID"}


def now_of(view, key, records, today, tables, spoken):
    """(outcome, amount) of the paid claim decided again without account, mobile and death. An approved finding is a
    fact of this decision."""
    held = view.claims(records.insured)
    if key not in held:
        key = read_on(view, key, held)
    if key is None or records.payments:
        return "REFUSED", None
    found = claims.of_everything_but_completion(
        view, key, records, today, tables, paid_elsewhere=False, with_death=False, spoken=spoken
    )
    return grounds.outcome_of(found.reasons, found.effects.confirmed), found.assessment.amount


def read_on(view, key, held):
    """The claim by which a paid record that has gained the spouse's code is read on."""
    for row in view.authoritative:
        if key.spouse is None and row.record_id == key.record_id and row.deed_date == key.deed_date:
            other = registry.key_of(row, view.code)
            return other if other in held else None
    return None


def review(view, key, records, left, today, tables, spoken):
    """The kind of case that comparing the claim with what is left of the payment yields."""
    outcome, amount = now_of(view, key, records, today, tables, spoken)
    if outcome in ("REFUSED", "MANUAL_REVIEW"):
        return "recovery" if left > 0 else None
    if outcome == "PENDING" or amount == left:
        return None  # a pending answer opens no case
    return "recovery" if amount < left else "difference"

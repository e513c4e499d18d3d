"""What the oracle expects for one person: the payment due at a close, and every answer at the end."""

import collections

from . import cases
from .feed import raw as raws
from .law import claims, grounds, identifiers, registry

Payable = collections.namedtuple("Payable", "key attempt amount sheba cost_centre mobile full_name answer")
# `answers`: all acceptable answers; `paid`: the claim has a document; `sure`: no input arrived since the last close.
End = collections.namedtuple("End", "answers paid sure")
# A further attempt that an open case may have prevented. The checker cannot know whether the case was open at the
# close.
PERHAPS = "perhaps"


class Expected:
    def __init__(self, inputs, outputs, stages, tables, deeds_from):
        self._inputs, self._stages, self._tables, self._deeds_from = inputs, stages, tables, deeds_from
        self._dates = sorted(outputs.dates | {stage.business_date for stage in stages if stage.month})
        self._highest = {outputs.keys[claim]: decision for claim, decision in outputs.latest.items()}
        self._keys = outputs.keys
        self._with_cases = {case.data["document_id"] for case in outputs.cases}
        # person -> the answer that was paid; it stays frozen
        self.frozen = {}

    def due(self, stage, view, records, documents_before):
        """The payment that the close must issue for the person, or None."""
        if documents_before:
            return self._due_again(stage, records, *max(documents_before, key=lambda each: each[1]["attempt"]))
        spoken = self._spoken(stage, view.code)
        for key in sorted(view.claims(records.insured, self._deeds_from), key=order_of_payment):
            answer = claims.judge(view, key, records, stage.business_date, self._tables, spoken=spoken)
            if answer.outcome == "APPROVED":
                return self._payable(key, 1, answer.amount, records, stage.business_date, answer)
        return None

    def _due_again(self, stage, records, key, last):
        """A further attempt is due if finance returned the last one, the person has another valid account, and no case
        needs a clerk's decision first."""
        reply = self._inputs.last_reply(last["document_id"], stage)
        if not reply or reply.outcome != "returned" or reply.code in ("AM05", "DUPL"):
            return None
        died = records.person["deceased_on"]
        answer = claims.judge_returned(last["amount_rial"], last["sheba"], records, stage.business_date, self._tables)
        if answer.outcome != "APPROVED" or died and died <= stage.business_date:
            return None
        if last["document_id"] in self._with_cases:
            return PERHAPS
        return self._payable(key, last["attempt"] + 1, last["amount_rial"], records, stage.business_date, answer)

    def _payable(self, key, attempt, amount, records, today, answer):
        person = records.person
        return Payable(
            key, attempt, amount, grounds.account(person, today, self._tables), person["branch_code"],
            identifiers.mobile(person["mobile"]), f"{person['given_name']} {person['family_name']}", answer,
        )

    def ends(self, view, records, documents):
        """claim -> its end, for every current claim and for the paid claim."""
        paid = documents[0][0] if documents else None
        later, spoken = self._later(view.code, records), self._spoken(self._stages[-1], view.code)
        found = {}
        for key in view.claims(records.insured, self._deeds_from) | ({paid} if paid else set()):
            if key == paid:
                answers = [self._end_of_paid(view.code, documents, records)]
            else:
                readings = (False, True) if claims.rows_contradict(view, key) else (False,)
                answers = [
                    claims.judge(view, key, records, today, self._tables, bool(paid), wide, spoken)
                    for today in self._dates_of(key, later) for wide in readings
                ]
            found[key] = End(answers, key == paid, not later)
        return found

    def cases_due(self, view, records, documents):
        """Kinds of cases that must have been opened about the person's payment."""
        if not documents or not records.insured:
            return set()
        ordered = sorted((data for _, data in documents), key=lambda data: data["attempt"])
        dates = self._dates_of(documents[0][0], self._later(view.code, records))
        spoken = self._spoken(self._stages[-1], view.code)
        return cases.due(
            self._inputs, self._stages[-1], view, documents[0][0], records, ordered, dates, self._tables, spoken
        )

    def _spoken(self, stage, code):
        """The findings that speak for the person's claims, of those that the stage includes."""
        return self._inputs.casework[stage.number].findings.speaking(code, self._keys.get)

    def _later(self, code, records):
        """Whether an input about the person arrived after the last close."""
        last = self._last_close(code)
        if not last:
            return True
        return code in self._inputs.later[last.number] or (
            records.last_offset is not None and not last.sees(raws.RECORDS, *records.last_offset))

    def _last_close(self, code):
        return next((stage for stage in reversed(self._stages) if stage.month and stage.is_about(code)), None)

    def _dates_of(self, key, later):
        """Business dates on which the claim may have been decided last. A new date changes answers only at a close."""
        closed = self._stages[-2].business_date if len(self._stages) > 1 else None
        if closed and not later:
            return [closed]
        since = closed or (self._highest[key].business_date if key in self._highest else "")
        return [date for date in self._dates if date >= since] or self._dates[-1:]

    def _end_of_paid(self, code, documents, records):
        last = max((data for _, data in documents), key=lambda data: data["attempt"])
        reply, frozen = self._inputs.last_reply(last["document_id"], self._stages[-1]), self.frozen.get(code)
        if reply and reply.outcome == "returned" and reply.code not in ("AM05", "DUPL"):
            answer = claims.judge_returned(last["amount_rial"], last["sheba"], records, self._dates[-1], self._tables)
            # The contract does not say whether the answer after a return lists the findings of the payment.
            answer = answer._replace(findings=None)
        else:
            answer = claims.answer(set(), last["amount_rial"])._replace(findings=frozen.findings if frozen else None)
        return answer._replace(days=frozen.days, wage_sum=frozen.wage_sum) if frozen else answer


def order_of_payment(key):
    """contract.md section 4: the earliest deed date, then the lesser spouse's code (none last), then the record."""
    return (key.deed_date, key.spouse is None, key.spouse or "", (key.record_id or "").encode())


def place_of(key, view):
    """A name for the claim without personal data, the same in every installation. None if no input makes the claim."""
    row, request = view.row_for(key), view.request_for(key)
    if row:
        return f"{row.record_id}/{registry.side_of(row, key.code).role}"
    return f"{request.request_id}/applicant" if request else None

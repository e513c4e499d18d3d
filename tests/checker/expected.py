"""What the oracle expects for one person: the payment due at a close, and every answer at the end."""

import collections

from . import cases
from .feed import raw as raws
from .law import claims, endings, grounds, identifiers, registry

Payable = collections.namedtuple("Payable", "key attempt amount sheba cost_centre mobile full_name answer")
# `answers`: all acceptable answers; `paid`: the claim has a document; `sure`: no input arrived since the last close.
End = collections.namedtuple("End", "answers paid sure")
# A further attempt that a case may have held back. The checker cannot know whether its cause stood at the close.
PERHAPS = "perhaps"


class Expected:
    def __init__(self, inputs, outputs, stages, tables, deeds_from):
        self._inputs, self._stages, self._tables, self._deeds_from = inputs, stages, tables, deeds_from
        self._dates = sorted(outputs.dates | {stage.business_date for stage in stages if stage.month})
        self._highest = {outputs.keys[claim]: decision for claim, decision in outputs.latest.items()}
        self._keys = outputs.keys
        self._cases = collections.defaultdict(list)
        for case in outputs.cases:
            self._cases[case.data["national_code"]].append(case.data)
        # person -> the answer that was paid; it stays frozen
        self.frozen = {}

    def due(self, stage, view, records, documents_before):
        """The payment that the close must issue for the person, or None."""
        if documents_before:
            return self._due_again(stage, view, records, documents_before)
        spoken = self._spoken(stage, view.code)
        for key in sorted(view.claims(records.insured, self._deeds_from), key=order_of_payment):
            answer = claims.judge(view, key, records, stage.business_date, self._tables, spoken=spoken)
            if answer.outcome == "APPROVED":
                return self._payable(key, 1, answer.amount, records, stage.business_date, answer)
        return None

    def _due_again(self, stage, view, records, documents):
        """A further attempt is due if finance returned the last one, account and mobile are good, and no case holds it
        back. After a case nothing but `reissue` lets it follow."""
        ordered = sorted(documents, key=lambda each: each[1]["attempt"])
        key, last = ordered[-1]
        reply, ends = self._inputs.last_reply(last["document_id"], stage), self._ends_of_cases(view.code, stage)
        died = records.person["deceased_on"]
        if not reply or reply.outcome != "returned" or died and died <= stage.business_date:
            return None
        of_last = [end for end in ends if end.case["document_id"] == last["document_id"]]
        reissued = any(end.outcome == "reissue" for end in of_last)
        mended = cases.may_retry(self._inputs.replies_of(last["document_id"], stage), self._tables)
        if not endings.let_attempt_follow(ends) or not mended and not reissued:
            return None
        if self._holds(stage, records, [data for _, data in ordered], ends):
            return None
        account = last["sheba"] if mended else ""
        answer = claims.judge_returned(ordered[0][1]["amount_rial"], account, records, stage.business_date, self._tables)
        if answer.outcome != "APPROVED":
            return None
        ended = {end.case["case_id"] for end in ends}
        if any(case["case_id"] not in ended for case in self._cases[view.code]):
            return PERHAPS
        amount = last["amount_rial"]
        if reissued:
            spoken = self._spoken(stage, view.code)
            outcome, now = cases.now_of(view, key, records, stage.business_date, self._tables, spoken)
            known = now if outcome in ("APPROVED", "WAITING") and now is not None else amount
            amount = min(amount, endings.left_of(amount, of_last), known)
        return self._payable(key, last["attempt"] + 1, amount, records, stage.business_date, answer)

    def _ends_of_cases(self, code, stage):
        """How officers have ended the person's cases, by what the stage includes."""
        ends = [self._inputs.end_of(case, stage) for case in self._cases[code]]
        return [end for end in ends if end]

    def _holds(self, stage, records, documents, ends):
        """Whether a cause that finance's answers yield stands, and nobody has judged it."""
        judged = {(end.case["document_id"], ground) for end in ends for ground in end.case["grounds"]}
        dates = [stage.business_date]
        found = cases.of_payment(self._inputs, stage, records, documents, dates, self._tables, ends)
        return bool(found - judged)

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
        """The cases that must have been opened about the person's payment: see `cases.due`."""
        if not documents or not records.insured:
            return set()
        ordered = sorted((data for _, data in documents), key=lambda data: data["attempt"])
        dates = self._dates_of(documents[0][0], self._later(view.code, records))
        spoken = self._spoken(self._stages[-1], view.code)
        ends = self._ends_of_cases(view.code, self._stages[-1])
        return cases.due(
            self._inputs, self._stages[-1], view, documents[0][0], records, ordered, dates, self._tables, ends, spoken
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
        frozen, stage = self.frozen.get(code), self._stages[-1]
        amount = min((data for _, data in documents), key=lambda data: data["attempt"])["amount_rial"]
        replies = self._inputs.replies_of(last["document_id"], stage)
        reply = self._inputs.last_reply(last["document_id"], stage)
        mended = cases.may_retry(replies, self._tables)
        reissued = reply and reply.outcome == "returned" and any(
            end.outcome == "reissue" and end.case["document_id"] == last["document_id"]
            for end in self._ends_of_cases(code, stage)
        )
        if mended or reissued:
            account = last["sheba"] if mended else ""
            answer = claims.judge_returned(amount, account, records, self._dates[-1], self._tables)
            # The contract does not say whether the answer after a return lists the findings of the payment.
            answer = answer._replace(findings=None)
        else:
            answer = claims.answer(set(), amount)._replace(findings=frozen.findings if frozen else None)
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

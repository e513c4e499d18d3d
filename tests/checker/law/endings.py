"""Endings of cases by two officers: which end counts, and what it does (contract.md sections 4 and 6)."""

import collections

from . import solar
from .findings import EPOCH, FORM, MICROSECOND, Judgement, canonical

# `amount`: what is ordered, or None.
Proposal = collections.namedtuple("Proposal", "author outcome amount")
# `at`: the instant of the approval. `digest`: of the approved proposal. `case`: the data of the event that opened it.
End = collections.namedtuple("End", "at digest outcome amount case")
ALLOWED = {
    "recovery": {"no_action", "recovery_ordered"},
    "difference": {"no_action", "difference_ordered"},
    "payment": {"no_action", "recovery_ordered", "difference_ordered"},
}
OF_RETURNED = {"reissue", "stop"}


def proposal_sha256(data):
    """The digest that a judgement names; the fields are listed in the schema of the proposal."""
    at = (solar.instant(data["at"]) - EPOCH) // MICROSECOND
    amount = "" if data["amount_rial"] is None else str(data["amount_rial"])
    return canonical([
        FORM, data["case_id"], str(at), data["author"], data["national_code"], data["outcome"], amount, data["reason"],
    ])


class Endings:
    """All proposals and judgements so far, by person and case. Neither order nor repeats make a difference."""

    def __init__(self):
        self.proposals, self.judgements = collections.defaultdict(dict), collections.defaultdict(dict)

    def propose(self, data):
        proposal = Proposal(data["author"], data["outcome"], data["amount_rial"])
        self.proposals[data["national_code"], data["case_id"]][proposal_sha256(data)] = proposal

    def judge(self, data, approved, where):
        identity = (data["national_code"], data["case_id"])
        judgement = Judgement(solar.instant(data["at"]), approved, data["approver"], data["author"], where)
        self.judgements[identity].setdefault(data["proposal_sha256"], []).append(judgement)

    def end_of(self, case, replies):
        """The end of a case: the earliest approval that stands and whose outcome is allowed. `replies`: finance's
        answers about its document."""
        identity, found = (case["national_code"], case["case_id"]), []
        for digest, proposal in self.proposals.get(identity, {}).items():
            counting = [
                each for each in self.judgements.get(identity, {}).get(digest, ())
                if each.author == proposal.author != each.approver
            ]
            stands = min(counting, key=lambda each: (each.at, each.approved), default=None)
            if stands and stands.approved and proposal.outcome in allowed(case["kind"], replies, stands.at):
                found.append(End(stands.at, digest, proposal.outcome, proposal.amount, case))
        return min(found, key=lambda end: (end.at, end.digest), default=None)


def allowed(kind, replies, instant):
    """The outcomes that are allowed for the document as it was at this instant."""
    said = [reply for reply in replies if reply.at <= instant]
    last = max(said, key=lambda reply: (reply.at, reply.order), default=None)
    return OF_RETURNED if last and last.outcome == "returned" else ALLOWED[kind]


def left_of(paid, ends):
    """What the orders leave of an amount; later comparisons are against it."""
    left = paid
    for end in in_order(ends):
        if end.outcome == "recovery_ordered":
            left = max(left - end.amount, 0)
        elif end.outcome == "difference_ordered":
            left += end.amount
        elif end.outcome == "reissue" and end.case["new_amount_rial"] is not None:
            left = min(left, end.case["new_amount_rial"])
    return left


def let_attempt_follow(ends):
    """After a case nothing but `reissue` lets an attempt follow; the last end counts."""
    return not ends or in_order(ends)[-1].outcome == "reissue"


def in_order(ends):
    return sorted(ends, key=lambda end: (end.at, end.case["case_id"]))

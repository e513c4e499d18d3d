"""Objections: which closings count, and which answers must and may follow (contract.md section 6)."""

import collections

from . import solar

# `submission`: None until it arrives. `withdrawn`: the time of the record that withdraws it, in ms, or None.
Objection = collections.namedtuple("Objection", "code objection_id submission withdrawn closings")
Submission = collections.namedtuple("Submission", "submitted_at claim_id disputed")
Closing = collections.namedtuple("Closing", "at author accepted findings where stamp")


class Objections:
    """What the portal and the officers said, by person and objection. Neither order nor repeats make a difference."""

    def __init__(self):
        self._submissions, self._withdrawn = {}, {}
        self._closings = collections.defaultdict(set)

    def submit(self, data):
        identity = (data["applicant_national_code"], data["objection_id"])
        submission = Submission(solar.instant(data["submitted_at"]), data["claim_id"], data["disputed"])
        self._submissions[identity] = min(self._submissions.get(identity, submission), submission)

    def withdraw(self, data, stamp):
        identity = (data["applicant_national_code"], data["objection_id"])
        self._withdrawn[identity] = min(self._withdrawn.get(identity, stamp or 0), stamp or 0)

    def close(self, data, where, stamp):
        closing = Closing(
            solar.instant(data["at"]), data["author"], data["accepted"], tuple(data["findings"]), where, stamp or 0
        )
        self._closings[data["national_code"], data["objection_id"]].add(closing)

    def all(self):
        for identity in sorted(self._submissions.keys() | self._withdrawn.keys() | self._closings.keys()):
            yield Objection(
                *identity,
                self._submissions.get(identity),
                self._withdrawn.get(identity),
                sorted(self._closings.get(identity, ()), key=lambda each: (each.at, each.author, each.where)),
            )


def excluded(objection, findings, before=None):
    """The officers who close no objection against their own finding. An objection is against a finding if it disputes
    its ground and was submitted when the finding was approved; a finding that was made for the objection is not disputed
    by it. `before`: only findings that were approved by an event before this position."""
    submission = objection.submission
    return {
        officer
        for proposal, judgement in findings.approved(objection.code)
        if (proposal.claim_id, proposal.ground) == (submission.claim_id, submission.disputed)
        and judgement.at <= submission.submitted_at
        and (before is None or judgement.where < before)
        for officer in (proposal.author, judgement.approver)
    }


def is_decided(objection, closing, findings):
    return all(findings.decided(objection.code, finding_id) for finding_id in closing.findings)


def due(objection, findings):
    """The closing that must be answered, or None: the earliest by an officer who may close, once its findings are
    decided."""
    if objection.submission is None or objection.withdrawn is not None:
        return None
    officers = excluded(objection, findings)
    closing = next((each for each in objection.closings if each.author not in officers), None)
    return closing if closing and is_decided(objection, closing, findings) else None


def fault_of_answer(objection, accepted, findings):
    """Why nothing may have answered the objection so, or None. An answer cannot be taken back: it stays right if its
    officer was excluded, or the person withdrew, only after the closing."""
    if objection is None or objection.submission is None:
        return "no such objection was submitted"
    if not objection.closings:
        return "nobody closed the objection"
    by_others = [
        each for each in objection.closings if each.author not in excluded(objection, findings, before=each.where)
    ]
    if not by_others:
        return "who authored or approved a finding closed the objection against it"
    decided = [each for each in by_others if is_decided(objection, each, findings)]
    if not decided:
        return "a finding that its closing names is not decided"
    if objection.withdrawn is not None and all(objection.withdrawn < each.stamp for each in decided):
        return "the objection was withdrawn before it was closed"
    return None if any(each.accepted == accepted for each in decided) else "`accepted` is not that of its closing"

"""Defects in findings and in answers to objections. A defect of a finding is planted as a service that reads it
wrongly, so its decisions, documents and vouchers agree with each other."""

import json

from ..law import findings
from . import casework_of
from .memory import named
from .plants_of_payment import DECISIONS, of

ANSWERED = of("eligibility.objection.answered")


def service_that(spoken):
    """The fixture of a service that believes `spoken(state, code, correct)` instead of the findings that speak."""
    def plant(state):
        state.__dict__.update(type(state)(spoken=spoken).__dict__)
    return plant


def with_seen(state, key, decided):
    """The finding as if its officers had seen the facts of today."""
    view, person = state.registry.view(key.code), state.dossiers[key.code].person
    seen = findings.facts_seen(decided.proposal.ground, view, key, person)
    return decided._replace(proposal=decided.proposal._replace(fact_seen=min(seen)))


def ignored(state, code, correct):
    return {}


def only_proposed(wanted):
    """A service for which this one proposal counts, whatever was judged."""
    def spoken(state, code, correct):
        proposals = state.casework.findings.proposals.get((code, named("finding", wanted)), {})
        judged = state.casework.findings.judgements.get((code, named("finding", wanted)), {})
        for digest, proposal in proposals.items():
            key = state.key_of(proposal.claim_id)
            decided = findings.Decided(proposal, judged[digest][0])
            correct = dict(correct) | {key: {proposal.ground: with_seen(state, key, decided)}}
        return correct
    return spoken


def on_both_claims(state, code, correct):
    """A service that sets contradicting records aside on the first of two claims."""
    conflicts = sorted(key for key in correct if "CONFLICTING_RECORDS" in correct[key])
    return {key: each for key, each in correct.items() if key not in conflicts[1:]}


def answered_twice(state):
    state.source.again(DECISIONS, ANSWERED)


def answered(name):
    """An objection that must not be answered is answered, in the topic and in the database."""
    def plant(state):
        objection = next(
            each for each in state.casework.objections.all() if each.objection_id == named("objection", name)
        )
        casework_of.publish(
            state, objection.code, objection.objection_id, objection.submission.claim_id, None,
            objection.closings[0].accepted)
        row = next(row for row in state.tables["objections"] if row["objection_id"] == objection.objection_id)
        row["answered_at"] = "2025-10-23T06:30:00Z"
    return plant


def unanswered(state):
    raw = next(raw for raw in state.source.records[DECISIONS] if ANSWERED(raw.headers["ce_type"], {}))
    state.source.drop(DECISIONS, ANSWERED)
    row = next(
        row for row in state.tables["objections"] if row["objection_id"] == json.loads(raw.value)["objection_id"]
    )
    row["answered_at"] = ""


OPENED, ENDED = of("eligibility.case.opened"), of("eligibility.case.ended")


def no_case(state):
    """A return that no account mends opens no case."""
    state.source.drop(DECISIONS, lambda kind, data: OPENED(kind, data) and data["case_id"] == open_case(state)["case_id"])
    state.tables["cases"].remove(open_case(state))


def open_case(state):
    return next(row for row in state.tables["cases"] if not row["outcome"])


def ended_by_one_officer(state):
    """A case ends though an officer approved the own proposal."""
    raw = next(raw for raw in state.source.records[DECISIONS] if OPENED(raw.headers["ce_type"], json.loads(raw.value))
               and json.loads(raw.value)["case_id"] == open_case(state)["case_id"])
    case = json.loads(raw.value)
    digest = next(iter(state.casework.endings.proposals[case["national_code"], case["case_id"]]))
    casework_of.end_case(state, case, digest)


def end_not_told(state):
    state.source.drop(DECISIONS, ENDED)


def end_forgotten(state):
    state.source.drop(DECISIONS, ENDED)
    for row in state.tables["cases"]:
        row["outcome"] = ""


def opened_twice(state):
    state.source.again(DECISIONS, OPENED, lambda data: data.update(case_id=named("another case")))


def gone_though_it_stands(state):
    open_case(state)["gone_at"] = "2025-10-23T06:30:00Z"


def with_findings(kind, data):
    return kind == "eligibility.decision.made" and bool(data["findings"])


ALL = [
    ("an approved finding ignored", 2, service_that(ignored)),
    ("a self-approved finding applied", 2, service_that(only_proposed("alone"))),
    ("a finding applied though the facts moved", 2, service_that(only_proposed("moved"))),
    ("a rejected finding applied", 2, service_that(only_proposed("rejected"))),
    ("a lifted finding applied", 2, service_that(only_proposed("first"))),
    ("contradicting records set aside on two claims", 2, service_that(on_both_claims)),
    (
        "a decision without the finding that changed it",
        2,
        lambda state: state.source.change(DECISIONS, with_findings, lambda data: data.update(findings=[])),
    ),
    (
        "a decision that lists another finding",
        2,
        lambda state: state.source.change(
            DECISIONS, with_findings, lambda data: data["findings"][0].update(finding_id=named("finding", "alone"))
        ),
    ),
    ("a return that no account mends, without a case", 2, no_case),
    ("a case ended by one officer", 2, ended_by_one_officer),
    ("an end that finance is not told", 2, end_not_told),
    ("an end of two officers that does not count", 2, end_forgotten),
    (
        "an end with another outcome than the officers said",
        2,
        lambda state: state.source.change(DECISIONS, ENDED, lambda data: data.update(outcome="no_action")),
    ),
    ("two cases of one cause", 2, opened_twice),
    ("a case that is gone though its cause stands", 2, gone_though_it_stands),
    ("an end missing from the database", 4, lambda state: state.tables["ending_judgements"].pop()),
    ("a judgement missing from the database", 4, lambda state: state.tables["finding_judgements"].pop()),
    ("an objection answered twice", 11, answered_twice),
    ("an objection answered after its withdrawal", 11, answered("alone")),
    ("an objection answered before its finding is decided", 11, answered("moved")),
    ("an objection answered by the officer whose finding it disputes", 11, answered("foreigner")),
    ("a closed objection without an answer", 11, unanswered),
    (
        "an answer that says the opposite of its closing",
        11,
        lambda state: state.source.change(
            DECISIONS, ANSWERED, lambda data: data.update(accepted=not data["accepted"])
        ),
    ),
    (
        "an answer that names a decision that was never published",
        11,
        lambda state: state.source.change(
            DECISIONS, ANSWERED, lambda data: data.update(decision_id=named("no decision"))
        ),
    ),
]

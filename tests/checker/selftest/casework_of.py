"""Objections and findings about the fixture's claims, and the answers of a correct service."""

import datetime
import json

from .. import casework
from ..feed import events
from ..law import claims, endings, findings, objections, solar, tables
from .memory import STAMP, TODAY, WHEN, named

PORTAL, DESK, DECISIONS = "portal.objections.v1", "casework.findings.v1", "eligibility.decisions.v1"
AUTHOR, APPROVER, CLOSER = "staff-1", "staff-2", "staff-3"
TEXT = {"fa": "پاسخ", "en": "answer"}


def at(minute):
    """An instant of the day before the close."""
    moment = solar.instant(WHEN) - datetime.timedelta(days=1) + datetime.timedelta(minutes=minute)
    return moment.isoformat().replace("+00:00", "Z")


def stamp(minute):
    return STAMP - 86_400_000 + 60_000 * minute


class Claim:
    """A claim of the fixture, as the portal and the officers' screens send events about it."""

    def __init__(self, fixture, key):
        self.source, self.key, self.claim_id = fixture.source, key, named("claim", *key)
        self.view, self.person = fixture.registry.view(key.code), fixture.dossiers[key.code].person

    def proposal(self, name, ground, verdict, **other):
        (seen,) = findings.facts_seen(ground, self.view, self.key, self.person)
        return {
            "finding_id": named("finding", name), "at": at(10), "author": AUTHOR, "national_code": self.key.code,
            "claim_id": self.claim_id, "ground": ground, "fact_seen": seen, "verdict": verdict,
            "reason": "The deed shows it.", "evidence": [named("picture")],
        } | other

    def send(self, topic, kind, data, minute):
        self.source.append(topic, self.key.code, kind, data, stamp=stamp(minute))

    def proposes(self, proposal, minute=10):
        self.send(DESK, "casework.finding.proposed", proposal, minute)

    def judges(self, proposal, word="approved", approver=APPROVER, minute=20):
        self.send(DESK, f"casework.finding.{word}", {
            "finding_id": proposal["finding_id"], "at": at(minute), "approver": approver, "author": proposal["author"],
            "national_code": self.key.code, "proposal_sha256": findings.proposal_sha256(proposal),
            "reason": "I have seen the deed."}, minute)

    def finds(self, name, ground, verdict, minute=20, **other):
        """A finding of two officers."""
        proposal = self.proposal(name, ground, verdict, **other)
        self.proposes(proposal)
        self.judges(proposal, minute=minute)
        return proposal["finding_id"]

    def objects(self, name, disputed, minute=5):
        self.send(PORTAL, "portal.objection.submitted", {
            "objection_id": named("objection", name), "submitted_at": at(minute),
            "applicant_national_code": self.key.code, "claim_id": self.claim_id, "disputed": disputed,
            "text_sha256": "0c" * 32, "pictures": []}, minute)

    def withdraws(self, name, minute):
        self.send(PORTAL, "portal.objection.withdrawn", {
            "objection_id": named("objection", name), "withdrawn_at": at(minute),
            "applicant_national_code": self.key.code}, minute)

    def closes(self, name, named_findings, accepted=True, author=CLOSER, minute=30):
        self.send(DESK, "casework.objection.closed", {
            "objection_id": named("objection", name), "national_code": self.key.code, "at": at(minute),
            "author": author, "accepted": accepted, "reason": "Seen.", "findings": named_findings}, minute)


def of_reasons(fixture, *reasons):
    """The first claim with exactly these reasons, without findings."""
    law = tables.Tables()
    for code in sorted(fixture.registry.persons()):
        view, records = fixture.registry.view(code), fixture.dossiers[code]
        for key in sorted(view.claims(records.insured)):
            if set(claims.judge(view, key, records, TODAY, law).reasons) == set(reasons):
                return Claim(fixture, key)
    raise LookupError(f"the fixture has no claim with {reasons}")


def add(fixture):
    """Sends the events, and reads them as the service does."""
    decided_findings(fixture)
    findings_without_effect(fixture)
    a_day_with_two_marriages(fixture)
    fixture.casework = casework.Casework()
    for topic in (PORTAL, DESK):
        for raw in fixture.source.records[topic]:
            event = events.event_of(raw)
            if not event.fault:
                fixture.casework.apply(event)


def decided_findings(fixture):
    mismatch = of_reasons(fixture, "IDENTITY_MISMATCH")
    mismatch.objects("names", "IDENTITY_MISMATCH")
    mismatch.closes("names", [mismatch.finds("names", "IDENTITY_MISMATCH", "set_aside")])
    # Who approved a finding does not answer the objection against it.
    unnamed = of_reasons(fixture, "SPOUSE_HAS_NO_NATIONAL_CODE")
    unnamed.finds("foreigner", "SPOUSE_HAS_NO_NATIONAL_CODE", "confirmed")
    unnamed.objects("foreigner", "SPOUSE_HAS_NO_NATIONAL_CODE", minute=25)
    unnamed.closes("foreigner", [], accepted=False, author=APPROVER)
    # The approval arrives before its proposal.
    temporary = of_reasons(fixture, "MARRIAGE_NOT_PERMANENT", "ACCOUNT_CHECK_PENDING")
    proposal = temporary.proposal("permanent", "MARRIAGE_NOT_PERMANENT", "set_aside")
    temporary.judges(proposal)
    temporary.proposes(proposal)


def findings_without_effect(fixture):
    # An officer approves the own proposal, and the person withdraws the objection.
    alone = of_reasons(fixture, "REGISTERED_BY_ACKNOWLEDGEMENT")
    proposal = alone.proposal("alone", "REGISTERED_BY_ACKNOWLEDGEMENT", "set_aside")
    alone.proposes(proposal)
    alone.judges(proposal, approver=AUTHOR)
    alone.objects("alone", "REGISTERED_BY_ACKNOWLEDGEMENT")
    alone.withdraws("alone", minute=7)
    alone.closes("alone", [])
    # The officers saw other facts. The objection waits for a finding that nobody decided.
    moved = of_reasons(fixture, "MARRIAGE_NOT_PERMANENT")
    moved.finds("moved", "MARRIAGE_NOT_PERMANENT", "set_aside", fact_seen="0d" * 32)
    moved.objects("moved", "MARRIAGE_NOT_PERMANENT")
    moved.closes("moved", [named("finding", "nobody")])
    # The earlier judgement stands.
    rejected = of_reasons(fixture, "NOT_FIRST_MARRIAGE")
    proposal = rejected.proposal("rejected", "NOT_FIRST_MARRIAGE", "set_aside")
    rejected.proposes(proposal)
    rejected.judges(proposal, minute=20)
    rejected.judges(proposal, "rejected", approver=CLOSER, minute=15)
    rejected.objects("rejected", "NOT_FIRST_MARRIAGE")
    rejected.closes("rejected", [proposal["finding_id"]], accepted=False)
    # The latest approval undoes the first.
    lifted = of_reasons(fixture, "REGISTERED_BY_ACKNOWLEDGEMENT", "NO_VALID_MOBILE")
    lifted.finds("first", "REGISTERED_BY_ACKNOWLEDGEMENT", "set_aside", minute=20)
    lifted.finds("second", "REGISTERED_BY_ACKNOWLEDGEMENT", "lifted", minute=21)


def a_day_with_two_marriages(fixture):
    """Both claims of the day have their contradiction set aside, so it is set aside on neither."""
    code = max(code for code, each in fixture.dossiers.items() if each.insured and fixture.registry.view(code).live)
    (row,) = fixture.registry.view(code).live
    raw = next(
        raw for raw in fixture.source.records["registry.marriages.v1"] if raw.key == row.record_id
    )
    data = json.loads(raw.value) | {"record_id": "R-SAME-DAY"}
    other = "husband" if data["wife"]["national_code"] == code else "wife"
    data[other] = data[other] | {"national_code": "4398013083"}
    fixture.source.append("registry.marriages.v1", data["record_id"], "registry.marriage.recorded", data)
    fixture.keep_marriage(data)
    for key in sorted(fixture.registry.view(code).claims(True)):
        Claim(fixture, key).finds(("same day", key.spouse), "CONFLICTING_RECORDS", "set_aside")


def end_cases(fixture):
    """After the close finance returns two documents for reasons that no account mends. Officers stop the attempts of one
    case; about the other one, an officer approves the own proposal."""
    for place, stopped in ((2, True), (3, False)):
        row = fixture.tables["documents"][place]
        case = open_case(fixture, row)
        proposal = {
            "case_id": case["case_id"], "at": at(2850), "author": AUTHOR, "national_code": case["national_code"],
            "outcome": "stop", "amount_rial": None, "reason": "The payer is wrong."}
        judgement = {
            "case_id": case["case_id"], "at": at(2860), "approver": APPROVER if stopped else AUTHOR, "author": AUTHOR,
            "national_code": case["national_code"], "proposal_sha256": endings.proposal_sha256(proposal),
            "reason": "I have seen it."}
        for kind, data in (("approved", judgement), ("proposed", proposal)):
            fixture.source.append(DESK, case["national_code"], f"casework.case.ending-{kind}", data, stamp=stamp(2870))
            fixture.casework.apply(events.event_of(fixture.source.records[DESK][-1]))
        if stopped:
            end_case(fixture, case, judgement["proposal_sha256"])
    for word, said in (("proposals", fixture.casework.endings.proposals),
                       ("judgements", fixture.casework.endings.judgements)):
        for (_, case_id), digests in said.items():
            for digest, each in digests.items():
                approvers = [{"approver": one.approver} for one in each] if word == "judgements" else [{}]
                fixture.tables[f"ending_{word}"] += [{"case_id": case_id, "sha256": digest} | one for one in approvers]


def open_case(fixture, row):
    """Finance returns the document, and a case opens. The decision stays."""
    data = {"document_id": row["document_id"], "outcome": "returned", "code": "MS03", "at": at(2840)}
    fixture.source.append("finance.payment-outcomes.v1", row["document_id"], "finance.document.returned", data)
    fixture.tables["payment_outcomes"].append(
        {"document_id": row["document_id"], "outcome": "returned", "at": data["at"]})
    row["state"], row["state_code"] = "returned", "MS03"
    case = {
        "case_id": named("case", row["document_id"]), "claim_id": row["claim_id"], "document_id": row["document_id"],
        "national_code": row["person"].zfill(10), "kind": "payment", "grounds": ["RETURNED_MS03"],
        "new_amount_rial": None, "opened_at": WHEN}
    fixture.source.append(DECISIONS, case["national_code"], "eligibility.case.opened", case)
    fixture.tables["cases"].append(
        {"case_id": case["case_id"], "claim_id": case["claim_id"], "document_id": case["document_id"],
         "kind": "payment", "outcome": "", "gone_at": ""})
    return case


def end_case(fixture, case, proposal_sha256):
    names = ("case_id", "claim_id", "document_id", "national_code", "kind")
    fixture.source.append(DECISIONS, case["national_code"], "eligibility.case.ended", {
        **{name: case[name] for name in names}, "outcome": "stop", "amount_rial": None,
        "proposal_sha256": proposal_sha256, "ended_at": WHEN})
    next(row for row in fixture.tables["cases"] if row["case_id"] == case["case_id"])["outcome"] = "stop"


def answer(fixture):
    """Publishes the answers that are due."""
    latest = {row["claim_id"]: row["decision_id"] for row in fixture.tables["claims"]}
    for objection in fixture.casework.objections.all():
        closing = objections.due(objection, fixture.casework.findings)
        if closing:
            claim = objection.submission.claim_id
            publish(fixture, objection.code, objection.objection_id, claim, latest[claim], closing.accepted)
        fixture.tables["objections"].append({
            "person": str(int(objection.code)), "objection_id": objection.objection_id,
            "withdrawn": "f" if objection.withdrawn is None else "t", "answered_at": WHEN if closing else ""})
    for (_, finding_id), proposals in fixture.casework.findings.proposals.items():
        for digest in proposals:
            fixture.tables["finding_proposals"].append({"finding_id": finding_id, "sha256": digest})
    for (_, finding_id), judged in fixture.casework.findings.judgements.items():
        for digest, judgements in judged.items():
            for each in judgements:
                fixture.tables["finding_judgements"].append(
                    {"finding_id": finding_id, "sha256": digest, "approver": each.approver})


def publish(fixture, code, objection_id, claim_id, decision_id, accepted):
    fixture.source.append(DECISIONS, code, "eligibility.objection.answered", {
        "objection_id": objection_id, "claim_id": claim_id, "decision_id": decision_id, "national_code": code,
        "accepted": accepted, "text": TEXT, "answered_at": WHEN})

"""2: paid decisions, documents and registration SMS match one to one, and every answer equals the oracle's answer to
the inputs."""

import collections

from ..law import grounds
from . import announcements, ends_of_cases

TITLE = "2 every payable person is paid, and every answer equals the oracle's"


def check(world, report):
    def violation(text):
        report.violation(2, text)

    check_paid_decisions(world.outputs, violation)
    announcements.check(world, violation)
    tolerated = collections.Counter()
    if world.replay:
        for month, fault in world.replay.disagreements:
            violation(f"close {month}: {fault}")
        check_ends(world, violation, tolerated)
        check_cases(world, violation)
        ends_of_cases.check(world, violation)
    if world.database:
        check_claims(world, violation)
        check_documents(world, violation)
        check_counts(world, violation)
    judged = len(world.replay.ends) if world.replay else 0
    report.done(2, f"{TITLE} ({judged:,} claims decided again, {len(world.outputs.sms):,} SMS)")
    if world.replay and world.replay.late:
        report.note(
            f"inputs of {world.replay.late} persons arrived while a close ran; that close was checked with them"
        )
    for what, count in sorted(tolerated.items()):
        report.note(f"{count} {what}")


def check_cases(world, violation):
    """Each cause that the final facts yield has a case. A judged cause about the claim has one of an earlier document."""
    opened = set()
    for case in world.outputs.cases:
        data = case.data
        opened.add((data["claim_id"], data["kind"]))
        opened |= {(data["document_id"], data["kind"], ground) for ground in data["grounds"]}
    for claim, document, kind, ground in world.replay.cases_due:
        if (claim, kind) not in opened or ground and (document, kind, ground) not in opened:
            why = f" of {ground}" if ground else ""
            violation(f"claim {claim}: its facts require a case `{kind}`{why}, none was opened")


def check_paid_decisions(outputs, violation):
    """Each document's decision is an approval of its claim and amount. No two first attempts share a decision."""
    used = {}
    for document in outputs.documents:
        data = document.data
        claim, amount = outputs.approvals.get(data["decision_id"], (None, None))
        if claim is None:
            violation(f"document {data['document_id']}: its decision was never published as an approval")
        elif claim != data["claim_id"] or amount != data["amount_rial"] and not pays_less_again(data, amount):
            violation(f"document {data['document_id']}: its decision has another claim or amount")
        elif claim in outputs.keys and outputs.keys[claim].code != data["national_code"]:
            violation(f"document {data['document_id']}: its person is not the person of its claim")
        other = used.setdefault(data["decision_id"], data)
        if other is not data and data["attempt"] == other["attempt"]:
            violation(f"document {data['document_id']}: document {other['document_id']} pays the same decision")


def pays_less_again(data, amount):
    """A further attempt can pay less than was decided: promise 1 checks that officers said so."""
    return data["attempt"] > 1 and amount is not None and data["amount_rial"] < amount


def check_ends(world, violation, tolerated):
    outputs, replay = world.outputs, world.replay
    claim_of = {}
    for claim, key in outputs.keys.items():
        if claim_of.setdefault(key, claim) != claim:
            violation(f"claim {claim}: claim {claim_of[key]} is about the same person and marriage")
    for key, end in replay.ends.items():
        if key not in claim_of:
            violation(f"{replay.places[key]}: no decision was published")
            continue
        fault = fault_of(outputs.latest[claim_of[key]], end, tolerated) or fault_of_findings(
            world, key.code, outputs.latest[claim_of[key]], end
        )
        if fault:
            violation(f"claim {claim_of[key]} ({replay.places[key]}): {fault}")
    ever = world.inputs.registries[-1].ever_held
    for key, claim in claim_of.items():
        if key in replay.ends:
            continue
        if key not in ever.get(key.code, ()):
            violation(f"claim {claim}: no input ever made it")
        elif outputs.latest[claim].reasons != ("RECORD_WITHDRAWN",) or outputs.latest[claim].outcome != "REFUSED":
            violation(f"claim {claim}: no input makes it any more, but it is not withdrawn")


def fault_of(decision, end, tolerated):
    """The differences between the highest revision and the acceptable answers, or None if one of them matches."""
    faults = []
    for answer in end.answers:
        differ = [
            f"{name} {found}, oracle {wanted}"
            for name, found, wanted in (
                ("outcome", decision.outcome, answer.outcome),
                ("reasons", sorted(decision.reasons), sorted(answer.reasons)),
                ("amount", decision.amount, answer.amount),
            )
            if found != wanted
        ]
        if not differ:
            return fault_of_working(decision, end, answer, tolerated)
        faults.append("; ".join(differ))
    return faults[0]


def fault_of_findings(world, code, decision, end):
    """The findings that the decision lists. A finding that replaces another of the same verdict changes nothing that
    publishes a revision, and neither does one that confirms a reason of a claim that is refused anyway."""
    allowed = [answer.findings for answer in end.answers if answer.findings is not None and is_same(decision, answer)]
    if not allowed or decision.findings in allowed:
        return None
    approved = world.inputs.casework[-1].findings.approved(code)
    known = {(each.proposal.finding_id, each.proposal.ground, each.proposal.verdict) for each in approved}
    for listed in allowed:
        differ = {each[1:] for each in decision.findings} ^ {each[1:] for each in listed}
        may_differ = {(reason, "confirmed") for reason in decision.reasons if is_refused_without(decision, reason)}
        if set(decision.findings) <= known and differ <= may_differ:
            return None
    return f"findings {list(decision.findings)}, oracle {list(allowed[0])}"


def is_same(decision, answer):
    return (decision.outcome, set(decision.reasons), decision.amount) == (
        answer.outcome, set(answer.reasons), answer.amount)


def is_refused_without(decision, reason):
    """Whether the claim is refused also if this reason is not confirmed."""
    confirmed = {ground for _, ground, verdict in decision.findings if verdict == "confirmed"} - {reason}
    return grounds.outcome_of(decision.reasons, confirmed) == "REFUSED"


def fault_of_working(decision, end, answer, tolerated):
    pairs = (("days", decision.days, answer.days), ("wage sum", decision.wage_sum, answer.wage_sum))
    differ = [f"{name} {found}, oracle {wanted}" for name, found, wanted in pairs
              if None not in (found, wanted) and found != wanted]
    if differ and not end.sure:
        tolerated["answers are correct but have an earlier sum (inputs arrived since the last close)"] += 1
        return None
    if decision.days is None and answer.days is not None and not end.paid:
        differ.append("no working")
    return "; ".join(differ)


def check_claims(world, violation):
    """The current claims of the database equal the last published revisions."""
    latest = world.outputs.latest
    for row in world.database.rows("claims"):
        found = latest.get(row["claim_id"])
        if found is None:
            # A claim may be withdrawn before any decision about it was published.
            if row["revision"] != "0" and row["withdrawn"] != "t":
                violation(f"claim {row['claim_id']}: in the database, but never published")
            continue
        same = (str(found.revision), found.outcome, "" if found.amount is None else str(found.amount),
                sorted(found.reasons), found.decision_id)
        if same != (row["revision"], row["outcome"], row["amount"], sorted(row["reasons"].split()), row["decision_id"]):
            violation(f"claim {row['claim_id']}: revision {row['revision']} in the database differs from revision "
                f"{found.revision} of the topic")


def check_counts(world, violation):
    """Every decision and every case is in the database and in the topic."""
    published = int(world.database.rows("decisions")[0]["published"])
    if published != world.outputs.decided:
        violation(f"{published} decisions in the database, {world.outputs.decided} in the topic")
    kept, opened = {row["case_id"] for row in world.database.rows("cases")}, {
        case.data["case_id"] for case in world.outputs.cases
    }
    for case in kept ^ opened:
        violation(f"case {case}: in the {'database' if case in kept else 'topic'} only")


def check_documents(world, violation):
    topic = {document.data["document_id"]: document.data for document in world.outputs.documents}
    for row in world.database.rows("documents"):
        data = topic.pop(row["document_id"], None)
        if data is None:
            violation(f"document {row['document_id']}: in the database, but never published")
            continue
        for name, column in (
            ("claim_id",) * 2,
            ("decision_id",) * 2,
            ("month",) * 2,
            ("sheba",) * 2,
            ("cost_centre",) * 2,
            ("attempt",) * 2,
            ("amount_rial", "amount"),
        ):
            if str(data[name]) != row[column]:
                violation(f"document {row['document_id']}: {name} in the topic differs from the database")
    for document_id in topic:
        violation(f"document {document_id}: published, but not in the database")

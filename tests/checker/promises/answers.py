"""2: decisions paid, documents and registration SMS are bijections; and every answer is the oracle's, from the inputs alone."""

import collections

from . import announcements

TITLE = "2 who is payable is paid, and every answer is the oracle's"


def check(world, report):
    def say(text):
        report.violation(2, text)

    check_paid_decisions(world.outputs, say)
    announcements.check(world, say)
    tolerated = collections.Counter()
    if world.replay:
        for month, fault in world.replay.disagreements:
            say(f"close {month}: {fault}")
        check_ends(world, say, tolerated)
        opened = {(case.data["claim_id"], case.data["kind"]) for case in world.outputs.cases}
        for claim, kind in world.replay.cases_due:
            if (claim, kind) not in opened:
                say(f"claim {claim}: its facts call for a case `{kind}`, none was opened")
    if world.database:
        check_claims(world, say)
        check_documents(world, say)
        check_counts(world, say)
    judged = len(world.replay.ends) if world.replay else 0
    report.done(2, f"{TITLE} ({judged:,} claims judged anew, {len(world.outputs.sms):,} SMS)")
    if world.replay and world.replay.late:
        report.note(f"{world.replay.late} persons' inputs came while a close ran; that close was judged with them")
    for what, count in sorted(tolerated.items()):
        report.note(f"{count} {what}")


def check_paid_decisions(outputs, say):
    """Each document's decision is an approval of its claim and amount; no two first attempts share one."""
    used = {}
    for document in outputs.documents:
        data = document.data
        claim, amount = outputs.approvals.get(data["decision_id"], (None, None))
        if claim is None:
            say(f"document {data['document_id']}: its decision was never published as an approval")
        elif (claim, amount) != (data["claim_id"], data["amount_rial"]):
            say(f"document {data['document_id']}: its decision is of another claim or amount")
        elif claim in outputs.keys and outputs.keys[claim].code != data["national_code"]:
            say(f"document {data['document_id']}: names another person than its claim")
        other = used.setdefault(data["decision_id"], data)
        if other is not data and data["attempt"] == other["attempt"]:
            say(f"document {data['document_id']}: its decision was paid by document {other['document_id']} too")


def check_ends(world, say, tolerated):
    outputs, replay = world.outputs, world.replay
    claim_of = {}
    for claim, key in outputs.keys.items():
        if claim_of.setdefault(key, claim) != claim:
            say(f"claim {claim}: claim {claim_of[key]} is about the same person and marriage")
    for key, end in replay.ends.items():
        if key not in claim_of:
            say(f"{replay.places[key]}: no decision was published")
            continue
        fault = fault_of(outputs.latest[claim_of[key]], end, tolerated)
        if fault:
            say(f"claim {claim_of[key]} ({replay.places[key]}): {fault}")
    ever = world.inputs.registries[-1].ever_held
    for key, claim in claim_of.items():
        if key in replay.ends:
            continue
        if key not in ever.get(key.code, ()):
            say(f"claim {claim}: no input ever held it")
        elif outputs.latest[claim].reasons != ("RECORD_WITHDRAWN",) or outputs.latest[claim].outcome != "REFUSED":
            say(f"claim {claim}: no input holds it any more, but it is not withdrawn")


def fault_of(decision, end, tolerated):
    """What differs between the highest revision and every answer that may stand."""
    faults = []
    for answer in end.answers:
        differ = [
            f"{name} {found}, by the oracle {wanted}" for name, found, wanted in (
                ("outcome", decision.outcome, answer.outcome), ("reasons", sorted(decision.reasons), sorted(answer.reasons)),
                ("amount", decision.amount, answer.amount),
            ) if found != wanted
        ]
        if not differ:
            return fault_of_working(decision, end, answer, tolerated)
        faults.append("; ".join(differ))
    return faults[0]


def fault_of_working(decision, end, answer, tolerated):
    pairs = (("days", decision.days, answer.days), ("wage sum", decision.wage_sum, answer.wage_sum))
    differ = [f"{name} {found}, by the oracle {wanted}" for name, found, wanted in pairs if None not in (found, wanted) and found != wanted]
    if differ and not end.sure:
        tolerated["answers stand as they should, with the sum of an earlier day (inputs came since the last close)"] += 1
        return None
    if decision.days is None and answer.days is not None and not end.paid:
        differ.append("no working")
    return "; ".join(differ)


def check_claims(world, say):
    """What the database says last is what was published last."""
    latest = world.outputs.latest
    for row in world.database.rows("claims"):
        found = latest.get(row["claim_id"])
        if found is None:
            # A claim that ended before anything was said of it.
            if row["revision"] != "0" and row["withdrawn"] != "t":
                say(f"claim {row['claim_id']}: in the database, but never published")
            continue
        same = (str(found.revision), found.outcome, "" if found.amount is None else str(found.amount), sorted(found.reasons), found.decision_id)
        if same != (row["revision"], row["outcome"], row["amount"], sorted(row["reasons"].split()), row["decision_id"]):
            say(f"claim {row['claim_id']}: revision {row['revision']} in the database is not revision {found.revision} of the topic")


def check_counts(world, say):
    """No decision and no case is in one place only."""
    published = int(world.database.rows("decisions")[0]["published"])
    if published != world.outputs.decided:
        say(f"{published} decisions in the database, {world.outputs.decided} in the topic")
    kept, opened = {row["case_id"] for row in world.database.rows("cases")}, {case.data["case_id"] for case in world.outputs.cases}
    for case in kept ^ opened:
        say(f"case {case}: in the {'database' if case in kept else 'topic'} only")


def check_documents(world, say):
    topic = {document.data["document_id"]: document.data for document in world.outputs.documents}
    for row in world.database.rows("documents"):
        data = topic.pop(row["document_id"], None)
        if data is None:
            say(f"document {row['document_id']}: in the database, but never published")
            continue
        for name, column in (("claim_id",) * 2, ("decision_id",) * 2, ("month",) * 2, ("sheba",) * 2, ("cost_centre",) * 2,
                             ("attempt",) * 2, ("amount_rial", "amount")):
            if str(data[name]) != row[column]:
                say(f"document {row['document_id']}: {name} in the topic is not the database's")
    for document_id in topic:
        say(f"document {document_id}: published, but not in the database")

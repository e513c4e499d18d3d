"""11: every objection that was closed and not withdrawn is answered exactly once, and no other is answered."""

import collections

from ..law import objections

TITLE = "11 every closed objection is answered once"


def check(world, report):
    def violation(text):
        report.violation(11, text)

    casework, answers = world.inputs.casework[-1], collections.defaultdict(list)
    for answer in world.outputs.objection_answers:
        answers[answer.data["national_code"], answer.data["objection_id"]].append(answer)
    known = {(each.code, each.objection_id): each for each in casework.objections.all()}
    for identity, given in answers.items():
        check_answer(world, known.get(identity), given, violation)
    for identity, objection in known.items():
        closing = objections.due(objection, casework.findings)
        if closing and identity not in answers and is_of_a_claim(world, objection):
            violation(f"objection {objection.objection_id}: closed and its findings are decided, but no answer")
    if world.database:
        check_database(world, known, answers, violation)
    unchecked = None if world.live else "files contain no objections"
    report.done(11, f"{TITLE} ({len(known):,} objections, {len(world.outputs.objection_answers):,} answers)", unchecked)


def is_of_a_claim(world, objection):
    """Whether the objection names a claim of its person. The contract does not define what answers another."""
    key = world.outputs.keys.get(objection.submission.claim_id)
    return key is not None and key.code == objection.code


def check_answer(world, objection, given, violation):
    data = given[0].data
    if len(given) > 1:
        violation(f"objection {data['objection_id']}: {len(given)} answers")
    fault = objections.fault_of_answer(objection, data["accepted"], world.inputs.casework[-1].findings)
    if fault:
        violation(f"{given[0].place}: {fault}")
        return
    fault = fault_of_names(world, objection, given[0])
    if fault:
        violation(f"{given[0].place}: {fault}")


def fault_of_names(world, objection, answer):
    """The answer names the claim of the objection, or its successor if that one was withdrawn, and its decision in
    force."""
    outputs, data = world.outputs, answer.data
    claim, disputed = data["claim_id"], objection.submission.claim_id
    if not is_of_a_claim(world, objection):
        return None
    if claim not in outputs.keys or outputs.keys[claim].code != objection.code:
        return f"claim {claim} is not a claim of the person"
    if claim != disputed and outputs.latest[disputed].reasons != ("RECORD_WITHDRAWN",):
        return f"claim {claim} is not the claim of the objection, which was not withdrawn"
    if data["decision_id"] in outputs.unknown_decisions:
        return f"decision {data['decision_id']} is not a decision in force of the claim"
    return None


def check_database(world, known, answers, violation):
    """The database has the same objections, withdrawals and answers."""
    kept = {}
    for row in world.database.rows("objections"):
        kept[row["person"].zfill(10), row["objection_id"]] = row
    for _, objection_id in kept.keys() ^ known.keys():
        violation(f"objection {objection_id}: in the topics or in the database only")
    for identity in kept.keys() & known.keys():
        row, objection = kept[identity], known[identity]
        if (row["withdrawn"] == "t") != (objection.withdrawn is not None):
            violation(f"objection {identity[1]}: its withdrawal is in the topic or in the database only")
        if bool(row["answered_at"]) != (identity in answers):
            violation(f"objection {identity[1]}: its answer is in the topic or in the database only")

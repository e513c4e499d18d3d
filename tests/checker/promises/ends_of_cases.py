"""Part of promise 2: each case is opened once for its cause, and ends as two officers said."""

import collections


def check(world, violation):
    outputs = world.outputs
    check_causes(world, violation)
    told = collections.defaultdict(list)
    for ended in outputs.ended_cases:
        told[ended.data["case_id"]].append(ended)
    known = {case.data["case_id"]: case.data for case in outputs.cases}
    for case_id, given in told.items():
        for ended in given:
            fault = fault_of(world, known.get(case_id), ended.data)
            if fault:
                violation(f"{ended.place}: {fault}")
    for case in known.values():
        end = world.inputs.end_of(case, world.stages[-1])
        published = told.get(case["case_id"], ())
        if end and not any(each.data["proposal_sha256"] == end.digest for each in published):
            violation(f"case {case['case_id']}: two officers ended it, but no end was published")
        if not end and published:
            violation(f"case {case['case_id']}: ended, but no two officers said so")
    if world.database:
        check_database(world, known, violation)


def check_causes(world, violation):
    opened = collections.Counter()
    for case in world.outputs.cases:
        data = case.data
        opened[data["document_id"], data["kind"], tuple(data["grounds"]), data["new_amount_rial"]] += 1
    for (document, kind, _, _), count in opened.items():
        if count > 1:
            violation(f"document {document}: {count} cases `{kind}` of one cause")


def fault_of(world, case, data):
    if case is None:
        return f"case {data['case_id']} was never opened"
    for name in ("claim_id", "document_id", "national_code", "kind"):
        if data[name] != case[name]:
            return f"{name} differs from the case"
    proposal = world.inputs.casework[-1].endings.proposals.get((data["national_code"], data["case_id"]), {}).get(
        data["proposal_sha256"]
    )
    if proposal is None:
        return "no officer proposed this end"
    if proposal.outcome != data["outcome"]:
        return f"outcome {data['outcome']}, proposed {proposal.outcome}"
    if data["outcome"] != "reissue" and data["amount_rial"] != proposal.amount:
        return "its amount differs from the proposal"
    return None


def check_database(world, known, violation):
    """The database has the end of each case, and a case of a cause that stands is not gone."""
    standing = {(document, ground) for _, document, kind, ground in world.replay.cases_due if kind == "payment"}
    for row in world.database.rows("cases"):
        case = known.get(row["case_id"])
        if case is None:
            continue
        end = world.inputs.end_of(case, world.stages[-1])
        if (row["outcome"] or None) != (end.outcome if end else None):
            violation(f"case {row['case_id']}: its end in the database is not what the officers said")
        if row["gone_at"] and not end and (row["document_id"], case["grounds"][0]) in standing:
            violation(f"case {row['case_id']}: gone in the database, but its cause stands")

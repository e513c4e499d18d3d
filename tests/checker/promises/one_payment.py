"""1: at most one current approval and one unreversed document per person."""

import collections

TITLE = "1 one payment per person"


def check(world, report):
    def violation(text):
        report.violation(1, text)

    outputs = world.outputs
    persons = collections.defaultdict(list)
    for document in outputs.documents:
        persons[document.data["national_code"]].append(document.data)
    for documents in persons.values():
        check_person(world, documents, violation)
    approved = collections.Counter()
    for claim, decision in outputs.latest.items():
        key = outputs.keys[claim]
        approved[key.code] += decision.outcome == "APPROVED"
        if approved[key.code] > 1 and decision.outcome == "APPROVED":
            violation(f"claim {claim}: another claim of the person is also approved")
    if world.database:
        check_database(world.database, violation)
    report.done(1, f"{TITLE} ({len(outputs.documents):,} documents, {len(persons):,} persons)")


def check_person(world, documents, violation):
    documents = sorted(documents, key=lambda data: data["attempt"])
    first = documents[0]
    for before, data in zip(documents, documents[1:]):
        if data["claim_id"] != first["claim_id"]:
            violation(f"document {data['document_id']}: the person was paid on claim {first['claim_id']}")
        if data["amount_rial"] > before["amount_rial"]:
            violation(f"document {data['document_id']}: its amount is higher than that of the attempt before")
        if data["amount_rial"] < before["amount_rial"] and not is_reissued(world, before):
            violation(f"document {data['document_id']}: its amount is lower, and no officers said `reissue`")
    if [data["attempt"] for data in documents] != list(range(1, len(documents) + 1)):
        violation(f"claim {first['claim_id']}: its documents do not have the attempts 1, 2, … once each")
    for data in documents[:-1]:
        # In `files` mode the answers of finance may be missing.
        replies = world.inputs.replies.get(data["document_id"], ())
        if world.answers_known and not any(reply.outcome == "returned" for reply in replies):
            violation(f"document {data['document_id']}: never returned, but a further document was issued")


def is_reissued(world, document):
    """Whether officers let an attempt follow this document."""
    ends = [
        world.inputs.end_of(case.data, world.stages[-1])
        for case in world.outputs.cases if case.data["document_id"] == document["document_id"]
    ]
    return any(end and end.outcome == "reissue" for end in ends)


def check_database(database, violation):
    in_force, persons = collections.defaultdict(list), collections.Counter()
    returned = {row["document_id"] for row in database.rows("payment_outcomes") if row["outcome"] == "returned"}
    for row in database.rows("documents"):
        if row["superseded"] == "f":
            in_force[row["person"]].append(row)
        elif row["document_id"] not in returned:
            # If finance reports a superseded document as paid later, that is a case, not a violation.
            violation(f"document {row['document_id']}: superseded in the database, but never returned")
    for row in database.rows("payments"):
        persons[row["person"]] += 1
        of_person = in_force.get(row["person"], [])
        if (
            len(of_person) != 1
            or of_person[0]["claim_id"] != row["claim_id"]
            or int(of_person[0]["amount"]) > int(row["amount"])
        ):
            violation(
                f"claim {row['claim_id']}: its payment in the database does not have exactly one unreversed document "
                f"of at most its amount ({len(of_person)} found)"
            )
    for person, rows in in_force.items():
        if persons[person] != 1:
            violation(f"document {rows[0]['document_id']}: {persons[person]} payments in the database")
    approved = collections.defaultdict(list)
    for row in database.rows("claims"):
        if row["outcome"] == "APPROVED":
            approved[row["person"]].append(row["claim_id"])
    for claims in approved.values():
        if len(claims) > 1:
            violation(f"claim {claims[1]}: another claim of the person is also approved in the database")

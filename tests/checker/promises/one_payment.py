"""1: at most one approval in force and one unreversed document per person."""

import collections

TITLE = "1 one payment a person"


def check(world, report):
    def say(text):
        report.violation(1, text)

    outputs = world.outputs
    persons = collections.defaultdict(list)
    for document in outputs.documents:
        persons[document.data["national_code"]].append(document.data)
    for documents in persons.values():
        check_person(world, documents, say)
    approved = collections.Counter()
    for claim, decision in outputs.latest.items():
        key = outputs.keys[claim]
        approved[key.code] += decision.outcome == "APPROVED"
        if approved[key.code] > 1 and decision.outcome == "APPROVED":
            say(f"claim {claim}: another claim of the person is approved too")
    if world.database:
        check_database(world.database, say)
    report.done(1, f"{TITLE} ({len(outputs.documents):,} documents, {len(persons):,} persons)")


def check_person(world, documents, say):
    documents = sorted(documents, key=lambda data: data["attempt"])
    first = documents[0]
    for data in documents[1:]:
        if data["claim_id"] != first["claim_id"]:
            say(f"document {data['document_id']}: the person was paid on claim {first['claim_id']}")
        if data["amount_rial"] != first["amount_rial"]:
            say(f"document {data['document_id']}: another amount than the first attempt's")
    if [data["attempt"] for data in documents] != list(range(1, len(documents) + 1)):
        say(f"claim {first['claim_id']}: its documents are not the attempts 1, 2, … once each")
    for data in documents[:-1]:
        # With files alone the answers of finance may not be there.
        if world.answers_known and not any(word.outcome == "returned" for word in world.inputs.words.get(data["document_id"], ())):
            say(f"document {data['document_id']}: was never returned, but a further one was issued")


def check_database(database, say):
    in_force, persons = collections.defaultdict(list), collections.Counter()
    returned = {row["document_id"] for row in database.rows("payment_outcomes") if row["outcome"] == "returned"}
    for row in database.rows("documents"):
        if row["superseded"] == "f":
            in_force[row["person"]].append(row)
        elif row["document_id"] not in returned:
            # Finance may call it paid afterwards: a case, and no fault of ours.
            say(f"document {row['document_id']}: superseded in the database, but was never returned")
    for row in database.rows("payments"):
        persons[row["person"]] += 1
        of_person = in_force.get(row["person"], [])
        if len(of_person) != 1 or of_person[0]["claim_id"] != row["claim_id"] or of_person[0]["amount"] != row["amount"]:
            say(f"claim {row['claim_id']}: {len(of_person)} unreversed documents in the database for its payment, or not of its amount")
    for person, rows in in_force.items():
        if persons[person] != 1:
            say(f"document {rows[0]['document_id']}: {persons[person]} payments in the database")
    approved = collections.defaultdict(list)
    for row in database.rows("claims"):
        if row["outcome"] == "APPROVED":
            approved[row["person"]].append(row["claim_id"])
    for claims in approved.values():
        if len(claims) > 1:
            say(f"claim {claims[1]}: in the database another claim of the person is approved too")

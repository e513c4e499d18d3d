"""4: every input record has exactly one disposition, and receipts say which."""

TITLE = "4 every input record has one disposition"


def check(world, report):
    def say(text):
        report.violation(4, text)

    ledger = world.inputs.ledger
    check_receipts(world, say)
    if world.live:
        check_dead_letters(world, say)
    if world.database:
        check_offsets(world, say)
        check_kept(world, say)
    told = "" if world.live else "; dead letters and offsets are not in files"
    report.done(4, f"{TITLE} ({ledger.messages:,} messages, {len(ledger.faults):,} of them dead letters, "
                   f"{len(world.outputs.receipts)} receipts{told})")


def check_receipts(world, say):
    ledger, seen = world.inputs.ledger, set()
    for where, receipt in world.outputs.receipts:
        if receipt["file_id"] in seen:
            say(f"{where}: a second receipt of one file")
        seen.add(receipt["file_id"])
        for fault in ledger.faults_of_receipt(receipt):
            say(f"{where}: receipt of {receipt['kind']}: {fault}")
    for file_id, closing in ledger.closings.items():
        if file_id not in seen and ledger.complete(file_id):
            say(f"file {file_id[:12]}… ({closing['kind']}): closed and complete, but no receipt")


def is_of(world, where):
    """(topic without prefix, partition, offset)"""
    return (where[0].removeprefix(world.prefix), where[1], where[2])


def check_dead_letters(world, say):
    ledger, letters = world.inputs.ledger, {is_of(world, where): letter for where, letter in world.outputs.dead.items()}
    issued = {document.data["document_id"] for document in world.outputs.documents}
    sent = {sms.data["sms_id"] for sms in world.outputs.sms}
    for where, fault in ledger.faults.items():
        if where not in letters:
            say(f"{where[0]}/{where[1]}/{where[2]}: must be a dead letter ({fault}), but is none")
    for where, names in world.inputs.answers.items():
        # An answer about what was never issued; one that came too early may have been either.
        if where not in letters and names not in issued and names not in sent:
            say(f"{where[0]}/{where[1]}/{where[2]}: answers about nothing that was issued, but is no dead letter")
    for where, (place, headers, _) in letters.items():
        reason = headers["dead_letter_reason"]
        answered = where in world.inputs.answers and reason.startswith("unknown_")
        if where in ledger.faults or where in ledger.unsure or answered or reason.startswith("refused_by_database"):
            continue
        say(f"{place}: a dead letter of {where[0]}/{where[1]}/{where[2]}, which nothing is wrong with")
    if world.database:
        kept = {(row["topic"].removeprefix(world.prefix), int(row["partition"]), int(row["source_offset"])) for row in world.database.rows("dead_letters")}
        for where in kept ^ letters.keys():
            say(f"{where[0]}/{where[1]}/{where[2]}: a dead letter in the {'database' if where in kept else 'topic'} only")


def check_offsets(world, say):
    """What the database has disposed of is what lies below the high watermark."""
    kept = {(row["topic"].removeprefix(world.prefix), int(row["partition"])): int(row["next_offset"]) for row in world.database.rows("input_offsets")}
    for where, last in world.inputs.last_offsets.items():
        if kept.get(where, 0) <= last:
            say(f"{where[0]}/{where[1]}: read up to {kept.get(where, 0)} only, its last record is {last}")
    for where, upto in kept.items():
        _, high = world.ends.get(where, (0, 0))
        if upto > high:
            say(f"{where[0]}/{where[1]}: the database stands at {upto}, beyond the end {high}")


def check_kept(world, say):
    """The facts that the database shows in plain columns are those of our own reading."""
    registry, database = world.inputs.registries[-1], world.database
    letters = {is_of(world, where) for where in world.outputs.dead}
    ours = {record: str(row.version) for record, row in registry.rows.items()}
    theirs = {row["record_id"]: row["record_version"] for row in database.rows("marriages")}
    for record in sorted(ours.keys() | theirs.keys()):
        if ours.get(record) != theirs.get(record):
            say(f"record {record}: version {theirs.get(record)} in the database, {ours.get(record)} by the topic")
    ours = {request for requests in registry.requests.values() for request in requests}
    for request in ours ^ {row["request_id"] for row in database.rows("self_registrations")}:
        say(f"request {request}: in the {'topic' if request in ours else 'database'} only")
    insured = {int(code) for code in world.replay.insured} if world.replay else None
    if insured is not None:
        stored = {int(row["code"]) for row in database.rows("insured")}
        if insured - stored:
            say(f"{len(insured - stored)} persons of the topic are not insured in the database")
        if stored - insured:
            say(f"{len(stored - insured)} insured persons of the database are in no topic")
    answered = {(row["document_id"], row["outcome"]) for row in database.rows("payment_outcomes")}
    for document_id, words in world.inputs.words.items():
        for word in words:
            if (document_id, word.outcome) not in answered and (word.topic, word.partition, word.offset) not in letters:
                say(f"{word.topic}/{word.partition}/{word.offset}: `{word.outcome}` is not in the database")

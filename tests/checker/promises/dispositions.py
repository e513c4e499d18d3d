"""4: every input record has exactly one disposition, and the receipts count them."""

TITLE = "4 every input record has one disposition"


def check(world, report):
    def violation(text):
        report.violation(4, text)

    ledger = world.inputs.ledger
    check_receipts(world, violation)
    if world.live:
        check_dead_letters(world, violation)
    if world.database:
        check_offsets(world, violation)
        check_kept(world, violation)
    unchecked = "" if world.live else "; files contain no dead letters and offsets"
    report.done(4, f"{TITLE} ({ledger.messages:,} messages, {len(ledger.faults):,} of them dead letters, "
                   f"{len(world.outputs.receipts)} receipts{unchecked})")


def check_receipts(world, violation):
    ledger, seen = world.inputs.ledger, set()
    for where, receipt in world.outputs.receipts:
        if receipt["file_id"] in seen:
            violation(f"{where}: a second receipt for one file")
        seen.add(receipt["file_id"])
        for fault in ledger.faults_of_receipt(receipt):
            violation(f"{where}: receipt of {receipt['kind']}: {fault}")
    for file_id, closing in ledger.closings.items():
        if file_id not in seen and ledger.complete(file_id):
            violation(f"file {file_id[:12]}… ({closing['kind']}): closed and complete, but no receipt")


def without_prefix(world, where):
    """(topic without prefix, partition, offset)"""
    return (where[0].removeprefix(world.prefix), where[1], where[2])


def check_dead_letters(world, violation):
    ledger = world.inputs.ledger
    letters = {without_prefix(world, where): letter for where, letter in world.outputs.dead.items()}
    issued = {document.data["document_id"] for document in world.outputs.documents}
    sent = {sms.data["sms_id"] for sms in world.outputs.sms}
    for where, fault in ledger.faults.items():
        if where not in letters:
            violation(f"{where[0]}/{where[1]}/{where[2]}: must be a dead letter ({fault}), but is not")
    for where, names in world.inputs.answers.items():
        # An answer about an unknown id must be a dead letter. An answer that arrived too early may be one.
        if where not in letters and names not in issued and names not in sent:
            violation(
                f"{where[0]}/{where[1]}/{where[2]}: an answer about an id that was never issued, but no dead letter"
            )
    for where, (place, headers, _) in letters.items():
        reason = headers["dead_letter_reason"]
        answered = where in world.inputs.answers and reason.startswith("unknown_")
        if where in ledger.faults or where in ledger.unsure or answered or reason.startswith("refused_by_database"):
            continue
        violation(f"{place}: a dead letter for {where[0]}/{where[1]}/{where[2]}, which is valid")
    if world.database:
        kept = {(row["topic"].removeprefix(world.prefix), int(row["partition"]), int(row["source_offset"]))
                for row in world.database.rows("dead_letters")}
        for where in kept ^ letters.keys():
            violation(
                f"{where[0]}/{where[1]}/{where[2]}: a dead letter in the {'database' if where in kept else 'topic'} only"
            )


def check_offsets(world, violation):
    """The database has processed every record below the high watermark, and no more."""
    kept = {(row["topic"].removeprefix(world.prefix), int(row["partition"])): int(row["next_offset"])
            for row in world.database.rows("input_offsets")}
    for where, last in world.inputs.last_offsets.items():
        if kept.get(where, 0) <= last:
            violation(f"{where[0]}/{where[1]}: ingested up to {kept.get(where, 0)}, its last record is {last}")
    for where, upto in kept.items():
        _, high = world.ends.get(where, (0, 0))
        if upto > high:
            violation(f"{where[0]}/{where[1]}: the database's next offset {upto} is above the end offset {high}")


def check_findings(world, violation):
    """The database keeps every proposal and every judgement, also those that do not count."""
    casework, database = world.inputs.casework[-1], world.database
    compare_kept("finding", "finding_id", casework.findings, database, violation)
    compare_kept("ending", "case_id", casework.endings, database, violation)


def compare_kept(word, name, said, database, violation):
    ours = {(about, digest) for (_, about), each in said.proposals.items() for digest in each}
    theirs = {(row[name], row["sha256"]) for row in database.rows(f"{word}_proposals")}
    for about, _ in ours ^ theirs:
        violation(f"{word} {about}: a proposal in the topic or in the database only")
    ours = {
        (about, digest, judgement.approver)
        for (_, about), each in said.judgements.items() for digest, judged in each.items() for judgement in judged
    }
    theirs = {(row[name], row["sha256"], row["approver"]) for row in database.rows(f"{word}_judgements")}
    for about, _, _ in ours ^ theirs:
        violation(f"{word} {about}: a judgement in the topic or in the database only")


def check_kept(world, violation):
    """The facts that the database stores in plain columns equal those that the checker read."""
    registry, database = world.inputs.registries[-1], world.database
    letters = {without_prefix(world, where) for where in world.outputs.dead}
    ours = {record: str(row.version) for record, row in registry.rows.items()}
    theirs = {row["record_id"]: row["record_version"] for row in database.rows("marriages")}
    for record in sorted(ours.keys() | theirs.keys()):
        if ours.get(record) != theirs.get(record):
            violation(f"record {record}: version {theirs.get(record)} in the database, {ours.get(record)} in the topic")
    ours = {request for requests in registry.requests.values() for request in requests}
    for request in ours ^ {row["request_id"] for row in database.rows("self_registrations")}:
        violation(f"request {request}: in the {'topic' if request in ours else 'database'} only")
    check_findings(world, violation)
    insured = {int(code) for code in world.replay.insured} if world.replay else None
    if insured is not None:
        stored = {int(row["code"]) for row in database.rows("insured")}
        if insured - stored:
            violation(f"{len(insured - stored)} persons of the topic are not insured in the database")
        if stored - insured:
            violation(f"{len(stored - insured)} insured persons of the database are not in the topics")
    answered = {(row["document_id"], row["outcome"]) for row in database.rows("payment_outcomes")}
    for document_id, replies in world.inputs.replies.items():
        for reply in replies:
            if (document_id, reply.outcome) not in answered and (
                reply.topic,
                reply.partition,
                reply.offset,
            ) not in letters:
                violation(f"{reply.topic}/{reply.partition}/{reply.offset}: `{reply.outcome}` is not in the database")

"""9: no row is lost on its way: every row that a publisher did not reject lies in its topic, counts once, and is in a receipt."""

from .. import lines

TITLE = "9 every row of every published file is in its topic"


def check(world, report):
    def say(text):
        report.violation(9, text)

    ledger = world.inputs.ledger
    received = {receipt["file_id"]: receipt for _, receipt in world.outputs.receipts}
    kinds = {each.file_id: each.kind for each in world.published}
    for file_id in sorted(ledger.files()):
        check_file(ledger, file_id, kinds.get(file_id), file_id in received, say)
    for each in world.published:
        check_published(world, each, received.get(each.file_id), say)
    if world.database:
        check_database(world, say)
    rows = sum(ledger.count_of(file_id) for file_id in ledger.files())
    report.done(9, f"{TITLE} ({len(ledger.files()):,} files, {rows:,} rows, {len(world.published):,} files counted from their own bytes)")


def name_of(file_id, kind):
    return f"file {file_id[:12]}… ({kind or 'kind unknown'})"


def check_file(ledger, file_id, kind, has_receipt, say):
    opening, closing, rows = ledger.openings.get(file_id), ledger.closings.get(file_id), ledger.count_of(file_id)
    name = name_of(file_id, kind or (closing or opening or {}).get("kind"))
    if closing is None:
        begun = "opened and never closed" if opening else "neither opened nor closed"
        say(f"{name}: {begun}; {rows} of its rows are in the topic, without those of lines {gaps(ledger, file_id)}")
        return
    if opening is None:
        say(f"{name}: closed, but its opening is not in the topic")
    if rows < closing["rows"]:
        upto = closing["declared"] + 1
        rejected = closing["declared"] - closing["rows"]
        beside = f" ({rejected} rejected rows among these)" if rejected else ""
        say(f"{name}: incomplete, {closing['rows'] - rows} of {closing['rows']} rows are not in the topic: "
            f"lines {gaps(ledger, file_id, upto)}{beside}{'' if has_receipt else '; it has no receipt'}")
    elif rows > closing["rows"]:
        say(f"{name}: {rows} rows are in the topic, {closing['rows']} were sent")


def gaps(ledger, file_id, upto=None):
    came = ledger.lines_of(file_id)
    upto = max(came, default=1) if upto is None else upto
    return lines.told(came.missing(upto)) or "none up to the last that came"


def check_published(world, published, receipt, say):
    """By the file's own bytes, whatever its closing event says."""
    ledger, name = world.inputs.ledger, name_of(published.file_id, published.kind)
    declared = published.declared()
    if receipt is None:
        say(f"{name}: published, but has no receipt")
    elif receipt["declared"] != declared or receipt["kind"] != published.kind:
        say(f"{name}: its receipt is of {receipt['declared']} {receipt['kind']} rows, the file has {declared}")
    if not world.live:
        return  # the topics were made of the files
    wanted = published.good_lines()
    missing = list(ledger.lines_of(published.file_id).missing_of(wanted))
    if missing:
        say(f"{name}: {len(missing)} of {len(wanted)} good rows of the file are not in the topic: lines {lines.told(lines.spans_of(missing))}")
    closing = ledger.closings.get(published.file_id)
    if closing is None:
        say(f"{name}: published, but never closed")
    elif (closing["declared"], closing["rows"]) != (declared, len(wanted)):
        say(f"{name}: its closing says {closing['rows']} of {closing['declared']} rows were sent, by the file {len(wanted)} of {declared}")


def check_database(world, say):
    """Each line has one disposition: the counts are those of the lines that came."""
    ledger, kept = world.inputs.ledger, {row["file_id"]: row for row in world.database.rows("files")}
    for file_id in sorted(ledger.files() | kept.keys()):
        row, rows = kept.get(file_id), ledger.count_of(file_id)
        if row is None:
            say(f"{name_of(file_id, None)}: in the topic, but not in the database")
            continue
        counted = sum(int(row[word]) for word in ("accepted", "corrected", "unchanged", "conflicting", "dead"))
        if counted != rows:
            say(f"{name_of(file_id, row['kind'])}: the database counts {counted} rows, {rows} are in the topic")

"""9: no row is lost: every row that a publisher did not reject is in its topic, counts once, and is in a receipt."""

from .. import lines

TITLE = "9 every row of every published file is in its topic"


def check(world, report):
    def violation(text):
        report.violation(9, text)

    ledger = world.inputs.ledger
    received = {receipt["file_id"]: receipt for _, receipt in world.outputs.receipts}
    kinds = {each.file_id: each.kind for each in world.published}
    for file_id in sorted(ledger.files()):
        check_file(ledger, file_id, kinds.get(file_id), file_id in received, violation)
    for each in world.published:
        check_published(world, each, received.get(each.file_id), violation)
    if world.database:
        check_database(world, violation)
    rows = sum(ledger.count_of(file_id) for file_id in ledger.files())
    report.done(
        9,
        f"{TITLE} ({len(ledger.files()):,} files, {rows:,} rows, "
        f"{len(world.published):,} files counted from their own bytes)",
    )


def name_of(file_id, kind):
    return f"file {file_id[:12]}… ({kind or 'kind unknown'})"


def check_file(ledger, file_id, kind, has_receipt, violation):
    opening, closing, rows = ledger.openings.get(file_id), ledger.closings.get(file_id), ledger.count_of(file_id)
    name = name_of(file_id, kind or (closing or opening or {}).get("kind"))
    if closing is None:
        begun = "opened but never closed" if opening else "neither opened nor closed"
        violation(f"{name}: {begun}; {rows} of its rows are in the topic; missing lines: {gaps(ledger, file_id)}")
        return
    if opening is None:
        violation(f"{name}: closed, but its opening event is not in the topic")
    if rows < closing["rows"]:
        upto = closing["declared"] + 1
        rejected = closing["declared"] - closing["rows"]
        note = f" (including {rejected} rejected rows)" if rejected else ""
        violation(f"{name}: incomplete, {closing['rows'] - rows} of {closing['rows']} rows are not in the topic: "
            f"lines {gaps(ledger, file_id, upto)}{note}{'' if has_receipt else '; it has no receipt'}")
    elif rows > closing["rows"]:
        violation(f"{name}: {rows} rows are in the topic, {closing['rows']} were sent")


def gaps(ledger, file_id, upto=None):
    came = ledger.lines_of(file_id)
    upto = max(came, default=1) if upto is None else upto
    return lines.ranges_text(came.missing(upto)) or "none up to the last line that arrived"


def check_published(world, published, receipt, violation):
    """Checks a published file by its own bytes, independently of its closing event."""
    ledger, name = world.inputs.ledger, name_of(published.file_id, published.kind)
    declared = published.declared()
    if receipt is None:
        violation(f"{name}: published, but has no receipt")
    elif receipt["declared"] != declared or receipt["kind"] != published.kind:
        violation(f"{name}: its receipt states {receipt['declared']} {receipt['kind']} rows, the file has {declared}")
    if not world.live:
        return  # the topics were built from the files
    wanted = published.good_lines()
    missing = list(ledger.lines_of(published.file_id).missing_of(wanted))
    if missing:
        violation(f"{name}: {len(missing)} of {len(wanted)} valid rows of the file are not in the topic: "
            f"lines {lines.ranges_text(lines.spans_of(missing))}")
    closing = ledger.closings.get(published.file_id)
    if closing is None:
        violation(f"{name}: published, but never closed")
    elif (closing["declared"], closing["rows"]) != (declared, len(wanted)):
        violation(f"{name}: its closing event states {closing['rows']} of {closing['declared']} rows sent, "
            f"the file has {len(wanted)} valid rows of {declared}")


def check_database(world, violation):
    """Each line has one disposition: the database's counts equal the number of lines that arrived."""
    ledger, kept = world.inputs.ledger, {row["file_id"]: row for row in world.database.rows("files")}
    for file_id in sorted(ledger.files() | kept.keys()):
        row, rows = kept.get(file_id), ledger.count_of(file_id)
        if row is None:
            violation(f"{name_of(file_id, None)}: in the topic, but not in the database")
            continue
        counted = sum(int(row[word]) for word in ("accepted", "corrected", "unchanged", "conflicting", "dead"))
        if counted != rows:
            violation(f"{name_of(file_id, row['kind'])}: the database counts {counted} rows, {rows} are in the topic")

"""7: nothing lags: inputs are read to their ends, the outbox is drained, SMS are released, closes have ended."""

TITLE = "7 nothing lags"


def check(world, report):
    def say(text):
        report.violation(7, text)

    if not world.database:
        report.done(7, TITLE, unchecked="files hold no offsets and no outbox")
        return
    kept = {(row["topic"].removeprefix(world.prefix), int(row["partition"])): int(row["next_offset"]) for row in world.database.rows("input_offsets")}
    for (topic, partition), last in world.inputs.last_offsets.items():
        behind = last + 1 - kept.get((topic, partition), 0)
        if behind > 0:
            say(f"{topic}/{partition}: {behind} records behind")
    for row in world.database.rows("outbox"):
        if int(row["delivered"] or 0) + 1 != int(row["next_position"]):
            say(f"outbox group {row['grp']}: delivered to {row['delivered'] or 0}, written to {int(row['next_position']) - 1}")
    held = [row["sms_id"] for row in world.database.rows("messages") if not row["released_at"]]
    for sms_id in held:
        say(f"sms {sms_id}: still held")
    for row in world.database.rows("batches"):
        if not row["closed_at"]:
            say(f"batch {row['batch_id']}: its close has not ended")
    for row in world.database.rows("files"):
        if row["rows"] and not row["received_at"]:
            say(f"file {row['file_id'][:12]}… ({row['kind']}): closed, but not received")
    report.done(7, f"{TITLE} ({len(kept)} input partitions)")

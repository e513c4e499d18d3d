"""7: nothing lags: inputs are ingested to their ends, the outbox is drained, SMS are released, closes have ended."""

TITLE = "7 nothing lags"


def check(world, report):
    def violation(text):
        report.violation(7, text)

    if not world.database:
        report.done(7, TITLE, unchecked="files contain no offsets and no outbox")
        return
    kept = {(row["topic"].removeprefix(world.prefix), int(row["partition"])): int(row["next_offset"])
            for row in world.database.rows("input_offsets")}
    for (topic, partition), last in world.inputs.last_offsets.items():
        behind = last + 1 - kept.get((topic, partition), 0)
        if behind > 0:
            violation(f"{topic}/{partition}: {behind} records behind")
    for row in world.database.rows("outbox"):
        if int(row["delivered"] or 0) + 1 != int(row["next_position"]):
            violation(f"relay shard {row['grp']}: delivered up to {row['delivered'] or 0}, "
                f"written up to {int(row['next_position']) - 1}")
    held = [row["sms_id"] for row in world.database.rows("messages") if not row["released_at"]]
    for sms_id in held:
        violation(f"sms {sms_id}: not released")
    for row in world.database.rows("batches"):
        if not row["closed_at"]:
            violation(f"batch {row['batch_id']}: its close has not ended")
    for row in world.database.rows("files"):
        if row["rows"] and not row["received_at"]:
            violation(f"file {row['file_id'][:12]}… ({row['kind']}): closed, but its receipt is missing")
    report.done(7, f"{TITLE} ({len(kept)} input partitions)")

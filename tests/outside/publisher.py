"""The civil registry: publishes a marriages.csv row by row, and waits for the receipt if asked to."""

import csv
import datetime
import hashlib
import io
import pathlib

import cloud

MARRIAGES, FILES, RECEIPTS = "registry.marriages.v1", "registry.files.v1", "registry.file-receipts.v1"
NUMBERS = {"record_version", "earlier_marriages"}


def value(name, text):
    if text == "":
        return None
    return int(text) if name in NUMBERS else text


def event_data(row):
    """A row's columns under their own names; those of a spouse nested, without the prefix."""
    data = {"husband": {}, "wife": {}}
    for column, text in row.items():
        whose, _, name = column.partition("_")
        if whose in ("husband", "wife"):
            data[whose][name] = value(name, text)
        else:
            data[column] = value(column, text)
    return data


def publish(options, content):
    file_id, sender = hashlib.sha256(content).hexdigest(), cloud.Sender(options)
    about = {"file_id": file_id, "kind": "marriages"}
    now = datetime.datetime.now(cloud.TEHRAN).isoformat(timespec="seconds")
    sender.send(FILES, file_id, "registry.file.opened", f"{file_id}/opened", about | {"opened_at": now})
    sender.finish()
    reader, rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")), 0
    for row in reader:
        data, rows = event_data(row), rows + 1
        sender.send(MARRIAGES, data["record_id"], "registry.marriage.recorded", f"{data['record_id']}/{data['record_version']}",
                    data, fileid=file_id, fileline=reader.line_num)
    sender.finish()  # a file is closed only when all of it lies in the topic
    closed = about | {"declared": rows, "rejected": {}, "rows": rows, "digest": file_id, "closed_at": now}
    sender.send(FILES, file_id, "registry.file.closed", f"{file_id}/closed", closed)
    sender.finish()
    return file_id, rows


def main():
    options = cloud.arguments(
        __doc__, ("file", {"type": pathlib.Path}), ("--receipt", {"action": "store_true", "help": "wait for the receipt and show it"}))
    file_id, rows = publish(options, options.file.read_bytes())
    found = {"file_id": file_id, "rows": rows}
    if options.receipt:
        def come(events):
            return [event for event in events if event.key == file_id]

        receipt = come(cloud.read(options, RECEIPTS, come))[0].data
        dealt = sum(receipt[word] for word in ("accepted", "corrected", "unchanged", "conflicting")) + sum(receipt["rejected"].values())
        cloud.demand(receipt["declared"] == rows == dealt, "the receipt's figures do not add up to the rows that were sent")
        found["receipt"] = receipt
    return found


cloud.play(main)

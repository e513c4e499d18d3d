"""The civil registry: publishes a marriages.csv row by row, and optionally waits for the receipt."""

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
    """The columns of a row as event data. The columns of a spouse are nested, without their prefix."""
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
        sender.send(
            MARRIAGES,
            data["record_id"],
            "registry.marriage.recorded",
            f"{data['record_id']}/{data['record_version']}",
            data,
            fileid=file_id,
            fileline=reader.line_num,
        )
    sender.finish()  # the file is closed only after all its rows are in the topic
    closed = about | {"declared": rows, "rejected": {}, "rows": rows, "digest": file_id, "closed_at": now}
    sender.send(FILES, file_id, "registry.file.closed", f"{file_id}/closed", closed)
    sender.finish()
    return file_id, rows


def main():
    options = cloud.arguments(
        __doc__,
        ("file", {"type": pathlib.Path}),
        ("--receipt", {"action": "store_true", "help": "wait for the receipt and print it"}),
    )
    file_id, rows = publish(options, options.file.read_bytes())
    found = {"file_id": file_id, "rows": rows}
    if options.receipt:
        def receipts(events):
            return [event for event in events if event.key == file_id]
        receipt = receipts(cloud.read(options, RECEIPTS, receipts))[0].data
        counted = sum(receipt[name] for name in ("accepted", "corrected", "unchanged", "conflicting"))
        counted += sum(receipt["rejected"].values())
        cloud.demand(receipt["declared"] == rows == counted, "the receipt's counts do not add up to the sent rows")
        found["receipt"] = receipt
    return found


cloud.run_client(main)

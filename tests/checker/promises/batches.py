"""3: documents, batch total, digest and vouchers agree to the rial, in the topic and in the database."""

import collections
import hashlib

from ..law import solar

TITLE = "3 every batch adds up"


def digest_of(amounts):
    """SHA-256 over one line `document_id,amount_rial` per document, with ids in byte order."""
    lines = "".join(f"{document},{amounts[document]}\n" for document in sorted(amounts, key=str.encode))
    return hashlib.sha256(lines.encode()).hexdigest()


def check(world, report):
    def violation(text):
        report.violation(3, text)

    outputs = world.outputs
    batches = collections.defaultdict(lambda: ([], [], []))
    for kind, events in enumerate((outputs.documents, outputs.vouchers, outputs.batches)):
        for event in events:
            batches[event.data["batch_id"]][kind].append(event)
    months = collections.Counter(event.data["month"] for event in outputs.batches)
    for month, count in months.items():
        if count > 1:
            violation(f"month {month}: {count} batches")
    for month, after in zip(sorted(months), sorted(months)[1:]):
        if solar.months_later(month, 1) != after:
            violation(f"month {after}: closed directly after {month}")
    for name, (documents, vouchers, closings) in sorted(batches.items()):
        check_batch(name, documents, vouchers, closings, violation)
    if world.database:
        check_database(world.database, batches, violation)
    report.done(3, f"{TITLE} ({len(batches)} batches, {len(outputs.vouchers):,} vouchers)")


def check_batch(name, documents, vouchers, closings, violation):
    if len(closings) != 1:
        violation(f"batch {name}: closed {len(closings)} times")
        return
    closed = closings[0]
    amounts = {event.data["document_id"]: event.data["amount_rial"] for event in documents}
    if len(amounts) != len(documents):
        violation(f"batch {name}: it has a document twice")
    if closed.data["documents"] != len(documents):
        violation(f"batch {name}: states {closed.data['documents']} documents, contains {len(documents)}")
    if closed.data["total_rial"] != sum(event.data["amount_rial"] for event in documents):
        violation(f"batch {name}: its total is not the sum of its documents")
    if closed.data["digest"] != digest_of(amounts):
        violation(f"batch {name}: its digest does not match its documents")
    if len({event.data["month"] for event in documents + vouchers + closings}) != 1:
        violation(f"batch {name}: it has more than one month")
    # `place` of these records is (partition, offset).
    if any(event.place > closed.place or event.place[0] != closed.place[0] for event in documents + vouchers):
        violation(f"batch {name}: its closing event is not its last record")
    check_vouchers(name, documents, vouchers, violation)


def check_vouchers(name, documents, vouchers, violation):
    counts, sums = collections.Counter(), collections.Counter()
    for event in documents:
        counts[event.data["cost_centre"]] += 1
        sums[event.data["cost_centre"]] += event.data["amount_rial"]
    seen = set()
    for event in vouchers:
        data, centre = event.data, event.data["cost_centre"]
        debit = sum(line["debit_rial"] for line in data["lines"])
        credit = sum(line["credit_rial"] for line in data["lines"])
        if centre in seen:
            violation(f"voucher {data['voucher_id']}: a second voucher of its batch and cost centre")
        seen.add(centre)
        if debit != credit:
            violation(f"voucher {data['voucher_id']}: debit {debit}, credit {credit}")
        if debit != sums[centre] or data["documents"] != counts[centre]:
            violation(f"voucher {data['voucher_id']}: it does not match the documents of its cost centre")
        if len({line["account"] for line in data["lines"]}) < 2:
            violation(f"voucher {data['voucher_id']}: fewer than two accounts")
    for centre in counts.keys() - seen:
        violation(f"batch {name}: no voucher for cost centre {centre}")


def check_database(database, batches, violation):
    documents = collections.defaultdict(dict)
    for row in database.rows("documents"):
        documents[row["month"]][row["document_id"]] = int(row["amount"])
    vouchers = collections.Counter()
    published = {event.data["voucher_id"]: event.data for _, events, _ in batches.values() for event in events}
    for row in database.rows("vouchers"):
        vouchers[row["month"]] += int(row["total"])
        data = published.pop(row["voucher_id"], None)
        stored = (int(row["total"]), int(row["documents"]))
        if data is None or (sum(line["debit_rial"] for line in data["lines"]), data["documents"]) != stored:
            violation(f"voucher {row['voucher_id']}: the database differs from the topic")
    for voucher in published:
        violation(f"voucher {voucher}: published, but not in the database")
    for row in database.rows("batches"):
        if not row["closed_at"]:
            continue
        amounts = documents[row["month"]]
        kept = (int(row["documents"]), int(row["total"]), row["digest"])
        if kept != (len(amounts), sum(amounts.values()), digest_of(amounts)):
            violation(f"batch {row['batch_id']}: count, total or digest in the database do not match its documents")
        if vouchers[row["month"]] != kept[1]:
            violation(f"batch {row['batch_id']}: its vouchers in the database do not add up to its total")
        closings = batches[row["batch_id"]][2]
        if [(event.data["documents"], event.data["total_rial"], event.data["digest"]) for event in closings] != [kept]:
            violation(f"batch {row['batch_id']}: its closing event in the topic differs from the database")

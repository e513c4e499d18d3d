"""The finance department: reads the payment documents, checks each batch against its own figures, and answers."""

import collections
import hashlib

import cloud

TOPIC, ANSWERS = "finance.payment-documents.v1", "finance.payment-outcomes.v1"
DOCUMENT, VOUCHER, CLOSED = "finance.payment-document.issued", "finance.voucher.issued", "finance.batch.closed"


def of(batch, kind):
    return [event.data for event in batch if event.type == kind]


def check_batch(name, batch):
    """`batch`: its events in partition order. The closing event must be the last one and agree with the others."""
    cloud.demand(len({event.partition for event in batch}) == 1, f"batch {name}: it is in more than one partition")
    cloud.demand(
        batch[-1].type == CLOSED and len(of(batch, CLOSED)) == 1, f"batch {name}: not closed by its last event"
    )
    cloud.demand(all(event.key == name for event in batch), f"batch {name}: it has a key other than the batch")
    documents, closed = of(batch, DOCUMENT), of(batch, CLOSED)[0]
    amounts = {d["document_id"]: d["amount_rial"] for d in documents}
    cloud.demand(len(amounts) == len(documents), f"batch {name}: it has a document twice")
    cloud.demand(len({d["national_code"] for d in documents}) == len(documents), f"batch {name}: it has a person twice")
    cloud.demand(
        len({d["month"] for d in documents} | {closed["month"]}) == 1, f"batch {name}: it has more than one month"
    )
    cloud.demand(closed["documents"] == len(documents),
                 f"batch {name}: states {closed['documents']} documents, contains {len(documents)}")
    cloud.demand(
        closed["total_rial"] == sum(amounts.values()), f"batch {name}: its total is not the sum of its documents"
    )
    lines = "".join(f"{key},{amounts[key]}\n" for key in sorted(amounts, key=str.encode))
    cloud.demand(
        closed["digest"] == hashlib.sha256(lines.encode()).hexdigest(),
        f"batch {name}: its digest does not match its documents",
    )
    check_vouchers(name, documents, of(batch, VOUCHER))


def check_vouchers(name, documents, vouchers):
    count, total = collections.Counter(), collections.Counter()
    for document in documents:
        count[document["cost_centre"]] += 1
        total[document["cost_centre"]] += document["amount_rial"]
    centres = [voucher["cost_centre"] for voucher in vouchers]
    cloud.demand(sorted(centres) == sorted(count), f"batch {name}: it does not have one voucher per cost centre")
    for voucher in vouchers:
        centre = voucher["cost_centre"]
        debit = sum(line["debit_rial"] for line in voucher["lines"])
        credit = sum(line["credit_rial"] for line in voucher["lines"])
        cloud.demand(debit == credit, f"batch {name}: the voucher of {centre} is not balanced")
        cloud.demand(debit == total[centre], f"batch {name}: the voucher of {centre} is not the sum of its documents")
        cloud.demand(voucher["documents"] == count[centre], f"batch {name}: the voucher of {centre} has another count")


def check_persons(documents, returned):
    """A second document of a claim must be a further attempt after a return. A person is paid on one claim only."""
    claims, attempts = {}, collections.defaultdict(list)
    for document in documents:
        claim = claims.setdefault(document["national_code"], document["claim_id"])
        cloud.demand(
            claim == document["claim_id"], f"document {document['document_id']}: a person has documents of two claims"
        )
        attempts[document["claim_id"]].append(document)
    for of_claim in attempts.values():
        numbers = [document["attempt"] for document in of_claim]
        cloud.demand(
            numbers == list(range(1, len(numbers) + 1)), f"document {of_claim[-1]['document_id']}: attempts {numbers}"
        )
        for document in of_claim[:-1]:
            cloud.demand(document["document_id"] in returned,
                         f"document {document['document_id']}: another follows, but it was never returned")


def answer(options, documents, answered):
    special = dict(text.split("=", 1) for text in options.answer_for)
    sender, given = cloud.Sender(options), collections.Counter()
    for document in documents:
        key = document["document_id"]
        word = special.get(key, None if key in answered else options.answer)
        if word is None:
            continue
        outcome, _, code = word.partition(":")
        at = options.at or cloud.datetime.datetime.now(cloud.TEHRAN).isoformat(timespec="seconds")
        data = {"document_id": key, "outcome": outcome, "code": code or None, "at": at}
        sender.send(ANSWERS, key, f"finance.document.{outcome}", f"{key}/{word}/{at}", data)
        given[outcome] += 1
    sender.finish()
    return given


def main():
    options = cloud.arguments(
        __doc__,
        (
            "--batches",
            {
                "type": int,
                "help": "wait for this number of closed batches (default: read to the current end of the topic)",
            },
        ),
        ("--answer", {"help": "accepted, paid or returned:CODE, for each document without an answer"}),
        (
            "--answer-for",
            {"action": "append", "default": [], "metavar": "DOCUMENT=ANSWER", "help": "the answer for one document"},
        ),
        ("--at", {"help": "the time of the answers, RFC 3339 (default: now)"}),
    )

    def enough(events):
        return len({event.key for event in events if event.type == CLOSED}) >= options.batches

    events = cloud.once(cloud.read(options, TOPIC, enough if options.batches else None))
    answers = cloud.read(options, ANSWERS)
    batches = collections.defaultdict(list)
    for event in events:
        batches[event.data["batch_id"]].append(event)
    for name, batch in batches.items():
        check_batch(name, batch)
    documents = sorted(
        (d for batch in batches.values() for d in of(batch, DOCUMENT)), key=lambda d: (d["month"], d["attempt"])
    )
    check_persons(documents, {event.data["document_id"] for event in answers if event.type.endswith(".returned")})
    given = answer(options, documents, {event.data["document_id"] for event in answers})
    return {
        "batches": len(batches),
        "documents": len(documents),
        "total_rial": sum(d["amount_rial"] for d in documents),
        "document_ids": [d["document_id"] for d in documents],
        "answers": given,
    }


cloud.run_client(main)

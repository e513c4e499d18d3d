"""The outputs of a correct service for the fixture's inputs."""

import collections

from ..law import claims, grounds, identifiers, tables
from .memory import BATCH, MONTH, TODAY, WHEN, named

TEXT = {"fa": "دلیل", "en": "reason"}
EXPENSE, PAYABLES = "short-term benefit expense: marriage allowance", "payables"


def answer(fixture):
    """Publishes decisions for every claim, then the documents, vouchers and SMS of the close."""
    law, vouchers = tables.Tables(), collections.defaultdict(list)
    for code in sorted(fixture.registry.persons()):
        view, records = fixture.registry.view(code), fixture.dossiers[code]
        spoken, paid = fixture.spoken(code), False
        for key in sorted(view.claims(records.insured)):
            found = claims.judge(view, key, records, TODAY, law, paid, spoken=spoken)
            claim = named("claim", *key)
            decide(fixture, claim, 1, key, view.row_for(key).record_id, found)
            if found.outcome == "APPROVED":
                document = pay(fixture, claim, key, found.amount, records.person, law)
                vouchers[document["cost_centre"]].append(document)
                paid = True
    for centre, documents in sorted(vouchers.items()):
        book(fixture, centre, documents)


def decide(fixture, claim, revision, key, record_id, found):
    working = (
        None
        if found.days is None
        else {
            "days": found.days,
            "window_from": "1399-01-01",
            "window_to": "1404-01-01",
            "wage_sum_rial": found.wage_sum,
            "floor_rial": None,
            "months": [],
        }
    )
    data = {
        "decision_id": named("decision", claim, revision),
        "claim_id": claim,
        "revision": revision,
        "benefit": "marriage_allowance",
        "national_code": key.code,
        "outcome": found.outcome,
        "amount_rial": found.amount,
        "working": working,
        "rules_version": "1",
        "marriage": {
            "record_id": record_id,
            "request_id": None,
            "deed_date": key.deed_date,
            "spouse_national_code": key.spouse,
        },
        "reasons": [
            {
                "code": code,
                "article": "Art. 85",
                "fact": None,
                "source": None,
                "required": None,
                "text": TEXT,
                "remedy": TEXT,
            }
            for code in found.reasons
        ],
        "tables_version": "1404.1",
        "facts_digest": "0a" * 32,
        "answer_digest": "0b" * 32,
        "findings": [],
        "business_date": TODAY,
        "decided_at": WHEN,
        "findings": [
            {"finding_id": finding_id, "ground": ground, "verdict": verdict}
            for finding_id, ground, verdict in found.findings
        ],
    }
    fixture.tables["decisions"] = [
        {"published": str(1 + int(fixture.tables["decisions"][0]["published"]) if fixture.tables["decisions"] else 1)}
    ]
    fixture.source.append("eligibility.decisions.v1", key.code, "eligibility.decision.made", data)
    fixture.tables["claims"] = [row for row in fixture.tables["claims"] if row["claim_id"] != claim] + [
        {
            "claim_id": claim,
            "person": str(int(key.code)),
            "spouse": str(int(key.spouse)) if key.spouse else "",
            "unnamed_record": key.record_id or "",
            "deed_date": key.deed_date,
            "revision": str(revision),
            "outcome": found.outcome,
            "amount": "" if found.amount is None else str(found.amount),
            "reasons": " ".join(found.reasons),
            "decision_id": data["decision_id"],
            "withdrawn": "f",
        }
    ]


def pay(fixture, claim, key, amount, person, law):
    document = {
        "document_id": named("document", claim, 1),
        "claim_id": claim,
        "decision_id": named("decision", claim, 1),
        "attempt": 1,
        "batch_id": BATCH,
        "month": MONTH,
        "national_code": key.code,
        "full_name": f"{person['given_name']} {person['family_name']}",
        "sheba": grounds.account(person, TODAY, law),
        "amount_rial": amount,
        "cost_centre": person["branch_code"],
        "issued_at": WHEN,
    }
    fixture.source.append("finance.payment-documents.v1", BATCH, "finance.payment-document.issued", document)
    text = f"{document['full_name']}، کمک ازدواج شما به مبلغ {amount} ریال ثبت شد و تا پایان ماه پرداخت می‌شود."
    tell(fixture, document, person, "registration", text)
    person_id = str(int(key.code))
    fixture.tables["documents"].append(
        {
            "document_id": document["document_id"],
            "person": person_id,
            "claim_id": claim,
            "attempt": "1",
            "decision_id": document["decision_id"],
            "month": MONTH,
            "amount": str(amount),
            "sheba": document["sheba"],
            "cost_centre": document["cost_centre"],
            "state": "",
            "state_code": "",
            "superseded": "f",
        }
    )
    fixture.tables["payments"].append(
        {"person": person_id, "claim_id": claim, "amount": str(amount), "decision_id": document["decision_id"]}
    )
    return document


def tell(fixture, document, person, kind, text):
    units = len(text.encode("utf-16-le")) // 2
    sms = named("sms", document["document_id"], kind)
    fixture.source.append("notifications.sms.v1", document["claim_id"], "notifications.sms.requested", {
        "sms_id": sms, "mobile": identifiers.mobile(person["mobile"]), "text": text, "kind": kind,
        "segments": 1 if units <= 70 else -(-units // 67), "not_before": None,
        "about": {"claim_id": document["claim_id"], "document_id": document["document_id"]}})
    fixture.tables["messages"].append(
        {
            "sms_id": sms,
            "kind": kind,
            "claim_id": document["claim_id"],
            "document_id": document["document_id"],
            "released_at": WHEN,
        }
    )


def book(fixture, centre, documents):
    total, voucher = sum(document["amount_rial"] for document in documents), f"V-{MONTH}-{centre}"
    fixture.source.append(
        "finance.payment-documents.v1",
        BATCH,
        "finance.voucher.issued",
        {
            "voucher_id": voucher,
            "batch_id": BATCH,
            "month": MONTH,
            "cost_centre": centre,
            "documents": len(documents),
            "lines": [
                {"account": EXPENSE, "debit_rial": total, "credit_rial": 0},
                {"account": PAYABLES, "debit_rial": 0, "credit_rial": total},
            ],
        },
    )
    fixture.tables["vouchers"].append(
        {
            "voucher_id": voucher,
            "month": MONTH,
            "cost_centre": centre,
            "documents": str(len(documents)),
            "total": str(total),
        }
    )


def return_payment(fixture):
    """Finance returns the first document. Its claim becomes WAITING with the frozen amount."""
    row = fixture.tables["documents"][0]
    code = row["person"].zfill(10)
    data = {"document_id": row["document_id"], "outcome": "returned", "code": "AC04", "at": "2025-10-24T06:30:00Z"}
    fixture.source.append("finance.payment-outcomes.v1", row["document_id"], "finance.document.returned", data)
    fixture.tables["payment_outcomes"].append(
        {"document_id": row["document_id"], "outcome": "returned", "at": data["at"]}
    )
    row["state"], row["state_code"] = "returned", "AC04"
    view = fixture.registry.view(code)
    key = next(key for key in view.claims(True) if named("claim", *key) == row["claim_id"])
    decide(
        fixture,
        row["claim_id"],
        2,
        key,
        view.row_for(key).record_id,
        claims.answer({"PAYMENT_RETURNED"}, int(row["amount"])),
    )
    person, document = fixture.dossiers[code].person, {"document_id": row["document_id"], "claim_id": row["claim_id"]}
    tell(fixture, document, person, "payment_returned", "واریز کمک ازدواج برگشت خورد؛ شماره حساب خود را اصلاح کنید.")

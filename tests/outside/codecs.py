"""Other systems with other clients: sends one event with each compression codec to every input topic."""

import cloud

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
AT = "2025-10-24T10:00:00+03:30"
DEED, BIRTH = "1404-05-10", "1375-01-01"


def code(nine):
    """A national code with the right check digit."""
    digits = f"{nine:09}"
    rest = sum(int(digit) * (10 - place) for place, digit in enumerate(digits)) % 11
    return digits + str(rest if rest < 2 else 11 - rest)


def spouse(nine, name):
    return {"national_code": code(nine), "given_name": name, "family_name": "Tehrani", "birth_date": BIRTH,
            "earlier_marriages": 0}


def marriage(number):
    record = f"CODEC{number}"
    data = {"record_id": record, "record_version": 1, "status": "registered", "deed_date": DEED,
            "registered_on": DEED, "office_kind": "marriage_office", "office_code": "12", "deed_number": "34",
            "permanence": "permanent", "husband": spouse(700_000_000 + number, "Ali"),
            "wife": spouse(710_000_000 + number, "Sara")}
    return "registry.marriages.v1", record, "registry.marriage.recorded", data


def person(number):
    national_code = code(720_000_000 + number)
    data = {"national_code": national_code, "insurance_number": "0012345678", "given_name": "Ali", "family_name": "Tehrani",
            "birth_date": BIRTH, "deceased_on": None, "branch_code": "0101", "province_code": "01", "sheba": None,
            "sheba_owner": None, "mobile": None, "mobile_owner": None}
    return "insured.records.v1", national_code, "insured.person.changed", data


def registration(number):
    applicant = code(730_000_000 + number)
    data = {"request_id": f"CODEC{number}", "submitted_at": AT, "applicant_national_code": applicant,
            "spouse_national_code": code(740_000_000 + number), "deed_date": DEED, "first_marriage_undertaking": True}
    return "portal.self-registrations.v1", applicant, "portal.self-registration.submitted", data


def file(number):
    data = {"file_id": f"{number:064x}", "kind": "marriages", "opened_at": AT}
    return "registry.files.v1", data["file_id"], "registry.file.opened", data


def outcome(document):
    key = document["document_id"]
    data = {"document_id": key, "outcome": "accepted", "code": None, "at": AT}
    return "finance.payment-outcomes.v1", key, "finance.document.accepted", data


def report(request):
    data = {"sms_id": request["sms_id"], "status": "delivered", "at": AT}
    return "notifications.delivery-reports.v1", request["sms_id"], "notifications.sms.delivered", data


def at_least(count, topic, kind):
    def found(events):
        return [event.data for event in events if event.type == kind]
    return found(cloud.read(options, topic, lambda events: len(found(events)) >= count))


def main():
    documents = at_least(len(CODECS), "finance.payment-documents.v1", "finance.payment-document.issued")
    requests = at_least(len(CODECS), "notifications.sms.v1", "notifications.sms.requested")
    sent = 0
    for number, codec in enumerate(CODECS):
        # A producer compresses a batch only if that makes it smaller, so every batch has a header of one letter.
        sender = cloud.Sender(options, codec)
        for topic, key, kind, data in (marriage(number), person(number), registration(number), file(number),
                                       outcome(documents[number]), report(requests[number])):
            sender.send(topic, key, kind, f"{codec}/{key}", data, padding="x" * 2000)
        sender.finish()
        sent += sender.sent
    return {"sent": sent}


options = cloud.arguments(__doc__)
cloud.run_client(main)

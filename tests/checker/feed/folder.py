"""Folders as a source instead of a broker: CSV files become the events that `peyvand publish` would send, and JSON
lines are read as `peyvand export` writes them."""

import collections
import hashlib
import json
import pathlib

from .. import published
from . import csvfiles
from . import raw as raws

TOPIC_OF = {
    "marriages": "registry.marriages.v1", "persons": raws.RECORDS, "employments": raws.RECORDS, "wages": raws.RECORDS,
    "earlier-payments": raws.RECORDS, "self-registrations": "portal.self-registrations.v1",
    "payment-outcomes": "finance.payment-outcomes.v1", "delivery-reports": "notifications.delivery-reports.v1",
}
TYPE_OF = {
    "marriages": "registry.marriage.recorded",
    "persons": "insured.person.changed",
    "employments": "insured.employment.changed",
    "wages": "insured.wages.posted",
    "earlier-payments": "insured.earlier-payment.recorded",
    "self-registrations": "portal.self-registration.submitted",
}
KEY_OF = {
    "marriages": "record_id",
    "self-registrations": "applicant_national_code",
    "payment-outcomes": "document_id",
    "delivery-reports": "sms_id",
}
# A folder does not say when it was published, and its rows passed the publisher's checks.
PUBLISHED = "9999-01-01T00:00:00Z"
# Bytes of wage rows that are processed together.
PART_BYTES = 80 << 20


def type_of(kind, data):
    if kind == "payment-outcomes":
        return f"finance.document.{data['outcome']}"
    return TYPE_OF.get(kind) or f"notifications.sms.{data['status']}"


class Folder:
    def __init__(self, outputs, inputs):
        self.outputs, inputs = pathlib.Path(outputs), pathlib.Path(inputs)
        self._files = {kind: inputs / name for kind, name in csvfiles.FILES.items() if (inputs / name).exists()}
        self._ids = {kind: hashlib.sha256(path.read_bytes()).hexdigest() for kind, path in self._files.items()}
        self._counts = collections.defaultdict(collections.Counter)
        wages = self._files.get("wages")
        self._parts = max(1, wages.stat().st_size // PART_BYTES) if wages else 1
        self.missing = [topic for topic in raws.OUTPUTS if not (self.outputs / f"{topic}.jsonl").exists()]

    def published(self):
        return [published.Published(kind, path) for kind, path in self._files.items()]

    def kinds(self):
        return list(self._files)

    def partitions(self, topic):
        """Insured records are read in parts by person, to limit memory."""
        return list(range(self._parts)) if topic == raws.RECORDS else [0]

    def ends(self, topic):
        return {}

    def read(self, topic, partition=None):
        if topic in raws.OUTPUTS:
            yield from self._exported(topic)
        elif topic == "registry.files.v1":
            yield from self._closed()
        else:
            for kind in self._files:
                if TOPIC_OF[kind] == topic:
                    yield from self._published(kind, topic, partition)

    def _exported(self, topic):
        with open(self.outputs / f"{topic}.jsonl", encoding="utf-8") as file:
            for line in file:
                record = json.loads(line)
                yield raws.Raw(
                    topic, record["partition"], record["offset"], record["key"], record["headers"], record["data"], None
                )

    def _published(self, kind, topic, partition):
        path = self._files[kind]
        declared, rejected = 0, 0
        for line, data in csvfiles.read(kind, path, partition is not None and self._belongs(partition)):
            declared += 1
            if data is None:
                rejected += 1
                continue
            key = data[KEY_OF.get(kind, "national_code")]
            headers = {"ce_id": f"{kind}/{line}", "ce_type": type_of(kind, data), "ce_fileid": self._ids[kind],
                       "ce_fileline": str(line), "ce_time": PUBLISHED}
            if kind == "wages":
                data = {"national_code": data.pop("national_code"), "rows": [data]}
            # The line is the offset: it orders one file. Files of one topic have different kinds of keys.
            yield raws.Raw(topic, partition or 0, line, key, headers, data, None)
        self._counts[kind] += collections.Counter(declared=declared, rejected=rejected)

    def _belongs(self, partition):
        return lambda row: hash(row["national_code"]) % self._parts == partition

    def _closed(self):
        for kind, counts in self._counts.items():
            file_id, declared, rejected = self._ids[kind], counts["declared"], counts["rejected"]
            opened = {"file_id": file_id, "kind": kind, "opened_at": "2000-01-01T00:00:00Z"}
            yield raws.Raw(
                "registry.files.v1",
                0,
                0,
                file_id,
                {"ce_id": f"{file_id}/opened", "ce_type": "registry.file.opened", "ce_time": PUBLISHED},
                opened,
                None,
            )
            data = {
                "file_id": file_id,
                "kind": kind,
                "declared": declared,
                "rejected": {"rejected": rejected} if rejected else {},
                "rows": declared - rejected,
                "digest": file_id,
                "closed_at": "2000-01-01T00:00:00Z",
            }
            yield raws.Raw(
                "registry.files.v1",
                0,
                0,
                file_id,
                {"ce_id": file_id, "ce_type": "registry.file.closed", "ce_time": PUBLISHED},
                data,
                None,
            )


def closes_in(folder, today=None):
    """(closed months, business date). The default business date is the latest one of a decision."""
    months, dates = [], set()
    for raw in folder.read("finance.payment-documents.v1"):
        if raw.headers["ce_type"] == "finance.batch.closed":
            months.append(raw.value["month"])
    if today is None:
        dates = {raw.value.get("business_date", "") for raw in folder.read("eligibility.decisions.v1")}
    return sorted(months), today or max(dates, default="")

"""A small correct state: some marriages of the sample and the oracle's answers, as topics and tables would contain
them."""

import collections
import csv
import functools
import hashlib
import io
import json

from ..feed import csvfiles, database, folder, raw
from ..law import dossier, registry
from ..promises import batches
from ..sample import PLACE
from . import answers_of, casework_of
from .memory import BATCH, MONTH, TODAY, WHEN, Memory, named

MARRIAGES = 45
INPUTS = [*dict.fromkeys(folder.TOPIC_OF.values()), casework_of.PORTAL, casework_of.DESK]


@functools.cache
def sample_rows():
    """(kind, line of the sample's file, data) of the chosen marriages and their spouses' records, in the order of the
    files."""
    chosen = [(line, data) for line, data in csvfiles.read("marriages", PLACE / "marriages.csv") if data][:MARRIAGES]
    codes = {data[role]["national_code"] for _, data in chosen for role in ("husband", "wife")}
    rows = []
    for kind in ("persons", "employments", "wages"):
        path = PLACE / csvfiles.FILES[kind]
        rows += [
            (kind, line, data)
            for line, data in csvfiles.read(kind, path, lambda row: row["national_code"] in codes)
            if data
        ]
    return rows + [("marriages", line, data) for line, data in chosen]


@functools.cache
def file_of(kind):
    """The bytes of a file with only the chosen rows and one row that its publisher rejects."""
    with open(PLACE / csvfiles.FILES[kind], encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows[0])
    writer.writerows(rows[line - 1] for of, line, _ in sample_rows() if of == kind)
    writer.writerow(["none of this is a value"] * len(rows[0]))
    return text.getvalue().encode()


def file_id_of(kind):
    return hashlib.sha256(file_of(kind)).hexdigest()


class Fixture:
    """`source`: the topics; `tables`: the database; `logs`: log lines. They are consistent."""

    def __init__(self, spoken=None):
        """`spoken(state, code, correct)`: which findings a faulty service believes."""
        self._spoken = spoken
        self.source, self.logs = Memory(), ["batch committed", "close of 1404-07 began"]
        self.registry, self.dossiers = registry.Registry(), collections.defaultdict(dossier.Dossier)
        self.tables = collections.defaultdict(list)
        # kind -> bytes of the published file
        self.published = {kind: file_of(kind) for kind in dict.fromkeys(kind for kind, _, _ in sample_rows())}
        self._publish()
        self._add_poison_message()
        casework_of.add(self)
        answers_of.answer(self)
        casework_of.answer(self)
        self._close_offsets()
        self._finish()

    def _publish(self):
        counts = collections.Counter()
        for kind in dict.fromkeys(kind for kind, _, _ in sample_rows()):
            self.source.append("registry.files.v1", file_id_of(kind), "registry.file.opened", {
                "file_id": file_id_of(kind), "kind": kind, "opened_at": WHEN})
        for kind, _, data in sample_rows():
            counts[kind] += 1
            line = counts[kind] + 1
            key = data["record_id"] if kind == "marriages" else data["national_code"]
            sent = (
                data
                if kind != "wages"
                else {
                    "national_code": key,
                    "rows": [{name: value for name, value in data.items() if name != "national_code"}],
                }
            )
            self.source.append(
                folder.TOPIC_OF[kind],
                key,
                folder.TYPE_OF[kind],
                sent,
                ce_fileid=file_id_of(kind),
                ce_fileline=str(line),
            )
            self._apply(kind, data, sent, line)
        self._reorder_and_repeat()
        for kind, count in counts.items():
            self._close_file(kind, file_id_of(kind), count)

    def _reorder_and_repeat(self):
        """The second row of the persons overtakes the first; then both repeat. The row counts must not change."""
        records = self.source.records[raw.RECORDS]
        records[0], records[1] = records[1]._replace(offset=0), records[0]._replace(offset=1)
        for each in records[:2]:
            records.append(each._replace(offset=len(records)))

    def _apply(self, kind, data, sent, line):
        if kind == "marriages":
            self.keep_marriage(data)
        elif kind == "persons":
            self.dossiers[data["national_code"]].change_person(data, line)
        elif kind == "employments":
            self.dossiers[data["national_code"]].change_employment(data, line)
        else:
            self.dossiers[data["national_code"]].post_wage(sent["rows"][0], line)

    def keep_marriage(self, data):
        self.registry.record(registry.row_of(data))
        self.tables["marriages"] = [row for row in self.tables["marriages"] if row["record_id"] != data["record_id"]]
        row = self.registry.rows[data["record_id"]]
        husband, wife = (str(int(side.code)) if side.code else "" for side in row.sides)
        self.tables["marriages"].append({
            "record_id": data["record_id"], "record_version": str(row.version), "husband": husband, "wife": wife,
            "status": row.status, "deed_date": row.deed_date, "registered_on": row.registered_on})

    def key_of(self, claim_id):
        """The claim with this id."""
        for code in self.registry.persons():
            for key in self.registry.view(code).claims(True):
                if named("claim", *key) == claim_id:
                    return key
        return None

    def spoken(self, code):
        """The findings that speak for a person's claims, as the service believes."""
        correct = self.casework.findings.speaking(code, self.key_of)
        return self._spoken(self, code, correct) if self._spoken else correct

    def _close_file(self, kind, file, count):
        about = {"file_id": file, "kind": kind}
        closed = about | {
            "declared": count + 1,
            "rejected": {"not_a_code": 1},
            "rows": count,
            "digest": file,
            "closed_at": WHEN,
        }
        self.source.append("registry.files.v1", file, "registry.file.closed", closed)
        tally = {"accepted": count, "corrected": 0, "unchanged": 0, "conflicting": 0}
        if kind == "marriages":  # later versions of a record count as corrections
            fresh = len({row["record_id"] for row in self.tables["marriages"]})
            tally |= {"accepted": fresh, "corrected": count - fresh}
        receipt = about | tally | {"declared": count + 1, "rejected": {"not_a_code": 1}, "digest": file}
        self.source.append("registry.file-receipts.v1", file, "registry.file.received", receipt)
        counts = {word: str(rows) for word, rows in tally.items()} | {"dead": "0"}
        self.tables["files"].append({"file_id": file, "kind": kind, "rows": str(count), "received_at": WHEN} | counts)

    def _add_poison_message(self):
        """An unreadable message and its dead letter."""
        topic = "registry.marriages.v1"
        self.source.append(topic, "R1", "registry.marriage.recorded", b"{no JSON")
        lost = self.source.records[topic][-1]
        self.bury(topic, "registry.marriage.recorded", lost, "not_json (the value: got text that is not JSON)")

    def bury(self, topic, kind, lost, reason):
        """The dead letter of a message."""
        self.source.append(
            "dead-letters.v1", topic, kind, lost.value, dead_letter_topic=topic, dead_letter_partition="0",
            dead_letter_offset=str(lost.offset), dead_letter_reason=reason, dead_letter_at=WHEN)
        self.tables["dead_letters"].append(
            {"topic": topic, "partition": "0", "source_offset": str(lost.offset), "reason": reason.partition(" ")[0]})

    def _close_offsets(self):
        seen = [[topic, 0, len(self.source.records[topic])] for topic in INPUTS]
        amounts = {row["document_id"]: int(row["amount"]) for row in self.tables["documents"]}
        total, digest = sum(amounts.values()), batches.digest_of(amounts)
        self.source.append("finance.payment-documents.v1", BATCH, "finance.batch.closed", {
            "batch_id": BATCH, "month": MONTH, "documents": len(amounts), "total_rial": total, "digest": digest})
        self.tables["batches"].append({
            "month": MONTH, "batch_id": BATCH, "business_date": TODAY, "closed_at": WHEN,
            "documents": str(len(amounts)), "total": str(total), "digest": digest})
        self.tables["close_pages"].append(
            {"month": MONTH, "upto": str((1 << 63) - 1), "input_offsets": json.dumps(seen)}
        )

    def _finish(self):
        """After the close finance returns a document. The claim becomes WAITING, and an SMS is requested."""
        answers_of.return_payment(self)
        casework_of.end_cases(self)
        for topic in {*INPUTS, "registry.files.v1"}:
            self.tables["input_offsets"].append(
                {"topic": topic, "partition": "0", "next_offset": str(len(self.source.records[topic]))})
        self.tables["outbox"].append({"grp": "0", "next_position": "9", "delivered": "8"})
        self.tables["insured"] = [{"code": str(int(code))} for code, each in self.dossiers.items() if each.insured]
        for name in database.QUERIES:
            self.tables[name] += []

    def chosen_document(self):
        """The document of a claim that stays paid."""
        return self.tables["documents"][1]

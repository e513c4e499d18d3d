"""Replays the inputs through the oracle, close by close, and compares the documents of each close with the due
payments."""

import collections

from . import expected
from .law import dossier
from .law.text import same_name


class Replay:
    def __init__(self, inputs, outputs, stages, tables, deeds_from=None):
        self._inputs, self._stages = inputs, stages
        self._expected = expected.Expected(inputs, outputs, stages, tables, deeds_from)
        self._claim_of = {key: claim for claim, key in outputs.keys.items()}
        self._mobile_of = {
            sms.data["about"]["document_id"]: sms.data["mobile"]
            for sms in outputs.sms
            if sms.data["kind"] == "registration"
        }
        self._documents = collections.defaultdict(list)
        for claim, documents in outputs.by_claim().items():
            key = outputs.keys.get(claim)
            if key:
                self._documents[key.code].extend((key, document.data) for document in documents)
        self._unsettled = {}
        self.ends, self.places, self.insured = {}, {}, set()
        self.disagreements, self.cases_due, self.late = [], [], 0
        self._compared = set()

    def run(self):
        everybody, seen = self._inputs.registries[-1].persons() | self._documents.keys(), set()
        for partition in self._inputs.partitions():
            dossiers, barrier = collections.defaultdict(dossier.Dossier), 0
            for event in self._inputs.records(partition):
                while not self._stages[barrier].sees(event.topic, event.partition, event.offset):
                    self._evaluate(self._stages[barrier], dossiers, everybody)
                    barrier += 1
                self._inputs.ledger.rows(event, apply(dossiers[event.data["national_code"]], event))
            # A person whose first record arrives later had no records at the earlier closes.
            for stage in self._stages[barrier:]:
                self._evaluate(stage, dossiers, everybody)
            seen |= dossiers.keys() & everybody
            self.insured.update(code for code, each in dossiers.items() if each.insured)
        # Persons without insured records may still have registered a marriage.
        nobody = {code: dossier.Dossier() for code in everybody - seen}
        for stage in self._stages:
            self._evaluate(stage, nobody, everybody)
        for _, data in (each for documents in self._documents.values() for each in documents):
            if data["document_id"] not in self._compared and data["month"] in {stage.month for stage in self._stages}:
                self.disagreements.append(
                    (data["month"], f"document {data['document_id']}: the person was not insured at that close")
                )

    def _evaluate(self, stage, dossiers, everybody):
        for code, records in dossiers.items():
            if code not in everybody or not stage.is_about(code):
                continue
            view = self._inputs.registries[stage.number].view(code)
            self._settle(code, view, records)
            if stage.month:
                self._close(stage, code, view, records)
            else:
                self._cases(code, view, records)
                for key, end in self._expected.ends(view, records, self._documents.get(code, ())).items():
                    self.ends[key], self.places[key] = end, expected.place_of(key, view)

    def _cases(self, code, view, records):
        documents = self._documents.get(code, ())
        for document, kind, ground in self._expected.cases_due(view, records, documents):
            self.cases_due.append((documents[0][1]["claim_id"], document, kind, ground))

    def _settle(self, code, view, records):
        """If a close does not state what it read, a disagreement may come from an input that arrived while it ran.
        Compares again with the current facts."""
        stage, first = self._unsettled.pop(code, (None, None))
        if stage and self._compare(stage, code, view, records)[0]:
            self.disagreements.append((stage.month, first))
        elif stage:
            self.late += 1

    def _close(self, stage, code, view, records):
        fault, due = self._compare(stage, code, view, records)
        if fault and stage.exact:
            self.disagreements.append((stage.month, fault))
        elif fault:
            self._unsettled[code] = (stage, fault)

    def _compare(self, stage, code, view, records):
        """(fault of the person's documents of this close, or None; the due payment)"""
        documents = self._documents.get(code, ())
        due = self._expected.due(stage, view, records, [each for each in documents if each[1]["month"] < stage.month])
        given = [each for each in documents if each[1]["month"] == stage.month]
        self._compared.update(data["document_id"] for _, data in given)
        if len(given) > 1:
            return f"claim {given[0][1]['claim_id']}: {len(given)} documents at one close", due
        if due == expected.PERHAPS:
            return None, due
        if due is None:
            fault = f"document {given[0][1]['document_id']}: nothing is payable by the oracle" if given else None
            return fault, due
        if due.attempt == 1:
            self._expected.frozen[code] = due.answer
        if not given:
            return f"{self._name(due.key, view)}: payable, but has no document", due
        return self._differences(due, *given[0]), due

    def _differences(self, due, key, data):
        fields = [
            name
            for name, wanted, found in (
                ("claim", due.key, key),
                ("attempt", due.attempt, data["attempt"]),
                ("amount", due.amount, data["amount_rial"]),
                ("Sheba", due.sheba, data["sheba"]),
                ("cost centre", due.cost_centre, data["cost_centre"]),
                ("the SMS's mobile", due.mobile, self._mobile_of.get(data["document_id"], due.mobile)),
            )
            if wanted != found
        ]
        if not same_name(due.full_name, data["full_name"]):
            fields.append("full name")
        return f"document {data['document_id']}: {', '.join(fields)} differ from the oracle" if fields else None

    def _name(self, key, view):
        return f"claim {self._claim_of[key]}" if key in self._claim_of else f"{expected.place_of(key, view)}"


def apply(records, event):
    """Applies one event to a person's dossier. Returns the disposition of each of its rows."""
    records.last_offset = (event.partition, event.offset)
    if event.type == "insured.person.changed":
        return [records.change_person(event.data, event.order)]
    if event.type == "insured.employment.changed":
        return [records.change_employment(event.data, event.order)]
    if event.type == "insured.earlier-payment.recorded":
        return [records.record_payment(event.data, event.order)]
    return [records.post_wage(row, event.order) for row in event.data["rows"]]

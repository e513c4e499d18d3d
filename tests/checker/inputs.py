"""The inputs, read once: registry and requests as each close read them, answers to documents, the ledger, and the
personal data that no log may contain."""

import collections

from . import casework, ledger, secrets
from .feed import events
from .feed import raw as raws
from .law import registry, solar

Reply = collections.namedtuple("Reply", "at order outcome code topic partition offset")

SMALL = (
    "registry.marriages.v1",
    "portal.self-registrations.v1",
    "portal.objections.v1",
    "casework.findings.v1",
    "finance.payment-outcomes.v1",
    "notifications.delivery-reports.v1",
)


class Inputs:
    def __init__(self, source, stages, dead=frozenset(), secret=None):
        """`dead`: positions of messages that became dead letters. An answer that arrived before its document is one.
        `secret`: of the installation, to check the proof of a replayed message."""
        self._source, self._stages, self._dead, self._secret = source, stages, dead, secret
        self.ledger, self.secrets = ledger.Ledger(), secrets.Secrets()
        self.registries = [registry.Registry() for _ in stages]
        self.casework = [casework.Casework() for _ in stages]
        # For each stage: persons about whom an input arrived after it.
        self.later = [set() for _ in stages]
        self.replies = collections.defaultdict(list)
        # Position of each answer of finance or the gateway -> the id that it names.
        self.answers, self.last_offsets = {}, {}

    def read_small(self):
        for topic in SMALL:
            for raw in self._source.read(topic):
                event = self.counted(raw)
                if not event.fault:
                    TAKE[topic](self, event)
        return self

    def read_files(self):
        """Must run after all other inputs: a folder knows its closing events only then."""
        for raw in self._source.read("registry.files.v1"):
            self.counted(raw)

    def counted(self, raw):
        event = events.event_of(raw, self._secret)
        self.last_offsets[raw.topic, raw.partition] = raw.offset
        self.ledger.message(event)
        if event.fault:
            self.ledger.dead(event)
        return event

    def records(self, partition):
        """The valid insured records of one partition, in order."""
        for raw in self._source.read(raws.RECORDS, partition):
            event = self.counted(raw)
            if event.fault:
                continue
            if event.type == "insured.person.changed":
                self.secrets.person(event.data)
            else:
                self.secrets.code(event.data["national_code"])
            yield event

    def partitions(self):
        return self._source.partitions(raws.RECORDS)

    def _stages_of(self, event, codes):
        """The stages that include the event. For the other stages the persons are marked as having a later input."""
        for stage in self._stages:
            if stage.sees(event.topic, event.partition, event.offset):
                yield stage.number
            else:
                self.later[stage.number].update(code for code in codes if code)

    def marriage(self, event):
        row = registry.row_of(event.data)
        codes = [side.code for side in row.sides]
        before = self.registries[-1].rows.get(row.record_id)
        for code in codes:
            self.secrets.code(code)
        concerned = codes + [side.code for side in before.sides] if before else codes
        verdict = [self.registries[number].record(row) for number in self._stages_of(event, concerned)][-1]
        self.ledger.rows(event, [verdict])

    def request(self, event):
        request = registry.request_of(event.data, event.order)
        self.secrets.code(request.applicant)
        self.secrets.code(request.spouse)
        verdict = [self.registries[number].submit(request) for number in self._stages_of(event, [request.applicant])][
            -1
        ]
        self.ledger.rows(event, [verdict])

    def objection(self, event):
        self.said(event, event.data["applicant_national_code"])

    def finding(self, event):
        self.said(event, event.data["national_code"])

    def said(self, event, code):
        self.secrets.code(code)
        for number in self._stages_of(event, [code]):
            self.casework[number].apply(event)
        self.ledger.rows(event, ["accepted or corrected"])

    def answer(self, event, identity):
        where = (event.topic, event.partition, event.offset)
        self.answers[where] = identity
        if where in self._dead:
            self.ledger.dead(event)
            return False
        self.ledger.rows(event, ["accepted or corrected"])
        return True

    def outcome(self, event):
        if not self.answer(event, event.data["document_id"]):
            return
        name = event.type.rpartition(".")[2]
        reply = Reply(
            solar.instant(event.data["at"]),
            event.order,
            name,
            event.data.get("code"),
            event.topic,
            event.partition,
            event.offset,
        )
        self.replies[event.data["document_id"]].append(reply)

    def report(self, event):
        self.answer(event, event.data["sms_id"])

    def replies_of(self, document_id, stage):
        """The answers of finance that the stage includes."""
        return [
            reply
            for reply in self.replies.get(document_id, ())
            if stage.sees(reply.topic, reply.partition, reply.offset)
        ]

    def last_reply(self, document_id, stage):
        """The last answer of finance that the stage includes: by `at`, then by order in the topic."""
        return max(self.replies_of(document_id, stage), key=lambda reply: (reply.at, reply.order), default=None)

    def end_of(self, case, stage):
        """How officers have ended this case, by what the stage includes."""
        return self.casework[stage.number].endings.end_of(case, self.replies_of(case["document_id"], stage))


TAKE = {
    "registry.marriages.v1": Inputs.marriage, "portal.self-registrations.v1": Inputs.request,
    "portal.objections.v1": Inputs.objection, "casework.findings.v1": Inputs.finding,
    "finance.payment-outcomes.v1": Inputs.outcome, "notifications.delivery-reports.v1": Inputs.report,
}

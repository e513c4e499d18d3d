"""Finance and the SMS gateway on the real broker. They read committed records and answer late, twice, in another order
or not at all."""

import datetime
import heapq
import json
import random
import threading
import time
import uuid

import confluent_kafka

DOCUMENTS, OUTCOMES = "finance.payment-documents.v1", "finance.payment-outcomes.v1"
SMS, REPORTS = "notifications.sms.v1", "notifications.delivery-reports.v1"


class Sender:
    """A producer that retries until the broker has acknowledged everything, and records the position of each record."""

    def __init__(self, brokers, prefix):
        self._prefix = prefix
        # The position of each acknowledged record: (topic, partition, offset, ce_id).
        self.places, self.without_offset = [], 0
        self._producer = confluent_kafka.Producer(
            {
                "bootstrap.servers": brokers,
                "log_level": 0,
                "acks": "all",
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "message.timeout.ms": 600_000,
                "linger.ms": 5,
                "message.max.bytes": 16 << 20,
                "compression.type": "lz4",
            }
        )

    def event(self, topic, key, kind, identity, data):
        headers = {
            "ce_specversion": "1.0",
            "ce_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind}/{identity}")),
            "ce_type": kind,
            "ce_source": "/chaos",
            "ce_time": datetime.datetime.now(datetime.timezone.utc).isoformat(),
            "content-type": "application/json",
        }
        if identity.endswith(("0", "2")):  # senders need not send a trace
            headers["traceparent"] = f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01"
        self.record(topic, key, headers, json.dumps(data, ensure_ascii=False).encode())

    def record(self, topic, key, headers, value, acknowledged=None):
        """`acknowledged`: a list to which the record's position is added when it is acknowledged."""
        def send():
            self._producer.produce(
                self._prefix + topic, value, key, headers=list(headers.items()), on_delivery=delivered
            )

        def delivered(error, message):
            if error is not None:
                return
            if message.offset() < 0:
                # It is unknown whether the broker stored the record. The record's id makes a repeat harmless.
                self.without_offset += 1
                send()
                return
            place = (message.topic(), message.partition(), message.offset())
            self.places.append((*place, headers.get("ce_id")))
            if acknowledged is not None:
                acknowledged.append(place)

        send()
        self._producer.poll(0)

    def flush(self, seconds):
        return self._producer.flush(seconds) == 0


def reader(brokers, topic):
    """A read_committed consumer of all partitions of the topic, from the beginning."""
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": brokers, "log_level": 0, "group.id": f"chaos-{uuid.uuid4()}", "enable.auto.commit": False,
        "isolation.level": "read_committed", "auto.offset.reset": "earliest", "enable.partition.eof": False,
    })
    known = consumer.list_topics(topic, timeout=30).topics[topic]
    consumer.assign(
        [confluent_kafka.TopicPartition(topic, p, confluent_kafka.OFFSET_BEGINNING) for p in known.partitions]
    )
    return consumer


class Outsider(threading.Thread):
    """Reads one topic and sends answers when they are due."""

    def __init__(self, name, topic, brokers, prefix, seed, evidence):
        super().__init__(name=name, daemon=True)
        self._topic, self._brokers, self._seed, self._evidence = prefix + topic, brokers, seed, evidence
        self.sender, self._due, self._ended, self._hurry = (
            Sender(brokers, prefix),
            [],
            threading.Event(),
            threading.Event(),
        )
        self._order, self._met = 0, set()

    def run(self):
        consumer = reader(self._brokers, self._topic)
        while not self._ended.is_set():
            for message in consumer.consume(500, 0.1):
                if message.error() is None:
                    self._take(message)
            self._answer()
        consumer.close()

    def _take(self, message):
        headers = dict(message.headers() or [])
        if headers["ce_id"] in self._met:
            self._evidence.count("repeats met by outsiders")
            return
        self._met.add(headers["ce_id"])
        data = json.loads(message.value())
        self.take(headers["ce_type"].decode(), data, random.Random(f"{self._seed}/{headers['ce_id']}"))

    def later(self, seconds, *answer):
        self._order += 1
        heapq.heappush(self._due, (time.monotonic() + seconds, self._order, answer))

    def _answer(self):
        while self._due and (self._hurry.is_set() or self._due[0][0] <= time.monotonic()):
            self.sender.event(*heapq.heappop(self._due)[2])
            self._evidence.count(f"answers of {self.name}")

    def hurry(self, seconds=60):
        """Sends all pending answers now. Returns false if the broker has not acknowledged them in time."""
        self._hurry.set()
        deadline = time.monotonic() + seconds
        while self._due and time.monotonic() < deadline:
            time.sleep(0.1)
        return not self._due and self.sender.flush(max(1.0, deadline - time.monotonic()))

    def end(self):
        self._ended.set()


class Finance(Outsider):
    def __init__(self, *arguments):
        super().__init__("finance", DOCUMENTS, *arguments)
        self._returned, self._lock = set(), threading.Lock()
        self.documents = 0

    def take(self, kind, data, chance):
        if kind != "finance.payment-document.issued":
            return
        self.documents += 1
        throw, wait = chance.random(), chance.uniform(0, 8)
        if throw < 0.05:
            return  # never answered
        self._answer_later(data, wait, "accepted", None, 1)
        if throw < 0.15:
            self._answer_later(data, wait + 3, "returned", chance.choice(("AC04", "AC04", "AM05")), 2)
            with self._lock:
                self._returned.add(data["national_code"])
            if throw < 0.07:
                self._answer_later(data, wait + chance.uniform(5, 30), "paid", None, 3)
        elif throw < 0.9:
            self._answer_later(data, wait + 3, "paid", None, 2)
            if throw < 0.25:  # repeated, or out of order
                self._answer_later(data, chance.uniform(0, 10), "paid", None, 2)

    def _answer_later(self, data, seconds, outcome, code, minutes):
        key = data["document_id"]
        at = datetime.datetime.fromisoformat(data["issued_at"]) + datetime.timedelta(minutes=minutes)
        answer = {"document_id": key, "outcome": outcome, "code": code, "at": at.isoformat(timespec="seconds")}
        self.later(seconds, OUTCOMES, key, f"finance.document.{outcome}", f"{key}/{outcome}/{minutes}", answer)

    def returned(self):
        """The persons whose payments were returned since the last call."""
        with self._lock:
            found, self._returned = self._returned, set()
        return found


class Gateway(Outsider):
    def __init__(self, *arguments):
        super().__init__("gateway", SMS, *arguments)

    def take(self, _kind, data, chance):
        key, status = data["sms_id"], "failed" if chance.random() < 0.1 else "delivered"
        at = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        answer = {"sms_id": key, "status": status, "at": at}
        self.later(chance.uniform(0, 6), REPORTS, key, f"notifications.sms.{status}", f"{key}/{status}", answer)

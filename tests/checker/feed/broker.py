"""Reads topics from a broker with read_committed, each up to its end offset at the start."""

import time
import uuid

import confluent_kafka

from . import raw as raws

TIMEOUT_S = 30


def properties(brokers, more):
    return {
        "bootstrap.servers": brokers,
        "group.id": f"checker-{uuid.uuid4()}",
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
        "enable.partition.eof": True,
        "auto.offset.reset": "error",
        "log_level": 2,
        "queued.max.messages.kbytes": 32768,
    } | more


class Broker:
    def __init__(self, brokers, prefix, more=()):
        self._prefix = prefix
        self._consumer = confluent_kafka.Consumer(properties(brokers, dict(more)))
        known = self._consumer.list_topics(timeout=TIMEOUT_S).topics
        self._partitions = {
            t: sorted(known[prefix + t].partitions) for t in raws.INPUTS + raws.OUTPUTS if prefix + t in known
        }
        self.missing = [topic for topic in raws.INPUTS + raws.OUTPUTS if topic not in self._partitions]
        # The end offsets are read once, inputs before outputs, so the outputs cover the inputs that are read.
        self._ends = {}
        for topic in raws.INPUTS + raws.OUTPUTS:
            for partition in self._partitions.get(topic, ()):
                where = confluent_kafka.TopicPartition(prefix + topic, partition)
                self._ends[topic, partition] = self._consumer.get_watermark_offsets(where, timeout=TIMEOUT_S)

    def partitions(self, topic):
        return self._partitions.get(topic, [])

    def ends(self, topic):
        """partition -> (first offset, high watermark)"""
        return {partition: self._ends[topic, partition] for partition in self.partitions(topic)}

    def read(self, topic, partition=None):
        for each in self.partitions(topic) if partition is None else [partition]:
            yield from self._read(topic, each)

    def _read(self, topic, partition):
        low, high = self._ends[topic, partition]
        if low >= high:
            return
        self._consumer.assign([confluent_kafka.TopicPartition(self._prefix + topic, partition, low)])
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            # `consume` waits for the full batch or the timeout, even at the end of the topic, so the timeout is short.
            messages = self._consumer.consume(5000, 0.03)
            if messages:
                deadline = time.monotonic() + TIMEOUT_S
            elif time.monotonic() > deadline:
                raise OSError(f"{topic}/{partition}: no record for {TIMEOUT_S} s")
            for message in messages:
                error = message.error()
                if error and error.code() != confluent_kafka.KafkaError._PARTITION_EOF:
                    raise OSError(f"{topic}/{partition}: {error}")
                if error or message.offset() >= high:
                    return
                yield raw_of(message, topic)
            # The last records below the end may be transaction markers, which are not returned to consumers.
            where = self._consumer.position([confluent_kafka.TopicPartition(self._prefix + topic, partition)])[0].offset
            if where >= high:
                return

    def close(self):
        self._consumer.close()


def raw_of(message, topic):
    try:
        headers = {name: (text or b"").decode() for name, text in message.headers() or []}
        key = None if message.key() is None else message.key().decode()
    except UnicodeDecodeError:
        headers = key = None
    return raws.Raw(topic, message.partition(), message.offset(), key, headers, message.value(), message.timestamp()[1])

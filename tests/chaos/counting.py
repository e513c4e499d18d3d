"""Counts records in the input topics themselves. Every acknowledged record must be in its topic, whether or not the
service ingested it."""

import collections

import confluent_kafka

from checker import lines
from checker.feed import broker
from checker.feed.raw import INPUTS

TIMEOUT_S = 10
FILES = "registry.files.v1"


class Rows:
    """The lines of one file that are in the topics, and the file's events on the topic of files."""

    def __init__(self):
        self.lines, self.events = lines.Lines(), set()


class Count:
    """Reads the input topics of an installation once.

    `places`: the position and the id (or None) of each acknowledged record; the record there must have that id."""

    def __init__(self, brokers, prefix, places=(), claims=()):
        self._wanted = {
            (topic.removeprefix(prefix), partition, offset): identity for topic, partition, offset, identity in places
        }
        self._claims = claims
        self.rows, self._rows_of_claims = collections.defaultdict(Rows), [Rows() for _ in claims]
        source = broker.Broker(brokers, prefix)
        try:
            for topic in INPUTS:
                for raw in source.read(topic):
                    self._take(raw)
        finally:
            source.close()

    def _take(self, raw):
        headers, where = raw.headers or {}, (raw.topic, raw.partition, raw.offset)
        if where in self._wanted and self._wanted[where] == headers.get("ce_id"):
            del self._wanted[where]
        file_id = raw.key if raw.topic == FILES else headers.get("ce_fileid")
        if not file_id:
            return
        add(self.rows[file_id], raw, headers)
        for claim, rows in zip(self._claims, self._rows_of_claims):
            if claim.published.file_id == file_id and raw.offset < claim.ends.get((raw.topic, raw.partition), 0):
                add(rows, raw, headers)

    def lost_records(self):
        """Positions of acknowledged records at which the topic does not contain that record."""
        return sorted(self._wanted)

    def broken_claims(self):
        """Faults of files that a publisher reported as sent, but that were incomplete in the topics at that time."""
        for claim, rows in zip(self._claims, self._rows_of_claims):
            for fault in faults_of(claim.published, rows):
                yield f"a publisher ended with status {claim.status} (everything sent), but {fault}"


def add(rows, raw, headers):
    if raw.topic == FILES:
        rows.events.add(headers.get("ce_type"))
        return
    line = headers.get("ce_fileline", "")
    if line.isdigit():
        rows.lines.add(int(line), int(headers.get("ce_filerows") or 1))


def faults_of(published, rows):
    """Lists the parts of a published file that are not in the topics. The expected rows come from the file's bytes."""
    name, wanted = f"{published.path.name} ({published.file_id[:12]}…)", published.good_lines()
    missing = list(rows.lines.missing_of(wanted))
    if missing:
        numbers = lines.ranges_text(lines.spans_of(missing))
        yield f"{name}: {len(missing)} of {len(wanted)} rows are not in the topic: lines {numbers}"
    for event in ("registry.file.opened", "registry.file.closed"):
        if event not in rows.events:
            yield f"{name}: {event} is not in the topic"


# A publisher's exit status states that the whole file is in the topics below the end offsets `ends`.
Claim = collections.namedtuple("Claim", "published status ends")


def ends_of(brokers, prefix):
    """(topic, partition) -> current end offset, for each input partition."""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": brokers, "group.id": "chaos-ends", "log_level": 0})
    try:
        known, found = consumer.list_topics(timeout=TIMEOUT_S).topics, {}
        for topic in INPUTS:
            for partition in known[prefix + topic].partitions if prefix + topic in known else ():
                where = confluent_kafka.TopicPartition(prefix + topic, partition)
                found[topic, partition] = consumer.get_watermark_offsets(where, timeout=TIMEOUT_S)[1]
        return found
    except confluent_kafka.KafkaException as problem:
        raise OSError(str(problem)) from None
    finally:
        consumer.close()

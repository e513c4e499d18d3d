"""The part of Kafka's protocol that a proxy needs to refuse one request or lose one answer: frames, kinds, topic names.

To have the broker refuse a request, the proxy replaces the topic's name by a name of the same length that does not
exist."""

import re
import struct

PRODUCE, METADATA, CREATE_TOPICS = 0, 3, 19
UNKNOWN_TOPIC_OR_PARTITION, LEADER_NOT_AVAILABLE, NOT_LEADER_OR_FOLLOWER = 3, 5, 6
# From these versions on, strings and arrays are compact: their length plus one, in one byte if they are short.
FLEXIBLE = {PRODUCE: 9, METADATA: 9}


class Frames:
    """Splits a byte stream into frames. An incomplete frame waits for the rest of its bytes."""

    def __init__(self):
        self._data = bytearray()

    def take(self, data):
        self._data += data
        at, found = 0, []
        while len(self._data) >= at + 4:
            end = at + 4 + struct.unpack_from("!i", self._data, at)[0]
            if len(self._data) < end:
                break
            found.append(bytes(self._data[at:end]))
            at = end
        del self._data[:at]
        return found


def kind_of(request):
    """(kind, version, correlation id)"""
    return struct.unpack_from("!hhi", request, 4)


def correlation_of(answer):
    return struct.unpack_from("!i", answer, 4)[0]


def topics_in(frame, prefix, tail=b"v1"):
    """Positions of topic names that begin with the prefix: (start, end, bytes of the length field before it)."""
    for match in re.finditer(re.escape(prefix) + rb"[a-z.\-]+?\." + tail, frame):
        start, end = match.span()
        size = end - start
        if frame[start - 2:start] == struct.pack("!h", size):
            yield start, end, 2
        elif frame[start - 1] == size + 1:
            yield start, end, 1


def renamed(frame, places, tail):
    """The same frame with the last characters of these names replaced."""
    changed = bytearray(frame)
    for _, end, _ in places:
        changed[end - len(tail):end] = tail
    return bytes(changed)


def partition_at(kind, version, frame, end):
    """The position of the first partition number after the topic's name."""
    return end + (1 if version >= FLEXIBLE[kind] else 4)


def partition_of(version, request, end):
    return struct.unpack_from("!i", request, partition_at(PRODUCE, version, request, end))[0]


def with_error(kind, version, answer, place, error):
    """The answer with this error code for the topic's partition (in metadata: for the topic)."""
    start, end, width = place
    at = start - width - 2 if kind == METADATA else partition_at(kind, version, answer, end) + 4
    changed = bytearray(answer)
    struct.pack_into("!h", changed, at, error)
    return bytes(changed)

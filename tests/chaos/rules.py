"""Faults of single requests. The proxies in front of the brokers apply them to requests that name topics of one
prefix."""

import asyncio
import collections
import time

from . import wire

# The longest time for which the refusal of a first request is delayed until the next request is in flight.
WAIT_FOR_NEXT_S = 3
# The most refusals that are delayed at a time. A client allows five requests in flight per connection, and the next
# request must still fit.
HELD_AT_MOST = 2
REFUSED = (wire.NOT_LEADER_OR_FOLLOWER, wire.UNKNOWN_TOPIC_OR_PARTITION)
NO_METADATA = (wire.LEADER_NOT_AVAILABLE, wire.UNKNOWN_TOPIC_OR_PARTITION)


class Cut(OSError):
    """The connection must be reset."""


class Rule:
    """One fault for one prefix. `seconds`: its duration; `waits`: it begins when a topic of the prefix was created.

    first refused     refuses the first Produce of a partition and connection; the answer arrives after the next request
    metadata refused  answers metadata requests with an error of the topic
    metadata silent   never answers metadata requests; all other requests work
    cut               resets each connection that named the prefix, once
    delay             delays requests and answers of such connections by `by` seconds
    slow answers      delays only the answers
    """

    def __init__(self, prefix, harm, seconds, error=0, waits=False, by=0.3):
        self.prefix, self.harm, self.error, self.by = prefix.encode(), harm, error, by
        self._seconds, self._until = seconds, None if waits else time.monotonic() + seconds
        self.cut = set()

    def topics_created(self):
        if self._until is None:
            self._until = time.monotonic() + self._seconds

    def is_on(self):
        return self._until is not None and time.monotonic() < self._until

    def end(self):
        self._until = 0.0


class Rules:
    """The active faults, shared by the proxies of all brokers. The methods may be called from any thread."""

    def __init__(self):
        self._rules, self.counts = (), collections.Counter()

    def begin(self, *arguments, **more):
        rule = Rule(*arguments, **more)
        self._rules += (rule,)
        return rule

    def end(self, rule):
        rule.end()
        self._rules = tuple(each for each in self._rules if each is not rule)

    def heal(self):
        for rule in self._rules:
            self.end(rule)

    def all(self):
        return self._rules

    def filter_for(self, to_client):
        """`to_client`: sends a frame to the client, ahead of other answers."""
        return ConnectionFilter(self, to_client)


class ConnectionFilter:
    """Applies the active faults to the requests and answers of one connection."""

    def __init__(self, rules, to_client):
        self._rules, self._to_client = rules, to_client
        self._requests, self._answers = wire.Frames(), wire.Frames()
        # Correlation id -> (kind, version, rule); prefixes that this client named; partition -> event that is set when
        # its second request arrives.
        self._awaited, self._named, self._seen = {}, set(), {}
        # Correlation ids of delayed refusals, and the tasks that send them.
        self._held, self._tasks = set(), []
        # The rule that left a request of this connection unanswered.
        self._unanswered = None

    async def request(self, data):
        if self._unanswered and not self._unanswered.is_on():
            raise Cut("a client without an answer would wait a minute for it")
        passed = b""
        for frame in self._requests.take(data):
            rules = [rule for rule in self._rules.all() if rule.prefix in frame or rule.prefix in self._named]
            for rule in rules:
                frame = await self._request(rule, frame)
            passed += frame
        return passed

    async def _request(self, rule, frame):
        self._named.add(rule.prefix)
        kind, version, correlation = wire.kind_of(frame)
        if kind == wire.CREATE_TOPICS and rule.prefix in frame:
            self._awaited[correlation] = (kind, version, rule)
        if not rule.is_on():
            return frame
        await self._harm_connection(rule, is_request=True)
        if kind == wire.PRODUCE and rule.harm == "first refused":
            return self._produce(rule, frame, version, correlation)
        if kind == wire.METADATA and rule.harm == "metadata silent" and rule.prefix in frame:
            self._awaited[correlation] = (kind, version, rule)
        if kind == wire.METADATA and rule.harm == "metadata refused":
            return self._to_nowhere(rule, frame, list(wire.topics_in(frame, rule.prefix)), kind, version, correlation)
        return frame

    def _produce(self, rule, frame, version, correlation):
        place = next(wire.topics_in(frame, rule.prefix), None)
        if place is None:
            return frame
        partition = (rule, frame[place[0]:place[1]], wire.partition_of(version, frame, place[1]))
        if partition in self._seen:
            self._seen[partition].set()
            return frame
        self._seen[partition] = asyncio.Event()
        if len(self._held) >= HELD_AT_MOST:
            return frame
        self._held.add(correlation)
        return self._to_nowhere(rule, frame, [place], wire.PRODUCE, version, correlation, self._seen[partition])

    def _to_nowhere(self, rule, frame, places, kind, version, correlation, waits_for=None):
        if not places:
            return frame
        self._awaited[correlation] = (kind, version, rule, waits_for)
        return wire.renamed(frame, places, b"x1")

    async def _harm_connection(self, rule, is_request):
        if rule.harm == "cut" and self not in rule.cut:
            rule.cut.add(self)
            self._rules.counts["cut after creation"] += 1
            raise Cut("cut")
        if rule.harm == "delay" or rule.harm == "slow answers" and not is_request:
            await asyncio.sleep(rule.by)

    async def answer(self, data):
        passed = b""
        for frame in self._answers.take(data):
            for rule in self._rules.all():
                if rule.prefix in self._named and rule.is_on():
                    await self._harm_connection(rule, is_request=False)
            passed += await self._answer(frame)
        return passed

    async def _answer(self, frame):
        kind, version, rule, *waits_for = self._awaited.pop(wire.correlation_of(frame), (None, None, None))
        if kind is None:
            return frame
        if kind == wire.CREATE_TOPICS:
            rule.topics_created()
            return frame
        if rule.harm == "metadata silent":
            self._rules.counts["metadata without an answer"] += 1
            self._unanswered = rule
            return b""
        places = list(wire.topics_in(frame, rule.prefix, b"x1"))
        for place in places if rule.error else ():
            frame = wire.with_error(kind, version, frame, place, rule.error)
        self._rules.counts["metadata refused" if kind == wire.METADATA else "first requests refused"] += len(places)
        frame = wire.renamed(frame, places, b"v1")
        if kind == wire.METADATA:
            return frame
        self._tasks.append(asyncio.ensure_future(self._after_the_next(frame, waits_for[0])))
        return b""

    async def _after_the_next(self, frame, event):
        """Delays a refusal behind the answers of later requests. Clients match answers by correlation id."""
        try:
            await asyncio.wait_for(event.wait(), WAIT_FOR_NEXT_S)
            self._rules.counts["first requests refused with the next under way"] += 1
        except asyncio.TimeoutError:
            pass
        self._held.discard(wire.correlation_of(frame))
        self._to_client(frame)

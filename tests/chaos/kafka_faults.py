"""Faults of single broker requests, and topics that are created during the run."""

import random
import time

from . import rules


class KafkaFaults:
    def first_refused(self, step):
        """Refuses the first Produce of each partition and connection while the next one is in flight."""
        self._while_ruled(step, "first refused", rules.REFUSED[step["number"] % 2])

    def metadata_gone(self, step):
        """Metadata requests report a missing leader or topic, or get no answer. Produce requests succeed meanwhile."""
        if step["number"] % 3 == 0:
            self._while_ruled(step, "metadata silent", 0)
        else:
            self._while_ruled(step, "metadata refused", rules.NO_METADATA[step["number"] % 2])

    def _while_ruled(self, step, harm, error):
        seconds = step["for"] * 2
        rule = self._requests.begin(self._prefix, harm, seconds, error)
        time.sleep(seconds)
        self._requests.end(rule)

    def fresh_topics(self, step):
        self._fresh.run(random.Random(step["number"]).randrange(1 << 30), step["for"])

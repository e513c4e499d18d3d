"""Faults of single requests to brokers, and topics that are made anew amid everything."""

import random
import time

from . import rules


class KafkaFaults:
    def first_refused(self, step):
        """Of each partition and connection the first Produce is refused while the next is under way."""
        self._while_ruled(step, "first refused", rules.REFUSED[step["number"] % 2])

    def metadata_gone(self, step):
        """Brokers say that topics have no leader or are not there, or say nothing, while they take what is produced."""
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

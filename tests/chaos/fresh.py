"""Topics that are created under load: several publishers start at once with the prefix of another installation, a fault
begins just after the topics were created, and then every row is counted."""

import itertools
import random
import threading
import time

import confluent_kafka
from checker.published import Published
from confluent_kafka.admin import AdminClient

from . import counting, files, rules

HARMS = ("first refused", "metadata refused", "metadata silent", "cut", "delay", "slow answers", "first refused")
AT_ONCE = ("persons", "employments", "marriages")
# Published after the others, during the same fault. It has enough rows for several requests in flight per partition.
AFTERWARDS = ("wages",)
MARRIAGES = 200
# For this many seconds a file is published again until a publisher reports that everything was sent.
TIMEOUT_S = 90


class FreshTopics:
    def __init__(self, installation, brokers, requests, evidence, home, seed):
        self._installation, self._brokers, self._requests = installation, brokers, requests
        self._evidence, self._home, self._seed = evidence, home, seed
        self._numbers, self._lock = itertools.count(1), threading.Lock()
        self._over, self._threads = threading.Event(), []
        self.violations, self.counted_files = 0, 0

    def run(self, number, seconds):
        with self._lock:
            turn = next(self._numbers)
            self._threads.append(threading.current_thread())
        prefix, folder = f"fresh-{turn}.", self._home / f"fresh-{turn}"
        chance = random.Random(f"{self._seed}/fresh/{turn}")
        # Every fault is used once before one is repeated.
        harm = HARMS[(turn - 1) % len(HARMS)]
        errors = rules.REFUSED if harm == "first refused" else rules.NO_METADATA if harm == "metadata refused" else (0,)
        # The first requests of every publisher are refused, not only those of the first seconds.
        lasts = TIMEOUT_S if harm == "first refused" else 4 * seconds
        files.generate(self._installation, folder, "1404-08-01", MARRIAGES, number)
        rule = self._requests.begin(
            prefix, harm, lasts, chance.choice(errors), waits=True, by=chance.uniform(0.05, 0.6)
        )
        self._evidence.log("fresh topics are created", prefix=prefix, harm=harm, error=rule.error)
        try:
            self._publish_all(prefix, folder)
        finally:
            self._requests.end(rule)
            self._delete(prefix)

    def _publish_all(self, prefix, folder):
        sent = []
        for kinds in (AT_ONCE, AFTERWARDS):
            threads = [
                threading.Thread(target=self._publish, args=(prefix, kind, folder, sent), daemon=True) for kind in kinds
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self._count(prefix, sent)

    def _publish(self, prefix, kind, folder, sent):
        path, deadline = folder / files.NAMES[kind], time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline and not self._over.is_set():
            # No service ingests this prefix, so there is no receipt to wait for.
            status = self._installation.publish(kind, path, prefix, TIMEOUT_S)
            if status in (0, 3):
                sent.append((Published(kind, path), status))
                return
            self._evidence.count("fresh files published again")
            time.sleep(0.5)
        self._evidence.log("a fresh file could not be sent", kind=kind, prefix=prefix)

    def _count(self, prefix, sent):
        rows = self._rows(prefix)
        for published, status in sent if rows is not None else ():
            self._evidence.count("fresh files counted")
            self.counted_files += 1
            for fault in counting.faults_of(published, rows[published.file_id]):
                self.violations += 1
                self._evidence.log(f"VIOLATION: publish ended with {status}, but {fault}", prefix=prefix)

    def _rows(self, prefix):
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            try:
                return counting.Count(self._brokers, prefix).rows
            except (OSError, confluent_kafka.KafkaException) as problem:
                # Another fault has killed a broker.
                if time.monotonic() > deadline:
                    self._evidence.log("a fresh prefix could not be counted", prefix=prefix, why=str(problem)[:200])
                    return None
                time.sleep(1)

    def _delete(self, prefix):
        """Deletes the topics: their partitions would slow down the rest of the run."""
        admin = AdminClient({"bootstrap.servers": self._brokers, "log_level": 0})
        try:
            names = [name for name in admin.list_topics(timeout=10).topics if name.startswith(prefix)]
            for deleted in (admin.delete_topics(names, request_timeout=10) if names else {}).values():
                deleted.result()
        except confluent_kafka.KafkaException as problem:
            self._evidence.log("topics could not be deleted", to_console=False, prefix=prefix, why=str(problem)[:200])

    def wait(self, seconds):
        """Waits until every started file is counted. Returns false if that takes too long."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def end(self):
        self._over.set()

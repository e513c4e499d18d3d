"""Faults of the brokers and the database."""

import json
import threading
import time

import confluent_kafka
from confluent_kafka.admin import AdminClient


class NodeFaults:
    def kill_broker(self, step):
        self._kill_one(self._stack.brokers[step["number"] % len(self._stack.brokers)], step)

    def _kill_one(self, node, step):
        with node.lock:
            if node.is_up():
                node.do("kill")
                self._evidence.count("kill broker")
                time.sleep(step["for"])
            node.start()

    def kill_leader(self, step):
        """Kills the leader of a partition: of payment documents, insured records or the transaction log."""
        admin = AdminClient({"bootstrap.servers": self._stack.outside, "log_level": 0})
        try:
            topics = admin.list_topics(timeout=5).topics
        except confluent_kafka.KafkaException as problem:
            raise OSError(str(problem)) from None
        names = sorted(
            name
            for name in topics
            if name.endswith(("payment-documents.v1", "insured.records.v1", "__transaction_state"))
        )
        partitions = topics[names[step["number"] % len(names)]].partitions
        leader = partitions[step["number"] % len(partitions)].leader
        if leader > 0:
            self._kill_one(self._stack.brokers[leader - 1], step)

    def kill_controller(self, step):
        """Kills the quorum's leader. It is read from the nodes' files, because the brokers' API does not report it."""
        seen = []
        for node in self._stack.brokers:
            path = node.folder / "data" / "__cluster_metadata-0" / "quorum-state"
            state = json.loads(path.read_text())
            seen.append((state["leaderEpoch"], state["leaderId"]))
        leader = max(seen)[1]
        if leader > 0:
            self._kill_one(self._stack.brokers[leader - 1], step)

    def kill_postgres(self, step):
        self._end_database("kill", step)

    def crash_postgres(self, step):
        self._end_database("immediate", step)

    def _end_database(self, how, step):
        database = self._stack.database
        with database.lock:
            if database.is_up():
                database.do(how)
                self._evidence.count("kill postgres")
                time.sleep(step["for"] / 2)
            database.start()

    def kill_everything(self, step):
        """Kills all brokers, the database and all services at once, then starts them again."""
        nodes = [*self._stack.brokers, self._stack.database]
        nodes = [node for node in nodes if node.is_up()]
        together = [threading.Thread(target=node.do, args=("kill", False)) for node in nodes]
        for thread in together:
            thread.start()
        for service in self._fleet.services:
            service.kill()
        for thread in together:
            thread.join()
        for node in nodes:
            self._evidence.count("kill postgres" if node is self._stack.database else "kill broker")
        time.sleep(step["for"])
        self._start_nodes()
        self._fleet.start()

    def _start_nodes(self):
        starters = [threading.Thread(target=node.start) for node in (*self._stack.brokers, self._stack.database)]
        for starter in starters:
            starter.start()
        for starter in starters:
            starter.join()

    def heal_nodes(self):
        self._stack.ballast.unlink(missing_ok=True)
        self._start_nodes()

"""The faults, each a method that does its harm and mends it; `Faults.run` does them as the plan says."""

import os
import signal
import subprocess
import threading
import time

from . import kafka_faults, nodes, postgres

# A consumer that is silent for longer has lost its partitions, and a relay its lease.
SESSION_S = 6
# Nothing waits for their end.
HARMLESS = ("open transaction", "kill publisher")


class Faults(nodes.NodeFaults, kafka_faults.KafkaFaults):
    def __init__(self, stack, proxies, requests, fresh, fleet, load, watch, evidence):
        """`requests`: the rules of single requests to brokers; `fresh`: topics that are made anew."""
        self._stack, self._proxies, self._fleet, self._load, self._watch, self._evidence = stack, proxies, fleet, load, watch, evidence
        self._requests, self._fresh, self._prefix = requests, fresh, fleet.prefix
        self._active, self._held = [], []

    def run(self, plan, until):
        """Dispatches the plan; what would begin after `until` (a monotonic time) is left out."""
        began = time.monotonic()
        for step in plan:
            time.sleep(max(0.0, began + step["at"] - time.monotonic()))
            if time.monotonic() >= until:
                return
            name = step["fault"]
            self._evidence.count(f"fault {name}")
            self._evidence.tell(name, number=step["number"])
            if name == "kill and stay away":
                # What comes after it comes so much later.
                began -= time.monotonic()
                self.wait()
                self._do(name, step)
                began += time.monotonic()
                continue
            thread = threading.Thread(target=self._do, args=(name, step), name=name, daemon=True)
            thread.start()
            if name not in HARMLESS:
                self._active.append(thread)

    def wait(self):
        for thread in self._active:
            thread.join(120)
        self._active.clear()

    def _do(self, name, step):
        try:
            getattr(self, name.replace(" ", "_").replace("-", "_"))(step)
        except OSError as problem:
            # Another fault came between; the end of the run mends all.
            self._evidence.tell("a fault was cut short", fault=name, why=str(problem)[:300])

    def heal(self):
        """Everything comes up."""
        self._requests.heal()
        for proxy in self._proxies.values():
            proxy.heal()
        self.heal_nodes()
        for connection in self._held:
            connection.close()
        self._fleet.heal()

    def kill(self, step):
        service = self._fleet.one(step["number"])
        if service.kill():
            time.sleep(min(step["for"], 3))
        service.start()

    def kill_all(self, step):
        for service in self._fleet.services:
            service.kill()
        time.sleep(step["for"])
        self._fleet.start()

    def kill_and_stay_away(self, step):
        """Alone, so that the time until all is served again is this kill's."""
        service = self._fleet.one(step["number"])
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            time.sleep(0.5)
            holdings = self._watch.holdings(service.name)
            if all(holdings):
                break
        if service.kill():
            self._watch.killed(service.name, holdings)
            self._watch.wait()
        service.start()

    def kill_publisher(self, step):
        self._load.kill_publisher(step["number"])

    def rebalance(self, step):
        """Processes come and go: some are asked to, some are not."""
        for turn in range(3 + step["number"] % 3):
            service = self._fleet.one(step["number"] + turn)
            if (step["number"] >> turn) % 2:
                service.kill()
            else:
                service.stop()
            time.sleep(step["for"] / 4)
            service.start()
            time.sleep(step["for"] / 4)

    def zombie(self, step):
        service = self._fleet.one(step["number"])
        if service.freeze():
            time.sleep(SESSION_S + 2 + step["for"])
            self._evidence.count("zombies")
        service.thaw()

    def zombie_with_a_twin(self, step):
        """While it is frozen another process takes its name; then it wakes."""
        service = self._fleet.one(step["number"])
        if not service.freeze():
            return
        time.sleep(step["for"] / 4)
        zombie = service.forsake()
        time.sleep(SESSION_S + 2)
        if zombie.poll() is not None:
            return
        zombie.send_signal(signal.SIGCONT)
        self._evidence.count("zombies")
        try:
            status = zombie.wait(20)
            self._evidence.tell("the zombie ended by itself", aloud=False, status=status)
        except subprocess.TimeoutExpired:
            self._evidence.count("zombies that lived on beside their twin")
            zombie.kill()
            zombie.wait()

    def _somewhere(self, step):
        names = sorted(name for name in self._proxies if name.startswith(step["where"]))
        return self._proxies[names[step["number"] % len(names)]]

    def cut(self, step):
        self._weather(step, lambda proxy: proxy.cut())

    def delay(self, step):
        self._weather(step, lambda proxy: proxy.delay(step["for"] / 20))

    def half_open(self, step):
        self._weather(step, lambda proxy: proxy.half_open(step["side"]))

    def silence(self, step):
        """The network grows slow, so that much is under way; then the database's side of every connection vanishes, and nobody
        ever says so. New connections are served."""
        proxy = self._proxies["postgres"]
        proxy.delay(0.05)
        time.sleep(1)
        proxy.half_open("client", for_good=True)
        proxy.heal()

    def _weather(self, step, begin):
        proxy = self._somewhere(step)
        begin(proxy)
        time.sleep(step["for"] * 2)
        proxy.heal()

    def lost_commit(self, step):
        proxy = self._somewhere(step)
        proxy.lose_answers(1 + step["number"] % 4)
        time.sleep(step["for"])
        proxy.lose_answers(0)

    def disk_full(self, step):
        if not self._stack.small_disk:
            self._evidence.tell("SKIPPED: no full disk, since mount is not permitted here")
            return
        ballast = self._stack.ballast
        try:
            with open(ballast, "wb") as file:
                room = os.statvfs(ballast.parent)
                os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize)
        except OSError:
            pass  # as full as it gets
        time.sleep(2 + step["for"])
        ballast.unlink(missing_ok=True)
        self._stack.database.start()

    def connections(self, step):
        """Others take every connection that the server gives."""
        taken = []
        try:
            while True:
                taken.append(postgres.Connection(self._stack.socket))
        except OSError:
            self._evidence.tell("connections are exhausted", aloud=False, taken=len(taken))
        time.sleep(step["for"] * 2)
        for connection in taken:
            connection.close()

    def open_transaction(self, step):
        """Somebody's forgotten transaction: nothing that dies after its snapshot can be vacuumed away."""
        connection = postgres.Connection(self._stack.socket)
        self._held.append(connection)
        connection.query("BEGIN ISOLATION LEVEL REPEATABLE READ")
        connection.query("SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM persons), pg_current_xact_id()")
        time.sleep(10 * step["for"])
        connection.close()

"""The faults. Each is a method that causes a fault and then repairs it. `Faults.run` calls them as the plan states."""

import os
import signal
import subprocess
import threading
import time

from . import kafka_faults, nodes, postgres

# After a longer silence a consumer has lost its partitions, and a relay has lost its lease.
SESSION_S = 6
# The run does not wait for the end of these faults.
HARMLESS = ("open transaction", "kill publisher")


class Faults(nodes.NodeFaults, kafka_faults.KafkaFaults):
    def __init__(self, stack, proxies, requests, fresh, fleet, load, watch, evidence):
        """`requests`: the faults of single broker requests; `fresh`: the topics that are created during the run."""
        self._stack, self._proxies, self._fleet, self._load, self._watch, self._evidence = (
            stack,
            proxies,
            fleet,
            load,
            watch,
            evidence,
        )
        self._requests, self._fresh, self._prefix = requests, fresh, fleet.prefix
        self._active, self._held = [], []

    def run(self, plan, until):
        """Executes the plan. Steps that would begin after `until` (a monotonic time in seconds) are skipped."""
        began = time.monotonic()
        for step in plan:
            time.sleep(max(0.0, began + step["at"] - time.monotonic()))
            if time.monotonic() >= until:
                return
            name = step["fault"]
            self._evidence.count(f"fault {name}")
            self._evidence.log(name, number=step["number"])
            if name == "kill and stay away":
                # This fault runs alone: all later steps are delayed by its duration.
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
            # Another fault interfered. `heal` repairs everything at the end of the run.
            self._evidence.log("a fault was cut short", fault=name, why=str(problem)[:300])

    def heal(self):
        """Ends every fault and starts everything that is down."""
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
        """Kills one service while no other fault runs, so that the measured takeover time belongs to this kill."""
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
        """Stops and starts processes several times: some with SIGTERM, some with SIGKILL."""
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
        """Freezes a service, starts another process under the same instance name, then resumes the frozen one."""
        service = self._fleet.one(step["number"])
        if not service.freeze():
            return
        time.sleep(step["for"] / 4)
        zombie = service.replace_frozen()
        time.sleep(SESSION_S + 2)
        if zombie.poll() is not None:
            return
        zombie.send_signal(signal.SIGCONT)
        self._evidence.count("zombies")
        try:
            status = zombie.wait(20)
            self._evidence.log("the zombie ended by itself", to_console=False, status=status)
        except subprocess.TimeoutExpired:
            self._evidence.count("zombies that outlived the start of their twin")
            zombie.kill()
            zombie.wait()

    def _somewhere(self, step):
        names = sorted(name for name in self._proxies if name.startswith(step["where"]))
        return self._proxies[names[step["number"] % len(names)]]

    def cut(self, step):
        self._network_fault(step, lambda proxy: proxy.cut())

    def delay(self, step):
        self._network_fault(step, lambda proxy: proxy.delay(step["for"] / 20))

    def half_open(self, step):
        self._network_fault(step, lambda proxy: proxy.half_open(step["side"]))

    def silence(self, step):
        """Slows the network down so that much is in flight, then drops the database side of every connection without
        notifying the client, permanently. New connections work."""
        proxy = self._proxies["postgres"]
        proxy.delay(0.05)
        time.sleep(1)
        proxy.half_open("client", permanent=True)
        proxy.heal()

    def _network_fault(self, step, begin):
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
            self._evidence.log("SKIPPED: the disk cannot be filled, because mount is not permitted here")
            return
        ballast = self._stack.ballast
        try:
            with open(ballast, "wb") as file:
                room = os.statvfs(ballast.parent)
                os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize)
        except OSError:
            pass  # the disk is full
        time.sleep(2 + step["for"])
        ballast.unlink(missing_ok=True)
        self._stack.database.start()

    def connections(self, step):
        """Opens connections until the server refuses more."""
        taken = []
        try:
            while True:
                taken.append(postgres.Connection(self._stack.socket))
        except OSError:
            self._evidence.log("connections are exhausted", to_console=False, taken=len(taken))
        time.sleep(step["for"] * 2)
        for connection in taken:
            connection.close()

    def open_transaction(self, step):
        """Keeps a transaction open. Rows that die after its snapshot cannot be vacuumed."""
        connection = postgres.Connection(self._stack.socket)
        self._held.append(connection)
        connection.query("BEGIN ISOLATION LEVEL REPEATABLE READ")
        connection.query("SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM persons), pg_current_xact_id()")
        time.sleep(10 * step["for"])
        connection.close()

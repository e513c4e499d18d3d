"""The `serve` processes and their supervisor, and one-off commands of the same binary."""

import os
import signal
import subprocess
import threading
import time

from . import stack

SECRET = "a secret of the fault runner, never for a payment"
# Small steps, so that a kill meets work half done, and a refused request has others behind it.
SMALL = {"BATCH_EVENTS": "200", "BATCH_WAIT_MS": "20", "CLOSE_PAGE_PERSONS": "100", "RELAY_PAGE_BYTES": "65536", "CLOSE_TIMEOUT_S": "120", "DATABASE_SILENCE_S": "20",
         "KAFKA_PROPERTY_BATCH_NUM_MESSAGES": "10"}
# A publisher has its next request to a partition under way while the first is refused: with batches of ten it had so in few runs.
SMALL_BATCHES = {"PEYVAND_KAFKA_PROPERTY_BATCH_NUM_MESSAGES": "3"}


class Installation:
    """How every process of this run is started."""

    def __init__(self, binary, prefix, today, inside, outside, database_inside, database_outside, copies):
        self.binary, self.prefix, self.today, self.outside = binary, prefix, today, outside
        self._clean = {name: text for name, text in os.environ.items() if not name.startswith("PEYVAND_")}
        self._common = {
            "PEYVAND_TOPIC_PREFIX": prefix, "PEYVAND_INSTALLATION_SECRET": SECRET, "PEYVAND_REPLICATION_FACTOR": str(copies),
            "PEYVAND_LOG": "info",
        } | {f"PEYVAND_{name}": text for name, text in SMALL.items()}
        self._inside = {"PEYVAND_KAFKA_BROKERS": inside, "PEYVAND_DATABASE_URL": database_inside}
        self._outside = {"PEYVAND_KAFKA_BROKERS": outside, "PEYVAND_DATABASE_URL": database_outside}

    def environment(self, through_proxies):
        return self._clean | self._common | {"PEYVAND_TODAY": self.today} | (self._inside if through_proxies else self._outside)

    def publisher_environment(self, through_proxies):
        return self.environment(through_proxies) | (SMALL_BATCHES if through_proxies else {})

    def start(self, arguments, log, through_proxies=False, **more):
        environment = self.environment(through_proxies) | more
        with open(log, "ab") as file:
            return subprocess.Popen([self.binary, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                                    env=environment, cwd=log.parent)

    def run(self, *arguments, timeout=300):
        """To its end; nothing of it goes through a proxy."""
        return subprocess.run([self.binary, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env=self.environment(False), timeout=timeout, check=False)

    def publish(self, kind, path, prefix, patience):
        """Through the proxies, into topics of another prefix, where nobody gives a receipt; the exit status, None where it hung."""
        command = [self.binary, "publish", kind, str(path), "--timeout", "0", "--json"]
        try:
            return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=patience, check=False,
                                  env=self.publisher_environment(True) | {"PEYVAND_TOPIC_PREFIX": prefix}).returncode
        except subprocess.TimeoutExpired:
            return None


class Service:
    """One place in the fleet: a `serve` process that is started again when it ends, unless it is to stay down."""

    def __init__(self, name, installation, evidence):
        self.name, self.log = name, evidence.folder / f"serve-{name}.log"
        self._installation, self._evidence = installation, evidence
        self._port, self._process, self._lock = stack.free_port(), None, threading.RLock()
        self.is_frozen, self.wanted = False, False

    def start(self):
        with self._lock:
            self.wanted = True
            if self.is_running():
                return
            self._process = self._installation.start(
                ["serve", "--instance", self.name, "--http-listen", f"127.0.0.1:{self._port}"], self.log, through_proxies=True)
            self.is_frozen = False

    def is_running(self):
        return self._process is not None and self._process.poll() is None

    def kill(self):
        """kill -9; false where nothing ran. Stays down until `start`."""
        with self._lock:
            self.wanted = False
            if not self.is_running():
                return False
            self._process.kill()
            self._process.wait()
            self._evidence.count("kill serve")
            return True

    def freeze(self):
        with self._lock:
            if self.is_running():
                self._process.send_signal(signal.SIGSTOP)
                self.is_frozen = True
            return self.is_frozen

    def thaw(self):
        with self._lock:
            if self.is_running():
                self._process.send_signal(signal.SIGCONT)
            self.is_frozen = False

    def forsake(self):
        """The frozen process is left aside, and another begins under its name; gives the frozen one."""
        with self._lock:
            zombie, self._process, self.is_frozen = self._process, None, False
            self._port = stack.free_port()  # the frozen one still holds the other
            self.start()
            return zombie

    def stop(self):
        """Asks it to end; its exit status, or None where nothing ran."""
        with self._lock:
            self.wanted = False
            if not self.is_running():
                return None
            self.thaw()
            self._process.terminate()
            try:
                return self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                return self._process.wait()

    def end(self):
        with self._lock:
            self.wanted = False
            if self.is_running():
                self._process.kill()
                self._process.wait()

    def tend(self):
        """One that ended by itself is started again: its supervisor's part."""
        with self._lock:
            if self.wanted and not self.is_running():
                status = self._process.returncode
                self._evidence.count("ended by itself")
                self._evidence.tell("a service ended by itself", service=self.name, status=status)
                self.start()


class Fleet:
    def __init__(self, size, installation, evidence):
        self.services = [Service(f"n{number}", installation, evidence) for number in range(1, size + 1)]
        self.prefix = installation.prefix
        self._ended = threading.Event()
        threading.Thread(target=self._supervise, name="supervisor", daemon=True).start()

    def _supervise(self):
        while not self._ended.wait(0.5):
            for service in self.services:
                service.tend()

    def start(self):
        for service in self.services:
            service.start()

    def heal(self):
        for service in self.services:
            service.thaw()
            service.start()

    def running(self):
        return [service for service in self.services if service.is_running() and not service.is_frozen]

    def stop(self):
        self._ended.set()
        return [service.stop() for service in self.services]

    def end(self):
        """Whatever happened: nothing stays."""
        self._ended.set()
        for service in self.services:
            service.end()

    def one(self, number):
        return self.services[number % len(self.services)]


def pause(event, seconds):
    """Waits, or less where the event comes; was it in time?"""
    deadline = time.monotonic() + seconds
    return not event.wait(max(0.0, deadline - time.monotonic()))

"""The `serve` processes, their supervisor, and one-off commands of the same binary."""

import os
import signal
import subprocess
import threading
import time

from . import stack

SECRET = "a secret of the fault runner, never for a payment"
# Small batches and pages, so that a kill interrupts unfinished work and a refused request has others behind it.
SMALL = {
    "BATCH_EVENTS": "200", "BATCH_WAIT_MS": "20", "CLOSE_PAGE_PERSONS": "100", "RELAY_PAGE_BYTES": "65536",
    "CLOSE_TIMEOUT_S": "120", "DATABASE_SILENCE_S": "20", "KAFKA_PROPERTY_BATCH_NUM_MESSAGES": "10",
}
# With batches of ten, a publisher rarely had its next request to a partition in flight while the first was refused.
SMALL_BATCHES = {"PEYVAND_KAFKA_PROPERTY_BATCH_NUM_MESSAGES": "3"}


class Installation:
    """Starts every process of this run with the same settings."""

    def __init__(self, binary, prefix, today, inside, outside, database_inside, database_outside, copies):
        self.binary, self.prefix, self.today, self.outside = binary, prefix, today, outside
        self._clean = {name: text for name, text in os.environ.items() if not name.startswith("PEYVAND_")}
        self._common = {
            "PEYVAND_TOPIC_PREFIX": prefix,
            "PEYVAND_INSTALLATION_SECRET": SECRET,
            "PEYVAND_REPLICATION_FACTOR": str(copies),
            "PEYVAND_LOG": "info",
        } | {f"PEYVAND_{name}": text for name, text in SMALL.items()}
        self._inside = {"PEYVAND_KAFKA_BROKERS": inside, "PEYVAND_DATABASE_URL": database_inside}
        self._outside = {"PEYVAND_KAFKA_BROKERS": outside, "PEYVAND_DATABASE_URL": database_outside}

    def environment(self, through_proxies):
        return (
            self._clean
            | self._common
            | {"PEYVAND_TODAY": self.today}
            | (self._inside if through_proxies else self._outside)
        )

    def publisher_environment(self, through_proxies):
        return self.environment(through_proxies) | (SMALL_BATCHES if through_proxies else {})

    def start(self, arguments, log, through_proxies=False, **more):
        environment = self.environment(through_proxies) | more
        with open(log, "ab") as file:
            return subprocess.Popen(
                [self.binary, *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env=environment,
                cwd=log.parent,
            )

    def run(self, *arguments, timeout=300):
        """Runs a command to its end, without proxies."""
        return subprocess.run(
            [self.binary, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=self.environment(False),
            timeout=timeout,
            check=False,
        )

    def publish(self, kind, path, prefix, timeout):
        """Publishes through the proxies to topics of another prefix, where no service sends receipts. Returns the exit
        status, or None if the command did not end within `timeout` seconds."""
        command = [self.binary, "publish", kind, str(path), "--timeout", "0", "--json"]
        try:
            return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False,
                                  env=self.publisher_environment(True) | {"PEYVAND_TOPIC_PREFIX": prefix}).returncode
        except subprocess.TimeoutExpired:
            return None


class Service:
    """One `serve` process. The supervisor starts it again when it ends, unless it was stopped on purpose."""

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
                ["serve", "--instance", self.name, "--http-listen", f"127.0.0.1:{self._port}"],
                self.log,
                through_proxies=True,
            )
            self.is_frozen = False

    def is_running(self):
        return self._process is not None and self._process.poll() is None

    def kill(self):
        """Sends SIGKILL. Returns false if no process ran. The service stays down until `start`."""
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

    def replace_frozen(self):
        """Starts another process under the name of the frozen one. Returns the frozen process."""
        with self._lock:
            zombie, self._process, self.is_frozen = self._process, None, False
            self._port = stack.free_port()  # the frozen process still holds the old port
            self.start()
            return zombie

    def stop(self):
        """Sends SIGTERM. Returns the exit status, or None if no process ran."""
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

    def restart_if_ended(self):
        """Starts the process again if it ended by itself, as a supervisor does."""
        with self._lock:
            if self.wanted and not self.is_running():
                status = self._process.returncode
                self._evidence.count("ended by itself")
                self._evidence.log("a service ended by itself", service=self.name, status=status)
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
                service.restart_if_ended()

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
        """Kills every process, in any state."""
        self._ended.set()
        for service in self.services:
            service.end()

    def one(self, number):
        return self.services[number % len(self.services)]


def pause(event, seconds):
    """Waits for the event for at most `seconds`. Returns whether the full time passed without it."""
    deadline = time.monotonic() + seconds
    return not event.wait(max(0.0, deadline - time.monotonic()))

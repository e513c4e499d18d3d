"""A private broker (or three) and a database, each node of which can be killed, and comes back with its data."""

import base64
import os
import pathlib
import pwd
import random
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOCAL = ROOT / "deploy" / "local"

# What a production broker has: the private stack of the tests is more impatient.
DEFAULTS = """
group.initial.rebalance.delay.ms=3000
transaction.abort.timed.out.transaction.cleanup.interval.ms=10000
broker.heartbeat.interval.ms=2000
"""
REPLICATED = """
default.replication.factor=3
min.insync.replicas=2
offsets.topic.replication.factor=3
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
share.coordinator.state.topic.replication.factor=3
share.coordinator.state.topic.min.isr=2
"""
DATABASE_MEGABYTES = 2000


def free_port():
    """Below the kernel's own range, so that no outgoing connection takes it while a node is down."""
    while True:
        port = random.SystemRandom().randrange(20000, 32000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port


class Node:
    """One process of the stack; `node` of deploy/local starts and ends it."""

    def __init__(self, kind, folder, more=()):
        self.kind, self.folder, self.lock = kind, folder, threading.RLock()
        self._environment = os.environ | dict(more)

    def do(self, what, check=True):
        command = [LOCAL / "node", self.kind, self.folder, what]
        done = subprocess.run(command, capture_output=True, text=True, env=self._environment, stdin=subprocess.DEVNULL, check=False)
        if check and done.returncode:
            raise OSError(f"{self.kind} {what}: {done.stderr.strip()[-2000:]}")
        return done.returncode == 0

    def is_up(self):
        try:
            pid, began = (self.folder / "pid").read_text().split()
            return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[19] == began
        except (OSError, ValueError, IndexError):
            return False

    def start(self, patience=60):
        """Also where the one before has not let go of its port or its memory yet."""
        deadline = time.monotonic() + patience
        with self.lock:
            while not self.is_up():
                if self.do("start", check=time.monotonic() > deadline):
                    return
                time.sleep(0.5)


class Stack:
    def __init__(self, brokers):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="peyvand-chaos."))
        self.home.chmod(0o711)  # the database's own user passes through
        self.database = Node("postgres", self.home / "postgres")
        cluster = {"KAFKA_CLUSTER_ID": base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=").replace("-", "a")}
        self.brokers = [Node("kafka", self.home / f"kafka-{number}", cluster) for number in range(1, brokers + 1)]
        # Of each broker: where outsiders knock, where the proxy reaches it, the controller, and where the service knocks.
        self.ports = [[free_port() for _ in range(4)] for _ in self.brokers]
        self.small_disk = False

    @property
    def outside(self):
        """The brokers' addresses for all that no fault of the network shall meet."""
        return ",".join(f"127.0.0.1:{ports[0]}" for ports in self.ports)

    @property
    def socket(self):
        return pathlib.Path((self.database.folder / "socket").read_text().strip())

    @property
    def database_url(self):
        return f"postgres://peyvand@localhost/peyvand?host={self.socket}"

    @property
    def ballast(self):
        """What fills the database's disk."""
        return self.database.folder / "data" / "ballast"

    def start(self):
        for number, node in enumerate(self.brokers, 1):
            node.folder.mkdir()
            (node.folder / "server.properties").write_text(self._properties(number))
        self._mount()
        starters = [threading.Thread(target=node.start) for node in (*self.brokers, self.database)]
        for starter in starters:
            starter.start()
        for starter in starters:
            starter.join()
        down = [node.folder.name for node in (*self.brokers, self.database) if not node.is_up()]
        if down:
            raise OSError(f"did not come up: {', '.join(down)}")

    def _properties(self, number):
        outside, inside, controller, door = self.ports[number - 1]
        voters = ",".join(f"{n}@127.0.0.1:{ports[2]}" for n, ports in enumerate(self.ports, 1))
        template = (LOCAL / "server.properties").read_text()
        for word, text in (("@PORT@", outside), ("@CONTROLLER_PORT@", controller), ("@DATA@", self.brokers[number - 1].folder / "data")):
            template = template.replace(word, str(text))
        return template + DEFAULTS + (REPLICATED if len(self.brokers) > 1 else "") + f"""
node.id={number}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{outside},PROXIED://127.0.0.1:{inside},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{outside},PROXIED://127.0.0.1:{door}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT
"""

    def _mount(self):
        """The database's disk is a small one of its own, where that is allowed."""
        data = self.database.folder / "data"
        data.mkdir(parents=True)
        self.database.folder.chmod(0o711)
        owner = pwd.getpwnam("postgres") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        options = f"size={DATABASE_MEGABYTES}m,mode=700,uid={owner.pw_uid},gid={owner.pw_gid}"
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", data], capture_output=True, text=True, check=False)
        self.small_disk = done.returncode == 0
        if not self.small_disk:
            data.rmdir()  # `node` finds a place that the database may enter
            print(f"chaos: SKIPPED: no full disk, since mount is not permitted here ({done.stderr.strip()})", flush=True)

    def keep_logs(self, folder):
        for node in self.brokers:
            shutil.copy(node.folder / "broker.log", folder / f"{node.folder.name}.log")
        log = (self.database.folder / "data" / "server.log")
        if log.exists():
            shutil.copy(log, folder / "postgres.log")

    def erase(self):
        for node in self.brokers:
            node.do("kill", check=False)
        self.database.do("erase", check=False)
        if self.small_disk:
            subprocess.run(["umount", "--lazy", self.database.folder / "data"], capture_output=True, check=False)
        shutil.rmtree(self.home, ignore_errors=True)

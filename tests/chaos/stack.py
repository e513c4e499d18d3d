"""A private stack: one or three brokers and a database. Each node can be killed and restarted with its data."""

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

# Kafka's defaults, as in production. The private stack of the other tests uses shorter times.
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
    """A free port below the kernel's ephemeral range, so that no outgoing connection takes it while a node is down."""
    while True:
        port = random.SystemRandom().randrange(20000, 32000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port


class Node:
    """One process of the stack. The script deploy/local/node starts and ends it."""

    def __init__(self, kind, folder, more=()):
        self.kind, self.folder, self.lock = kind, folder, threading.RLock()
        self._environment = os.environ | dict(more)

    def do(self, what, check=True):
        command = [LOCAL / "node", self.kind, self.folder, what]
        done = subprocess.run(
            command, capture_output=True, text=True, env=self._environment, stdin=subprocess.DEVNULL, check=False
        )
        if check and done.returncode:
            raise OSError(f"{self.kind} {what}: {done.stderr.strip()[-2000:]}")
        return done.returncode == 0

    def is_up(self):
        try:
            pid, began = (self.folder / "pid").read_text().split()
            return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[19] == began
        except (OSError, ValueError, IndexError):
            return False

    def start(self, timeout=60):
        """Retries, because the previous process may not have released its port or memory yet."""
        deadline = time.monotonic() + timeout
        with self.lock:
            while not self.is_up():
                if self.do("start", check=time.monotonic() > deadline):
                    return
                time.sleep(0.5)


class Stack:
    def __init__(self, brokers):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="peyvand-chaos."))
        self.home.chmod(0o711)  # the database's user must be able to enter
        self.database = Node("postgres", self.home / "postgres")
        cluster = {
            "KAFKA_CLUSTER_ID": base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=").replace("-", "a")
        }
        self.brokers = [Node("kafka", self.home / f"kafka-{number}", cluster) for number in range(1, brokers + 1)]
        # Ports of each broker: direct, behind the proxy, controller, and the proxy's own port for the services.
        self.ports = [[free_port() for _ in range(4)] for _ in self.brokers]
        self.small_disk = False

    @property
    def outside(self):
        """The brokers' direct addresses, for clients that network faults must not affect."""
        return ",".join(f"127.0.0.1:{ports[0]}" for ports in self.ports)

    @property
    def socket(self):
        return pathlib.Path((self.database.folder / "socket").read_text().strip())

    @property
    def database_url(self):
        return f"postgres://peyvand@localhost/peyvand?host={self.socket}"

    @property
    def ballast(self):
        """The file that fills the database's disk."""
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
            raise OSError(f"did not start: {', '.join(down)}")

    def _properties(self, number):
        outside, inside, controller, door = self.ports[number - 1]
        voters = ",".join(f"{n}@127.0.0.1:{ports[2]}" for n, ports in enumerate(self.ports, 1))
        template = (LOCAL / "server.properties").read_text()
        for word, text in (
            ("@PORT@", outside),
            ("@CONTROLLER_PORT@", controller),
            ("@DATA@", self.brokers[number - 1].folder / "data"),
        ):
            template = template.replace(word, str(text))
        return template + DEFAULTS + (REPLICATED if len(self.brokers) > 1 else "") + f"""
node.id={number}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{outside},PROXIED://127.0.0.1:{inside},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{outside},PROXIED://127.0.0.1:{door}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT
"""

    def _mount(self):
        """Mounts a small separate disk for the database, if mount is permitted."""
        data = self.database.folder / "data"
        data.mkdir(parents=True)
        self.database.folder.chmod(0o711)
        owner = pwd.getpwnam("postgres") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        options = f"size={DATABASE_MEGABYTES}m,mode=700,uid={owner.pw_uid},gid={owner.pw_gid}"
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", data], capture_output=True, text=True, check=False
        )
        self.small_disk = done.returncode == 0
        if not self.small_disk:
            data.rmdir()  # `node` chooses a folder that the database's user can enter
            print(
                "chaos: SKIPPED: the disk cannot be filled, because mount is not permitted here "
                f"({done.stderr.strip()})",
                flush=True,
            )

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

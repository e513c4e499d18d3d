"""The load: generated months are published file by file during the faults, and their rows are corrected repeatedly."""

import queue
import random
import subprocess
import threading
import time

from checker.published import Published

from . import counting, files

# The days on which generated months are sent, newest first. Each month has its own persons.
DAYS = [
    f"{year}-{month:02}-01"
    for year in (1404, 1403, 1402, 1401)
    for month in range(12, 0, -1)
    if (year, month) <= (1404, 8)
]
TIMEOUT_S = 40
# Exit statuses of `publish` that state that everything was sent. 3: the receipt did not arrive in time.
SENT = (0, 3)


class Load:
    """A queue of waves (one generated month each). Publishers take waves from it until the time is over."""

    def __init__(self, installation, evidence, home, seed, wave_marriages, pace=0.0):
        """`pace`: the least number of seconds between the starts of two waves."""
        self._installation, self._evidence, self._home = installation, evidence, home
        self._seed, self._marriages, self._pace = seed, wave_marriages, pace
        self._waves, self._finishing = queue.Queue(), threading.Event()
        self._threads, self._lock = [], threading.Lock()
        self.published = []  # folders whose files were all received
        # Path -> kind of every received file; and the claims of publishers about files without a receipt so far.
        self.received, self.claims = {}, []
        # Returns the persons whose payments finance returned since the last call. The runner sets it.
        self.returned = set
        self._running, self._numbers = set(), iter(range(1, 1 << 30))
        for number in range(len(DAYS)):
            self._waves.put(number)

    def start(self, publishers):
        self._began = time.monotonic()
        for number in range(publishers):
            self._spawn(self._publish_waves, number)
        self._spawn(self._correct)
        self._spawn(self._replay_dead_letters)

    def _spawn(self, work, *arguments):
        thread = threading.Thread(target=work, args=arguments, name=work.__name__, daemon=True)
        self._threads.append(thread)
        thread.start()

    def finish(self):
        """Starts no new wave. Publishers continue until every started file has its receipt."""
        self._finishing.set()

    def wait(self, timeout):
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _publish_waves(self, publisher):
        while not self._finishing.is_set():
            try:
                number = self._waves.get_nowait()
            except queue.Empty:
                return
            if self._finishing.wait(max(0.0, self._began + number * self._pace - time.monotonic())):
                return
            chance = random.Random(f"{self._seed}/wave/{number}")
            folder = self._home / f"wave-{number}"
            files.generate(self._installation, folder, DAYS[number], self._marriages, self._seed)
            # Both inputs are published at the same time, so their order at the broker is random.
            together, begun = ("marriages", "self-registrations"), []
            for kind in chance.choice(files.ORDERS):
                path = folder / files.NAMES[kind]
                twice = chance.random() < 0.4
                if kind in together:
                    begun.append(self._spawn_publish(kind, path, twice))
                else:
                    self.publish(kind, path, twice)
            for thread in begun:
                thread.join()
            with self._lock:
                self.published.append(folder)
            self._evidence.log("a wave was received", publisher=publisher, wave=number, month_before=DAYS[number])

    def _spawn_publish(self, kind, path, twice):
        thread = threading.Thread(target=self.publish, args=(kind, path, twice), daemon=True)
        thread.start()
        return thread

    def publish(self, kind, path, twice=False):
        """Publishes a file until its receipt arrives. With `twice`, two publishers send it at the same time."""
        if twice:
            self._evidence.count("published twice at once")
            other = self._spawn_publish(kind, path, False)
            self.publish(kind, path)
            other.join()
            return
        # Half of the files pass through the proxies, so network faults affect publishers too.
        through_proxies = random.Random(f"{self._seed}/{path.name}/{path.parent.name}").random() < 0.5
        while True:
            status, output = self._run(
                "publish", kind, path, "--timeout", TIMEOUT_S, "--json", through_proxies=through_proxies
            )
            if status == 0 and '"accepted"' in output:
                self._evidence.count("files received")
                with self._lock:
                    self.received[path] = kind
                return
            if status in SENT:
                self._note_claim(Published(kind, path), status)
            self._evidence.count("published again")
            time.sleep(0.2)

    def _note_claim(self, published, status):
        """Records that a publisher without a receipt reported everything as sent: all rows must then be below the
        current end offsets, even if the file is sent again later."""
        self._evidence.count("files sent, and no receipt yet")
        try:
            ends = counting.ends_of(self._installation.outside, self._installation.prefix)
        except OSError:
            return  # a broker is down
        with self._lock:
            self.claims.append(counting.Claim(published, status, ends))

    def _run(self, *arguments, through_proxies=False):
        """Runs a command to its end. A fault may kill it."""
        with self._lock:
            process = subprocess.Popen(
                [self._installation.binary, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, text=True, env=self._installation.publisher_environment(through_proxies))
            self._running.add(process)
        output, _ = process.communicate()
        with self._lock:
            self._running.discard(process)
        return process.returncode, output

    def kill_publisher(self, number):
        """Kills one running publisher (SIGKILL). The thread that waits for the file publishes it again."""
        with self._lock:
            running = [process for process in self._running if process.poll() is None]
            if running:
                running[number % len(running)].kill()
                self._evidence.count("kill publish")
        return bool(running)

    def _correct(self):
        """Publishes corrections of received waves, before, during and after their payment."""
        chance, version = random.Random(f"{self._seed}/corrections"), 3
        while not self._finishing.wait(chance.uniform(2, 6)):
            with self._lock:
                folder = chance.choice(self.published) if self.published else None
            if folder is None:
                continue
            path = folder / f"correction-{next(self._numbers)}.csv"
            if chance.random() < 0.5:
                self.publish(
                    "marriages", files.corrected_marriages(folder, path, chance, version), chance.random() < 0.2
                )
            else:
                self.publish("persons", files.corrected_persons(folder, path, chance))
            version += 1
            if chance.random() < 0.3:
                self._new_accounts(self.returned())

    def _replay_dead_letters(self):
        """Replays the dead letters during the load, as an operator would. They are still unreadable and become dead
        letters again."""
        chance = random.Random(f"{self._seed}/replays")
        while not self._finishing.wait(chance.uniform(20, 60)):
            status, output = self._run("dead-letters", "replay", "--json")
            self._evidence.count("replays of dead letters" if status == 0 else "interrupted replays of dead letters")
            self._evidence.log("dead letters were replayed", to_console=False, status=status, told=output[:200])

    def _new_accounts(self, codes):
        """Publishes another account for persons whose payments were returned."""
        for folder in list(self.published) if codes else ():
            path = folder / f"accounts-{next(self._numbers)}.csv"
            chance = random.Random(f"{self._seed}/{path.name}")
            if files.rows(files.corrected_persons(folder, path, chance, codes))[1]:
                self.publish("persons", path)

    def end(self):
        with self._lock:
            self._finishing.set()
            for process in self._running:
                process.kill()

"""The load: months of the country published file by file while everything breaks, and corrected again and again."""

import queue
import random
import subprocess
import threading
import time

from checker.published import Published

from . import counting, files

# The registry's months, newest first: other months are other people.
DAYS = [f"{year}-{month:02}-01" for year in (1404, 1403, 1402, 1401) for month in range(12, 0, -1) if (year, month) <= (1404, 8)]
PATIENCE_S = 40
# Exit statuses of `publish` by which everything was sent: 3 where the receipt has not come in time.
SENT = (0, 3)


class Load:
    """Waves wait in a queue; publishers take one after the other until the time is over."""

    def __init__(self, installation, evidence, home, seed, wave_marriages, pace=0.0):
        """Waves begin at least `pace` seconds apart."""
        self._installation, self._evidence, self._home = installation, evidence, home
        self._seed, self._marriages, self._pace = seed, wave_marriages, pace
        self._waves, self._finishing = queue.Queue(), threading.Event()
        self._threads, self._lock = [], threading.Lock()
        self.published = []  # folders whose first files are in
        # Every file that was received, once; and what publishers said of files whose receipts had not come yet.
        self.received, self.claims = {}, []
        # Whose payment came back since it was last asked: finance knows.
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
        """No new wave; what was begun is published to its receipts."""
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
            # Both inputs at one instant, in whatever order the broker gets them.
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
            self._evidence.tell("a wave is in", publisher=publisher, wave=number, month_before=DAYS[number])

    def _spawn_publish(self, kind, path, twice):
        thread = threading.Thread(target=self.publish, args=(kind, path, twice), daemon=True)
        thread.start()
        return thread

    def publish(self, kind, path, twice=False):
        """Until its receipt comes; `twice` at once by two publishers."""
        if twice:
            self._evidence.count("published twice at once")
            other = self._spawn_publish(kind, path, False)
            self.publish(kind, path)
            other.join()
            return
        # The half of them through proxies: what breaks there breaks for publishers, too.
        through_proxies = random.Random(f"{self._seed}/{path.name}/{path.parent.name}").random() < 0.5
        while True:
            status, told = self._run("publish", kind, path, "--timeout", PATIENCE_S, "--json", through_proxies=through_proxies)
            if status == 0 and '"accepted"' in told:
                self._evidence.count("files received")
                with self._lock:
                    self.received[path] = kind
                return
            if status in SENT:
                self._note_claim(Published(kind, path), status)
            self._evidence.count("published again")
            time.sleep(0.2)

    def _note_claim(self, published, status):
        """No receipt yet, but by its word everything lies in the topics: then it lies before their ends of now, whoever sends it again."""
        self._evidence.count("files sent, and no receipt yet")
        try:
            ends = counting.ends_of(self._installation.outside, self._installation.prefix)
        except OSError:
            return  # a broker is down
        with self._lock:
            self.claims.append(counting.Claim(published, status, ends))

    def _run(self, *arguments, through_proxies=False):
        """A command to its end, which may be a kill's."""
        with self._lock:
            process = subprocess.Popen(
                [self._installation.binary, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, text=True, env=self._installation.publisher_environment(through_proxies))
            self._running.add(process)
        told, _ = process.communicate()
        with self._lock:
            self._running.discard(process)
        return process.returncode, told

    def kill_publisher(self, number):
        """kill -9 of one of the commands that are sending; a file is begun again by whoever waits for it."""
        with self._lock:
            running = [process for process in self._running if process.poll() is None]
            if running:
                running[number % len(running)].kill()
                self._evidence.count("kill publish")
        return bool(running)

    def _correct(self):
        """Corrections before, during and after payment: whenever a wave is in, some of its rows are others."""
        chance, version = random.Random(f"{self._seed}/corrections"), 3
        while not self._finishing.wait(chance.uniform(2, 6)):
            with self._lock:
                folder = chance.choice(self.published) if self.published else None
            if folder is None:
                continue
            path = folder / f"correction-{next(self._numbers)}.csv"
            if chance.random() < 0.5:
                self.publish("marriages", files.corrected_marriages(folder, path, chance, version), chance.random() < 0.2)
            else:
                self.publish("persons", files.corrected_persons(folder, path, chance))
            version += 1
            if chance.random() < 0.3:
                self._new_accounts(self.returned())

    def _replay_dead_letters(self):
        """An operator sends again what could not be read, amid everything: it still cannot, and comes back."""
        chance = random.Random(f"{self._seed}/replays")
        while not self._finishing.wait(chance.uniform(20, 60)):
            status, told = self._run("dead-letters", "replay", "--json")
            self._evidence.count("replays of dead letters" if status == 0 else "replays of dead letters broken off")
            self._evidence.tell("dead letters are sent again", aloud=False, status=status, told=told[:200])

    def _new_accounts(self, codes):
        """Persons whose payment came back give another account."""
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

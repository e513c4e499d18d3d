"""Moves the business date past the ends of months during the load. Each close is killed several times between its
pages, then run by two processes at once."""

import math
import random
import threading
import time

from . import postgres

# (business date, the month that ended before it)
TURNS = (("1404-08-01", "1404-07"), ("1404-09-01", "1404-08"), ("1404-10-01", "1404-09"), ("1404-11-01", "1404-10"))


class Closer(threading.Thread):
    """Closes one month after the other, evenly spread over the load. The last month is left for the end of the run."""

    def __init__(self, installation, fleet, stack, evidence, seed, load_seconds, turns):
        super().__init__(name="closer", daemon=True)
        self._installation, self._fleet, self._stack, self._evidence = installation, fleet, stack, evidence
        self._chance, self._pause = random.Random(f"{seed}/closes"), load_seconds / (turns + 1)
        self._turns, self._ended, self._commands = TURNS[:turns], threading.Event(), []
        self._deadline = math.inf

    def run(self):
        for day, month in self._turns:
            if self._ended.wait(self._pause):
                return
            self.move_to(day)
            if month != TURNS[0][1]:
                # Time for the automatic close, which runs if the variance check allows it.
                self._ended.wait(self._chance.uniform(2, 10))
            self.kill_at_pages(month)
            self.close(month)

    def finish(self, seconds=240):
        """Closes all remaining months after the faults have ended. Returns false if that takes too long."""
        self._deadline = time.monotonic() + seconds
        for day, month in TURNS:
            if not self._is_closed(month):
                self.move_to(day)
                self.close(month)
        return all(self._is_closed(month) for _, month in TURNS)

    def move_to(self, day):
        """Restarts the processes one after the other with the new business date. Until the last restart two dates are
        in use."""
        if self._installation.today == day:
            return
        self._installation.today = day
        self._evidence.log("the business date", today=day)
        for service in self._fleet.services:
            if self._ended.wait(self._chance.uniform(0.5, 2)):
                return
            if service.kill():
                service.start()

    def kill_at_pages(self, month):
        """Starts the close several times and kills it each time after a page or two."""
        for _ in range(self._chance.randrange(5, 10)):
            if self._ended.is_set() or self._is_closed(month):
                return
            before, process = self._cursor(month), self._begin(month)
            deadline = time.monotonic() + 30
            while process.poll() is None and time.monotonic() < deadline and self._cursor(month) == before:
                time.sleep(0.01)
            time.sleep(self._chance.uniform(0, 0.1))
            if process.poll() is None:
                process.kill()
                self._evidence.count("kill close")
                self._evidence.log("a close was killed", to_console=False, month=month, page_after=before)
            process.wait()

    def close(self, month):
        """Runs two closes at once and repeats until the month is closed."""
        while not self._ended.is_set() and time.monotonic() < self._deadline:
            both = [self._begin(month), self._begin(month)]
            statuses = [process.wait() for process in both]
            if self._is_closed(month):
                self._evidence.log("a month is closed", month=month, two_at_once=statuses)
                return
            self._ended.wait(1)

    def _begin(self, month):
        log = self._evidence.folder / f"close-{month}.log"
        process = self._installation.start(
            ["close-month", month, "--confirm", "--timeout", "60"], log, through_proxies=self._chance.random() < 0.7)
        self._commands.append(process)
        return process

    def _ask(self, sql):
        try:
            return postgres.ask(self._stack.socket, sql)
        except OSError:
            return []

    def _cursor(self, month):
        found = self._ask(f"SELECT cursor FROM closes WHERE month = '{month}'")
        return found[0][0] if found else None

    def _is_closed(self, month):
        return bool(self._ask(f"SELECT 1 FROM closes WHERE month = '{month}' AND closed_at IS NOT NULL"))

    def end(self):
        """Starts no further close and kills running ones. The next close continues where they stopped."""
        self._ended.set()
        for process in self._commands:
            if process.poll() is None:
                process.kill()
        self.join()

"""Measures how soon other processes take over the work of a killed one. Relay shards are read from the database, input
partitions from the group coordinator."""

import threading
import time

from . import members, postgres

GROUPS = """
    SELECT grp, CASE WHEN until > now() THEN owner END, delivered, next_position - 1
    FROM relay_groups JOIN outbox_heads USING (grp)
"""
TIMEOUT_S = 60


class Watch:
    """Reads which process owns which work. `killed` starts a measurement in a separate thread."""

    def __init__(self, stack, prefix, evidence):
        self._stack, self._group, self._evidence = stack, f"{prefix}peyvand-intake", evidence
        self.took, self._threads = {"relay": [], "intake": []}, []

    def _disturbances(self):
        """The number of other disturbances. A measurement during which it changes is not clean."""
        return sum(
            n
            for what, n in self._evidence.counts.items()
            if what.startswith(("fault ", "kill serve", "kill broker", "kill postgres", "ended "))
        )

    def holdings(self, name):
        """(relay shards, input partitions) of a service."""
        groups = {row[0]: row for row in self._groups() or () if row[1] == name}
        partitions = (self._members() or {}).get(name, set())
        return groups, partitions

    def record_owners(self):
        """Writes the owners and the next offsets of all input partitions, as evidence for the cause of a stall."""
        who = {name: sorted(places) for name, places in (self._members() or {}).items()}
        places = postgres.ask(
            self._stack.socket, "SELECT topic, partition, next_offset FROM input_offsets ORDER BY 1, 2"
        )
        self._evidence.write("standstill.json", {"members": who, "input_offsets": places, "relay": self._groups()})

    def killed(self, name, holdings):
        """Measures the time until other processes own everything that the killed one had, and make progress on it."""
        began = time.monotonic()
        for kind, has, is_served in (("relay", holdings[0], self._relays), ("intake", holdings[1], self._reads)):
            if has:
                thread = threading.Thread(
                    target=self._measure, args=(kind, name, has, is_served, began, self._disturbances()), daemon=True
                )
                self._threads.append(thread)
                thread.start()

    def wait(self):
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _measure(self, kind, name, has, is_served, began, disturbed):
        while time.monotonic() < began + TIMEOUT_S:
            if is_served(name, has):
                took = round(time.monotonic() - began, 2)
                is_clean = disturbed == self._disturbances()
                self._evidence.log("served again", to_console=False, kind=kind, of=name, s=took, clean=is_clean)
                if is_clean:
                    self.took[kind].append(took)
                return
            time.sleep(0.1)
        self._evidence.log("NOT served again", kind=kind, of=name, s=TIMEOUT_S, clean=disturbed == self._disturbances())
        if disturbed == self._disturbances():
            self.took[kind].append(TIMEOUT_S)

    def _relays(self, name, has):
        """Another process holds the lease of each shard, and has delivered everything or more than the killed one
        had."""
        now = {row[0]: row for row in self._groups() or ()}
        return all(
            group in now
            and now[group][1] not in (None, name)
            and (int(now[group][2]) > int(before[2]) or now[group][2] == now[group][3])
            for group, before in has.items()
        )

    def _reads(self, name, has):
        now = self._members()
        return now is not None and has <= {
            place for member, places in now.items() if member != name for place in places
        }

    def _groups(self):
        try:
            return postgres.ask(self._stack.socket, GROUPS)
        except OSError:
            return None

    def _members(self):
        return members.of(self._stack.outside, self._group)

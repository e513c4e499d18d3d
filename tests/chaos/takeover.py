"""How soon what a killed process had is served again: relay groups by the database, input partitions by the group's coordinator."""

import threading
import time

from . import members, postgres

GROUPS = """
    SELECT grp, CASE WHEN until > now() THEN owner END, delivered, next_position - 1 FROM relay_groups JOIN outbox_heads USING (grp)
"""
GIVE_UP_S = 60


class Watch:
    """Looks at who has what; `killed` begins a measurement that a thread of its own ends."""

    def __init__(self, stack, prefix, evidence):
        self._stack, self._group, self._evidence = stack, f"{prefix}peyvand-intake", evidence
        self.took, self._threads = {"relay": [], "intake": []}, []

    def _disturbances(self):
        """What else was done: a measurement that it fell into would be its doing, too."""
        return sum(n for what, n in self._evidence.counts.items() if what.startswith(("fault ", "kill serve", "kill broker", "kill postgres", "ended ")))

    def holdings(self, name):
        """(relay groups, input partitions) of a service."""
        groups = {row[0]: row for row in self._groups() or () if row[1] == name}
        partitions = (self._members() or {}).get(name, set())
        return groups, partitions

    def tell_all(self):
        """Who has which input partitions, and where each stands: for whoever looks for the cause of a standstill."""
        who = {name: sorted(places) for name, places in (self._members() or {}).items()}
        places = postgres.ask(self._stack.socket, "SELECT topic, partition, next_offset FROM input_offsets ORDER BY 1, 2")
        self._evidence.write("standstill.json", {"members": who, "input_offsets": places, "relay": self._groups()})

    def killed(self, name, holdings):
        """It stays down: when does everything that it had belong to another, and move on?"""
        began = time.monotonic()
        for kind, has, is_served in (("relay", holdings[0], self._relays), ("intake", holdings[1], self._reads)):
            if has:
                thread = threading.Thread(target=self._measure, args=(kind, name, has, is_served, began, self._disturbances()), daemon=True)
                self._threads.append(thread)
                thread.start()

    def wait(self):
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _measure(self, kind, name, has, is_served, began, disturbed):
        while time.monotonic() < began + GIVE_UP_S:
            if is_served(name, has):
                took = round(time.monotonic() - began, 2)
                is_clean = disturbed == self._disturbances()
                self._evidence.tell("served again", aloud=False, kind=kind, of=name, s=took, clean=is_clean)
                if is_clean:
                    self.took[kind].append(took)
                return
            time.sleep(0.1)
        self._evidence.tell("NOT served again", kind=kind, of=name, s=GIVE_UP_S, clean=disturbed == self._disturbances())
        if disturbed == self._disturbances():
            self.took[kind].append(GIVE_UP_S)

    def _relays(self, name, has):
        """Another's lease, and it has delivered what was waiting, or more than the dead one had."""
        now = {row[0]: row for row in self._groups() or ()}
        return all(
            group in now and now[group][1] not in (None, name) and (int(now[group][2]) > int(before[2]) or now[group][2] == now[group][3])
            for group, before in has.items())

    def _reads(self, name, has):
        now = self._members()
        return now is not None and has <= {place for member, places in now.items() if member != name for place in places}

    def _groups(self):
        try:
            return postgres.ask(self._stack.socket, GROUPS)
        except OSError:
            return None

    def _members(self):
        return members.of(self._stack.outside, self._group)

"""A transaction that stays open during the whole run. Rows that die after its snapshot cannot be vacuumed. Measures
whether the outbox gets dead rows and whether delivery stalls."""

import threading
import time

from . import postgres

EVERY_S = 5
# The longest permitted time in which records wait in the outbox and none is delivered.
TIMEOUT_S = 10
PROGRESS = """
    SELECT sum(next_position) - count(*), (SELECT sum(delivered) FROM relay_groups),
           (SELECT sum(next_offset) FROM input_offsets) FROM outbox_heads
"""
# Updated or deleted rows, and dead rows (aborted insertions leave dead rows too).
DEAD = """
    SELECT s.relname, s.n_tup_upd + s.n_tup_del, s.n_dead_tup FROM pg_stat_all_tables s
    WHERE s.schemaname = 'public' OR s.relid IN (SELECT reltoastrelid FROM pg_class WHERE relname LIKE 'outbox\\_%')
"""
TOAST = """
    SELECT t.relname FROM pg_class c JOIN pg_class t ON t.oid = c.reltoastrelid
    WHERE c.relname IN ('outbox_0', 'outbox_1', 'outbox_2')
"""


class Horizon:
    def __init__(self, stack, evidence):
        self._socket, self._evidence = stack.socket, evidence
        self._over, self._samples = threading.Event(), []
        self._holder = postgres.Connection(self._socket)
        self._thread = threading.Thread(target=self._look, name="horizon", daemon=True)

    def start(self):
        self._holder.query("BEGIN ISOLATION LEVEL REPEATABLE READ")
        self._holder.query("SELECT (SELECT count(*) FROM persons), (SELECT count(*) FROM claims), pg_current_xact_id()")
        self._evidence.log("a transaction stays open")
        self._thread.start()

    def _look(self):
        while not self._over.wait(EVERY_S):
            [(given, delivered, read)] = postgres.ask(self._socket, PROGRESS)
            sample = {
                "at": self._evidence.seconds(),
                "given": int(given),
                "delivered": int(delivered),
                "read": int(read or 0),
            }
            self._samples.append(sample)
            self._evidence.log("horizon", to_console=False, **sample)

    def end(self):
        """Closes the transaction and returns the measurements."""
        self._over.set()
        self._thread.join()
        self._holder.query("SELECT 1")  # fails if the transaction was not open until now
        toast = {row[0] for row in postgres.ask(self._socket, TOAST)}
        time.sleep(2)  # PostgreSQL publishes its statistics with a delay
        tables = [(name, int(changed), int(dead)) for name, changed, dead in postgres.ask(self._socket, DEAD)]
        self._holder.close()
        outbox = [row for row in tables if row[0] in ("outbox_0", "outbox_1", "outbox_2") or row[0] in toast]
        samples = self._samples
        return {
            "seconds": round(samples[-1]["at"] - samples[0]["at"]) if samples else 0,
            "outbox_rows_changed": sum(changed for _, changed, _ in outbox),
            "outbox_rows_dead": sum(dead for _, _, dead in outbox),
            "dead_elsewhere": {name: dead for name, _, dead in sorted(tables, key=lambda row: -row[2])[:6]},
            "longest_stall_s": stall(samples),
            "events": samples[-1]["read"] - samples[0]["read"] if samples else 0,
        }


def stall(samples):
    """The longest time, in seconds, in which records waited and none was delivered."""
    longest, began = 0.0, None
    for before, now in zip(samples, samples[1:]):
        stands = before["delivered"] == now["delivered"] < before["given"]
        began = (before["at"] if began is None else began) if stands else None
        if began is not None:
            longest = max(longest, now["at"] - began)
    return round(longest, 1)


def is_kept(found):
    return (
        found["outbox_rows_changed"] == 0 and found["outbox_rows_dead"] == 0 and found["longest_stall_s"] <= TIMEOUT_S
    )

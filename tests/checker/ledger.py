"""What became of every input message and every row of a file: our own count, to be held against receipts and dead letters."""

import collections

AMBIGUOUS = {"accepted or corrected": {"accepted", "corrected"}, "corrected or unchanged": {"corrected", "unchanged"}}
# Kinds whose row's key the contract does not name: how often `accepted`, how often another word, is not ours to say.
UNNAMED_KEYS = {"self-registrations", "payment-outcomes", "delivery-reports", "earlier-payments"}


class Ledger:
    def __init__(self):
        self.messages, self.faults = 0, {}
        self.unsure = set()
        self._counts = collections.defaultdict(collections.Counter)
        self._highest = {}
        self.closings = {}

    def message(self, event):
        """Every message counts once; those that must be dead letters are remembered by their place."""
        self.messages += 1
        where = (event.topic, event.partition, event.offset)
        if event.fault:
            self.faults[where] = event.fault
        elif event.unsure:
            self.unsure.add(where)
        if event.type == "registry.file.closed" and not event.fault:
            self.closings.setdefault(event.data["file_id"], event.data)

    def rows(self, event, verdicts):
        """A line at or below the highest of its file and partition is a repeat, and counts nothing."""
        if not event.file or not event.line:
            return
        where = (event.file, event.topic, event.partition)
        if event.line <= self._highest.get(where, 0):
            return
        self._highest[where] = event.line
        self._counts[event.file].update(verdicts)

    def dead(self, event):
        self.rows(event, {"dead_letter": event.rows})

    def complete(self, file_id):
        """Has every row that the file's closing announces come?"""
        return self.closings[file_id]["rows"] <= sum(self._counts[file_id].values())

    def faults_of_receipt(self, receipt):
        """What a receipt says otherwise than the topics do."""
        closing = self.closings.get(receipt["file_id"])
        if closing is None:
            return ["a receipt of a file that was never closed"]
        counts, faults = self._counts[receipt["file_id"]], []
        rejected = collections.Counter(closing["rejected"])
        rejected["dead_letter"] += counts["dead_letter"]
        total = sum(receipt[word] for word in ("accepted", "corrected", "unchanged", "conflicting")) + sum(receipt["rejected"].values())
        if receipt["declared"] != total:
            faults.append(f"declared {receipt['declared']} is not the sum of the others, {total}")
        if receipt["declared"] != closing["declared"]:
            faults.append(f"declared {receipt['declared']}, the file says {closing['declared']}")
        if sum(receipt["rejected"].values()) != sum(rejected.values()):
            faults.append(f"rejected {sum(receipt['rejected'].values())}, by the topics {sum(rejected.values())}")
        if receipt["kind"] in UNNAMED_KEYS:
            return faults
        for word in ("accepted", "corrected", "unchanged", "conflicting"):
            least = counts[word]
            most = least + sum(n for verdict, n in counts.items() if word in AMBIGUOUS.get(verdict, ()))
            if not least <= receipt[word] <= most:
                faults.append(f"{word} {receipt[word]}, by the topics {least}{f' to {most}' if most > least else ''}")
        return faults

"""The checker's own count of every input message and every row of a file, to compare with receipts and dead letters."""

import collections

from . import lines

AMBIGUOUS = {"accepted or corrected": {"accepted", "corrected"}, "corrected or unchanged": {"corrected", "unchanged"}}
# Kinds for which the contract does not define a row's key. The checker cannot predict how many of their rows are
# accepted, corrected or unchanged.
UNNAMED_KEYS = {"self-registrations", "payment-outcomes", "delivery-reports", "earlier-payments"}


class Ledger:
    def __init__(self):
        self.messages, self.faults = 0, {}
        self.unsure = set()
        self._counts = collections.defaultdict(collections.Counter)
        self._lines = collections.defaultdict(lines.Lines)
        self.openings, self.closings = {}, {}

    def message(self, event):
        """Counts every message once, and records the positions of those that must be dead letters."""
        self.messages += 1
        where = (event.topic, event.partition, event.offset)
        if event.fault:
            self.faults[where] = event.fault
        elif event.unsure:
            self.unsure.add(where)
        if event.fault:
            return
        if event.type == "registry.file.opened":
            self.openings.setdefault(event.data["file_id"], event.data)
        elif event.type == "registry.file.closed":
            self.closings.setdefault(event.data["file_id"], event.data)

    def rows(self, event, verdicts):
        """Counts a line of a file once, also if it arrives after a later line."""
        if event.file and event.line and self._lines[event.file].add(event.line, event.rows):
            self._counts[event.file].update(verdicts)

    def dead(self, event):
        self.rows(event, {"dead_letter": event.rows})

    def files(self):
        """Every file of which any message arrived."""
        return self.openings.keys() | self.closings.keys() | self._lines.keys()

    def count_of(self, file_id):
        """The number of the file's distinct rows that arrived."""
        return sum(self._counts[file_id].values()) if file_id in self._counts else 0

    def lines_of(self, file_id):
        return self._lines.get(file_id) or lines.Lines()

    def complete(self, file_id):
        """Whether every row that the closing event announces has arrived."""
        return self.closings[file_id]["rows"] <= self.count_of(file_id)

    def faults_of_receipt(self, receipt):
        """Differences between a receipt and the topics."""
        closing = self.closings.get(receipt["file_id"])
        if closing is None:
            return ["a receipt for a file that was never closed"]
        counts, faults = self._counts[receipt["file_id"]], []
        rejected = collections.Counter(closing["rejected"])
        rejected["dead_letter"] += counts["dead_letter"]
        total = sum(receipt[word] for word in ("accepted", "corrected", "unchanged", "conflicting")) + sum(
            receipt["rejected"].values()
        )
        if receipt["declared"] != total:
            faults.append(f"declared {receipt['declared']}, but its other counts add up to {total}")
        if receipt["declared"] != closing["declared"]:
            faults.append(f"declared {receipt['declared']}, the file's closing event states {closing['declared']}")
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
